"""Imports point down, nothing heavy is imported before it is used, and every module says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "mynah"
MODULES = sorted(path.relative_to(SRC) for path in SRC.rglob("*.py"))
HEAVY = {"torch", "transformers", "trl", "peft", "pandas", "matplotlib", "sacrebleu", "rouge_score", "datasets",
         "sklearn", "bitsandbytes"}  # fmt: skip
KERNELS = "mynah.models.kernels"  # are all torch, and heavy themselves
LOW = {"core", "metrics", "models", "privacy"}
ROOMS = {"data", "tune", "measure", "talk", "ship"}
BELOW: dict[str, set[str]] = {
    "core": set(),
    "metrics": {"core"},
    "models": {"core"},
    "privacy": {"core"},
    **dict.fromkeys(ROOMS, LOW),
}
BELOW |= {"__init__": {"core"}, "__main__": {"cli"}, "cli": {*LOW, "create"}, "create": LOW | ROOMS}
BELOW |= {"doctor": LOW, "forget": LOW}
ABOVE = LOW | ROOMS | {"create"}  # what demo, sweep and the like may import


def imported(node: ast.AST, at_top: bool = False) -> Iterator[str]:
    """The dotted names that are imported; with `at_top`, only those that importing the module imports."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        lazy = function or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test))
        if not (at_top and lazy):
            yield from imported(child, at_top)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_point_down(module: Path) -> None:
    tree = ast.parse((SRC / module).read_text(encoding="utf-8"))
    room = module.parts[0].removesuffix(".py")
    assert len(module.parts) == 1 or room in BELOW, f"{room} is a new room: say here what it may import"
    ours = {name.split(".")[1] for name in imported(tree) if name.startswith("mynah.")}
    assert ours <= BELOW.get(room, ABOVE) | {room}
    at_top = set(imported(tree, at_top=True))
    if Path("models/kernels") not in module.parents:
        assert not HEAVY & {name.split(".")[0] for name in at_top}
        assert not [name for name in at_top if name.startswith(KERNELS)]
    assert ast.get_docstring(tree)
