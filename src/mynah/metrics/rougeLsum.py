"""ROUGE-Lsum: the longest runs of words, gaps allowed, that a reply's bubbles share with those really said.

From 0 to 1; higher is better. As ROUGE-L, but bubble by bubble: for each line really said, the words that any line of
the reply shares with it in order count, so that it does not matter in which order the bubbles were sent. The mean over
the cases of the F-measure.

Source: Lin 2004 (W04-1013), section 3.2, computed by Google's rouge_score with a tokenizer for every script (see
`_rouge.py`).
"""

from __future__ import annotations

from mynah.core.statistics import Rows
from mynah.core.types import Answers
from mynah.metrics import _rouge

LABEL = "ROUGE-Lsum"
BETTER = "higher"
NEEDS_LIKELIHOOD = False
PARTS = _rouge.PARTS


def rows(answers: Answers) -> Rows:
    """Columns: F-measure, precision and recall of each case, [n, 3]."""
    return _rouge.measures(answers, "rougeLsum")


def signature() -> str:
    """How it is computed, and the versions."""
    return _rouge.signature("rougeLsum")
