"""The trainers that `benchmarks/train.py` compares. Each trains in a process of its own and leaves an adapter.

    python benchmarks/trainers.py WORK ROWS SETTINGS OUT

is one of TRL's SFTTrainer: WORK is a file with what all of them get, ROWS names the rows, SETTINGS are changes to TRL's
defaults as JSON, and the adapter goes to OUT.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

RANK, ALPHA, WARMUP, SEED = 16, 32, 0.05, 0


@dataclass(frozen=True)
class Work:
    """What all of them get: the base as a folder, the rows of token ids and labels as files of `folder`, and the same
    data as a project."""

    folder: str
    base: str
    quant: str
    lr: float
    options: tuple[str, ...] = ()
    """More options of `mynah train`, as for --set."""
    llamafactory: str = ""
    """The Python that LLaMA-Factory is installed for."""

    def rows(self, name: str) -> list[dict[str, list[int]]]:
        """Rows of `input_ids` and `labels`."""
        return json.loads(Path(self.folder, f"{name}.json").read_text())  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Trained:
    """Seconds by the clock of the library's trainer, from `train()` on, and where the adapter lies."""

    seconds: float
    adapter: str


class Failed(Exception):
    """A trainer that did not end well."""


def _run(command: Sequence[str], **environment: str) -> str:
    """The standard output of a command. Raises Failed with the last line that it wrote to the other."""
    done = subprocess.run(list(command), capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or [f"exit {done.returncode}"]
        print(done.stderr, file=sys.stderr)
        raise Failed(lines[-1][:200])
    return done.stdout


# --- Mynah: the command ---


def mynah(work: Work, out: Path) -> Trained:
    """`mynah train` with its own defaults for everything but what all have in common. Its clock runs over the score of
    the validation part and a checkpoint, too."""
    project = Path(work.folder, "project")
    options = [f"train.lr={work.lr}", "train.epochs=1", f"train.seed={SEED}", f"train.warmup={WARMUP}"]
    options += ["train.schedule=cosine", f"model.rank={RANK}", f"model.alpha={ALPHA}", *work.options]
    settings = [word for option in options for word in ("--set", option)]
    command = [sys.executable, "-m", "mynah", "train", "--project", str(project), "--json"]
    account = json.loads(_run([*command, "--base", work.base, "--quant", work.quant, *settings]))
    run = project / "runs" / account["run"]
    os.rename(run, out)  # so that the next round trains anew
    clock = [line["train_runtime"] for line in json.loads((out / "curves.json").read_text()) if "train_runtime" in line]
    return Trained(clock[-1], str(out / "model"))


# --- TRL ---


def trl(work: Work, out: Path, *, rows: str, settings: dict[str, Any]) -> Trained:
    """TRL's SFTTrainer in a second process."""
    Path(work.folder, "work.json").write_text(json.dumps(asdict(work)))
    words = [str(Path(work.folder, "work.json")), rows, json.dumps(settings), str(out)]
    found = _run([sys.executable, __file__, *words]).splitlines()[-1]
    return Trained(json.loads(found)["seconds"], str(out))


def _trl_here(work: Work, rows: str, settings: dict[str, Any], out: Path) -> float:
    """TRL's SFTTrainer as its documentation has it: a model by its name, a data set, an adapter. It gets rows that are
    tokenized already, so that all learn the same tokens."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    arguments = SFTConfig(
        output_dir=str(out), learning_rate=work.lr, num_train_epochs=1, seed=SEED, lr_scheduler_type="cosine",
        warmup_steps=WARMUP, save_strategy="no", report_to="none", use_cpu=not torch.cuda.is_available(),
        model_init_kwargs=_in_4_bits() if work.quant == "nf4" else None, **settings,
    )  # fmt: skip
    adapter = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = SFTTrainer(
        model=work.base, args=arguments, train_dataset=Dataset.from_list(work.rows(rows)),
        processing_class=AutoTokenizer.from_pretrained(work.base), peft_config=adapter,
    )  # fmt: skip
    seconds = trainer.train().metrics["train_runtime"]
    trainer.save_model(str(out))
    return float(seconds)


def _in_4_bits() -> dict[str, Any]:
    """How QLoRA's base is loaded (Dettmers et al. 2023, arXiv:2305.14314)."""
    import torch
    from transformers import BitsAndBytesConfig

    kind = torch.bfloat16
    packed = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=kind
    )
    return {"quantization_config": packed, "dtype": kind}


