"""Pick: the best base that this machine can tune and run, and that speaks the chat's language.

The best is the largest of those that are recommended (`models/bases.yaml`), for which a set-up of the plan fits, and
which learns and replies in a bearable time. One that has to be downloaded is asked for first. Where nobody can be
asked, or there is no network, it is the largest that was downloaded before, or else the starter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mynah.core.errors import Undecided, UserError
from mynah.core.folder import Project, fingerprint, read_json, write_json
from mynah.core.language import of_chat
from mynah.core.tables import read_examples
from mynah.models import hub
from mynah.models.bases import RATE, Recommended, recommended
from mynah.models.hub import downloaded
from mynah.models.load import Options as ModelOptions

if TYPE_CHECKING:
    from mynah.tune.planning.machines import Machine
    from mynah.tune.train import Options as TrainOptions

AUTO, STARTER = "auto", "starter"
VERSION = 1
KEPT = "base.json"  # of a project: what `auto` came to be
HOURS = 3.0  # that a training may take
REACHED = 0.3  # of the peak of its matrix products is what a training reaches (docs/plan.md)
OPERATIONS = {"lora": 4, "none": 6}
"""A parameter and token: 2 in the forward pass, 2 to pass gradients on, 2 for those of the weights (Kaplan et al. 2020,
arXiv:2001.08361, section 2.1)."""
LETTERS_A_TOKEN = 3  # about, in most languages and tokenizers
READ = 2.0  # tokens a second that a reply comes at, about as fast as people read
SIDE, LONG, TIMES = 1024, 64 * 1024, 5  # of the products that are timed; a long one is more than a cache holds


class Chat(NamedTuple):
    """What is to be learned: its language, by its ISO 639 code, or empty where it is not known; and about how many
    tokens a pass over it takes."""

    language: str = ""
    tokens: int = 0


class Speed(NamedTuple):
    """What a machine does in a second: operations of matrix products, and bytes of weights that it reads for one token
    of a reply, which is all that a reply takes (Pope et al. 2022, arXiv:2211.05102)."""

    operations: float
    read: float


class Offer(NamedTuple):
    """A base for this chat and machine: how it would be trained, in how many hours where the machine's speed is known,
    and whether it is here already."""

    base: Recommended
    setup: str
    hours: float | None
    here: bool

    @property
    def why(self) -> str:
        """In words."""
        size = f"{self.base.parameters / 1e9:.2g} billion parameters"
        time = f", about {self.hours:.1g} h" if self.hours else ""
        return f"{self.base.name}, {size}: the largest that fits here ({self.setup}{time})"

    @property
    def question(self) -> Undecided:
        """Whether to download it."""
        base = self.base
        costs = (
            f"{base.gigabytes:g} GB, about {base.minutes:.0f} minutes at {RATE:.0f} Mbit/s (assumed), {base.license}"
        )
        choices = {base.name: f"{self.why}; {costs}", STARTER: "the embedded starter, which needs no download"}
        todo = f"Say --base {base.name} to download it, or --base {STARTER}."
        return Undecided("a yes to a download", "none", todo, section="model", option="base", choices=choices)


def settled(
    train: TrainOptions, model: ModelOptions, project: Project, decide: Callable[[Undecided], str] | None
) -> tuple[ModelOptions, str]:
    """The options with a base in the place of `auto`, and why it is that one. `decide` asks a person, and is None or
    raises where there is none. What was found once stays, whatever else the machine is doing later on; where nobody
    said yes or no, it is asked again."""
    print_of = fingerprint("pick", VERSION, model.model_dump(), [project.account("pair").fingerprint])
    kept = project.path / KEPT
    before = read_json(kept) if kept.exists() else {}
    if before.get("fingerprint") != print_of:
        name, why, final = _settled(train, model, project, decide)
        before = {"fingerprint": print_of, "base": name, "why": why}
        if final:
            write_json(kept, before)
    return model.model_copy(update={"base": before["base"]}), before["why"]


def _settled(
    train: TrainOptions, model: ModelOptions, project: Project, decide: Callable[[Undecided], str] | None
) -> tuple[str, str, bool]:
    """The base, why, and whether it is for good."""
    from mynah.tune.planning import machines

    chat, machine = chat_of(project), machines.this()
    name, why = _answered(best(train, model, chat, machine), chat.language, decide)
    if name:
        return name, why, True
    here = best(train, model, chat, machine, downloaded)  # a smaller one may be here already
    return (here.base.name, f"{here.why} without a download; {why}", False) if here else (STARTER, why, False)


def planned(train: TrainOptions, model: ModelOptions, machine: Machine) -> tuple[ModelOptions, str]:
    """The options with a base in the place of `auto` for any chat and machine, whether it is here or not. Raises
    UserError where none fits."""
    offer = best(train, model, Chat(), machine)
    if offer is None:
        todo = "Take --base starter, or another machine."
        raise UserError(f"a recommended base that fits {machine.name}", "none", todo)
    return model.model_copy(update={"base": offer.base.name}), offer.why


def chat_of(project: Project) -> Chat:
    """What the project's examples are."""
    examples = read_examples(project.folder("pair") / "examples.parquet")
    learned = [turn.text for example in examples for turn in example.turns if turn.learn]
    tokens = sum(map(len, learned)) // LETTERS_A_TOKEN * 2  # about as much is said to the persona
    return Chat(of_chat(learned), tokens)


