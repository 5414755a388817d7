"""What import can do: every data set of the corpora as `ingest` reads it, against what is known to be in it.

    .venv/bin/python benchmarks/sources.py [--data ../shared/data] [--only 5_chat_exports]

Each file, or each folder of many like files, is recognized, read, joined and cut as `ingest` does it, without writing
anything. The counts are held against those that the corpora give (`expected.json`, `INDEX.md`); where they differ, the
reason stands in `REASONS`. The table goes into docs/sources.md: names of files and figures only. Seconds are those of
the processor; of a text larger than 200 MB only the first part is read, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import whatsapp
from page import put

from mynah.core import plugins
from mynah.core.errors import UserError
from mynah.data import reading
from mynah.data.chats import cut, joined
from mynah.data.files import Input, look_at
from mynah.data.reading import Export, Question, Reading, lines_by_kind
from mynah.data.recognize import recognize

ROOT = Path(__file__).parents[1]
CORPORA = ROOT.parent / "shared" / "data"
LARGEST = 200_000_000  # bytes of a file that is read whole
GAP = timedelta(hours=1)  # as `ingest` has it by default
COLUMNS = (
    "source", "file", "MB", "holds", "conversations", "speakers", "unparsed", "left out", "seconds", "MB/s", "expected",
    "the same?",
)  # fmt: skip
Counts = Mapping[str, int]

# --- What there is --------------------------------------------------------------------------------------------------

MANY = {  # sets of many files that are one row
    "irc_disentanglement_dev": "*.raw.txt",
    "irc_disentanglement_train": "*.raw.txt",
    "reddit_top_posts": "*.csv",
    "chatterbot_corpus": "*.yml",
    "handbook_18f": "*.md",
    "sec_10q_pdf": "*.pdf",
}
ABOUT = ("expected*.json", "target.json", "dataset_info.json", "locale_facts.json", "LICENSE*", "*.annotation.txt")
"""Files that tell of the data and are none."""
ASKED = {  # what is recognized as nothing, but is a table of records where that is said: --source table
    "2_maintenance/maintnorm_company_a/maintnorm.jsonl": "table",
    "2_maintenance/maintnorm_company_b/maintnorm.jsonl": "table",
    "7_rag/covid_qa_documents/documents.jsonl": "table",
}
ANSWERS = {"5_chat_exports/whatsapp_chatistics/_chat 3.txt": {"date_order": "mdy"}}  # the authors know

# --- What is known of it --------------------------------------------------------------------------------------------

INDEX: dict[str, Counts] = {  # of INDEX.md, where a set has no expected.json or that says less
    "2_maintenance/maintnorm_company_a/maintnorm.jsonl": {"records": 4000},
    "2_maintenance/maintnorm_company_b/maintnorm.jsonl": {"records": 4000},
    "2_maintenance/mwo2kg_work_orders/work_orders.csv": {"records": 500},
    "2_maintenance/nist_excavators/excavators-cleaned.csv": {"records": 5485},
    "2_maintenance/nist_excavators/excavators-cleaned_bom_index.csv": {"records": 5485},
    "2_maintenance/nist_excavators/excavators_raw_5col.csv": {"records": 5485},
    "3_reddit/polyai_simple_thread/simple_thread.json": {"messages": 8},
    "3_reddit/reddit_top_posts": {"messages": 3345},
    "4_faq_dialogue_instruct/covid_faq_en/faq_covidbert.csv": {"records": 213},
    "4_faq_dialogue_instruct/dolly_no_context/dolly.jsonl": {"rows": 5771},
    "4_faq_dialogue_instruct/ms_chitchat_de-de/chitchat.jsonl": {"rows": 88},
    "4_faq_dialogue_instruct/ms_chitchat_en-us/chitchat.jsonl": {"rows": 90},
    "4_faq_dialogue_instruct/ms_chitchat_es-es/chitchat.jsonl": {"rows": 87},
    "4_faq_dialogue_instruct/ms_chitchat_fr-fr/chitchat.jsonl": {"rows": 87},
    "4_faq_dialogue_instruct/ms_smartlight_faq/CustomQA.tsv": {"records": 156},
    "4_faq_dialogue_instruct/ms_smartlight_faq/smartLightFAQ.tsv": {"records": 22},
    "6_pretrain/reddit_posts_pddl/reddit_posts_pddl.jsonl.zst": {"messages": 53_627},
    "7_rag/handbook_18f": {"documents": 246},
}
_ACTIONS = (
    "before about 2008 the logs have actions behind `===` as they have joins and quits; the corpus counts all of these "
    "as system lines, here the actions are messages"
)
REASONS: dict[str, str] = {
    "1_ubuntu_irc/irc_disentanglement_dev": _ACTIONS,
    "1_ubuntu_irc/irc_disentanglement_train": f"{_ACTIONS}; 47 lines `-nick:#channel-` and one of its own shape, in "
    "3 files, it does not count at all: the former are automatic messages here, the latter is the unparsed one",
    "7_rag/handbook_18f": "the folder has 244 files, and 8 of them are nothing but front matter",
    "5_chat_exports/whatsapp_synthetic_edge_cases/android_us_12h_nnbsp.txt": "the authors count `null` as a text and "
    "note that Android writes it for what could be viewed only once; here it is media",
}
NOTES = {  # what one would ask
    "3_reddit/praw_comment_threads/api_listing_n49rw.json": "unparsed are places where Reddit handed out no comments",
}
UNREAD = {  # why no source reads it
    "6_pretrain": "made for pretraining by other tools, in a shape of their own; no export",
    "abcd_sample": "JSON of shapes of their own: chats as lists of pairs in two versions, and the rules of a shop",
    "chatterbot_corpus": "YAML, which no program exports chats as",
    "oasst_100_trees": "a tree of replies a line, in a shape of its own",
    "ms_chitchat": "the .qna of QnA Maker; the same questions stand in the JSONL beside it",
    "nist_excavators": "a list of words and their classes, with neither messages nor questions",
}


def claims(case: Case) -> dict[str, Counts]:
    """What a corpus says of a case, by file; under the empty name what it says of the whole."""
    told = _expected(case)
    name, corpus = Path(case.name).name, case.corpus
    if corpus.startswith("irc_"):
        return {each: _of_irc(counts) for each, counts in told["files"].items()}
    if corpus.startswith("whatsapp_") or name.startswith("whatsapp_"):
        return {"": _of_whatsapp(case.paths[0])}
    return {"": {**INDEX.get(case.name, {}), **_of_set(corpus, name, told)}}


def _expected(case: Case) -> Any:
    path = case.root / "expected.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _of_irc(told: Mapping[str, Any]) -> Counts:
    """An action is a message to us."""
    said = told["messages"] + told["me_actions"]
    return {"lines": told["lines"], "messages": said, "notices": told["system_lines"]}


def _of_whatsapp(path: Path) -> Counts:
    """As benchmarks/whatsapp.py has it, where "messages" are all heads."""
    names = {"messages": "heads", "said": "messages", "system": "notices"}
    return {names.get(what, what): count for what, count in whatsapp.claims(path)}


def _of_set(corpus: str, name: str, told: Any) -> Counts:
    """What `expected.json` says of a file."""
    if corpus in ("telegram_chatminer", "instagram_chatminer", "signal_chatminer"):
        authors = {each["author"] for each in told["messages"]}
        return {"messages": len(told["messages"]), "speakers": len(authors)}
    if corpus == "multi_platform_chatpack":
        known = told.get(name, {})
        if "messages" in known:
            return {"messages": known["messages"]}
        rows = known.get("raw_items", known.get("items", 0))
        return {"rows": rows, "notices": known.get("service_items", 0)}
    if corpus == "slack_export":
        kinds = told["subtypes"]
        return {"rows": sum(told["channels"].values()), "notices": kinds["channel_join"] + kinds["bot_add"]}
    if corpus == "praw_comment_threads":
        comments = {"messages": told["comments"], "chats": told["threads"], "deleted": told["body_deleted_or_removed"]}
        return {"comments.ndjson": comments, "submissions.ndjson": {"messages": told["submissions_present"]}}.get(
            name, {}
        )
    if corpus == "instruct_format_samples":
        return {"rows": told["records"][name]} if name in told["records"] else {}
    if corpus == "insuranceqa_validation":
        return {"records": told["rows"]} if name == "validation.csv" else {"rows": told["relevant_label_1"]}
    if corpus == "dstc9_faq_knowledge":
        return {"rows": told["faqs"]}
    if corpus == "covid_qa_documents":
        return {"records": told["documents"]} if name == "documents.jsonl" else {"rows": told["questions"]}
    if corpus == "sec_10q_pdf":
        return {"rows": told["questions"]} if name == "qna_data.csv" else {"documents": told["pdfs"]}
    return {}


# --- Cases ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A file of a data set, or all of its files."""

    name: str
    root: Path  # of the set
    paths: tuple[Path, ...]

    @property
    def corpus(self) -> str:
        return self.root.name


