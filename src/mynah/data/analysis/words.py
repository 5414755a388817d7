"""Words and emoji: the most frequent ones, and those that mark each speaker. From the sample.

What marks a speaker is the log-odds ratio of each word between the speaker and everybody else, with an informative
Dirichlet prior, over its standard deviation (Monroe, Colaresi and Quinn 2008, "Fightin' Words: Lexical feature
selection and evaluation for identifying the content of political conflict", Political Analysis 16(4)). The
prior is the words of all. A word counts once a message, since what is repeated in one message tells little more. Of
emoji, which many messages have none of, the odds are those among all messages, not among all emoji. A word marks a
speaker where the ratio is further from 0 than chance would take the furthest of all that were tried
(Bonferroni, 5 %).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mynah.data.analysis.chats import Chats, apart

if TYPE_CHECKING:
    from regex import Pattern  # type: ignore[import-untyped]

PRIOR = 500.0
"""What is known beforehand, as if from so many words."""
LEAST = 5
"""Messages with a word from which it is looked at."""
ENOUGH = 100
"""Messages of a speaker in the sample from which anything marks them."""
SHOWN = 12
FREQUENT = 30
HALF = 0.5
"""The most frequent words that together are this share of all words are the chat's own stop words: in every language
those are, nearly all, what holds sentences together."""
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
UNSPACED = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
"""Scripts that put no spaces between words; of those, pairs of characters stand for words."""
SKIN = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f]")
"""Tones of skin and styles, without which emoji are counted."""


@dataclass(frozen=True)
class Mark:
    """A word that one speaker uses more than the others: in how many messages of theirs and of the others, how often in
    1,000 messages of each, and z, the log-odds ratio in standard deviations."""

    word: str
    here: int
    elsewhere: int
    per_1000: float
    others_per_1000: float
    z: float


@dataclass(frozen=True)
class Marks:
    """The words that mark each speaker, the surest first; `tried` words and speakers, and the z from which one counts.
    `why` says why there are none of a speaker, or of all under the empty name."""

    by_speaker: dict[str, list[Mark]]
    tried: int
    limit: float
    why: dict[str, str]


@dataclass(frozen=True)
class Lexicon:
    """Words of all in the sample: how many, how many different ones, how many of these stand only once, the chat's own
    stop words, and in how many messages the most frequent others and the most frequent emoji are. `with_emoji` is a
    share of the messages."""

    words: int
    different: int
    once: int
    stop_words: list[str]
    frequent: dict[str, int]
    emoji: dict[str, int]
    with_emoji: float


@cache
def _patterns() -> tuple[Pattern[str], Pattern[str], Pattern[str], Pattern[str]]:
    """A word, a run of scripts without spaces or of others, what may be an emoji, a character without spaces."""
    import regex

    word = regex.compile(r"[\p{L}\p{M}]+(?:['׳״\"\u200c\u200d][\p{L}\p{M}]+)*")
    scripts = "".join(rf"\p{{Script={name}}}" for name in UNSPACED)
    unspaced = regex.compile(rf"[{scripts}]+|[^{scripts}]+")
    picture = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3")
    return word, unspaced, picture, regex.compile(rf"[{scripts}]")


def words(text: str) -> list[str]:
    """The words of a text in lower case, without links and numbers."""
    word, unspaced, *_ = _patterns()
    found: list[str] = word.findall(LINK.sub(" ", text).replace("’", "'").lower())
    if text.isascii():
        return found
    return [piece for each in found for run in unspaced.findall(each) for piece in _pieces(run)]


def _pieces(run: str) -> list[str]:
    """A word as it is; of a script without spaces, which are all above these letters, the pairs of characters."""
    if run < "\u0e00" or not _patterns()[3].match(run):
        return [run]
    return [run[i : i + 2] for i in range(max(1, len(run) - 1))]


def emoji(text: str) -> list[str]:
    """The emoji of a text, without tones of skin."""
    if text.isascii() or not _patterns()[2].search(text):
        return []
    from emoji import emoji_list

    return [SKIN.sub("", found["emoji"]) for found in emoji_list(text)]


def lexicon(said: Sequence[Sequence[str]], pictured: Sequence[Sequence[str]]) -> Lexicon:
    """What words and emoji there are, by those of each message."""
    counts = Counter(word for message in said for word in message)
    stop = stop_words(counts)
    messages = Counter(word for message in said for word in set(message) - stop)
    emojis = Counter(each for message in pictured for each in set(message))
    return Lexicon(
        counts.total(),
        len(counts),
        sum(n == 1 for n in counts.values()),
        sorted(stop, key=lambda word: (-counts[word], word)),
        dict(_most(messages, FREQUENT)),
        dict(_most(emojis, FREQUENT)),
        sum(map(bool, pictured)) / max(1, len(pictured)),
    )


def stop_words(counts: Mapping[str, int]) -> set[str]:
    """The most frequent words that together are HALF of all."""
    left, found = HALF * sum(counts.values()), set()
    for word, n in _most(counts, len(counts)):
        left -= n
        if left < 0:
            break
        found.add(word)
    return found


def _most(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """The most frequent first; equally frequent ones by the alphabet, so that the same chat gives the same list."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def marks(chats: Chats, found: Sequence[Sequence[str]], among_messages: bool = False) -> Marks:
    """What marks each of those who write most, by the words of each message of the sample; or by the emoji, the odds of
    which are those among all messages."""
    speaker = chats.speaker[chats.sampled]
    top = apart(chats)
    totals = np.bincount(speaker, minlength=len(chats.names))
    why = {name: _too_few(int(totals[i])) for i, name in enumerate(top) if totals[i] < ENOUGH}
    if len(chats.names) < 2:
        return Marks({}, 0, 0.0, {"": "only one person writes: there is nobody to compare with"})
    vocabulary, counts, sizes = _counted(found, speaker, len(top))
    if among_messages:
        sizes = np.append(totals[: len(top)], totals[len(top) :].sum()).astype(np.float64)
    shown = [place for place, name in enumerate(top) if name not in why]
    tried = len(vocabulary) * len(shown)
    if not tried:
        return Marks({}, 0, 0.0, why or {"": f"no word is in {LEAST} messages of the sample"})
    limit = NormalDist().inv_cdf(1 - 0.05 / (2 * tried))
    by_speaker = {}
    for place in shown:
        here, elsewhere = counts[place], counts.sum(0) - counts[place]
        z = log_odds(here, elsewhere, sizes[place], sizes.sum() - sizes[place])
        here_messages, other_messages = int(totals[place]), int(totals.sum() - totals[place])
        by_speaker[top[place]] = [
            Mark(
                vocabulary[i], int(here[i]), int(elsewhere[i]), 1000 * here[i] / here_messages,
                1000 * elsewhere[i] / max(1, other_messages), float(z[i]),
            )
            for i in np.argsort(-z, kind="stable")[:SHOWN] if z[i] > limit and here[i] >= LEAST
        ]  # fmt: skip
    return Marks(by_speaker, tried, limit, why)


