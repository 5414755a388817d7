"""BLEU: how many runs of one to four words of the replies also stand in what was really said.

From 0 to 100; higher is better. In a chat many replies are right, so figures are low (often below 5) and only
differences between systems on the same cases say anything. The tokenizer (13a) takes a sentence of Chinese, Japanese
or Thai for one word: there, look at ROUGE. It is one figure of all cases, not the mean of theirs.

Source: Papineni et al. 2002 (P02-1040), as standardized by Post 2018 (W18-6319), computed by sacrebleu.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mynah.core.statistics import Part, Rows
from mynah.core.types import Answers

LABEL = "BLEU"
BETTER = "higher"
NEEDS_LIKELIHOOD = False

ORDER = 4
SMOOTHING = "exp"


def rows(answers: Answers) -> Rows:
    """Columns: words of the reply and of the reference, matches of order 1 to 4, n-grams of order 1 to 4; [n, 10]."""
    from sacrebleu.metrics import BLEU

    # effective_order only changes the sentence's own score, which is not read here; without it sacrebleu warns.
    bleu = BLEU(max_ngram_order=ORDER, smooth_method=SMOOTHING, effective_order=True)
    cases = zip(answers.replies, answers.references, strict=True)
    scored = (bleu.sentence_score(reply, [reference]) for reply, reference in cases)
    statistics = [[s.sys_len, s.ref_len, *s.counts, *s.totals] for s in scored]
    return np.array(statistics, dtype=np.float64).reshape(-1, 2 + 2 * ORDER)


def total(sums: Rows) -> float:
    """Corpus BLEU from the sum of the rows, [10]: what sacrebleu's corpus_score gives for the same cases."""
    return float(_corpus(sums).score)


def _corpus(sums: Rows) -> Any:
    """sacrebleu's score of all cases, with its precisions (in percent, smoothed as in the score), penalty and ratio."""
    from sacrebleu.metrics import BLEU

    reply, reference, *counts = (int(count) for count in sums)
    correct, seen = counts[:ORDER], counts[ORDER:]
    return BLEU.compute_bleu(correct, seen, reply, reference, smooth_method=SMOOTHING, max_ngram_order=ORDER)


def _precision(order: int) -> Part:
    return lambda sums, n: float(_corpus(sums).precisions[order - 1])


PARTS: dict[str, Part] = {
    **{f"{order}-gram precision": _precision(order) for order in range(1, ORDER + 1)},
    "brevity penalty": lambda sums, n: float(_corpus(sums).bp),
    "length ratio": lambda sums, n: float(_corpus(sums).ratio),
}


def signature() -> str:
    """sacrebleu's own: references, case, tokenizer, smoothing, version."""
    from sacrebleu.metrics import BLEU

    one_reference = [[""]]
    return f"bleu|{BLEU(max_ngram_order=ORDER, smooth_method=SMOOTHING, references=one_reference).get_signature()}"