def cases(data: Path) -> Iterator[Case]:
    """All data below the folder, set by set."""
    for root in sorted(each for room in data.iterdir() if room.is_dir() for each in room.iterdir() if each.is_dir()):
        pattern = MANY.get(root.name, "")
        files = [path for path in sorted(root.rglob("*")) if path.is_file() and not any(map(path.match, ABOUT))]
        if together := tuple(path for path in files if pattern and path.match(pattern)):
            yield Case(root.relative_to(data).as_posix(), root, together)
        for path in files:
            if path not in together:
                yield Case(path.relative_to(data).as_posix(), root, (path,))


# --- Reading --------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """What was read of a case."""

    case: Case
    source: str
    size: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    by_file: dict[str, Counts] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        holds = [
            _counted(self.counts[what], what) for what in ("messages", "records", "documents") if self.counts[what]
        ]
        counts = [f"{self.counts[what]:,}" for what in ("conversations", "speakers", "unparsed", "left out")]
        size = self.size / 1e6
        speed = [
            f"{size:.2f}",
            ", ".join(holds) or "nothing",
            *counts,
            f"{self.seconds:.2f}",
            f"{size / self.seconds:.1f}",
        ]
        many = f" ({len(self.case.paths)} files)" if len(self.case.paths) > 1 else ""
        return [self.source, self.case.name + many, *speed, *compared(self)]


