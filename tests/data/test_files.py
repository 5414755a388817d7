"""What is behind a path: files, archives and folders, none of which can do harm, and none of which is lost."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.data import files
from mynah.data.files import Input, Left, counted, look, look_at, single

TEXT = "".join(f"{day:02}/01/2024, 10:00 - Ida: line {day * day}\n" for day in range(1, 32)).encode()


def packed(path: Path, *members: str, text: bytes = TEXT) -> Path:
    """A zip whose members all hold the text."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, text)
    return path


def claims(path: Path, size: int, crc: int | None = None) -> Path:
    """The archive of one member, whose headers now claim another size and checksum."""
    data = bytearray(path.read_bytes())
    for start, at in ((data.index(b"PK\x03\x04"), 14), (data.index(b"PK\x01\x02"), 16)):
        if crc is not None:
            data[start + at : start + at + 4] = struct.pack("<I", crc)
        data[start + at + 8 : start + at + 12] = struct.pack("<I", size)
    path.write_bytes(data)
    return path


def encrypted(path: Path) -> Path:
    """The archive, with the flag of encryption in both headers of its first member."""
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    return path


def read(path: Path) -> list[str]:
    return [each.text() for each in look(path).files]


# --- archives -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["/etc/chat.txt", "../chat.txt", "a/../../chat.txt", r"..\chat.txt", r"C:\chat.txt"])
def test_a_member_that_leaves_its_archive_is_refused(tmp_path: Path, member: str) -> None:
    path = packed(tmp_path / "a.zip", "_chat.txt", member.replace("chat.txt", "photo.jpg"))
    with pytest.raises(UserError, match=r"members stay inside it, found .*photo\.jpg' in 'a\.zip'"):
        look(path)


@pytest.mark.parametrize("member", ["..chat.txt", "a..b/chat.txt", "C: notes.txt"])
def test_dots_in_a_name_are_just_dots(tmp_path: Path, member: str) -> None:
    assert len(look(packed(tmp_path / "a.zip", member)).files) == (not member.startswith("."))


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed(tmp_path / "a.zip", "chat.txt", text=b" " * 5_000_000)
    with pytest.raises(UserError, match=r"sane size, found 'chat\.txt' in 'a\.zip'.* 5,000,000 bytes"):
        look(bomb)
    assert not look(packed(tmp_path / "b.zip", "photo.jpg", text=b" " * 5_000_000)).files, "it is not unpacked"
    monkeypatch.setattr(files, "LARGEST", 3 * len(TEXT))
    assert len(look(packed(tmp_path / "c.zip", *"abc", "a.txt", "b.txt", "c.txt")).files) == 3
    with pytest.raises(UserError, match=f"sane size.*{4 * len(TEXT):,} bytes"):
        look(packed(tmp_path / "d.zip", "a.txt", "b.txt", "c.txt", "d.json"))


def test_a_header_that_lies_about_the_size_is_found_out(tmp_path: Path) -> None:
    part = TEXT[:80]
    # With the checksum of what it claims to be, zipfile would cut it in silence.
    for crc, told in ((None, "80 bytes and has more"), (zlib.crc32(part), "Bad CRC")):
        lying = claims(packed(tmp_path / "a.zip", "chat.txt"), len(part), crc)
        with pytest.raises(UserError, match=rf"'a\.zip/chat\.txt', which is damaged .*{told}"):
            read(lying)
    longer = claims(packed(tmp_path / "b.zip", "chat.txt"), len(TEXT) + 1)
    with pytest.raises(UserError, match="damaged"):
        read(longer)
    assert read(packed(tmp_path / "c.zip", "chat.txt")) == [TEXT.decode()]