# --- LLaMA-Factory ---


def llamafactory(work: Work, out: Path) -> Trained:
    """`llamafactory-cli train` at its defaults, in the Python that it is installed for, with bfloat16 as in its
    examples. It gets rows that are tokenized already, by its `tokenized_path`."""
    if not work.llamafactory:
        raise Failed("not asked for: --llamafactory PYTHON")
    data = Path(work.folder, "llamafactory")
    if not data.exists():
        _run([work.llamafactory, "-c", _SAVE, str(Path(work.folder, "conversations.json")), str(data)])
    settings = {
        "model_name_or_path": work.base, "stage": "sft", "do_train": True, "finetuning_type": "lora",
        "lora_rank": RANK, "lora_alpha": ALPHA, "lora_target": "all", "bf16": True, "dataset": "conversations",
        "tokenized_path": str(data), "output_dir": str(out), "learning_rate": work.lr, "num_train_epochs": 1,
        "lr_scheduler_type": "cosine", "warmup_ratio": WARMUP, "seed": SEED, "save_strategy": "no",
        "report_to": "none", "use_cpu": not _has_gpu(),
    } | ({"quantization_bit": 4, "quantization_method": "bnb"} if work.quant == "nf4" else {})  # fmt: skip
    written = Path(work.folder, "llamafactory.yaml")  # of which JSON is a part; files called .json it fails to read
    written.write_text(json.dumps(settings))
    _run([work.llamafactory, "-m", "llamafactory.cli", "train", str(written)], HF_HUB_OFFLINE="1", PYTHONPATH="")
    return Trained(json.loads((out / "train_results.json").read_text())["train_runtime"], str(out))


_SAVE = """
import json, sys
from datasets import Dataset, DatasetDict
rows = json.load(open(sys.argv[1]))
for row in rows:
    row["attention_mask"] = [1] * len(row["input_ids"])
DatasetDict({"train": Dataset.from_list(rows)}).save_to_disk(sys.argv[2])
"""


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


@dataclass(frozen=True)
class Trainer:
    """One of those that are compared: what it is called, which rows it reads, how it is run."""

    label: str
    rows: str
    run: Callable[[Work, Path], Trained]


REPORTS, PACKED, OURS = "replies", "packed", "mynah"
TRAINERS = {
    REPORTS: Trainer(
        "(a) TRL SFTTrainer, a row a reply with 7 turns before it", "replies", partial(trl, rows="replies", settings={})
    ),
    "whole": Trainer(
        "TRL SFTTrainer, whole conversations", "conversations", partial(trl, rows="conversations", settings={})
    ),
    PACKED: Trainer(
        "(b) TRL SFTTrainer, whole conversations, packed",
        "conversations",
        partial(trl, rows="conversations", settings={"packing": True, "per_device_train_batch_size": 1}),
    ),
    "llamafactory": Trainer("(c) LLaMA-Factory", "conversations", llamafactory),
    OURS: Trainer("mynah train", "conversations", mynah),
}


def main() -> None:
    """Train with TRL and print the seconds as JSON."""
    work, rows, settings, out = sys.argv[1:]
    found = Work(**json.loads(Path(work).read_text()))
    print(json.dumps({"seconds": _trl_here(found, rows, json.loads(settings), Path(out))}))


if __name__ == "__main__":
    main()
