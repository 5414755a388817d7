"""The base of --base auto: it speaks the language, fits the machine, and nothing is downloaded without a yes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

from mynah.core.errors import Undecided, UserError
from mynah.core.folder import Project
from mynah.core.language import of_chat
from mynah.core.tables import write_examples
from mynah.core.types import Example, Turn
from mynah.models import hub
from mynah.models.bases import Recommended, recommended
from mynah.models.load import Options as ModelOptions
from mynah.tune import pick, plan
from mynah.tune.planning import bases, machines, meta
from mynah.tune.train import Options as TrainOptions

FAST, SLOW = (
    pick.Speed(1e14, 1e12),
    pick.Speed(1e11, 1e10),
)  # a GPU, and two cores, on which a larger base takes too long


def best(machine: str, language: str, **model: Any) -> str | None:
    """For this machine, were it that one."""
    this = replace(machines.find(machine), name=machines.THIS)
    found = pick.best(TrainOptions(), ModelOptions(base="auto", **model), pick.Chat(language, 50_000), this)
    return found.base.name if found else None


@pytest.mark.parametrize("base", recommended(), ids=lambda base: base.name)
def test_the_list_tells_what_the_architecture_has(base: Recommended) -> None:
    found = meta.architecture(bases.find(base.name), meta.build(bases.find(base.name)))
    assert (found["parameters"], found["context"]) == (base.parameters, base.context)
    assert base.license and base.source and "en" in base.languages
    assert 1.9 < base.gigabytes * 1e9 / base.parameters < 2.6
    assert all(2 <= len(code) <= 3 and code.isalpha() for code in base.languages)


def test_the_best_base_is_the_largest_that_fits_and_speaks_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "free", lambda: 1e15)
    monkeypatch.setattr(pick, "measured", lambda: SLOW)
    assert best("gpu:4", "he") == "Qwen/Qwen3-0.6B"
    monkeypatch.setattr(pick, "measured", lambda: SLOW._replace(operations=FAST.operations))
    assert best("cpu:64", "he") == "Qwen/Qwen3-1.7B"  # 3.4 GB a token; 4B would take most of a second
    monkeypatch.setattr(pick, "measured", lambda: FAST)
    assert best("gpu:0.04", "en") is None and best("a100-80", "tlh") is None
    monkeypatch.setattr(hub, "free", lambda: 1e9)
    assert best("a100-80", "he") is None


def settled(
    monkeypatch: pytest.MonkeyPatch, decide: Any, *, reachable: bool = True, here: bool = False,
    smaller: pick.Offer | None = None, project: Project | None = None,
) -> tuple[str, str]:  # fmt: skip
    offer = pick.Offer(recommended()[0], "LoRA", 1.4, here)
    monkeypatch.setattr(pick, "best", lambda *words: smaller if pick.downloaded in words else offer)
    monkeypatch.setattr(hub, "answers", lambda name: reachable)
    monkeypatch.setattr(pick, "measured", lambda: FAST)
    monkeypatch.setattr(pick, "chat_of", lambda project: pick.Chat("he", 50_000))
    monkeypatch.setattr(Project, "account", lambda project, stage: SimpleNamespace(fingerprint="pairs"))
    with TemporaryDirectory() as folder:
        model, why = pick.settled(TrainOptions(), ModelOptions(base="auto"), project or Project(Path(folder)), decide)
    return model.base, why


def refuse(question: Undecided) -> str:
    raise question


def test_a_download_is_asked_for_with_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Undecided] = []

    def agree(question: Undecided) -> str:
        asked.append(question)
        return "Qwen/Qwen3-8B"

    assert settled(monkeypatch, agree)[0] == "Qwen/Qwen3-8B"
    said = asked[0].choices["Qwen/Qwen3-8B"]
    assert "16.4 GB" in said and "44 minutes" in said and "assumed" in said and "Apache-2.0" in said
    assert settled(monkeypatch, lambda question: "starter")[0] == "starter"


def test_without_a_yes_a_terminal_or_a_network_it_is_the_starter(monkeypatch: pytest.MonkeyPatch) -> None:
    for decide in (refuse, None):
        base, why = settled(monkeypatch, decide)
        assert base == "starter" and "nobody agreed" in why and "--base Qwen/Qwen3-8B" in why
    base, why = settled(monkeypatch, lambda question: "Qwen/Qwen3-8B", reachable=False)
    assert base == "starter" and "network" in why
    smaller = pick.Offer(recommended()[-1], "LoRA", 0.1, here=True)
    base, why = settled(monkeypatch, None, reachable=False, smaller=smaller)
    assert base == smaller.base.name and "network" in why  # but it was downloaded before
    assert settled(monkeypatch, lambda question: "starter", smaller=smaller)[0] == "starter"  # as was chosen


def test_what_is_here_already_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settled(monkeypatch, refuse, here=True)[0] == "Qwen/Qwen3-8B"


def test_what_was_found_once_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    smaller = pick.Offer(recommended()[-1], "LoRA", 0.1, here=True)
    assert settled(monkeypatch, refuse, project=project)[0] == "starter"  # nobody said yes or no: asked again
    assert settled(monkeypatch, lambda question: "Qwen/Qwen3-8B", project=project)[0] == "Qwen/Qwen3-8B"
    assert settled(monkeypatch, refuse, reachable=False, smaller=smaller, project=project)[0] == "Qwen/Qwen3-8B"
    (tmp_path / pick.KEPT).unlink()
    assert settled(monkeypatch, lambda question: "starter", project=project)[0] == "starter"
    assert settled(monkeypatch, refuse, here=True, project=project)[0] == "starter"


def test_the_language_of_a_chat_is_that_of_most_of_it() -> None:
    english = [
        "I do not know what they were thinking when they built the house by the river last year, to be honest."
    ] * 9
    german = ["Ich weiß nicht, was sie sich dabei gedacht haben, als sie das Haus am Fluss im letzten Jahr bauten."] * 9
    assert of_chat(english) == "en" and of_chat(german) == "de"
    assert of_chat([*english, *german[:2]]) == "en" and of_chat(["ok", "no"]) == ""


def test_of_another_machine_neither_disk_nor_time_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "free", lambda: 0)
    found = plan.run(plan.Options(machine="h100"), TrainOptions(), ModelOptions(base="auto"))
    assert found["base"] == "Qwen/Qwen3-8B" and "8.2 billion" in found["notes"][0] and " h)" not in found["notes"][0]
    with pytest.raises(UserError, match=r"fits gpu:0.04.* --base starter"):
        plan.run(plan.Options(machine="gpu:0.04"), TrainOptions(), ModelOptions(base="auto"))


def test_what_is_to_be_learned_is_read_from_the_examples(tmp_path: Path) -> None:
    said = "Ich weiß nicht, was sie sich dabei gedacht haben, als sie das Haus am Fluss im letzten Jahr bauten."
    turns = (Turn("user", ("I do not know what they were thinking.",)), Turn("assistant", (said,), learn=True))
    (tmp_path / "pair").mkdir()
    write_examples(tmp_path / "pair" / "examples.parquet", [Example(str(n), turns) for n in range(9)])
    assert pick.chat_of(Project(tmp_path)) == pick.Chat("de", 9 * len(said) // 3 * 2)
