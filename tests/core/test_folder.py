"""Runs belong to the split they were tuned on; what was complete when a process was killed is not done again."""

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


def test_what_is_complete_but_not_in_its_place_is_put_there_and_an_attempt_goes_on(tmp_path: Path) -> None:
    folder, attempts = tmp_path / "stage", []

    def work(partial: Path) -> Account:
        attempts.append(sorted(path.name for path in partial.iterdir()))
        (partial / "half").write_text("done")
        if len(attempts) == 1:
            raise KeyboardInterrupt
        return Account("stage", {}, {})

    with pytest.raises(KeyboardInterrupt):
        run_stage(folder, "now", work)
    assert not run_stage(folder, "now", work).reused and attempts[1] == [".begun", "half"]
    folder.rename(tmp_path / "stage.partial")  # as if killed before the rename
    assert run_stage(folder, "now", work).reused and folder.is_dir() and len(attempts) == 2
    run_stage(folder, "other", work)
    assert attempts[2] == [".begun"]  # another fingerprint finds nothing of this one


def test_an_attempt_that_left_nothing_before_a_mistake_leaves_no_folder(tmp_path: Path) -> None:
    folder, kept = tmp_path / "stage", tmp_path / "stage.partial" / "half"

    def refused(_: Path) -> Account:
        raise UserError("a method that exists", "'foo'", "Take another.")

    def begun(partial: Path) -> Account:
        (partial / "half").write_text("done")
        return refused(partial)

    with pytest.raises(UserError):
        run_stage(folder, "now", refused)
    assert list(tmp_path.iterdir()) == []
    for work in (begun, refused):  # what an attempt did is gone on with once the mistake is mended
        with pytest.raises(UserError):
            run_stage(folder, "now", work)
        assert kept.read_text() == "done"
