"""Create: an export comes in, a measured bot goes out; what is done already is not done again.

mynah create "WhatsApp Chat with Maya.zip" --me Maya
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mynah.core.command import Call
from mynah.core.errors import Undecided
from mynah.core.folder import Account, Project, slug
from mynah.core.language import language
from mynah.core.options import Options
from mynah.core.tables import read_conversations
from mynah.data import clean, ingest, pair, persona, pseudonymize, split
from mynah.measure import evaluate, report
from mynah.models import load
from mynah.talk import bot
from mynah.tune import pick, train

STAGES: dict[str, Any] = {
    "ingest": ingest,
    "clean": clean,
    "pseudonymize": pseudonymize,
    "pair": pair,
    "split": split,
    "train": train,
    "evaluate": evaluate,
    "report": report,
    "bot": bot,
}
SECTIONS: dict[str, type[Options]] = {name: kind for stage in STAGES.values() for name, kind in stage.SECTIONS.items()}
FLAGS = {name: kind for name, kind in SECTIONS.items() if name != "evaluate"}
IN_HELP = ("--gap", "--no-clean", "--keep", "--me", "--as", "--consent", "--split", "--base")  # the others work, too
PATH, SEVERAL = ingest.PATH, ingest.SEVERAL


def main(call: Call) -> None:
    """`mynah create EXPORT`."""
    export = Path(str(call.path))
    asked = call.values.get("pair", {})
    name = asked.get("persona") or asked.get("me") or export.absolute().stem
    name = f"{name} uncleaned" if call.values.get("clean", {}).get("raw") else name
    project, accounts = build(call, tuple(map(Path, call.paths)), slug(str(name)))
    call.say(f"Talk to it: mynah chat {project.path}")
    call.say.result(as_json(project, accounts))


def build(
    call: Call, exports: tuple[Path, ...], folder: str, **forced: dict[str, Any]
) -> tuple[Project, list[Account]]:
    """Run the whole pipeline in `folder`, unless --project names another, and say at each stage what came in and what
    went out. A mistake in the options or the file leaves no folder behind."""
    options = call.options(SECTIONS, ingest={"input": exports}, **forced)
    ingest.check(options["ingest"])
    accounts = []
    with Project.attempt(call.project or ingest.beside(exports[0], folder)) as project:
        call.say(f"Project {project.path}")
        stages = run(project, options, ingest.asker(call), _settler(call), lambda text: call.say(f"! {text}"))
        for account in stages:
            accounts.append(account)
            call.say.account(STAGES[account.stage], account, f"{len(accounts)}/{len(STAGES)} ")
    return project, accounts


def as_json(project: Project, accounts: list[Account]) -> dict[str, Any]:
    """The accounts of all stages in one document."""
    return {"project": str(project.path), "stages": {account.stage: account.as_json() for account in accounts}}


def run(
    project: Project,
    options: dict[str, Options],
    decide: Callable[[Undecided], str],
    settle: Callable[[pair.Options, dict[str, int]], pair.Options],
    warn: Callable[[str], None],
) -> Iterator[Account]:
    """Run the stages and yield the account of each. `decide` answers what the export leaves open, `settle` what
    the options leave open about the persona, and `warn` is told what the user should know before the long work."""
    for name, stage in STAGES.items():
        if name == "pair":
            asked = options["pair"]
            assert isinstance(asked, pair.Options)
            if speakers := persona.shares(_conversations(project)):
                options["pair"] = settle(asked, speakers)
        if name == "split":
            options["model"] = _with_base(project, options, decide, warn)
            _check_language(project, options["model"], warn)
        if name == "ingest":
            account = ingest.settled(project, options["ingest"], decide)
        else:
            account = stage.run(project, *(options[section] for section in stage.SECTIONS))
        if name == "train":  # what was trained, or trained before with these options, is measured and talked to
            for section in ("evaluate", "bot"):
                options[section] = options[section].model_copy(update={"run": account.detail["run"]})
        yield account


def _settler(call: Call) -> Callable[[pair.Options, dict[str, int]], pair.Options]:
    """Ask a person at a terminal; anything else gets an error with what to say."""
    if sys.stdin.isatty() and not call.say.as_json:
        return lambda options, speakers: persona.settled(options, speakers, input, call.say)

    def check(options: pair.Options, speakers: dict[str, int]) -> pair.Options:
        persona.agreed(options, speakers)
        return options

    return check


def _with_base(
    project: Project, options: dict[str, Options], decide: Callable[[Undecided], str], warn: Callable[[str], None]
) -> load.Options:
    """The options of the model, with the best base for this chat and machine in the place of `auto`. It is asked for
    before the long work."""
    asked, training = options["model"], options["train"]
    assert isinstance(asked, load.Options) and isinstance(training, train.Options)
    if asked.base != pick.AUTO:
        return asked
    chosen, why = pick.settled(training, asked, project, decide)
    warn(f"base {chosen.base}: {why}")
    return chosen


def _check_language(project: Project, model: Options, warn: Callable[[str], None]) -> None:
    """Say so where the starter does not speak the chat's language."""
    assert isinstance(model, load.Options)
    found = language(m.text for c in _conversations(project) for m in c.messages) if model.base == "starter" else ""
    if found not in ("English", ""):
        warn(
            f"This chat looks {found}; the embedded starter knows English only. It will learn some manner and little "
            "language. A base that speaks the language does better: --base NAME."
        )


def _conversations(project: Project) -> list[Any]:
    return read_conversations(project.folder("clean") / "conversations.parquet")
