"""How fast `mynah train` is beside other trainers, and whether what it learns is as good.

    python benchmarks/train.py [--base starter --base llama-7m] [--llamafactory PYTHON]
    python benchmarks/train.py --gpu

One run on one machine: the same base, the same token ids and labels of one chat, LoRA of rank 16, the same learning
rate and schedule, one pass. Each trainer runs in a process of its own (benchmarks/trainers.py), in turns, and its
faster round counts; the clock is that of the library's trainer, so that nothing is counted of loading and preparing.
The share of the machine's peak is that of benchmarks/flops.py.

The chat is that of one person in the #ubuntu logs as a group, or the demo's where the logs are missing. With `--gpu`
the base has the shape of Llama-2-7B with random weights, in 4 bits (QLoRA), and nothing is scored.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import flops
from page import machine, put
from trainers import PACKED, REPORTS, TRAINERS, Failed, Trained, Work

sys.path.insert(0, str(Path(__file__).parents[1]))

from mynah.core.folder import Project
from mynah.core.tables import read_examples, write_examples
from mynah.core.types import Answers, Example
from mynah.demo import CHAT, PERSONA
from mynah.metrics import bits_per_byte
from mynah.models.engines.transformers import WINDOW, Engine
from mynah.models.load import STARTER, tokenizer_of
from mynah.models.render import IGNORED, Renderer, windows
from tests.projects import ready

HERE = Path(__file__).parent
ROOT = HERE.parent
LOGS = ROOT.parent / "shared" / "data" / "1_ubuntu_irc" / "irc_disentanglement_train"
NICK, MESSAGES = "ActionParsnip", 1200
TURNS = 7  # that stand before a reply in the reports' way
SHAPES: dict[str, dict[str, Any]] = {  # of bases with random weights
    "llama-7m": {
        "vocab_size": 6144, "hidden_size": 256, "intermediate_size": 688, "num_hidden_layers": 7,
        "num_attention_heads": 8, "tie_word_embeddings": True,
    },
    "llama-2-7b": {
        "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
        "num_attention_heads": 32, "tie_word_embeddings": False,
    },
}  # fmt: skip

Rows = list[dict[str, list[int]]]


@dataclass(frozen=True)
class Found:
    """What one trainer gave: the clock of its faster round and the bits per byte of the test part, or why not."""

    seconds: float = 0.0
    bits: float | None = None
    why_not: str = ""


def main() -> None:
    """Print the tables and put them into docs/benchmarks.md."""
    asked = arguments()
    with TemporaryDirectory(dir=asked.scratch) as folder:
        peak = json.loads(subprocess.run([sys.executable, flops.__file__], capture_output=True, check=True).stdout)
        tables = ["\n".join(measured(base, asked, peak, Path(folder, str(n)))) for n, base in enumerate(asked.base)]
    rates = ", ".join(f"{rate / 1e9:,.0f} GFLOP/s in {kind}" for kind, rate in peak.items())
    end = f"Peak of matrix products: {rates}. Measured on {machine()}."
    print("\n\n".join([*tables, end]))
    put("benchmarks.md", "train", "\n\n".join([*tables, end]), "--gpu" if asked.gpu else "")


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", action="append", help="starter, llama-7m, llama-2-7b (random weights), or a folder")
    parser.add_argument("--only", action="append", choices=TRAINERS, help="one of the trainers")
    parser.add_argument("--tokens", type=int, default=8000, help="learned tokens of the training part")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--lr", type=float, help="of all trainers [default: that of mynah train; with --gpu 1e-4]")
    parser.add_argument("--set", action="append", default=[], help="an option of mynah train")
    parser.add_argument("--llamafactory", default="", metavar="PYTHON", help="the Python that it is installed for")
    parser.add_argument("--gpu", action="store_true", help="Llama-2-7B's shape in 4 bits; nothing is scored")
    parser.add_argument("--scratch", help="a folder with room for the base")
    asked = parser.parse_args()
    asked.base = asked.base or ["llama-2-7b" if asked.gpu else "starter"]
    asked.only = asked.only or list(TRAINERS)
    asked.lr = asked.lr or (1e-4 if asked.gpu else 4e-3)
    return asked


def measured(base: str, asked: argparse.Namespace, peak: dict[str, float], folder: Path) -> Iterator[str]:
    """The lines of one table."""
    project = chat(folder / "project", asked.tokens)
    place = base_at(base, folder)
    parts = {part: read_examples(project.folder("split") / f"{part}.parquet") for part in ("train", "test")}
    rows = written(parts["train"], place, folder)
    quant = "nf4" if asked.gpu else "none"
    work = Work(str(folder), place, quant, asked.lr, tuple(asked.set), asked.llamafactory)
    rounds = [{name: one(name, work, folder / f"{name}-{n}") for name in asked.only} for n in range(asked.rounds)]
    test = [] if asked.gpu else parts["test"]
    found = {name: best([each[name] for each in rounds], place, test) for name in asked.only}
    before = "" if asked.gpu else f" and {bits(place, '', test):.3f} bits per byte before"
    learned = count(rows["conversations"])
    yield from (f"{base}: {learned:,} learned tokens{before}, learning rate {asked.lr:g}.", "", HEAD, RULE)
    for name, each in found.items():
        yield line(name, each, found, rows, flops.needed(place, 16, rows[TRAINERS[name].rows]) / max(peak.values()))


COLUMNS = (
    "trainer", "supervised tokens a second", "times (a)", "times (b)", "tokens read for a learned one",
    "share of the peak", "bits per byte",
)  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |"
RULE = "|---" + "|--:" * (len(COLUMNS) - 1) + "|"


def line(name: str, found: Found, others: dict[str, Found], rows: dict[str, Rows], shortest: float) -> str:
    """A row of the table. shortest: the seconds that its operations take at the machine's peak."""
    label, own = TRAINERS[name].label, rows[TRAINERS[name].rows]
    if found.why_not:
        return f"| {label} | did not run: {found.why_not} |{' |' * (len(COLUMNS) - 2)}"
    times = [f"{others[peer].seconds / found.seconds:.1f}" if peer in others else "" for peer in (REPORTS, PACKED)]
    read = sum(len(row["input_ids"]) for row in own) / count(own)
    scored = "" if found.bits is None else f"{found.bits:.3f}"
    speed = f"{count(own) / found.seconds:,.0f}"
    return f"| {label} | {speed} | {' | '.join(times)} | {read:.0f} | {shortest / found.seconds:.0%} | {scored} |"


