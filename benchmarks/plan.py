"""What `mynah train` foresees of its peak memory and time, against what it then takes.

    python benchmarks/plan.py [--kept FILE]

Each set-up trains for an epoch on the first conversations of the demo's chat, in a process of its own: the starter, and
models of random weights in several sizes and architectures, with LoRA, QLoRA and in full, with and without
checkpointing, in 32 and 16 bits, with several sizes of a batch. The peak is that of the whole process (core/memory.py),
Python and the libraries included. What the plan says is of before the training, its time of after the first steps.
Seconds are those of the processor, on which other work may run beside.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from page import machine, put

sys.path.insert(0, str(Path(__file__).parents[1]))

from mynah.core import allocator
from mynah.core.folder import Project
from mynah.models.load import Options as ModelOptions
from mynah.tune import train
from mynah.tune.planning import bases, probe
from mynah.tune.planning.bases import Base
from tests.projects import beginning, ready

LINES = 900  # of the demo's chat
PRELOADED = ["trl.trainer.sft_trainer", "bitsandbytes", "torch.utils.tensorboard", "mynah.models.engines.transformers",
             "mynah.tune.planning.estimate"]  # fmt: skip
LLAMA = {
    "model_type": "llama", "vocab_size": 32000, "hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 8,
    "num_attention_heads": 12, "num_key_value_heads": 4, "max_position_embeddings": 2048, "tie_word_embeddings": False,
    "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 1,
}  # fmt: skip
HELD_OUT = "Qwen3-0.6B"  # the published shape; no constant of the plan was fitted to it
ENDS = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 1}
BASES: dict[str, dict[str, Any]] = {
    "Llama 105 M": LLAMA,
    "Llama 180 M": {**LLAMA, "hidden_size": 1024, "intermediate_size": 2816, "num_hidden_layers": 10,
                    "num_attention_heads": 16},
    "Qwen3 75 M": {"model_type": "qwen3", "vocab_size": 65536, "hidden_size": 512, "intermediate_size": 1536,
                    "num_hidden_layers": 12, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 64,
                    "tie_word_embeddings": True, "max_position_embeddings": 2048, **ENDS},
    "GPT-NeoX 70 M": {"model_type": "gpt_neox", "vocab_size": 50304, "hidden_size": 512, "intermediate_size": 2048,
                      "num_hidden_layers": 6, "num_attention_heads": 8, "max_position_embeddings": 2048, **ENDS},
    "GPT-2 75 M": {"model_type": "gpt2", "vocab_size": 50257, "n_embd": 640, "n_layer": 8, "n_head": 10,
                    "n_positions": 1024, "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, **ENDS},
    HELD_OUT: {**bases.find("Qwen/Qwen3-0.6B").values, **ENDS},
}  # fmt: skip
SETUPS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("starter", {}, {}),
    ("starter", {}, {"precision": "fp32"}),
    ("starter", {"adapter": "none"}, {}),
    ("starter", {}, {"batch_tokens": 4096, "checkpointing": True}),
    ("GPT-NeoX 70 M", {"quant": "nf4"}, {"batch_tokens": 512}),
    ("GPT-2 75 M", {}, {"precision": "fp32"}),
    ("Qwen3 75 M", {}, {"batch_tokens": 2048}),
    ("GPT-NeoX 70 M", {"adapter": "none"}, {"checkpointing": True}),
    ("Llama 105 M", {}, {}),
    ("Llama 105 M", {"adapter": "none"}, {"precision": "fp32"}),
    ("Llama 105 M", {"quant": "nf4"}, {}),
    ("Llama 180 M", {}, {"checkpointing": True}),
    (HELD_OUT, {}, {}),
    (HELD_OUT, {"quant": "nf4"}, {"checkpointing": True}),
]


def trained(project: Path, base: str, model: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The account of a training in a process of its own, which has the libraries from its server."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with context.Pool(1, maxtasksperchild=1) as pool:
        return pool.apply(_account, (project, {"base": base, **model}, {"epochs": 1, "lr": 1e-4, **settings}))


def _account(project: Path, model: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    allocator.keep()  # as the command does
    return train.run(Project(project), train.Options(**settings), ModelOptions(**model)).as_json()


def row(name: str, account: dict[str, Any]) -> list[str]:
    """A line of the table."""
    plan, took, settings = account["plan"], account["plan"]["time"], account["options"]["train"]
    bytes_ = plan["peak_bytes"], account["peak_memory"]
    seconds = took["cpu_foreseen_of_these_epochs"], took["cpu_seconds"]
    return [
        name, plan["setup"], settings["precision"], f"{settings['batch_tokens']:,}",
        f"{account['parameters'] / 1e6:.0f} M", *(f"{size / 2**20:,.0f}" for size in bytes_),
        f"{bytes_[0] / bytes_[1] - 1:+.0%}", *(f"{each:.0f}" for each in seconds),
        f"{seconds[0] / seconds[1] - 1:+.0%}",
    ]  # fmt: skip


def main() -> None:
    """Print the table, and write it into docs/plan.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kept", type=Path, help="what was measured, a line each; it is not measured again")
    kept = parser.parse_args().kept
    lines = kept.read_text(encoding="utf-8").splitlines() if kept and kept.exists() else []
    accounts = list(map(json.loads, lines))
    with TemporaryDirectory() as place:
        folder = Path(place)
        project = ready(folder / "project", beginning(folder, LINES)).path
        for name, model, settings in SETUPS[len(accounts) :]:
            where = "starter"
            if name in BASES:
                where = str(folder / name.replace(" ", "-"))
                if not Path(where).exists():
                    probe.random_model(Base(name, name, BASES[name]), Path(where))
            accounts.append(trained(project, where, model, settings))
            if kept:
                kept.write_text("".join(json.dumps(account) + "\n" for account in accounts), encoding="utf-8")
            print(row(name, accounts[-1]), accounts[-1]["plan"]["memory"], file=sys.stderr, flush=True)
    names = ["base", "set-up", "precision", "tokens a step", "parameters", "foreseen MiB", "measured MiB", "off",
             "foreseen CPU s", "measured CPU s", "off"]  # fmt: skip
    rows = [row(name, account) for (name, *_), account in zip(SETUPS, accounts, strict=False)]
    lines = ["| " + " | ".join(line) + " |" for line in (names, ["---"] * 3 + ["--:"] * (len(names) - 3), *rows)]
    print("\n".join(lines))
    put("plan.md", "plan", "\n".join([*lines, "", f"Measured on {machine()}."]))


if __name__ == "__main__":
    main()
