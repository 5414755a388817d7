"""What `mynah create` takes and gives on five chats: time by stage, peak memory, bits per byte before and after.

    python benchmarks/create.py

Each chat goes through `mynah create` at its defaults, in a second process. The tables of this command and of
`benchmarks/train.py` stand in docs/benchmarks.md; both are written by `make benchmarks`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from page import machine, put

from mynah.demo import CHAT, PERSONA

HERE = Path(__file__).parent
ROOT = HERE.parent
LOGS = ROOT.parent / "shared" / "data" / "1_ubuntu_irc" / "irc_disentanglement_train"
STAGES = ("ingest", "clean", "pair", "split", "train", "evaluate", "report")


def inputs() -> Iterator[tuple[str, str, str]]:
    """(what it is, the export's text, the persona). Logs that are not on this machine are left out."""
    demo = CHAT.read_text(encoding="utf-8")
    yield "the demo's chat", demo, PERSONA
    sys.path.insert(0, str(ROOT))
    from tests import ubuntu

    for nick in ("ActionParsnip", "Seveas"):
        if LOGS.exists():
            yield f"{nick} of #ubuntu, a group", ubuntu.export(LOGS, nick, 2000), nick
    (hebrew,) = (HERE / "chats").glob("*.txt")
    yield "a chat in Hebrew", hebrew.read_text(encoding="utf-8"), "נועה"
    yield "300 messages of the demo's", "\n".join(demo.split("\n")[:300]), PERSONA


def created(text: str, persona: str) -> dict[str, Any]:
    """The account of each stage."""
    with TemporaryDirectory() as folder:
        Path(folder, "WhatsApp Chat.txt").write_text(text, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "mynah",
            "create",
            "WhatsApp Chat.txt",
            "--as",
            persona,
            "--consent",
            "--project",
            "p",
        ]
        done = subprocess.run([*command, "--json"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)["stages"]  # type: ignore[no-any-return]


def row(name: str, stages: dict[str, Any]) -> list[str]:
    """One line of the table."""
    scores, differences = stages["evaluate"]["scores"], stages["evaluate"]["differences"]
    bits = [f"{scores[system]['bits_per_byte']['value']:.2f}" for system in ("base", "prompted", "tuned")]
    better = differences["tuned - base"]["bits_per_byte"]
    times = [stages[stage]["seconds"] for stage in STAGES]
    memory = max(stages[stage]["peak_memory"] for stage in STAGES)
    return [
        name, f"{stages['ingest']['messages']:,}", f"{stages['train']['learned_tokens']:,}",
        *(f"{seconds:.1f} s" for seconds in [*times, sum(times)]), f"{memory / 1e9:.1f} GB",
        *bits, f"{better['value']:+.2f} [{better['low']:+.2f}, {better['high']:+.2f}]",
    ]  # fmt: skip


HEAD = (
    "chat",
    "messages",
    "learned tokens",
    *STAGES,
    "in all",
    "peak memory",
    "base",
    "prompted",
    "tuned",
    "tuned - base",
)


def main() -> None:
    """Print the table and put it into docs/benchmarks.md."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---" + "|--:" * (len(HEAD) - 1) + "|"]
    for name, text, persona in inputs():
        lines.append("| " + " | ".join(row(name, created(text, persona))) + " |")
        print(lines[-1], flush=True)
    put("benchmarks.md", "create", "\n".join([*lines, "", f"Measured on {machine()}."]))


if __name__ == "__main__":
    main()
