"""The messages of a project as columns: ten million of them fit, since only the texts of a sample are held.

Who, when and how long are taken from every message. What is in the texts is taken from a sample of pieces, PIECE
messages in a row of one conversation at most, which are drawn by chance with a seed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mynah.core.errors import UserError
from mynah.core.types import NOBODY

Ints = NDArray[np.int64]

SPOKEN = ("text", "forwarded", "automatic")
"""The kinds of messages that hold words."""
UNNAMED = "by accounts that are gone or not named"
PIECE = 50
"""Messages in a row that are drawn, or not, together."""
TOP = 6
"""Speakers that pictures show apart; the others are put together."""
ADDRESS = re.compile(r"\s*@?([^\s:,]{1,40})[:,]\s")
"""How a message on IRC begins that is meant for one person."""


@dataclass(frozen=True)
class Chats:
    """n messages as columns, in the order of their conversations, and the texts of a sample of m of them."""

    names: list[str]
    """The speakers, who wrote most first."""
    speaker: Ints
    """[n] places in `names`."""
    conversation: Ints
    """[n] numbers from 0, that rise."""
    chat: Ints
    """[n] numbers of the chats that the conversations belong to."""
    at: NDArray[np.datetime64]
    """[n] in seconds; NaT where the time is not known."""
    length: Ints
    """[n] in characters (Unicode code points)."""
    fingerprint: Ints
    """[n] hashes of the texts, equal for equal texts."""
    answered: Ints
    """[n] the row that a message answers by the export itself, or -1."""
    piece: Ints
    """[n] numbers from 0, that rise."""
    sampled: Ints
    """[m] rows of the sample, that rise."""
    texts: list[str]
    """[m] texts of the sample."""
    left_out: dict[str, int]
    """How many rows hold no words of a person, by kind."""

    def __len__(self) -> int:
        return len(self.speaker)

    @property
    def whole(self) -> bool:
        """Is every message in the sample?"""
        return len(self.sampled) == len(self)

    @cached_property
    def counts(self) -> Ints:
        """[names] messages of each speaker."""
        return np.bincount(self.speaker, minlength=len(self.names))

    @cached_property
    def spoken(self) -> list[str]:
        """[m] the texts without whom they are addressed to, as "nick: " is at the start."""
        names = {name.casefold() for name in self.names}
        return [_without_address(text, names) for text in self.texts]

    @cached_property
    def pieces(self) -> list[range]:
        """The places in `texts` of each piece of the sample."""
        ends = np.flatnonzero(np.diff(self.piece[self.sampled])) + 1
        edges = [0, *ends.tolist(), len(self.sampled)]
        return [range(low, high) for low, high in pairwise(edges) if high > low]


def _without_address(text: str, names: set[str]) -> str:
    found = ADDRESS.match(text)
    return text[found.end() :] if found and found[1].casefold() in names else text


def read(path: Path, sample: int, seed: int) -> Chats:
    """The messages of a file that `write_conversations` wrote, and about `sample` texts, drawn with `seed`.

    Raises UserError where no message holds words.
    """
    there = pq.read_schema(path).names  # older files have no chats
    columns = [name for name in ("conversation", "chat", "speaker", "at", "kind", "id", "reply_to") if name in there]
    repeated = [name for name in ("chat", "speaker", "kind") if name in there]
    table = pq.read_table(path, columns=columns, read_dictionary=repeated)
    kinds, kind = _codes(table, "kind")
    names, speaker = _codes(table, "speaker")
    silent, nobody = ([code for code, name in enumerate(names) if name in some] for some in ({""}, NOBODY))
    words = np.isin(kind, [code for code, name in enumerate(kinds) if name in SPOKEN]) & ~np.isin(speaker, silent)
    known = ~np.isin(speaker, nobody)
    left_out = {kinds[code]: int(n) for code, n in enumerate(np.bincount(kind[~words])) if n}
    left_out |= {UNNAMED: int(n)} if (n := np.count_nonzero(words & ~known)) else {}
    rows = np.flatnonzero(words & known)
    if not len(rows):
        found = ", ".join(f"{n} {kind}" for kind, n in left_out.items()) or "none"
        raise UserError("messages with words to analyze", found, "Use another export.")
    names, speaker = _ranked(names, speaker[rows])
    conversation = np.unique(table["conversation"].to_numpy()[rows], return_inverse=True)[1]
    piece = _pieces(conversation)
    sampled = _drawn(piece, sample, seed)
    length, prints, texts = _read_texts(path, rows, sampled)
    return Chats(
        names, speaker, conversation, _codes(table, "chat")[1][rows], _seconds(table["at"], rows), length, prints,
        _answered(table, rows), piece, sampled, texts, left_out,
    )  # fmt: skip


def _codes(table: pa.Table, name: str) -> tuple[list[str], Ints]:
    """The different values of a column of strings, and which each row has; all are empty where there is no such
    column."""
    if name not in table.column_names:
        return [""], np.zeros(len(table), dtype=np.int64)
    column = table[name].unify_dictionaries()
    if not column.num_chunks:
        return [], np.zeros(0, dtype=np.int64)
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
    return column.chunk(0).dictionary.to_pylist(), codes.astype(np.int64, copy=False)


def _ranked(names: list[str], codes: Ints) -> tuple[list[str], Ints]:
    """The names that occur, the most frequent first; of equally frequent ones the one that comes first."""
    found, first, counts = np.unique(codes, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    places = np.zeros(len(names), dtype=np.int64)
    places[found[order]] = np.arange(len(order))
    return [names[code] for code in found[order]], places[codes]


def _seconds(column: pa.ChunkedArray, rows: Ints) -> NDArray[np.datetime64]:
    return column.cast(pa.timestamp("us")).to_numpy()[rows].astype("datetime64[s]")  # type: ignore[no-any-return]


def _pieces(conversation: Ints) -> Ints:
    """A new piece where a conversation begins, and after PIECE messages of one."""
    begins = np.append(True, np.diff(conversation) != 0)
    first = np.flatnonzero(begins)
    place = np.arange(len(conversation)) - first[np.cumsum(begins) - 1]
    return np.cumsum(place % PIECE == 0) - 1


def _drawn(piece: Ints, sample: int, seed: int) -> Ints:
    """The rows of so many pieces that there are about `sample` of them; all where there are no more."""
    if len(piece) <= sample:
        return np.arange(len(piece))
    sizes = np.bincount(piece)
    order = np.random.default_rng(seed).permutation(len(sizes))
    chosen = np.zeros(len(sizes), dtype=bool)
    chosen[order[: int(np.searchsorted(np.cumsum(sizes[order]), sample)) + 1]] = True
    return np.flatnonzero(chosen[piece])


def _read_texts(path: Path, rows: Ints, sampled: Ints) -> tuple[Ints, Ints, list[str]]:
    """The length and the hash of the text of each of `rows`, and the texts of the sample; a batch at a time."""
    length, prints = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    texts: list[str] = []
    wanted = np.zeros(len(rows), dtype=bool)
    wanted[sampled] = True
    begin = done = 0
    for batch in pq.ParquetFile(path).iter_batches(65_536, columns=["text"]):
        end = int(np.searchsorted(rows, begin + len(batch)))
        column = pc.fill_null(batch.column(0), "").take(pa.array(rows[done:end] - begin))
        here = column.to_pylist()
        length[done:end] = pc.utf8_length(column).to_numpy(zero_copy_only=False)
        prints[done:end] = [hash(text) for text in here]
        texts += [here[i] for i in np.flatnonzero(wanted[done:end])]
        begin, done = begin + len(batch), end
    return length, prints, texts


def _answered(table: pa.Table, rows: Ints) -> Ints:
    """The place in `rows` of the message that each of them answers, by the ids of the export; -1 where it says none."""
    if "reply_to" not in table.column_names or table["reply_to"].null_count == len(table):
        return np.full(len(rows), -1, dtype=np.int64)
    kept = table.take(pa.array(rows)).combine_chunks()
    chat = kept["chat"].cast(pa.string()) if "chat" in kept.column_names else ""
    own, other = (pc.binary_join_element_wise(chat, kept[name], "\0") for name in ("id", "reply_to"))
    found = pc.index_in(other, own, skip_nulls=True)
    return pc.fill_null(found, -1).to_numpy().astype(np.int64)  # type: ignore[no-any-return]


def apart(chats: Chats) -> Sequence[str]:
    """The names of the speakers that pictures show apart."""
    return chats.names[:TOP]
