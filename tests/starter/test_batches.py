"""What the starter learns from: every token once an epoch, documents apart, the same after an interruption."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from batches import IGNORED, Stream, Streams, heard, inputs

CHANCE = np.random.default_rng(0)


def stream(seed: int = 0) -> Stream:
    lengths = CHANCE.integers(2, 30, 40)
    return Stream(np.arange(lengths.sum(), dtype=np.uint16), np.cumsum(lengths), seed)


def test_an_epoch_holds_every_token_once_and_documents_whole() -> None:
    one = stream()
    size = len(one.ids)
    epochs = [one.take(size) for _ in range(2)]
    for tokens, documents in epochs:
        assert sorted(tokens) == list(range(size))
        for number in np.unique(documents):
            assert (np.diff(tokens[documents == number].astype(int)) == 1).all()
    assert (epochs[0][0] != epochs[1][0]).any()
    assert not set(epochs[0][1]) & set(epochs[1][1])


def test_pieces_are_the_same_however_they_are_taken() -> None:
    one = stream()
    two = Stream(one.ids, one.ends, one.seed)
    size = len(one.ids)
    whole = one.take(2 * size + 5)[0]
    pieces = np.concatenate([two.take(7)[0] for _ in range(2 * size // 7 + 1)])
    assert (whole[: len(pieces)] == pieces[: len(whole)]).all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("posts", "scenes"):
        one = stream()
        np.savez(tmp_path / f"{name}.train.npz", ids=one.ids, ends=one.ends)
    return tmp_path


def test_what_was_read_is_all_that_is_needed_to_go_on(folder: Path) -> None:
    mixture = {"posts": 1.0, "scenes": 2.0, "absent": 5.0}
    first = Streams(folder, "train", 3)
    batches = [first.batch(mixture, 4, 16, draw)[0] for draw in range(10)]
    again = Streams(folder, "train", 3)
    for draw in range(5):
        again.batch(mixture, 4, 16, draw)
    later = Streams(folder, "train", 3)
    later.load_state(again.state())
    for draw in range(5, 10):
        assert torch.equal(later.batch(mixture, 4, 16, draw)[0], batches[draw])


def test_nothing_attends_to_or_is_learned_across_documents() -> None:
    ids = torch.tensor([[10, 11, 12, 20, 21, 30]])
    given = inputs(ids, torch.tensor([[0, 0, 0, 1, 1, 2]]), torch.float32)
    assert given["labels"].tolist() == [[11, 12, IGNORED, 21, IGNORED, IGNORED]]
    assert given["positions"].tolist() == [[0, 1, 2, 0, 1, 0]]
    seen = (given["mask"][0, 0] == 0).int().tolist()
    assert seen == [
        [1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 1],
    ]  # fmt: skip


def test_what_others_than_the_assistant_say_is_known_by_the_mark_before_it() -> None:
    marks = {"system": 1, "user": 2, "assistant": 3}
    ids = torch.tensor([[9, 2, 10, 3, 11, 2, 12, 13, 1, 14, 3, 15]])
    documents = torch.tensor([[0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2]])  # 13 is prose behind a user's turn
    found = heard(ids, documents, marks)
    assert found.int().tolist() == [[0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0]]
