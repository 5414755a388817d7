"""The base of --base auto: it speaks the language, fits the machine, and nothing is downloaded without a yes."""

from __future__ import annotations

from typing import Any

import pytest

from mynah.core.errors import Undecided
from mynah.data.language import of_chat
from mynah.models.bases import Recommended, recommended
from mynah.models.load import Options as ModelOptions
from mynah.tune import pick
from mynah.tune.planning import bases, machines, meta
from mynah.tune.train import Options as TrainOptions

FAST, SLOW = 1e14, 1e11  # operations a second of a GPU, and of two cores, on which a larger base takes too long


def best(machine: str, language: str, peak: float = FAST, **model: Any) -> str | None:
    found = pick.best(
        TrainOptions(), ModelOptions(base="auto", **model), language, 50_000, machines.find(machine), peak
    )
    return found.base.name if found else None


@pytest.mark.parametrize("base", recommended(), ids=lambda base: base.name)
def test_the_list_tells_what_the_architecture_has(base: Recommended) -> None:
    found = meta.architecture(bases.find(base.name), meta.build(bases.find(base.name)))
    assert (found["parameters"], found["context"]) == (base.parameters, base.context)
    assert base.licence and base.source and "en" in base.languages
    assert 1.9 < base.gigabytes * 1e9 / base.parameters < 2.6
    assert all(2 <= len(code) <= 3 and code.isalpha() for code in base.languages)


def test_the_best_base_is_the_largest_that_fits_and_speaks_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pick, "_room", lambda base: True)
    assert best("gpu:4", "he", SLOW) == "Qwen/Qwen3-0.6B"
    assert best("gpu:0.04", "en") is None and best("a100-80", "tlh") is None
    monkeypatch.setattr(pick, "_room", lambda base: base.gigabytes < 1)
    assert best("a100-80", "he") is None


def settled(
    monkeypatch: pytest.MonkeyPatch, decide: Any, *, reachable: bool = True, here: bool = False
) -> tuple[str, str]:
    offer = pick.Offer(recommended()[0], "LoRA", 1.4, here)
    monkeypatch.setattr(pick, "best", lambda *_: offer)
    monkeypatch.setattr(pick, "reachable", lambda name: reachable)
    monkeypatch.setattr(pick, "rate", lambda: FAST)
    model, why = pick.settled(TrainOptions(), ModelOptions(base="auto"), "he", 50_000, decide)
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


def test_what_is_here_already_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settled(monkeypatch, refuse, here=True)[0] == "Qwen/Qwen3-8B"


def test_the_language_of_a_chat_is_that_of_most_of_it() -> None:
    english = [
        "I do not know what they were thinking when they built the house by the river last year, to be honest."
    ] * 9
    german = ["Ich weiß nicht, was sie sich dabei gedacht haben, als sie das Haus am Fluss im letzten Jahr bauten."] * 9
    assert of_chat(english) == "en" and of_chat(german) == "de"
    assert of_chat([*english, *german[:2]]) == "en" and of_chat(["ok", "no"]) == ""
