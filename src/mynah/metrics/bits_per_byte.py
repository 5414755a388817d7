"""Bits per byte: how surprised the model is by what was really said, in bits for each byte of its UTF-8 text.

From 0 up; lower is better. 8 is knowing nothing of text; a language model of a chat lies about 1 to 3. Because bytes
are counted and not tokens, models with different vocabularies can be compared, which perplexity does not allow. The
cost of ending the turn, and of breaking it into bubbles, is part of `nll`, so a very short reply costs more a byte.

    nll of all references in nats / ln 2 / bytes of all references

Source: the bits-per-byte of Gao et al., "The Pile" (arXiv:2101.00027), section 3.1.
"""

from __future__ import annotations

import math

from mynah.core.statistics import Rows
from mynah.core.types import Answers
from mynah.metrics._likelihood import cost_and_size

LABEL = "bits per byte"
BETTER = "lower"
NEEDS_LIKELIHOOD = True


def rows(answers: Answers) -> Rows:
    """Columns: nats and bytes of each reference, [n, 2]. Raises ValueError where nothing was scored."""
    return cost_and_size(answers, [len(text.encode("utf-8", "surrogatepass")) for text in answers.references])


def total(sums: Rows) -> float:
    """Bits per byte from the nats and bytes of all, [2]."""
    return float(sums[0] / math.log(2) / sums[1])


def signature() -> str:
    """How it is computed."""
    return "bits_per_byte|nll:sum/ln2|bytes:utf-8 of the reference"
