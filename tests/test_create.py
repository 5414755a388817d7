"""The whole way, on a base of random weights: an export comes in, a measured bot that talks goes out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mynah.demo import CHAT
from tests import bases


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of two layers that knows nothing."""
    return bases.small(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def made(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:  # type: ignore[type-arg]
    """A project that `create` made of the first 400 lines of the demo's chat."""
    here = tmp_path_factory.mktemp("create")
    chat = "".join(CHAT.read_text(encoding="utf-8").splitlines(keepends=True)[:400])
    (here / "WhatsApp Chat with Maya.txt").write_text(chat, encoding="utf-8")
    return here / "maya", mynah(here, "create", "WhatsApp Chat with Maya.txt", "--me", "maya", *settings(base))


def settings(base: Path) -> list[str]:
    return [
        "--base",
        str(base),
        "--set",
        "train.epochs=2",
        "--set",
        "evaluate.replies=6",
        "--set",
        "decoding.max_tokens=12",
    ]


def mynah(here: Path, *words: str) -> dict:  # type: ignore[type-arg]
    """Run a command in a second process and read its one JSON document."""
    done = subprocess.run(
        [sys.executable, "-m", "mynah", *words, "--json"], cwd=here, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_create_measures_base_prompted_and_tuned(made: tuple[Path, dict]) -> None:  # type: ignore[type-arg]
    _, stages = made[0], made[1]["stages"]
    assert list(stages) == ["ingest", "clean", "pseudonymize", "pair", "split", "train", "evaluate", "report", "bot"]
    for system in ("base", "prompted", "tuned"):
        scores = stages["evaluate"]["scores"][system]
        assert {"bits_per_byte", "perplexity", "bleu", "rouge1", "rouge2", "rougeL"} <= set(scores)
        for score in scores.values():
            assert set(score) == {"value", "low", "high", "n", "signature"}
            assert score["low"] <= score["value"] <= score["high"]
    losses = stages["train"]["validation_losses"]
    assert losses[-1] < losses[0]


def test_the_folder_holds_what_was_made(made: tuple[Path, dict]) -> None:  # type: ignore[type-arg]
    project, stages = made[0], made[1]["stages"]
    run = project / "runs" / stages["train"]["run"]
    assert list((run / "model").glob("*.safetensors")) and not list(project.rglob("*.bin"))
    assert list((run / "tensorboard").iterdir()) and (run / "curves.json").exists()
    page = (project / "report.html").read_text(encoding="utf-8")
    assert "Maya" in page and 'src="http' not in page


def test_what_is_unchanged_is_not_done_again(made: tuple[Path, dict], base: Path) -> None:  # type: ignore[type-arg]
    again = mynah(made[0].parent, "create", "WhatsApp Chat with Maya.txt", "--me", "Maya", *settings(base))["stages"]
    assert {name for name, stage in again.items() if not stage["reused"]} == {"bot"}


def test_the_bot_answers_ends_its_turn_and_is_found(made: tuple[Path, dict]) -> None:  # type: ignore[type-arg]
    said = mynah(made[0].parent, "chat", "--say", "Are you up?")
    assert said["persona"] == "Maya" and said["bot"].endswith("bots/maya")
    assert said["exchanges"][0]["user"] == "Are you up?" and said["exchanges"][0]["reply"]


def test_reset_and_base_in_a_chat(made: tuple[Path, dict]) -> None:  # type: ignore[type-arg]
    done = subprocess.run(
        [sys.executable, "-m", "mynah", "chat"], cwd=made[0].parent, capture_output=True, text=True,
        input="hello\n/base\nhello\n/reset\n/what\n/quit\n", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Maya › " in done.stdout and "base › " in done.stdout and "A new conversation." in done.stdout


def test_the_merged_model_talks_like_the_run(made: tuple[Path, dict]) -> None:  # type: ignore[type-arg]
    merged = mynah(made[0].parent, "merge")
    assert (made[0] / "runs" / made[1]["stages"]["train"]["run"] / "merged" / "model.safetensors").exists()
    assert float(merged["went_out"]["largest difference"].split(" ")[0]) < 1e-3