# --- What is trained on ---


def chat(folder: Path, tokens: int) -> Project:
    """A project whose training part has about so many learned tokens; of its validation part a single reply is left,
    which `mynah train` scores."""
    text, persona = CHAT.read_text(encoding="utf-8"), PERSONA
    if LOGS.exists():
        from tests import ubuntu

        text, persona = ubuntu.export(LOGS, NICK, MESSAGES), NICK
    folder.parent.mkdir(parents=True)
    export = folder.parent / "WhatsApp Chat.txt"
    export.write_text(text, encoding="utf-8")
    project = ready(folder, export, pseudonyms=True, persona=persona, consent=True)
    parts = project.folder("split")
    write_examples(parts / "train.parquet", list(first(read_examples(parts / "train.parquet"), tokens)))
    scored = read_examples(parts / "valid.parquet")[0]
    end = 1 + next(at for at, turn in enumerate(scored.turns) if turn.learn)
    write_examples(parts / "valid.parquet", [replace(scored, turns=scored.turns[:end])])
    return project


def first(examples: Sequence[Example], tokens: int) -> Iterator[Example]:
    """The examples until so many tokens are learned, by the starter's tokenizer."""
    renderer, learned = Renderer(tokenizer_of("starter")), 0
    for example in examples:
        if learned >= tokens:
            return
        yield example
        learned += sum(label != IGNORED for label in renderer.render(example.turns, example.system).labels)


