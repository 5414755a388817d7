"""How replies are drawn from a model: the same settings for evaluation and for chat."""

from __future__ import annotations

from typing import Any

from mynah.core import options as core_options
from mynah.core.options import option

DEFAULTS = {"temperature": 0.5, "top_p": 0.9, "repetition_penalty": 1.15}
"""For what neither the user nor the base's `generation_config.json` says."""


class Options(core_options.Options):
    """Decoding settings. None is the base's own value, as its `generation_config.json` has it, or else the default."""

    temperature: float | None = option(
        None, "0 takes the likeliest token, higher values dare more; the base's own, or 0.5", ge=0, flag=True
    )
    top_p: float | None = option(None, "the share of probability from which tokens are drawn", gt=0, le=1)
    repetition_penalty: float | None = option(None, "above 1: what the reply said already is less likely", ge=1)
    num_beams: int = option(1, "replies that are followed at once, of which the likeliest is taken", ge=1)
    max_tokens: int = option(120, "the most tokens of one reply", ge=1)
    seed: int = option(0, "the seed of the draws in evaluation", ge=0)

    def of(self, base: Any) -> Options:
        """These settings with a value for each, given the `GenerationConfig` of a base."""
        open_ones = {name: getattr(base, name, None) for name in DEFAULTS if getattr(self, name) is None}
        return self.model_copy(update={name: DEFAULTS[name] if own is None else own for name, own in open_ones.items()})

    def alone(self, base: Any) -> Options:
        """These settings for a base by itself, which replies with the beams of its `GenerationConfig` where it has
        some, and then draws nothing. What is tuned draws: the likeliest reply of a person is their dullest."""
        beams = getattr(base, "num_beams", None) or 1
        if beams == 1:
            return self
        penalty = getattr(base, "repetition_penalty", None) or 1.0
        return self.model_copy(update={"num_beams": beams, "temperature": 0.0, "repetition_penalty": penalty})
