"""How fast the starter is on this machine: to load, to reply, and to learn a chat of 1,500 messages.

    python starter/speed.py

Run it alone. Prints a table and writes it into the model card.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from card import put, table

from mynah.demo import CHAT, PERSONA
from mynah.models.engines.transformers import Engine

MESSAGES = 1500
TOKENS = 256
HEAD = ("what", "seconds", "a second")


def loading() -> float:
    """Seconds until the starter is there, the libraries being imported already."""
    Engine("starter")
    start = time.perf_counter()
    Engine("starter")
    return time.perf_counter() - start


def replying(engine: Engine, beams: int) -> float:
    """Seconds for TOKENS tokens of a reply that does not end."""
    import torch

    ids = torch.tensor([engine.renderer.prompt([])])
    settings = {"do_sample": False, "num_beams": beams, "min_new_tokens": TOKENS, "max_new_tokens": TOKENS}
    for _ in range(2):  # the first time warms up
        start = time.perf_counter()
        with torch.inference_mode():
            engine.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), **settings)
    return time.perf_counter() - start


def learning(folder: Path) -> tuple[float, int]:
    """Seconds of `mynah create`'s training on the first messages of the demo's chat, and its learned tokens."""
    export = folder / CHAT.name
    lines = CHAT.read_text(encoding="utf-8").splitlines(keepends=True)
    export.write_text("".join(lines[:MESSAGES]), encoding="utf-8")  # a line of it is a message
    command = [sys.executable, "-m", "mynah", "create", str(export), "--as", PERSONA, "--consent", "--json",
               "--project", str(folder / "bot")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    train = json.loads(done.stdout)["stages"]["train"]
    return train["seconds"], train["came_in"]["learned tokens"]


def main() -> None:
    engine = Engine("starter")
    rows = [["load it, the libraries being there", f"{loading():.2f}", ""]]
    for beams in (1, 4):
        seconds = replying(engine, beams)
        rows.append([f"a reply of {TOKENS} tokens, {beams} beam{'s'[: beams - 1]}", f"{seconds:.1f}",
                     f"{TOKENS / seconds:.0f} tokens"])  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        seconds, learned = learning(Path(folder))
    what = f"LoRA on {MESSAGES:,} messages of a chat ({learned:,} learned tokens), to its early stopping"
    rows.append([what, f"{seconds:.0f}", ""])
    text = table(HEAD, rows)
    print(text)
    put("speed", text)


if __name__ == "__main__":
    main()
