"""How fast `mynah train` is beside TRL's SFTTrainer, and whether what it learns is as good.

    python benchmarks/train.py [--adapter lora|none] [--base starter]

One run, one machine, the same base, the same conversations of the demo, the same token ids and labels, the same
adapter, learning rate and number of epochs. The peer gets whole conversations and is otherwise at its defaults (8 rows
a batch, gradient checkpointing, bfloat16, statistics of its loss).
Each contender trains twice, in turns, from the same weights; the faster time counts. Bits per byte are those of the
test part after training.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from page import machine, put

from mynah.core.folder import Project
from mynah.core.tables import read_examples
from mynah.core.types import Example
from mynah.data import clean, ingest, pair, split
from mynah.demo import CHAT, PERSONA
from mynah.metrics import bits_per_byte
from mynah.models.engines.transformers import Engine
from mynah.models.load import Options as ModelOptions
from mynah.models.load import lora
from mynah.models.render import IGNORED
from mynah.tune import train
from mynah.tune.batches import Step
from mynah.tune.methods import sft

ROUNDS = 2


def examples(folder: Path) -> dict[str, list[Example]]:
    """The parts of the demo's chat."""
    project = Project.at(folder / "project")
    ingest.run(project, ingest.Options(input=CHAT))
    clean.run(project, clean.Options())
    pair.run(project, pair.Options(persona=PERSONA))
    split.run(project, split.Options())
    return {part: read_examples(project.folder("split") / f"{part}.parquet") for part in ("train", "valid", "test")}


def ours(engine: Engine, parts: dict[str, list[Example]], options: train.Options, adapter: Any, folder: Path) -> Any:
    """The trainer of `mynah train`."""
    rows = train.tokenized(parts["train"], engine)
    arguments = {**train.arguments(folder, options), **QUIET}
    return sft.trainer(
        engine.model, engine.tokenizer, rows, rows[:1], arguments, Step(options.batch_tokens), [], adapter
    ), rows


def theirs(
    engine: Engine, parts: dict[str, list[Example]], options: train.Options, adapter: Any, folder: Path, **settings: Any
) -> Any:
    """TRL's SFTTrainer with whole conversations as rows, at its defaults but for `settings`."""
    from datasets import Dataset
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    rendered = [engine.renderer.render(e.turns, e.system) for e in parts["train"]]
    rows = [{"input_ids": r.ids, "labels": r.labels} for r in rendered]
    arguments = SFTConfig(
        output_dir=str(folder), learning_rate=options.lr, num_train_epochs=options.epochs, seed=options.seed,
        lr_scheduler_type="cosine", warmup_steps=options.warmup, save_strategy="no", report_to="none",
        disable_tqdm=True, log_level="error", use_cpu=not torch.cuda.is_available(),
        dataset_kwargs={"skip_prepare_dataset": True}, **settings,
    )  # fmt: skip
    return SFTTrainer(
        model=engine.model, args=arguments, train_dataset=Dataset.from_list(rows), processing_class=engine.tokenizer,
        peft_config=adapter,
    ), rows  # fmt: skip


QUIET = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}
CONTENDERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "TRL SFTTrainer, defaults": (theirs, {}),
    "mynah train": (ours, {}),
}


def measured(name: str, base: str, parts: dict[str, list[Example]], options: train.Options, full: bool) -> Any:
    """Supervised tokens a second, and bits per byte of the test part afterwards."""
    from transformers import PrinterCallback

    build, settings = CONTENDERS[name]
    torch.manual_seed(0)
    engine = Engine(base, in_full=full)
    adapter = lora(ModelOptions(adapter="none" if full else "lora"))
    with TemporaryDirectory() as folder:
        trainer, rows = build(engine, parts, options, adapter, Path(folder), **settings)
        trainer.remove_callback(PrinterCallback)
        started = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - started
    supervised = options.epochs * sum(label != IGNORED for row in rows for label in row["labels"])
    engine.model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False).eval()
    return supervised, seconds, bits(engine, parts["test"])


def bits(engine: Engine, test: list[Example]) -> float:
    """Bits per byte of the learned turns."""
    from mynah.core.types import Answers

    prompts = [prompt for example in test for prompt in example.prompts()]
    found = engine.likelihoods([replace(example, system="") for example in test])
    answers = Answers(
        prompts=("",) * len(prompts), replies=("",) * len(prompts),
        references=tuple(p.reply.text for p in prompts), nll=tuple(f.nll for f in found),
        tokens=tuple(f.tokens for f in found),
    )  # fmt: skip
    return float(bits_per_byte.total(bits_per_byte.rows(answers).sum(axis=0)))


def main() -> None:
    """Print the table and one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="starter")
    parser.add_argument("--adapter", choices=("lora", "none"), default="lora")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=train.Options().lr)
    asked = parser.parse_args()
    options = train.Options(epochs=asked.epochs, lr=asked.lr)
    with TemporaryDirectory() as folder:
        parts = examples(Path(folder))
    found: dict[str, list[Any]] = {name: [] for name in CONTENDERS}
    for _ in range(ROUNDS):
        for name in CONTENDERS:
            found[name].append(measured(name, asked.base, parts, options, asked.adapter == "none"))
            print(f"  {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    best = {name: min(rounds, key=lambda each: each[1]) for name, rounds in found.items()}
    peer = best["TRL SFTTrainer, defaults"]
    lines = [f"| trainer | supervised tokens a second | against TRL | bits per byte after {asked.epochs} epochs |"]
    lines.append("|---|--:|--:|--:|")
    for name, (supervised, seconds, cost) in best.items():
        speed = supervised / seconds
        lines.append(f"| {name} | {speed:,.0f} | {speed / (peer[0] / peer[1]):.2f} | {cost:.3f} |")
    print("\n".join(lines))
    put("benchmarks.md", "train", "\n".join([*lines, "", f"Measured on {machine()}."]))
    facts = {"torch": torch.__version__, "threads": torch.get_num_threads(), "rounds": found}
    print(json.dumps(facts), file=sys.stderr)


if __name__ == "__main__":
    main()
