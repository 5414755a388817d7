"""Runs belong to the split they were tuned on."""

from __future__ import annotations

from pathlib import Path

import pytest

from mynah.core.errors import UserError
from mynah.core.folder import Account, Project, run_stage


def test_a_run_tuned_on_another_split_is_not_taken(tmp_path: Path) -> None:
    project = Project.at(tmp_path / "p")
    run_stage(project.folder("split"), "now", lambda _: Account("split", {}, {}))
    for name, data in (("a", "now"), ("b", "now"), ("c", "before")):
        account = Account("train", {}, {}, detail={"data": data})
        run_stage(project.folder("runs", name), name, lambda _, account=account: account)
    assert project.tuned("a")[0].name == "a"
    assert project.tuned()[0].name == "b"
    with pytest.raises(UserError, match="found a, b"):
        project.tuned("c")