def _answered(offer: Offer | None, language: str, decide: Callable[[Undecided], str] | None) -> tuple[str, str]:
    """The name of the base and why, or no name where the offer cannot be had or nobody said yes or no."""
    if offer is None:
        return STARTER, f"no recommended base {f'speaks {language} and ' if language else ''}fits this machine"
    if offer.here:
        return offer.base.name, offer.why
    if not hub.answers(offer.base.name):
        return "", f"{offer.base.name} would fit, but cannot be reached: it takes a network"
    try:
        chosen = decide(offer.question) if decide else ""
    except Undecided:
        chosen = ""
    if chosen == offer.base.name:
        return chosen, offer.why
    if chosen:
        return STARTER, f"chosen in the place of {offer.base.name}"
    return "", f"nobody agreed to download {offer.base.name} ({offer.base.gigabytes:g} GB): --base {offer.base.name}"


def best(
    train: TrainOptions, model: ModelOptions, chat: Chat, machine: Machine, may: Callable[[str], Any] | None = None
) -> Offer | None:
    """The largest base that speaks the chat's language and fits the machine, of those that `may` be taken by their
    names. On this machine it also fits the disk, is trained within HOURS and replies at READ tokens a second."""
    speed = measured() if machine.is_this else None
    for base in recommended():
        here = bool(downloaded(base.name))
        if not base.speaks(chat.language) or (may and not may(base.name)):
            continue
        if here or not machine.is_this or hub.free() > hub.SPARE * 1e9 * base.gigabytes:
            offer = _offer(base, train, model, chat, machine, speed, here)
            if offer:
                return offer
    return None


def _offer(
    base: Recommended, train: TrainOptions, model: ModelOptions, chat: Chat, machine: Machine, speed: Speed | None,
    here: bool,
) -> Offer | None:  # fmt: skip
    """The base as it would be trained, where it can be, and quickly enough where the machine's speed is known."""
    from mynah.tune.planning import bases, estimate
    from mynah.tune.rows import ENOUGH_STEPS

    if base.parameters / 2 > machine.memory:  # even in 4 bits; before anything is built
        return None
    seen = max(ENOUGH_STEPS * train.batch_tokens, 2 * chat.tokens)
    hours = speed and OPERATIONS[model.adapter] * base.parameters * seen / (REACHED * speed.operations) / 3600
    if (hours or 0) > HOURS:
        return None
    options = model.model_copy(update={"base": base.name})
    made = estimate.Estimate(bases.find(base.name), machine, train, options, estimate.nominal(train, base.context))
    row, setup = made.chosen()
    read = made.found.weights.stored(setup.quant, made.loaded(setup))  # for each token of a reply
    if not row["fits"] or (speed and speed.read < READ * read):
        return None
    return Offer(base, row["setup"], hours, here)


@cache
def measured() -> Speed:
    """This machine's, each the best of a few, in 16 bits where it has them."""
    import torch

    from mynah.models.load import multiplies_in_16_bits

    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = torch.bfloat16 if multiplies_in_16_bits() else torch.float32
    matrix: Any = torch.ones(SIDE, SIDE, dtype=kind, device=device)
    long: Any = torch.ones(LONG, SIDE, dtype=kind, device=device)
    return Speed(2 * SIDE**3 / _seconds(lambda: matrix @ matrix), long.nbytes / _seconds(lambda: long @ matrix[0]))


def _seconds(work: Callable[[], Any]) -> float:
    took = []
    for _ in range(TIMES + 1):  # the first compiles
        started = time.perf_counter()
        float(work().flatten()[0])  # waits until it is there
        took.append(time.perf_counter() - started)
    return min(took)