def test_what_comes_out_is_counted_in_blocks(tmp_path: Path) -> None:
    path = claims(packed(tmp_path / "a.zip", "chat.txt", text=TEXT * 5_000), 300_000)
    taken = 0
    with pytest.raises(UserError, match="300,000 bytes and has more"), look(path).files[0].open() as stream:
        while block := stream.read(1000):
            taken += len(block)
    assert 200_000 < taken <= 300_000


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.MOST == 100_000
    monkeypatch.setattr(files, "MOST", 10)
    assert len(look(packed(tmp_path / "a.zip", *(f"{n}.txt" for n in range(10)))).files) == 10
    with pytest.raises(UserError, match=r"at most 10 files, found 11 in 'b\.zip'"):
        look(packed(tmp_path / "b.zip", *(f"{n}.jpg" for n in range(11))))
    for n in range(11):
        (tmp_path / f"{n}.txt").write_bytes(TEXT)
    with pytest.raises(UserError, match=r"more than 10 in .* files"):
        look(tmp_path)


def test_a_password_is_asked_for_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"without a password, found 'chat\.txt' in 'a\.zip', which is encrypted"):
        look(encrypted(packed(tmp_path / "a.zip", "chat.txt")))


def test_an_archive_in_an_archive_is_named_and_not_opened(tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", "../chat.txt").read_bytes()
    found = look(packed(tmp_path / "a.zip", "more/inner.zip", "old.rar", text=inner))
    assert found.files == () and found.left == (
        Left("a.zip/more/inner.zip", "archive inside an archive"),
        Left("a.zip/old.rar", "archive other than a zip"),
    )


def test_two_members_of_one_name_are_not_read_twice(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        found = look(packed(tmp_path / "a.zip", "chat.txt", "chat.txt"))
    assert [each.name for each in found.files] == ["a.zip/chat.txt"]
    assert found.left == (Left("a.zip/chat.txt", "second file of its name"),)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6), st.integers(0, 600))
def test_a_damaged_archive_is_a_user_error_or_read(changes: list[tuple[int, int]], short: int) -> None:
    with TemporaryDirectory() as folder:
        path = packed(Path(folder) / "a.zip", "_chat.txt", "ü.txt")
        data = bytearray(path.read_bytes())
        for place, byte in changes:
            data[place % len(data)] = byte
        path.write_bytes(data[: len(data) - short] if short < 100 else data)
        try:
            texts = read(path)
        except UserError:
            return
        assert all(isinstance(text, str) for text in texts)


# --- folders --------------------------------------------------------------------------------------------------------


def test_all_of_a_folder_is_an_export_or_is_named(tmp_path: Path) -> None:
    for name in ("b.txt", "old/a.JSON", "old/deep/c.jsonl", ".hidden.txt", ".git/x.txt", "__MACOSX/x.txt", "photo.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(TEXT)
    (tmp_path / "maya" / "runs").mkdir(parents=True)
    (tmp_path / "maya" / "project.json").write_text("{}")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "strange").touch()
    (tmp_path / "strange.xyz").write_text("x")
    (tmp_path / "away.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    packed(tmp_path / "z.zip", "_chat.txt", "photo.jpg", ".DS_Store", "__MACOSX/._chat.txt")
    with zipfile.ZipFile(tmp_path / "none.zip", "w"):
        pass
    found = look(tmp_path)
    assert [each.name for each in found.files] == ["b.txt", "old/a.JSON", "old/deep/c.jsonl", "z.zip/_chat.txt"]
    assert sorted(found.left) == [
        Left("away.txt", "link to nothing"),
        Left("empty.txt", "empty file"),
        Left("maya", "project of Mynah"),
        Left("none.zip", "empty archive"),
        Left("photo.jpg", "picture"),
        Left("round", "link to a folder"),
        Left("strange", "empty file"),
        Left("strange.xyz", "file of another kind"),
        Left("z.zip/photo.jpg", "picture"),
    ]
    assert all(each.text() == TEXT.decode() for each in found.files)


def test_a_file_that_is_not_there_has_a_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "WhatsApp Chat with Ida.txt").write_bytes(TEXT)
    with pytest.raises(UserError, match=r"no file .*Idda\.txt'\. Did you mean '.*WhatsApp Chat with Ida\.txt'\?"):
        look(tmp_path / "WhatsApp Chat with Idda.txt")
    with pytest.raises(UserError, match="Check the path"):
        look(tmp_path / "qqqqqq")
    with pytest.raises(UserError, match=r"no folder '.*nowhere' either"):
        look(tmp_path / "nowhere" / "chat.txt")


