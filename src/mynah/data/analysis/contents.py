"""What the analysis holds, as plain data: the page shows it, `analysis.json` is it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mynah.data.analysis.copies import Copies
from mynah.data.analysis.languages import Languages
from mynah.data.analysis.lengths import Lengths
from mynah.data.analysis.people import Answers, Speaker
from mynah.data.analysis.personal import Personal
from mynah.data.analysis.sentiment import Sentiment
from mynah.data.analysis.times import Times
from mynah.data.analysis.topics import Topics
from mynah.data.analysis.words import Lexicon, Marks


@dataclass(frozen=True)
class Sample:
    """The messages whose texts were read, how many were asked for, the seed, and whether they are all there are."""

    messages: int
    asked: int
    seed: int
    whole: bool


@dataclass(frozen=True)
class Analysis:
    """All that was found. What could not be told says why, or is None."""

    title: str
    made_at: str
    messages: int
    people: int
    conversations: int
    chats: int
    sample: Sample
    speakers: list[Speaker]
    """Those who write most; `people` says how many there are."""
    answers: Answers | None
    times: Times | None
    silences: Mapping[str, Any]
    lengths: Lengths
    lexicon: Lexicon
    words: Marks
    emoji: Marks
    sentiment: Sentiment
    topics: Topics
    languages: Languages
    copies: Copies
    personal: Personal
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Messages without words of a person, by kind: they are counted nowhere else."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """What cleaning had dropped before, by reason."""
    cut: float | None = None
    """Seconds of silence after which `ingest` ended a conversation."""
    unparsed: int = 0
    """Lines that no rule could read."""
    besides: Mapping[str, int] = field(default_factory=dict)
    """What else came in: records, documents."""

    def as_json(self) -> dict[str, Any]:
        """The same as one document."""
        return asdict(self)
