"""What the ROUGE metrics share: a tokenizer for every script, over the counting of Google's rouge_score.

rouge_score's own tokenizer keeps a-z and 0-9 only, so that two equal sentences in Hebrew score 0.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from mynah.core.statistics import Part, Rows
from mynah.core.types import Answers

if TYPE_CHECKING:
    from regex import Pattern  # type: ignore[import-untyped]

SCRIPTS = ("Han", "Hiragana", "Katakana", "Bopomofo", "Thai", "Lao", "Khmer", "Myanmar")
"""Scripts that put no spaces between words."""
UNSPACED = "".join(rf"\p{{scx={name}}}" for name in SCRIPTS)
EMOJI = r"\p{Extended_Pictographic}\p{Emoji_Modifier}?[\U000E0020-\U000E007F]*"


@cache
def _patterns() -> tuple[Pattern[str], Pattern[str]]:
    """What is read past (marks of direction, of joining inside words, of emoji style), and what a token is."""
    import regex

    unseen = regex.compile(r"[\p{Cf}--[\u200D\U000E0020-\U000E007F]]|[\uFE0E\uFE0F]", regex.V1)
    token = regex.compile(
        rf"""
          \p{{Regional_Indicator}}{{2}}                     # a flag
        | [0-9\#*]\u20E3                                    # a keycap
        | {EMOJI}(?:\u200D{EMOJI})*                         # an emoji, a family
        | [\w&&[{UNSPACED}]&&[^\p{{M}}]]\p{{M}}*            # a character of a script without spaces
        | (?!\u200D)[[\w\p{{M}}\u200D]--[{UNSPACED}&&[^\p{{M}}]]]+  # a word
        """,
        regex.V1 | regex.VERBOSE,
    )
    return unseen, token


class UnicodeTokenizer:
    """Words, emoji, and single characters of scripts without spaces; lower-cased, in compatibility form, so that two
    ways of encoding one text are equal. Punctuation is no token: of a reply of '?!' there is nothing to compare.
    """

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text, in order. The name and shape that rouge_score asks for."""
        unseen, token = _patterns()
        found: list[str] = token.findall(unseen.sub("", unicodedata.normalize("NFKC", text).lower()))
        return found


PARTS: dict[str, Part] = {
    "precision": lambda sums, n: float(sums[1] / n),
    "recall": lambda sums, n: float(sums[2] / n),
    "F1": lambda sums, n: float(sums[0] / n),
}
"""The means over the cases: how much of the reply was said, how much of what was said is in the reply, and both."""


def measures(answers: Answers, kind: str) -> Rows:
    """Columns: F-measure, precision and recall of each reply against its reference, 0 to 1; [n, 3]. `kind` is
    rouge_score's word, 'rougeL' say. The first column is the metric's own figure."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer([kind], tokenizer=UnicodeTokenizer())
    pairs = zip(answers.references, answers.replies, strict=True)
    scored = (scorer.score(reference, reply)[kind] for reference, reply in pairs)
    found = [(score.fmeasure, score.precision, score.recall) for score in scored]
    return np.array(found, dtype=np.float64).reshape(-1, 3)


def signature(kind: str) -> str:
    """How it is computed, with the versions of what decides on the tokens."""
    from importlib.metadata import version

    unicode = f"unicode {unicodedata.unidata_version}, regex {version('regex')}"
    return f"{kind}|F1|case:lc|tok:words ({unicode})|stem:no|rouge_score:{version('rouge_score')}"
