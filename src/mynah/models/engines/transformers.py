"""The engine that trains, measures and chats: transformers on this machine, with or without an adapter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from mynah.core.errors import UserError
from mynah.core.journal import Kept
from mynah.core.types import Example, Prompt, Turn
from mynah.models import architectures
from mynah.models.architectures import Reading
from mynah.models.batches import by_budget
from mynah.models.decoding import Options as Decoding
from mynah.models.load import load
from mynah.models.render import Renderer, windows

SCORED_TOKENS = 6144  # padded tokens of one forward pass with logits
REPLY_TOKENS = 12_288  # padded tokens whose keys and values are cached while replies are made
SPAN = 32  # tokens after which replies that have ended leave their batch
WINDOW = 512  # tokens of context in which replies are learned, scored and made
LEAST = 64  # tokens of what a base sees at once that a reply leaves to its prompt


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How well one learned turn was foreseen: `nll` in nats, summed over `tokens`."""

    example: str
    nll: float
    tokens: int


class Reader:
    """What a base reads, as its tokenizer and config tell: no weights are needed."""

    def __init__(self, tokenizer: Any, config: Any, template: str = "auto", turns: int = 0) -> None:
        self.tokenizer = tokenizer
        self.renderer = Renderer(tokenizer, template, turns)
        self.architecture = architectures.of(config)
        self.context = architectures.context(config)

    def windows(self, example: Example) -> Iterator[Example]:
        """The example in pieces as long as the training sees them, the system text not counted."""
        extra = len(self.renderer.prompt([], example.system)) if example.system else 0
        return windows(example, self.renderer, min(WINDOW + extra, self.context))