# --- what a file is -------------------------------------------------------------------------------------------------

LOOKS: dict[str, tuple[bytes, str]] = {
    "a.txt": (b"Dear diary,\nnothing happened.\n", "a plain text without messages"),
    "b.txt": (b'{"milk": 2}', "a JSON file without messages"),
    "c.txt": (b"\xff\xd8\xff\xe0" + bytes(50), "a picture"),
    "d.bin": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "e": (b"RIFF\x10\0\0\0WEBPVP8 ", "a picture"),
    "f.json": (b"%PDF-1.7\n", "a PDF"),
    "g": (b"OggS\0\x02", "a sound"),
    "h": (b"\0\0\0\x20ftypisom", "a video"),
    "i.txt": (b"PK\x03\x04" + bytes(50), "a damaged archive"),
    "j.docx": (b"PK\x03\x04" + bytes(50), "a document"),
    "k": (b"Rar!\x1a\x07", "an archive other than a zip"),
    "l": (b"SQLite format 3\0", "a database"),
    "p": (b"PAR1", "a table"),
    "m.txt": (b"\n<!DOCTYPE html><p>hello", "a web page"),
    "n.txt": (bytes(range(256)), "a file of bytes that are no text"),
    "o.txt": (b" \n\n", "a file of nothing but blanks"),
}


@pytest.mark.parametrize("name", LOOKS)
def test_what_a_file_looks_like(tmp_path: Path, name: str) -> None:
    data, told = LOOKS[name]
    (tmp_path / name).write_bytes(data)
    assert single(Input(tmp_path / name).looks_like().what) == told


def test_what_is_left_is_counted_in_words() -> None:
    names = ["picture", "plain text without messages", "picture", "link to a folder", "project of Mynah"]
    left = [Left(str(n), what) for n, what in enumerate(names * 2)]
    told = "4 pictures, 2 plain texts without messages, 2 links to a folder, 2 projects of Mynah"
    assert counted(left) == told and counted(left[:1]) == "1 picture"


@pytest.mark.parametrize(
    "make", [lambda path: path.chmod(0), lambda path: path.write_bytes(b"")], ids=["shut", "empty"]
)
def test_what_cannot_be_opened_is_said(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "chat.txt"
    path.write_bytes(TEXT)
    make(path)
    try:
        read(path)  # root opens what is shut
    except UserError as error:
        assert "chat.txt" in str(error)


# --- several paths --------------------------------------------------------------------------------------------------


def test_several_paths_hold_each_file_once(tmp_path: Path) -> None:
    for name in ("a/chat.txt", "b/chat.txt", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(TEXT)
    (tmp_path / "b" / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    found = look_at([tmp_path / "b", tmp_path / "b" / "chat.txt"])
    assert [each.name for each in found.files] == ["chat.txt", "notes.txt"] and len(found.left) == 1
    found = look_at([tmp_path / "a" / "chat.txt", tmp_path / "b"])
    assert [each.name for each in found.files] == ["a/chat.txt", "b/chat.txt", "b/notes.txt"]
    assert look_at([tmp_path / "b"]) == look(tmp_path / "b")
    with pytest.raises(UserError, match="found none"):
        look_at([])


def test_office_documents_are_files_and_no_archives(tmp_path: Path) -> None:
    for name in ("a.docx", "b.xlsx"):
        packed(tmp_path / name, "word/document.xml")
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.7 \xff")
    (tmp_path / "d.parquet").write_bytes(b"PAR1\xff")
    found = look(tmp_path)
    assert [each.name for each in found.files] == ["a.docx", "b.xlsx", "c.pdf", "d.parquet"]
    assert all(each.is_unicode() for each in found.files), "what is no text has no encoding to complain of"
    assert [each.looks_like().what for each in found.files] == ["document", "table", "PDF", "table"]