def read(case: Case) -> Row | str:
    """The row of a case, or what the files look like where no source knows them."""
    asked = ASKED.get(case.name, "auto")
    with tempfile.TemporaryDirectory() as folder:
        paths = tuple(_first_part(path, Path(folder)) for path in case.paths)
        row = Row(case, "")
        start = time.process_time()
        try:
            exports, left = recognize(look_at(paths), asked, case.name, lambda export: len(_read(export, row).messages))
        except UserError as error:
            return error.found
        readings = [_read(export, row) for export in exports]
        together = joined(readings)
        conversations = sum(1 for chat in together.chats for _ in cut(chat, GAP))
        row.seconds = time.process_time() - start
        row.source = ", ".join(sorted({each.export.source for each in readings}))
        row.size = sum(_size(each.export.file) for each in readings)
        row.by_file = {each.export.file.path.name: _counts(each) for each in readings}
        for each in readings:
            row.counts.update(_counts(each))
        row.counts["conversations"] = conversations
        speakers = {name for each in readings for name in each.messages.counts("speaker") if name}
        row.counts["speakers"] = len(speakers)
        if case.name in NOTES:
            row.notes.append(NOTES[case.name])
        if asked != "auto":
            row.notes.append(f"read with `--source {asked}`")
        if paths != case.paths:
            row.notes.append(f"the first {LARGEST / 1e6:.0f} MB of it")
        if unread := [each.name for each in left if each.what == "plain text without messages"]:
            row.notes.append(f"not recognized: {len(unread)} files, such as {unread[0]}")
        return row


def _first_part(path: Path, folder: Path) -> Path:
    """The file, or the first lines of a large one in another folder."""
    if path.stat().st_size <= LARGEST or path.suffix in (".zip", ".zst", ".pdf", ".docx", ".xlsx"):
        return path
    part = folder / path.name
    with path.open("rb") as stream:
        part.write_bytes(stream.read(LARGEST).rpartition(b"\n")[0] + b"\n")
    return part


def _read(export: Export, row: Row) -> Reading:
    """What one file holds. What it leaves open is answered as its authors do, and noted."""
    given: dict[str, Any] = {}
    while True:
        try:
            return reading.read(export, given)
        except Question as question:
            answers: Mapping[str, str] = ANSWERS.get(row.case.name, {})
            if question.option in given or question.option not in answers:
                raise
            given[question.option] = answers[question.option]
            row.notes.append(f"asks for `{question.section}.{question.option}`, and is told {given[question.option]}")


