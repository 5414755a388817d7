"""How every source ends on damaged exports: in a result, in a clear error, or as it should not.

    .venv/bin/python benchmarks/mutants.py [--source NAME] [--count 10000] [--seconds 120]

Takes the samples of the tests (`tests/samples.py`), damages them (`tests/mutate.py`) and reads each as `ingest` does. A
traceback, two seconds of the processor for one input, and lines that do not add up are failures: the input is kept in a
folder, and the command that shows it again is printed. The table of all sources goes into docs/sources.md. The same
seed gives the same inputs in every run.

    .venv/bin/python benchmarks/mutants.py --source irc --only 12      # one input again, with its traceback
    .venv/bin/python benchmarks/mutants.py --source irc --file PATH    # a file as this source reads it
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from page import put

from mynah.core import plugins
from tests import mutate
from tests.mutate import ENDS, GOOD, Mutant, mutant, outcome

MEMORY = 4 * 1024**3  # bytes of address space; what wants more fails here, not the machine
COLUMNS = ("source", "inputs", "results", "clear errors", "tracebacks", "hangs", "miscounts", "seconds", "slowest")


class Tried(NamedTuple):
    """How the mutants of one source ended."""

    source: str
    ends: Counter[str]
    seconds: float  # of the processor
    slowest: float  # seconds of one input, with what it takes to make it

    def __str__(self) -> str:
        counts = " | ".join(f"{self.ends[kind]:,}" for kind in ENDS)
        return f"| {self.source} | {self.ends.total():,} | {counts} | {self.seconds:.1f} | {self.slowest:.1f} |"


def tried(source: str, seed: int, count: int, seconds: float, kept: Path) -> Tried:
    """Read the mutants of one source. What fails is written to `kept` and told."""
    ends: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    slowest, start = 0.0, time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for index in range(count):
            before = time.process_time()
            if before - start > seconds:
                break
            one = mutant(source, seed, index)
            path = Path(folder) / one.name
            path.write_bytes(one.data)
            for _ in range(2):  # on a busy machine one may seem to hang
                kind, what = outcome(path, one.source, Path(folder) / "project" if one.whole else None)
                if kind != "hang":
                    break
            slowest = max(slowest, time.process_time() - before)
            ends[kind] += 1
            if kind not in GOOD:
                same = f"{kind} {what}"[:80]
                seen[same] += 1
                if seen[same] <= 2:  # of failures that look the same two are enough
                    _keep(kept / f"{source}-{index}", one, f"{kind}: {what}")
    return Tried(source, ends, time.process_time() - start, slowest)


def _keep(folder: Path, one: Mutant, told: str) -> None:
    """Write an input down, and say how to see it again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / one.name).write_bytes(one.data)
    print(f"{told}\n    benchmarks/mutants.py --source {one.source} --file '{folder / one.name}'", flush=True)


def again(source: str, seed: int, number: int | None, path: Path | None, kept: Path) -> None:
    """One input, by its number or as a file, with its traceback where there is one."""
    if path is None:
        assert number is not None
        one = mutant(source, seed, number)
        path, source = kept / one.name, one.source
        kept.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.data)
    kind, what = outcome(path, source, kept / "project")
    print(f"{path} as {source}: {kind} {what}")
    if kind in ("clear error", "traceback"):
        mutate.read_all(path, source)
        mutate.ingested(path, source, kept / "project")


def table(every: list[Tried]) -> str:
    """The counts as Markdown, the sum last."""
    ends: Counter[str] = Counter()
    for each in every:
        ends.update(each.ends)
    whole = Tried("all", ends, sum(each.seconds for each in every), max(each.slowest for each in every))
    head = [f"| {' | '.join(COLUMNS)} |", f"| --- |{' --: |' * (len(COLUMNS) - 1)}"]
    return "\n".join([*head, *map(str, every), str(whole)])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--source", nargs="+", help="these sources only; with --file, auto recognizes it")
    arguments.add_argument("--count", type=int, default=10_000, help="inputs a source")
    arguments.add_argument("--seconds", type=float, default=120, help="of the processor a source, at most")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--kept", type=Path, help="the folder for inputs that fail; a temporary one unless told")
    arguments.add_argument("--only", type=int, help="the number of one input, to see it again")
    arguments.add_argument("--file", type=Path, help="a file to see again")
    asked: Any = arguments.parse_args()
    with contextlib.suppress(ValueError, OSError):  # a smaller limit may be set already
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    kept = asked.kept or Path(tempfile.mkdtemp(prefix="mutants-"))
    if asked.only is not None or asked.file:
        again(asked.source[0] if asked.source else "auto", asked.seed, asked.only, asked.file, kept)
        return
    every = []
    for source in asked.source or plugins.names("source"):
        every.append(tried(source, asked.seed, asked.count, asked.seconds, kept))
        print(every[-1], flush=True)
    print(f"\n{table(every)}")
    if not asked.source:
        put("sources.md", "mutants", table(every))
    sys.exit(any(each.ends[kind] for each in every for kind in ENDS if kind not in GOOD))


if __name__ == "__main__":
    main()