def _too_few(messages: int) -> str:
    return f"{messages:,} messages: too few to tell"


def _counted(
    found: Iterable[Sequence[str]], speaker: NDArray[np.int64], top: int
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """The words in at least LEAST messages, in how many messages of each speaker, the others last, they are,
    [top + 1, words], and the same summed up over all words, [top + 1]."""
    totals: list[Counter[str]] = [Counter() for _ in range(top + 1)]
    for who, message in zip(speaker.tolist(), found, strict=True):
        if message:
            totals[min(who, top)].update(set(message))
    everything: Counter[str] = Counter()
    for each in totals:
        everything.update(each)
    vocabulary = sorted(word for word, n in everything.items() if n >= LEAST)
    counts = np.array([[each[word] for word in vocabulary] for each in totals], dtype=np.float64)
    return vocabulary, counts, np.array([each.total() for each in totals], dtype=np.float64)


def log_odds(
    here: NDArray[np.float64], elsewhere: NDArray[np.float64], all_here: float, all_elsewhere: float
) -> NDArray[np.float64]:
    """How much more likely each word is here than elsewhere, in standard deviations. Counts by word, [words], and those
    of all words; the prior is PRIOR words, shared out as in both together."""
    prior = PRIOR * (here + elsewhere) / (all_here + all_elsewhere)
    first, second = here + prior, elsewhere + prior
    others = np.maximum(all_here + PRIOR - first, 0.5), np.maximum(all_elsewhere + PRIOR - second, 0.5)
    ratio = np.log(first / others[0]) - np.log(second / others[1])
    return ratio / np.sqrt(1 / first + 1 / second)  # type: ignore[no-any-return]
