"""What the report shows, as plain data. What is empty is left out of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

from mynah.core.types import Score

SYSTEMS = {"base": "Out of the box", "prompted": "With a prompt", "tuned": "Trained"}
"""The systems of a report, and what people call them, from before to after."""
PARTS = ("train", "valid", "test")


class Account(TypedDict):
    """What one stage did: how many of what came in and went out, notes for people, its time in seconds, and its peak
    memory in bytes where that was measured."""

    stage: str
    came_in: Mapping[str, Any]
    went_out: Mapping[str, Any]
    notes: Sequence[str]
    seconds: float
    peak_memory: NotRequired[int]
    peak_gpu_memory: NotRequired[int]
    plan: NotRequired[Plan]


class Plan(TypedDict):
    """What was foreseen of a training: its set-up, bytes at the peak, and seconds, which are missing where it was too
    short to tell; and what it then took."""

    setup: str
    peak_bytes: int
    measured_bytes: int
    foreseen: NotRequired[float]
    seconds: NotRequired[float]


class UnparsedLine(TypedDict):
    """A line that no rule could read, counted from 1."""

    file: str
    line: int
    text: str
    reason: str


class Gaps(TypedDict):
    """How long nobody wrote: `counts` of gaps between the `edges` in seconds, after how many seconds a conversation
    ends, and why then."""

    edges: Sequence[float]
    counts: Sequence[int]
    cut: float
    how: str
    why: str


class File(TypedDict):
    """What was read of one export of several."""

    name: str
    source: str
    facts: Mapping[str, str]
    lines: int
    lines_by_kind: Mapping[str, int]
    messages: int


class NearlySeen(TypedDict):
    """A turn of the test part and the near-identical one of the training part, with the turns before them."""

    test: str
    train: str
    similarity: float
    test_context: NotRequired[str]
    train_context: NotRequired[str]


class NearIdentical(TypedDict):
    """How many of the test part's `turns` training had nearly seen, and some of them."""

    count: int
    turns: int
    examples: Sequence[NearlySeen]


class Ingest(TypedDict, total=False):
    """What was understood of the input. `speakers` maps each to a share of the messages, 0 to 1. Of all
    `unparsed_lines` `unparsed` may hold the first ones only."""

    source: str
    date_order: str
    first: str
    last: str
    messages: int
    conversations: int
    speakers: Mapping[str, float]
    unparsed: Sequence[UnparsedLine]
    unparsed_lines: int
    gaps: Gaps
    files: Sequence[File]


class Point(TypedDict, total=False):
    """One line of the training log. Losses are in nats a token."""

    step: int
    epoch: float
    loss: float
    eval_loss: float
    learning_rate: float


class Exchange(TypedDict, total=False):
    """One test case: what stood before, what was really said, and what each system said instead, all as bubbles."""

    context: Sequence[tuple[str, Sequence[str]]]
    reference: Sequence[str]
    base: Sequence[str]
    prompted: Sequence[str]
    tuned: Sequence[str]


@dataclass(frozen=True)
class Report:
    """All that the page shows, as plain data. What is empty is left out of the page."""

    title: str
    persona: str
    made_at: str
    accounts: Sequence[Account] = ()
    ingest: Ingest = field(default_factory=lambda: Ingest())
    drops: Mapping[str, int] = field(default_factory=dict)
    """How many rows cleaning dropped, by reason."""
    dropped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Some of what was dropped, by reason."""
    near_identical: NearIdentical | None = None
    lengths: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Characters of each reply of the persona, by part: train, valid, test."""
    curves: Sequence[Point] = ()
    scores: Mapping[str, Mapping[str, Score]] = field(default_factory=dict)
    """By system (`SYSTEMS`) and metric."""
    parts: Mapping[str, Mapping[str, Mapping[str, Score]]] = field(default_factory=dict)
    """parts["tuned"]["bleu"]["brevity penalty"]: further figures of a metric."""
    differences: Mapping[str, Mapping[str, Mapping[str, Score]]] = field(default_factory=dict)
    """differences["tuned"]["base"]["bleu"] is what the tuned has over the base."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What people call each metric."""
    better: Mapping[str, str] = field(default_factory=dict)
    """"higher" or "lower", by metric."""
    exchanges: Sequence[Exchange] = ()
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a system that the page would leave out."""
        if unknown := self.scores.keys() - SYSTEMS:
            raise ValueError(f"unknown systems {sorted(unknown)}; known: {list(SYSTEMS)}")
