"""Arrow's arrays from numpy's and back, by their buffers. `pa.array` and `to_numpy` would import pandas where it is
installed, which takes a third of a second and 40 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TYPES = {np.dtype(np.int32): pa.int32(), np.dtype(np.int64): pa.int64()}


def writable(text: str) -> str:
    """The text with '?' for halves of characters, which JSON and chats can hold and no file can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def all_writable(value: Any) -> Any:
    """Texts, objects of them and lists, as deep as they are, as `writable`."""
    if isinstance(value, str):
        return value if value.isascii() else writable(value)
    if isinstance(value, dict):
        return {all_writable(name): all_writable(each) for name, each in value.items()}
    return [all_writable(each) for each in value] if isinstance(value, list | tuple) else value


def texts(values: Sequence[str | None]) -> pa.Array:
    """Strings, some of which may be missing, as an array."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([value and writable(value) for value in values], pa.string())


def strings(values: Sequence[str]) -> pa.Array:
    """Strings as an array."""
    try:
        encoded = list(map(str.encode, values))
    except UnicodeEncodeError:
        encoded = [value.encode("utf-8", "replace") for value in values]
    places = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=places[1:])
    sink = pa.BufferOutputStream()  # memory of Arrow, which its next arrays get when this one is gone
    sink.write(b"".join(encoded))
    data = sink.getvalue()
    if places[-1] > np.iinfo(np.int32).max:
        return pa.LargeStringArray.from_buffers(len(encoded), pa.py_buffer(places), data)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(places.astype(np.int32)), data)


def array(values: NDArray[Any], kind: pa.DataType | None = None) -> pa.Array:
    """Whole numbers as an array of that kind; without one, as they are."""
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(kind or TYPES[values.dtype], len(values), [None, pa.py_buffer(values)])


def mask(values: NDArray[np.bool_]) -> pa.Array:
    """Yes and no as an array."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])


def coded(codes: NDArray[np.int32], values: Sequence[str]) -> pa.DictionaryArray:
    """Strings as places in a list of them."""
    return pa.DictionaryArray.from_arrays(array(codes), strings(values))


def numbers(values: pa.Array | pa.ChunkedArray, missing: int = 0) -> NDArray[Any]:
    """Whole numbers, or times as numbers, [n]; `missing` stands for those that are not there. Not to be written to."""
    if isinstance(values, pa.ChunkedArray):
        found = [numbers(chunk, missing) for chunk in values.chunks if len(chunk)]
        return found[0] if len(found) == 1 else np.concatenate([*found, np.zeros(0, np.int32)])
    start, stop = values.offset, values.offset + len(values)
    valid, data = values.buffers()
    kind = np.int32 if values.type.bit_width == 32 else np.int64
    found_ = np.frombuffer(data, kind, stop)[start:]
    return np.where(_bits(valid, start, stop), found_, missing) if values.null_count else found_


def is_true(values: pa.Array) -> NDArray[np.bool_]:
    """Yes and no, [n]."""
    return _bits(values.buffers()[1], values.offset, values.offset + len(values))


def _bits(buffer: pa.Buffer, start: int, stop: int) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), count=stop, bitorder="little")
    return bits[start:].astype(np.bool_)
