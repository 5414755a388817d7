"""How replies are drawn from a model: the same settings for evaluation and for chat."""

from __future__ import annotations

from mynah.core import options as core_options
from mynah.core.options import option


class Options(core_options.Options):
    """Decoding settings."""

    temperature: float = option(0.5, "0 takes the likeliest token, higher values dare more", ge=0, flag=True)
    top_p: float = option(0.9, "the share of probability from which tokens are drawn", gt=0, le=1)
    repetition_penalty: float = option(1.05, "above 1: what the reply said already is less likely", ge=1)
    max_tokens: int = option(120, "the most tokens of one reply", ge=1)
    seed: int = option(0, "the seed of the draws in evaluation", ge=0)