def written(examples: Sequence[Example], base: str, folder: Path) -> dict[str, Rows]:
    """The rows, in files for the trainers: conversations as Mynah cuts them, and of each learned turn a row with the
    turns before it. Both have the same learned tokens."""
    renderer = Renderer(tokenizer_of(base))
    pieces = [piece for example in examples for piece in windows(example, renderer, WINDOW)]
    rows = {
        "conversations": [row(renderer, piece) for piece in pieces],
        "replies": [row(renderer, reply) for piece in pieces for reply in replies(piece)],
    }
    assert count(rows["replies"]) == count(rows["conversations"])
    for name, each in rows.items():
        (folder / f"{name}.json").write_text(json.dumps(each))
    return rows


def replies(piece: Example) -> Iterator[Example]:
    """Each learned turn with the turns before it, which are context."""
    for at, turn in enumerate(piece.turns):
        if turn.learn:
            before = (replace(other, learn=False) for other in piece.turns[max(0, at - TURNS) : at])
            yield replace(piece, turns=(*before, turn))


def row(renderer: Renderer, example: Example) -> dict[str, list[int]]:
    """Token ids and labels."""
    rendered = renderer.render(example.turns, example.system)
    return {"input_ids": rendered.ids, "labels": rendered.labels}


def count(rows: Rows) -> int:
    """The learned tokens."""
    return sum(label != IGNORED for row in rows for label in row["labels"])


def base_at(base: str, folder: Path) -> str:
    """The folder of the base, made where its weights are random: the tokenizer is the starter's."""
    if base == "starter":
        return str(STARTER)
    if base not in SHAPES:
        return base
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    place, device = folder / "base", "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = tokenizer_of("starter")
    tokenizer.save_pretrained(place)
    torch.manual_seed(0)
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    config = LlamaConfig(**SHAPES[base], **ends, max_position_embeddings=2048)
    with torch.device(device):
        model: Any = LlamaForCausalLM._from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(place)
    del model
    if device == "cuda":
        torch.cuda.empty_cache()
    return str(place)


# --- Train and score ---


def one(name: str, work: Work, out: Path) -> Trained | Failed:
    """One round of one trainer. What it leaves of an earlier round is not in its way."""
    try:
        done = TRAINERS[name].run(work, out)
    except Failed as failed:
        print(f"  {name}: {failed}", file=sys.stderr, flush=True)
        return failed
    print(f"  {name}: {done.seconds:.1f} s", file=sys.stderr, flush=True)
    return done


def best(rounds: Sequence[Trained | Failed], base: str, test: Sequence[Example]) -> Found:
    """The faster round of a trainer and how well it learned."""
    done = [each for each in rounds if isinstance(each, Trained)]
    if not done:
        return Found(why_not=str(rounds[-1]))
    fastest = min(done, key=lambda each: each.seconds)
    found = Found(fastest.seconds, bits(base, fastest.adapter, test) if test else None)
    for each in done:
        shutil.rmtree(each.adapter, ignore_errors=True)
    return found


def bits(base: str, adapter: str, test: Sequence[Example]) -> float:
    """Bits per byte of the learned turns, of all trainers by the same code in 32 bits."""
    engine = Engine(base)
    if adapter:
        from peft import PeftModel

        engine.model = PeftModel.from_pretrained(engine.model, adapter).eval()
    prompts = [prompt for example in test for prompt in example.prompts()]
    found = engine.likelihoods(test)
    answers = Answers(
        prompts=("",) * len(prompts), replies=("",) * len(prompts),
        references=tuple(p.reply.text for p in prompts), nll=tuple(f.nll for f in found),
        tokens=tuple(f.tokens for f in found),
    )  # fmt: skip
    return float(bits_per_byte.total(bits_per_byte.rows(answers).sum(axis=0)))


if __name__ == "__main__":
    main()
