"""What the starter learns from at each step: a pure function of the seed and of how much of each corpus was read.

A corpus is one stream of tokens: its documents in an order drawn for each epoch, one behind the other. A row is the
next piece of a stream, so rows have no padding; a mask keeps documents apart (document masking), and positions begin
anew with each document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

IGNORED = -100

# Shares of the tokens. First broad text, then, while the learning rate falls, mostly talk.
BROAD: dict[str, float] = {
    "posts": 40, "books": 14, "self_dialogue": 16, "schema_guided": 5, "topical_chat": 4, "synthetic_persona_chat": 2,
    "multiwoz": 1, "taskmaster4": 0.5, "dolly": 2.5, "chitchat": 0.7, "chatterbot_english": 0.5, "scenes": 12,
    "chitchat_de": 0.3, "chitchat_es": 0.3, "chitchat_fr": 0.3, "chatterbot_french": 0.05, "chatterbot_german": 0.05,
    "chatterbot_portuguese": 0.1, "chatterbot_russian": 0.1, "chatterbot_spanish": 0.1,
}  # fmt: skip
TALK: dict[str, float] = {
    "posts": 16, "self_dialogue": 20, "schema_guided": 2, "topical_chat": 5, "synthetic_persona_chat": 4, "dolly": 4,
    "chitchat": 1.5, "chatterbot_english": 1, "scenes": 46, "chitchat_de": 0.2, "chitchat_es": 0.2, "chitchat_fr": 0.2,
}  # fmt: skip
# And where replies only are learned, most of what is learned from: scenes, of which half is replies.
REPLIES: dict[str, float] = {
    "scenes": 76, "dolly": 5, "chitchat": 3, "chatterbot_english": 1, "self_dialogue": 8, "topical_chat": 1,
    "synthetic_persona_chat": 1, "posts": 5,
}  # fmt: skip


@dataclass
class Stream:
    """The tokens of a corpus, read again and again, each epoch in an order of its own."""

    ids: np.ndarray
    ends: np.ndarray
    seed: int
    read: int = 0  # tokens so far
    _epoch: int = field(default=-1, repr=False)

    def take(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The next `count` tokens and the document each belongs to (numbers are alike only inside a document)."""
        tokens, documents = [], []
        while count:
            epoch, at = divmod(self.read, len(self.ids))
            if epoch != self._epoch:
                self._shuffle(epoch)
            some = min(count, len(self.ids) - at)
            tokens.append(self._ids[at : at + some])
            documents.append(self._documents[at : at + some] + epoch * len(self.ends))
            self.read += some
            count -= some
        return np.concatenate(tokens), np.concatenate(documents)

    def _shuffle(self, epoch: int) -> None:
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.ends))
        starts = np.concatenate([[0], self.ends[:-1]])
        lengths = (self.ends - starts)[order]
        self._ids = np.concatenate([self.ids[starts[i] : self.ends[i]] for i in order])
        self._documents = np.repeat(np.arange(len(order)), lengths)
        self._epoch = epoch


class Streams:
    """All corpora of a mixture."""

    def __init__(self, folder: Path, part: str, seed: int) -> None:
        self.of: dict[str, Stream] = {}
        for number, path in enumerate(sorted(folder.glob(f"*.{part}.npz"))):
            table = np.load(path)
            if len(table["ids"]):
                self.of[path.name.split(".")[0]] = Stream(table["ids"], table["ends"], seed + 1000 * number)

    def batch(self, mixture: dict[str, float], rows: int, length: int, draw: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids and document numbers, both [rows, length]. `draw` seeds the choice of the corpora."""
        names = [name for name in mixture if name in self.of]
        shares = np.array([mixture[name] for name in names])
        chosen = np.random.default_rng(draw).choice(len(names), rows, p=shares / shares.sum())
        taken = [self.of[names[i]].take(length) for i in chosen]
        ids, documents = (np.stack(part).astype(np.int64) for part in zip(*taken, strict=True))
        return torch.from_numpy(ids), torch.from_numpy(documents)

    def state(self) -> dict[str, int]:
        return {name: stream.read for name, stream in self.of.items()}

    def load_state(self, state: dict[str, int]) -> None:
        for name, read in state.items():
            self.of[name].read = read


def heard(ids: torch.Tensor, documents: torch.Tensor, marks: dict[str, int]) -> torch.Tensor:
    """Which tokens, [rows, length], are said by others than the assistant: those behind a mark of another role, as far
    as the row shows it. `marks`: the token of each role."""
    places = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    is_mark = torch.isin(ids, torch.tensor(list(marks.values()), device=ids.device))
    last = torch.where(is_mark, places, -1).cummax(dim=1).values
    mark, document = (table.gather(1, last.clamp(min=0)) for table in (ids, documents))
    return (last >= 0) & (document == documents) & (mark != marks["assistant"])


def inputs(ids: torch.Tensor, documents: torch.Tensor, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """What the model is called with: ids, positions that begin anew with each document, a mask of 0 and -inf
    [rows, 1, length, length], labels, shifted by one, IGNORED where the next token is another document's, and the
    documents."""
    length = ids.shape[1]
    same = documents[:, :, None] == documents[:, None, :]
    allowed = same & torch.ones(length, length, dtype=torch.bool, device=ids.device).tril()
    mask = torch.zeros(allowed.shape, dtype=dtype, device=ids.device).masked_fill_(~allowed, torch.finfo(dtype).min)
    labels = torch.full_like(ids, IGNORED)
    labels[:, :-1] = torch.where(documents[:, 1:] == documents[:, :-1], ids[:, 1:], IGNORED)
    positions = same.tril().sum(-1) - 1
    return {"ids": ids, "positions": positions, "mask": mask[:, None], "labels": labels, "documents": documents}
