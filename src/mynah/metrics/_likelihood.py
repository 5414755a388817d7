"""What bits per byte and perplexity share: the cost of each reference under the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mynah.core.statistics import Rows
from mynah.core.types import Answers


def cost_and_size(answers: Answers, sizes: Sequence[int] | None) -> Rows:
    """Columns: the nats of each reference and its size, [n, 2]. Raises ValueError where nothing was scored."""
    if answers.nll is None or sizes is None:
        raise ValueError("this metric needs the likelihood of the references, and these answers were not scored")
    return np.array([answers.nll, sizes], dtype=np.float64).T
