"""Pick: the best base that this machine can tune and run, and that speaks the chat's language.

The best is the largest of those that are recommended (`models/bases.yaml`), for which a set-up of the plan fits, and
whose training ends in a bearable time. One that has to be downloaded is asked for first; where nobody can be asked, or
there is no network, it is the starter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING, Any, NamedTuple

from mynah.core.errors import Undecided, UserError
from mynah.models.bases import RATE, Recommended, downloaded, recommended
from mynah.models.load import Options as ModelOptions

if TYPE_CHECKING:
    from mynah.tune.planning.machines import Machine
    from mynah.tune.train import Options as TrainOptions

AUTO, STARTER = "auto", "starter"
HOURS = 3.0  # that a training may take
REACHED = 0.3  # of the peak of its matrix products is what a training reaches (docs/plan.md)
OPERATIONS = {"lora": 4, "none": 6}
"""A parameter and token: 2 in the forward pass, 2 to pass gradients on, 2 for those of the weights (Kaplan et al. 2020,
arXiv:2001.08361, section 2.1)."""
SIDE, TIMES = 1024, 5  # of the product that is timed


class Offer(NamedTuple):
    """A base for this chat and machine: how it would be trained, in how many hours, and whether it is here already."""

    base: Recommended
    setup: str
    hours: float
    here: bool

    @property
    def why(self) -> str:
        """In words."""
        size = f"{self.base.parameters / 1e9:.2g} billion parameters"
        return f"{self.base.name}, {size}: the largest that fits here ({self.setup}, about {self.hours:.1g} h)"

    @property
    def question(self) -> Undecided:
        """Whether to download it."""
        base = self.base
        costs = (
            f"{base.gigabytes:g} GB, about {base.minutes:.0f} minutes at {RATE:.0f} Mbit/s (assumed), {base.licence}"
        )
        choices = {base.name: f"{self.why}; {costs}", STARTER: "the embedded starter, which needs no download"}
        todo = f"Say --base {base.name} to download it, or --base {STARTER}."
        return Undecided("a yes to a download", "none", todo, section="model", option="base", choices=choices)


def settled(
    train: TrainOptions, model: ModelOptions, language: str, tokens: int, decide: Callable[[Undecided], str] | None
) -> tuple[ModelOptions, str]:
    """The options with a base in the place of `auto`, and why it is that one. `language` is the chat's, by its ISO 639
    code, or empty; `tokens` are those of a pass; `decide` asks a person, and is None or raises where there is none."""
    from mynah.tune.planning import machines

    offer = best(train, model, language, tokens, machines.this(), rate())
    name, why = _answered(offer, language, decide)
    return model.model_copy(update={"base": name}), why


def _answered(
    offer: Offer | None, language: str, decide: Callable[[Undecided], str] | None
) -> tuple[str, str]:  # fmt: skip
    if offer is None:
        return STARTER, f"no recommended base {f'speaks {language} and ' if language else ''}fits this machine"
    if offer.here:
        return offer.base.name, offer.why
    if not reachable(offer.base.name):
        return STARTER, f"{offer.base.name} would fit, but cannot be reached: it takes a network"
    try:
        chosen = decide(offer.question) if decide else STARTER
    except Undecided:
        chosen = STARTER
    if chosen == offer.base.name:
        return chosen, offer.why
    return (
        STARTER,
        f"nobody agreed to download {offer.base.name} ({offer.base.gigabytes:g} GB): --base {offer.base.name}",
    )


def best(
    train: TrainOptions, model: ModelOptions, language: str, tokens: int, machine: Machine, peak: float
) -> Offer | None:
    """The largest base that speaks the language, fits the machine and its disk, and is trained within HOURS at `peak`
    operations a second."""
    for base in recommended():
        here = downloaded(base.name)
        if base.speaks(language) and (here or _room(base)):
            offer = _offer(base, train, model, tokens, machine, peak, here)
            if offer:
                return offer
    return None


def _offer(
    base: Recommended, train: TrainOptions, model: ModelOptions, tokens: int, machine: Machine, peak: float, here: bool
) -> Offer | None:
    """The base as it would be trained, where it can be; `tokens` of a pass."""
    from mynah.tune.planning import bases, estimate
    from mynah.tune.rows import ENOUGH_STEPS

    seen = max(ENOUGH_STEPS * train.batch_tokens, 2 * tokens)
    hours = OPERATIONS[model.adapter] * base.parameters * seen / (REACHED * peak) / 3600
    if hours > HOURS or base.parameters / 2 > machine.memory:  # even in 4 bits; before anything is built
        return None
    options = model.model_copy(update={"base": base.name})
    made = estimate.Estimate(bases.find(base.name), machine, train, options, estimate.nominal(train, base.context))
    row, _ = made.chosen()
    return Offer(base, row["setup"], hours, here) if row["fits"] else None


def _room(base: Recommended) -> bool:
    """Is there disk for it where the hub's client keeps what it downloads?"""
    from huggingface_hub.constants import HF_HUB_CACHE

    there = next(place for place in (Path(HF_HUB_CACHE), *Path(HF_HUB_CACHE).absolute().parents) if place.exists())
    return disk_usage(there).free > 1.2e9 * base.gigabytes


def reachable(name: str) -> bool:
    """Does the hub answer for this base? Its config.json, a kilobyte, is fetched."""
    from mynah.tune.planning import bases

    try:
        bases.fetched(name)
    except UserError:
        return False
    return True


def rate() -> float:
    """Operations a second of this machine's matrix products, the best of a few, in 16 bits where it has them."""
    import torch

    from mynah.models.load import multiplies_in_16_bits

    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = torch.bfloat16 if multiplies_in_16_bits() else torch.float32
    matrix: Any = torch.ones(SIDE, SIDE, dtype=kind, device=device)
    took = []
    for _ in range(TIMES + 1):  # the first compiles
        started = time.perf_counter()
        float((matrix @ matrix)[0, 0])  # waits until it is there
        took.append(time.perf_counter() - started)
    return 2 * SIDE**3 / min(took)
