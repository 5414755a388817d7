"""What a user can get wrong, at the command line: exit status 1, what was expected, found and to be done, no traceback.

Errors of single files and archives are in tests/data/test_files.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mynah.core.errors import UserError, first_line
from mynah.core.folder import need_disk, write_json
from tests.conftest import evenings, export


def refused(here: Path, *words: str) -> str:
    """What `mynah` says when it refuses, in a second process without a network."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mynah", *words], cwd=here, capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def archive(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return path


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: (p / "x").write_text("Milk\nEggs\n"), ("Expected", "found", "x")),
        (lambda p: (p / "x").write_text(""), ("empty",)),
        (lambda p: archive(p / "x", photo_dot_jpg="\xff", list_dot_pdf="%PDF-1.4"), ("1 picture", "1 PDF")),
        (lambda p: archive(p / "x", **{"..__evil_dot_txt": "a"}), ("stay inside",)),
        (lambda p: archive(p / "x", _chat_dot_txt="a" * 50_000_000), ("unpacks",)),
    ],
)  # fmt: skip
def test_an_input_that_cannot_be_used(tmp_path: Path, make: Callable[[Path], object], said: tuple[str, ...]) -> None:
    make(tmp_path)
    error = refused(tmp_path, "create", "x", "--as", "Ida")
    assert all(word in error for word in said), error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]  # nothing was left behind


def test_a_speaker_who_is_not_there_and_one_with_too_little(tmp_path: Path) -> None:
    export(tmp_path / "x.txt", *evenings(30), "+1434", "Otto: who is Zoe?", "Zoe: me")
    assert "Did you mean 'Ida'?" in refused(tmp_path, "create", "x.txt", "--as", "Idaa")
    error = refused(tmp_path, "create", "x.txt", "--me", "Zoe")
    assert "at least" in error and "1" in error, error


def test_a_model_folder_without_weights_and_a_name_without_a_network(tmp_path: Path, chat: Path) -> None:
    (tmp_path / "empty").mkdir()
    error = refused(tmp_path, "create", str(chat), "--me", "Ida", "--base", "./empty")
    assert "*.safetensors" in error and "empty" in error
    error = refused(tmp_path, "create", str(chat), "--me", "Ida", "--base", "nobody/nothing-7b")
    assert "nobody/nothing-7b" in error and "--base starter" in error


def test_a_project_of_a_newer_version(tmp_path: Path, chat: Path) -> None:
    project = tmp_path / "p"
    project.mkdir()
    write_json(project / "project.json", {"format": 99})
    error = refused(tmp_path, "create", str(chat), "--me", "Ida", "--project", "p")
    assert "format 99" in error and "Upgrade mynah" in error


def test_what_a_library_says_is_one_line_and_never_nothing() -> None:
    assert first_line(OSError("  no such file\nsee https://example.org")) == "no such file"
    assert first_line(ConnectionError()) == "ConnectionError" and len(first_line(ValueError("x" * 999))) == 120


def test_disk_space_is_asked_for_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"999.* TB|999,999.* GB") as caught:
        need_disk(tmp_path / "not" / "there" / "yet", 999_999 * 10**9, "checkpoints")
    assert "checkpoints" in caught.value.expected and str(tmp_path) in caught.value.found


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB; skipped where it cannot be mounted."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no mount on this system")
    if done.returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_before_the_long_work(tiny: Path, chat: Path) -> None:
    error = refused(tiny.parent, "create", str(chat), "--me", "Ida", "--project", str(tiny / "p"))
    assert "free disk for checkpoints" in error or "disk is full" in error, error
    assert str(tiny) in error or "disk is full" in error
