"""Real people: regulars of #ubuntu, written as a WhatsApp group. Slow; skipped where the logs are absent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mynah.demo import CHAT
from tests import ubuntu

LOGS = Path(__file__).parents[2] / "shared" / "data" / "1_ubuntu_irc" / "irc_disentanglement_train"


def create(tmp_path: Path, text: str, *words: str) -> dict:  # type: ignore[type-arg]
    """Run `mynah create --json` on an export in a real second process."""
    (tmp_path / "WhatsApp Chat with ubuntu.txt").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mynah", "create", "WhatsApp Chat with ubuntu.txt", "--json", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["stages"]  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.skipif(not LOGS.exists(), reason="the #ubuntu logs are not here")
@pytest.mark.parametrize("persona", ["ActionParsnip", "Seveas"])
def test_a_regular_of_ubuntu_becomes_a_bot_that_beats_base_and_prompted_base(tmp_path: Path, persona: str) -> None:
    stages = create(
        tmp_path, ubuntu.export(LOGS, persona, 1200), "--as", persona, "--consent", "--set", "evaluate.replies=20"
    )
    evaluation = stages["evaluate"]
    for system, scores in evaluation["scores"].items():
        print(persona, system, {name: round(s["value"], 4) for name, s in scores.items()})
    for against in ("base", "prompted"):
        found = evaluation["differences"][f"tuned - {against}"]["bits_per_byte"]
        print(persona, f"tuned - {against}", found)
        assert found["high"] < 0


@pytest.mark.slow
def test_a_chat_of_300_messages_ends_well_and_says_what_is_too_little(tmp_path: Path) -> None:
    lines = CHAT.read_text(encoding="utf-8").split("\n")[:300]
    stages = create(tmp_path, "\n".join(lines), "--me", "Maya")
    notes = [*stages["split"]["notes"], *stages["evaluate"]["notes"]]
    print(notes)
    assert any("too few" in note for note in notes)