class Engine(Reader):
    """A model with its tokenizer and renderer."""

    def __init__(
        self, base: str, trained: Path | None = None, *, quant: str = "none", in_full: bool = False,
        template: str = "auto", turns: int = 0,
    ) -> None:  # fmt: skip
        self.model, tokenizer = load(base, trained, quant=quant, in_full=in_full)
        super().__init__(tokenizer, self.model.config, template, turns)
        self.name = base
        self._pad = self.tokenizer.pad_token_id or 0
        self._base: Any = None if trained else self.model

    @contextmanager
    def untuned(self) -> Iterator[None]:
        """Inside it the base replies: the adapter is switched off, or the base loaded where there is no adapter."""
        if hasattr(self.model, "disable_adapter"):
            with self.model.disable_adapter():
                yield
            return
        if self._base is None:
            self._base, _ = load(self.name)
        tuned, self.model = self.model, self._base
        try:
            yield
        finally:
            self.model = tuned

    # --- scoring ---

    def likelihoods(self, examples: Sequence[Example], kept: Kept | None = None) -> list[Likelihood]:
        """The likelihood of each learned turn, in the order of the examples. What `kept` holds, by the number of the
        reading, is not computed again."""
        import torch

        read = [(e.id, each) for e in examples for p in self.windows(e) for each in self._readings(p)]
        kept = Kept() if kept is None else kept
        for batch in by_budget([reading.size for _, reading in read], SCORED_TOKENS):
            if all(index in kept for index in batch):
                continue
            readings = [read[index][1] for index in batch]
            with torch.inference_mode():
                logits = self.architecture.logits(self.model, readings, self._pad)
            kept.add(dict(zip(batch, _scored(readings, logits), strict=True)))
        return [Likelihood(read[index][0], *found) for index in range(len(read)) for found in kept[index]]

    def _readings(self, piece: Example) -> Iterator[Reading]:
        return self.architecture.readings(self.renderer.render(piece.turns, piece.system))

    # --- replying ---

    def replies(self, prompts: Sequence[Prompt], decoding: Decoding, kept: Kept | None = None) -> list[tuple[str, ...]]:
        """A reply to each prompt, as bubbles. Batches are of like length; the draws of each are fixed by the seed. What
        `kept` holds, by the number of the prompt, is not made again."""
        import torch

        tokens = [self._prompt(p.context, p.system, decoding) for p in prompts]
        kept = Kept() if kept is None else kept
        for batch in by_budget([decoding.num_beams * (len(t) + decoding.max_tokens) for t in tokens], REPLY_TOKENS):
            if all(index in kept for index in batch):
                continue
            torch.manual_seed(decoding.seed + batch[0])
            said = self.tokenizer.batch_decode(self.made([tokens[i] for i in batch], decoding))
            kept.add({index: self.renderer.parse(text) for index, text in zip(batch, said, strict=True)})
        return [tuple(kept[index]) for index in range(len(prompts))]

    def made(self, prompts: Sequence[Sequence[int]], decoding: Decoding) -> list[list[int]]:
        """The tokens of a reply to each prompt, without the one that ends it. Most replies are short, and a batch is as
        slow as its longest: every `SPAN` tokens those that go on do so in a smaller batch. Beams stay together."""
        import torch

        made: list[list[int]] = [[] for _ in prompts]
        going, length, stops = list(range(len(prompts))), 0, set(self.renderer.stops)
        most = SPAN if decoding.num_beams == 1 else decoding.max_tokens
        while going and length < decoding.max_tokens:
            fed = self._fed([prompts[i] for i in going], [made[i] for i in going])
            span = min(most, decoding.max_tokens - length)
            with torch.inference_mode():
                rows = self.model.generate(**fed.inputs, **self.settings(decoding, fed.columns - length, span))
            ended = set()
            for i, row in zip(going, rows[:, fed.columns :].tolist(), strict=True):
                end = next((at for at, token in enumerate(row) if token in stops), None)
                made[i] += row[:end]
                if end is not None:
                    ended.add(i)
            going, length = [i for i in going if i not in ended], length + span
        return made

    def stream(self, turns: Sequence[Turn], system: str, decoding: Decoding) -> Iterator[str]:
        """The reply to the turns, piece by piece as it is made, of several beams at once; bubbles are lines."""
        import torch
        from transformers import TextIteratorStreamer

        tokens = self._prompt(turns, system, decoding)
        if decoding.num_beams > 1:
            yield from map(self.renderer.plain, self.tokenizer.batch_decode(self.made([tokens], decoding)))
            return
        fed = self._fed([tokens], [[]])
        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True)  # type: ignore[arg-type]
        failed: list[BaseException] = []

        def work() -> None:
            try:
                with torch.inference_mode():
                    settings = self.settings(decoding, fed.columns, decoding.max_tokens)
                    self.model.generate(**fed.inputs, streamer=streamer, **settings)
            except BaseException as error:  # whatever it is: it is raised where the reply is read
                failed.append(error)
            finally:
                streamer.end()

        thread = Thread(target=work, daemon=True)
        thread.start()
        yield from map(self.renderer.plain, streamer)
        thread.join()
        if failed:
            raise failed[0]

    def _prompt(self, turns: Sequence[Turn], system: str, decoding: Decoding) -> list[int]:
        """The prompt with a window of context beside the system text, and room for the reply. Raises UserError where
        the longest reply leaves none to the prompt."""
        extra = len(self.renderer.prompt([], system)) if system else 0
        if decoding.max_tokens > self.context - LEAST:
            expected = f"replies of at most {self.context - LEAST} tokens from a base that sees {self.context} at once"
            todo = f"Take fewer: --set decoding.max_tokens={Decoding().max_tokens}"
            raise UserError(expected, f"decoding.max_tokens={decoding.max_tokens}", todo)
        return self.renderer.prompt_within(turns, system, min(WINDOW + extra, self.context - decoding.max_tokens))

    def alone(self, decoding: Decoding) -> Decoding:
        """The settings with which the base replies by itself."""
        return decoding.alone(self.model.generation_config)

    def settings(self, decoding: Decoding, prompt: int, most: int) -> dict[str, Any]:
        """What `generate` is told: how tokens are drawn, at most how many, and that what stands in the first `prompt`
        columns is no repetition: a reply may well take up a name or a time that the other has written."""
        from transformers import LogitsProcessorList, RepetitionPenaltyLogitsProcessor

        chosen = decoding.of(self.model.generation_config)
        drawn = bool(chosen.temperature)
        chance = {"temperature": chosen.temperature, "top_p": chosen.top_p, "top_k": 0} if drawn else {}
        penalty = RepetitionPenaltyLogitsProcessor(chosen.repetition_penalty, prompt_ignore_length=prompt)
        return {
            "do_sample": drawn,
            "num_beams": decoding.num_beams,
            "logits_processor": LogitsProcessorList([penalty]),
            "repetition_penalty": 1.0,  # the base's own would count the prompt
            "max_new_tokens": most,
            "eos_token_id": self.renderer.stops,
            "pad_token_id": self.tokenizer.pad_token_id,
            **chance,
        }

    def _fed(self, prompts: architectures.Rows, made: architectures.Rows) -> architectures.Fed:
        return self.architecture.fed(self.model, prompts, made, self._pad)


def _scored(readings: Sequence[Reading], logits: Any) -> Iterator[list[tuple[float, int]]]:
    """Nats and tokens of each reply of each reading. `logits`: [tokens of all replies, vocabulary]."""
    import torch

    done = 0
    for reading in readings:
        found = []
        for _, reply in reading.replies:
            foretold = logits[done : done + len(reply)].float()
            target = torch.tensor(reply, device=logits.device)
            nll = float(torch.nn.functional.cross_entropy(foretold, target, reduction="sum"))
            found.append((math.inf if math.isnan(nll) else nll, len(reply)))
            done += len(reply)
        yield found