def _counts(one: Reading) -> Counts:
    """All figures of one file."""
    kinds, by_kind = lines_by_kind(one), one.messages.counts("kind")
    system = sum(by_kind.get(kind, 0) for kind in ("system", "instruction"))
    return {
        "lines": sum(kinds.values()),
        "rows": sum(kinds.values()),
        "heads": len(one.messages),
        "messages": len(one.messages) - system,
        "notices": system,
        "left out": system + _inside(one),
        "media": by_kind.get("media", 0),
        "deleted": by_kind.get("deleted", 0),
        "unparsed": kinds["unparsed"],
        "chats": len(one.chats),
        "records": len(one.records),
        "documents": len(one.documents),
        "speakers": sum(1 for name in one.messages.counts("speaker") if name),
    }


def _inside(one: Reading) -> int:
    """How much was left out inside of it, as its facts tell: `2 scripts, 1 footer`."""
    return sum(int(count.replace(",", "")) for count in re.findall(r"[\d,]*\d", one.facts.get("left out", "")))


def _size(file: Input) -> int:
    """Bytes, unpacked."""
    with file.open() as stream:
        if not file.name.endswith(".zst"):
            return sum(len(block) for block in iter(lambda: stream.read(1 << 20), b""))
        from backports import zstd

        with zstd.open(stream, options={zstd.DecompressionParameter.window_log_max: 31}) as inside:
            return sum(len(block) for block in iter(lambda: inside.read(1 << 20), b""))


# --- What was expected ----------------------------------------------------------------------------------------------


def compared(row: Row) -> tuple[str, str]:
    """What was expected, and whether it is what was read."""
    claimed = claims(row.case)
    wanted: Counter[str] = Counter()
    differing: Counter[str] = Counter()
    for file, counts in claimed.items():
        have = row.by_file.get(file, {}) if file else row.counts
        wanted.update(counts)
        differing.update(what for what, count in counts.items() if have.get(what, 0) != count)
    expected = ", ".join(_counted(count, what) for what, count in wanted.items())
    differences = []
    for what, files in differing.items():
        many = f" in {files} files" if len(claimed) > 1 else ""
        differences.append(f"{_counted(row.counts[what], what)}{many}")
    same = f"{', '.join(differences)}: {REASONS.get(row.case.name, 'NOT EXPLAINED')}" if differences else "yes"
    return expected or "not told", "; ".join([same if expected else "", *row.notes]).removeprefix("; ")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what.removesuffix('s') if count == 1 else what}"


# --- The page -------------------------------------------------------------------------------------------------------


def table(rows: list[Row]) -> str:
    """The figures as Markdown."""
    rows = sorted(rows, key=lambda row: (row.source, row.case.name))
    right = [" --: " if name in ("MB", "seconds", "MB/s", *COLUMNS[4:8]) else " --- " for name in COLUMNS]
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{'|'.join(right)}|"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row.cells())} |" for row in rows]
    return "\n".join(lines)


def unread(others: Mapping[str, list[Case]]) -> str:
    """What no source reads, and why."""
    lines = ["What of the data sets no source reads, and why:", ""]
    for why, each in others.items():
        kinds: Counter[tuple[str, str]] = Counter()
        for case in each:
            kinds[f"{case.root.parent.name}/{case.corpus}", case.paths[0].suffix] += len(case.paths)
        names = (f"{name} ({_counted(count, f'{suffix} files')})" for (name, suffix), count in kinds.items())
        lines.append(f"- {', '.join(names)}: {why}.")
    return "\n".join(lines)


def why_unread(case: Case, looks: str) -> str:
    """Why no source reads it."""
    return next((why for name, why in UNREAD.items() if name in case.name), f"NOT EXPLAINED ({looks})")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=CORPORA)
    arguments.add_argument("--only", default="", help="only what has this in its name; nothing is written then")
    asked: Any = arguments.parse_args()
    for name in plugins.names("source"):
        plugins.load("source", name)  # so that no file pays for it
    rows: list[Row] = []
    others: dict[str, list[Case]] = {}
    every = [case for case in cases(asked.data) if asked.only in case.name]
    for case in every[:1]:
        read(case)  # nor for the libraries that the first one loads
    for case in every:
        found = read(case)
        if isinstance(found, Row):
            rows.append(found)
            print(" | ".join(found.cells()), flush=True)
        else:
            others.setdefault(why_unread(case, found), []).append(case)
    text = f"{table(rows)}\n\n{unread(others)}"
    print(f"\n{text}")
    if not asked.only:
        put("sources.md", "sources", text)


if __name__ == "__main__":
    main()
