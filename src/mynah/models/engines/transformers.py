"""The engine that trains, measures and chats: transformers on this machine, with or without an adapter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from mynah.core.journal import Kept
from mynah.core.types import Example, Prompt, Turn
from mynah.models.batches import by_budget
from mynah.models.decoding import Options as Decoding
from mynah.models.load import context_length, load
from mynah.models.render import IGNORED, Rendered, Renderer, windows

SCORED_TOKENS = 6144  # padded tokens of one forward pass with logits
REPLY_TOKENS = 12_288  # padded tokens whose keys and values are cached while replies are made
SPAN = 32  # tokens after which replies that have ended leave their batch
WINDOW = 512  # tokens of context in which replies are learned, scored and made


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How well one learned turn was foreseen: `nll` in nats, summed over `tokens`."""

    example: str
    nll: float
    tokens: int


class Engine:
    """A model with its tokenizer and renderer."""

    def __init__(self, base: str, trained: Path | None = None, *, quant: str = "none", in_full: bool = False) -> None:
        self.model, self.tokenizer = load(base, trained, quant=quant, in_full=in_full)
        self.renderer = Renderer(self.tokenizer)
        self.name = base
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
        window, is not computed again."""
        import torch

        pieces = [(e.id, self.renderer.render(p.turns, p.system)) for e in examples for p in self.windows(e)]
        kept = Kept() if kept is None else kept
        for batch in by_budget([len(piece.ids) for _, piece in pieces], SCORED_TOKENS):
            if all(index in kept for index in batch):
                continue
            ids, _ = self._padded([pieces[i][1].ids for i in batch], left=False)  # which causal attention does not see
            with torch.inference_mode():
                logits = self.model(input_ids=ids, use_cache=False).logits
            kept.add({index: list(_score(pieces[index][1], logits[row])) for row, index in enumerate(batch)})
        return [Likelihood(pieces[index][0], *found) for index in range(len(pieces)) for found in kept[index]]

    def windows(self, example: Example) -> Iterator[Example]:
        """The example in pieces as long as the training sees them, the system text not counted."""
        extra = len(self.renderer.prompt([], example.system)) if example.system else 0
        return windows(example, self.renderer, min(WINDOW + extra, context_length(self.model)))

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
            ids, mask = self._padded([[*prompts[i], *made[i]] for i in going], left=True)
            span = min(most, decoding.max_tokens - length)
            with torch.inference_mode():
                rows = self.model.generate(
                    input_ids=ids, attention_mask=mask, **self.settings(decoding, ids.shape[1] - length, span)
                )
            ended = set()
            for i, row in zip(going, rows[:, ids.shape[1] :].tolist(), strict=True):
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
            yield from self.tokenizer.batch_decode(self.made([tokens], decoding), skip_special_tokens=True)
            return
        ids, mask = self._padded([tokens], left=True)
        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)  # type: ignore[arg-type]

        def work() -> None:
            try:
                with torch.inference_mode():
                    self.model.generate(
                        input_ids=ids,
                        attention_mask=mask,
                        streamer=streamer,
                        **self.settings(decoding, ids.shape[1], decoding.max_tokens),
                    )
            finally:
                streamer.end()

        thread = Thread(target=work, daemon=True)
        thread.start()
        yield from streamer
        thread.join()

    def _prompt(self, turns: Sequence[Turn], system: str, decoding: Decoding) -> list[int]:
        """The prompt with a window of context beside the system text, and room for the reply."""
        extra = len(self.renderer.prompt([], system)) if system else 0
        most = min(WINDOW + extra, context_length(self.model) - decoding.max_tokens)
        return self.renderer.prompt_within(turns, system, most)

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

    def _padded(self, rows: Sequence[Sequence[int]], *, left: bool) -> tuple[Any, Any]:
        """Ids and attention mask, both [rows, longest]."""
        import torch

        longest = max(map(len, rows))
        ids = torch.full((len(rows), longest), self.tokenizer.pad_token_id or 0, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(rows):
            place = slice(longest - len(row), longest) if left else slice(0, len(row))
            ids[i, place] = torch.tensor(row)
            mask[i, place] = 1
        return ids.to(self.model.device), mask.to(self.model.device)


def _score(piece: Rendered, logits: Any) -> Iterator[tuple[float, int]]:
    """Nats and tokens of each learned turn of one piece. `logits`: [tokens, vocabulary]."""
    import torch

    for _, start, end in piece.replies:
        if piece.labels[start] == IGNORED:
            continue
        target = torch.tensor(piece.ids[start:end], device=logits.device)
        nll = torch.nn.functional.cross_entropy(logits[start - 1 : end - 1].float(), target, reduction="sum")
        yield float(nll) if not math.isnan(float(nll)) else math.inf, end - start
