"""ROUGE-1: the words that a reply shares with what was really said, in any order.

From 0 to 1; higher is better. The mean over the cases of the F-measure of the shared words.

Source: Lin 2004 (W04-1013), computed by Google's rouge_score with a tokenizer for every script (see `_rouge.py`).
"""

from __future__ import annotations

from mynah.core.statistics import Rows
from mynah.core.types import Answers
from mynah.metrics import _rouge

LABEL = "ROUGE-1"
BETTER = "higher"
NEEDS_LIKELIHOOD = False
PARTS = _rouge.PARTS


def rows(answers: Answers) -> Rows:
    """Columns: F-measure, precision and recall of each case, [n, 3]."""
    return _rouge.measures(answers, "rouge1")


def signature() -> str:
    """How it is computed, and the versions."""
    return _rouge.signature("rouge1")
