"""Perplexity: among how many equally likely tokens the model hesitates, on average, at each token really said.

From 1 up; lower is better. It depends on the tokenizer: compare only systems with the same one, and bits per byte
otherwise. The average is over all tokens, not over the cases' own perplexities.

    exp(nll of all references in nats / tokens of all references)

Source: Jelinek et al. 1977, "Perplexity - a measure of the difficulty of speech recognition tasks".
"""

from __future__ import annotations

import numpy as np

from mynah.core.statistics import Rows
from mynah.core.types import Answers
from mynah.metrics._likelihood import cost_and_size

LABEL = "perplexity"
BETTER = "lower"
NEEDS_LIKELIHOOD = True


def rows(answers: Answers) -> Rows:
    """Columns: nats and tokens of each reference, [n, 2]. Raises ValueError where nothing was scored."""
    return cost_and_size(answers, answers.tokens)


def total(sums: Rows) -> float:
    """Perplexity from the nats and tokens of all, [2]."""
    return float(np.exp(sums[0] / sums[1]))


def signature() -> str:
    """How it is computed."""
    return "perplexity|exp(nll/tokens)|tokens:the model's own"
