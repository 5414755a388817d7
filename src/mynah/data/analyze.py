"""Analyze: cleaned conversations come in, one page of pictures goes out: who writes what, when and how.

    mynah analyze

The page needs nothing but itself, and is for those whom you would show the chat; `analysis.json` beside it has the same
numbers. Of very many messages the texts are read from a sample, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from mynah.core import language, pages
from mynah.core import options as core_options
from mynah.core.folder import Account, Project, file_hash, fingerprint, run_stage, write_json
from mynah.core.options import option
from mynah.data.analysis import chats as columns
from mynah.data.analysis.contents import Analysis, Sample
from mynah.data.analysis.copies import copies
from mynah.data.analysis.languages import languages
from mynah.data.analysis.lengths import lengths
from mynah.data.analysis.page import render
from mynah.data.analysis.people import answers, speakers
from mynah.data.analysis.personal import personal
from mynah.data.analysis.sentences import lede, warnings
from mynah.data.analysis.sentiment import sentiment
from mynah.data.analysis.times import silences, times
from mynah.data.analysis.topics import topics
from mynah.data.analysis.words import emoji, lexicon, marks, words

VERSION = 1
PAGE, NUMBERS = "analysis.html", "analysis.json"
BESIDES = ("records", "documents")


class Options(core_options.Options):
    """How much is read."""

    sample: int = option(
        100_000, "messages whose texts are read, drawn by chance; of fewer all are", flag=True, ge=1000
    )
    seed: int = option(7, "what the chance begins with", ge=0)


SECTIONS: dict[str, type[core_options.Options]] = {"analyze": Options}


def run(project: Project, options: Options) -> Account:
    """Write `PROJECT/analyze/analysis.html` and `analysis.json` from `PROJECT/clean`."""
    before = [project.account("clean"), project.account("ingest")]
    code = [file_hash(path) for path in _code()]
    inputs = [*(account.fingerprint for account in before), *code]
    print_of = fingerprint("analyze", VERSION, options.model_dump(), inputs)
    return run_stage(project.folder("analyze"), print_of, lambda folder: _analyze(project, folder, options))


def _code() -> list[Path]:
    """What makes the page."""
    own = Path(columns.__file__).parent
    return [
        Path(__file__),
        Path(language.__file__),
        *pages.CODE,
        *sorted(own.glob("*.py")),
        *sorted(own.glob("*.jinja")),
    ]


def _analyze(project: Project, folder: Path, options: Options) -> Account:
    found = analyzed(project, options)
    (folder / PAGE).write_text(render(found), encoding="utf-8")
    write_json(folder / NUMBERS, found.as_json())
    page = project.folder("analyze") / PAGE
    return Account(
        "analyze",
        {"messages": found.messages, "conversations": found.conversations},
        {"page": str(page)},
        tuple(warnings(found)),
        {"page": str(page), "sampled": found.sample.messages, "about": lede(found)},
    )


def tell(account: Account) -> Iterator[str]:
    """What was looked at."""
    yield f"  {account.detail['about']}"


def analyzed(project: Project, options: Options) -> Analysis:
    """Everything that the page shows, from the project's folders."""
    chats = columns.read(project.folder("clean") / "conversations.parquet", options.sample, options.seed)
    said = [words(text) for text in chats.spoken]
    pictured = [emoji(text) for text in chats.texts]
    spoken_in, language = languages(chats, options.seed)
    came_in, cleaned = project.account("ingest").detail, project.account("clean").detail
    return Analysis(
        title=f"\u2068{project.path.resolve().name}\u2069, the messages",  # isolated: a name may be from right to left
        made_at=datetime.now().strftime("%Y-%m-%d %H:%M"),
        messages=len(chats),
        people=len(chats.names),
        conversations=int(chats.conversation[-1]) + 1,
        chats=len(set(chats.chat.tolist())),
        sample=Sample(len(chats.texts), options.sample, options.seed, chats.whole),
        speakers=speakers(chats),
        answers=answers(chats),
        times=times(chats),
        silences=silences(chats),
        lengths=lengths(chats),
        lexicon=lexicon(said, pictured),
        words=marks(chats, said),
        emoji=marks(chats, pictured, among_messages=True),
        sentiment=sentiment(chats, language, options.seed),
        topics=topics(chats, said, options.seed),
        languages=spoken_in,
        copies=copies(chats),
        personal=personal(chats, options.seed),
        left_out=chats.left_out,
        dropped=cleaned.get("dropped", {}),
        cut=_cut(came_in),
        unparsed=int(came_in.get("unparsed", 0)),
        besides={kind: came_in[kind] for kind in BESIDES if came_in.get(kind)},
    )


def _cut(came_in: dict[str, Any]) -> float | None:
    cut = came_in.get("gaps", {}).get("cut")
    return None if cut is None else float(cut)
