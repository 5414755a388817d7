"""What the sources that read JSON share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from mynah.core.arrow import writable
from mynah.core.types import Origin, Unparsed
from mynah.data.files import Input, decoded

SHOWN = 1000  # characters of what could not be read


def whole(file: Input) -> tuple[Any, str]:
    """The value of a JSON file and no error, or None and the error."""
    with file.open() as stream:
        data = stream.read()
    try:
        return orjson.loads(data.removeprefix(b"\xef\xbb\xbf")), ""
    except orjson.JSONDecodeError:
        pass
    try:  # UTF-16, not all of it UTF-8, or with half a character escaped, which only the slower one takes
        return json.loads(decoded(data)), ""
    except (ValueError, RecursionError) as error:
        return None, f"broken JSON: {error}"


def unread(file: Input, number: int, value: Any, reason: str) -> Unparsed:
    """An element that is none of what was expected."""
    try:
        shown = value if isinstance(value, str) else orjson.dumps(value).decode()
    except (TypeError, ValueError):  # nested too deep, or with half a character in it
        shown = str(value)[:SHOWN]
    return Unparsed(text_of(shown[:SHOWN]), reason, Origin(file.name, number))


def broken(file: Input, error: str) -> Iterator[Unparsed]:
    """A file that is no JSON: all of its lines."""
    text = file.text()
    if text:
        yield Unparsed(text[:SHOWN], error, Origin(file.name, 1, text.count("\n") + (not text.endswith("\n"))))


def has_keys(head: str, *names: str) -> bool:
    """Does each of these stand as a key in a beginning that may be cut anywhere?"""
    return all(re.search(rf'"{re.escape(name)}"\s*:', head) for name in names)


def text_of(value: Any) -> str:
    """A text, or nothing where it is none. JSON can escape half a character, which no file can hold."""
    return writable(value) if isinstance(value, str) else ""
