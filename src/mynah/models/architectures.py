"""What differs between a decoder and an encoder-decoder: what one reads, what it learns, how it is scored and goes on.

A decoder reads a conversation in one pass and foretells every reply in it. An encoder-decoder reads what stands before
one reply, and its decoder foretells that reply, so that it has one row a reply (T5, Raffel et al. 2020,
arXiv:1910.10683). Everything else is the same for both, and asks here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from mynah.core.errors import UserError
from mynah.core.types import Example
from mynah.models.render import IGNORED, Rendered, Renderer

Rows = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read at once, and the replies that are foretold from it: (place, tokens), where the logits from `place`
    on are those of the tokens. `size`: the tokens that a pass over it computes."""

    ids: list[int]
    replies: list[tuple[int, list[int]]]
    size: int


class Fed(NamedTuple):
    """What `generate` gets, and the columns of its result that were there before."""

    inputs: dict[str, Any]
    columns: int


class Decoder:
    """Llama, Mistral, Qwen, Gemma, Phi, GPT-2, GPT-NeoX, OPT and their like."""

    METHOD = "sft"  # how it is trained where nobody says
    TASK = "CAUSAL_LM"  # what PEFT calls it
    SIDES = ("input_ids",)  # of a row that is trained on, what passes through the model

    def family(self) -> Any:
        """The class by which transformers loads it."""
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM

    def rows(self, renderer: Renderer, piece: Example, learn: str) -> Iterator[dict[str, list[int]]]:
        """What is trained on: one row a conversation."""
        rendered = renderer.render(piece.turns, piece.system, everyone=learn == "all")
        yield {"input_ids": rendered.ids, "labels": rendered.labels}

    def told(self, row: dict[str, list[int]]) -> tuple[list[int], list[int]]:
        """The tokens of a row, and a label for each."""
        return row["input_ids"], row["labels"]

    def readings(self, rendered: Rendered) -> Iterator[Reading]:
        """What is scored: one reading a conversation."""
        replies = [(start - 1, rendered.ids[start:end]) for start, end in rendered.learned]
        yield Reading(rendered.ids, replies, len(rendered.ids))

    def logits(self, model: Any, readings: Sequence[Reading], pad: int) -> Any:
        """Logits of the tokens of the replies, [tokens, vocabulary]. Padding stands on the right, unseen."""
        ids, _ = padded([reading.ids for reading in readings], pad, model.device, left=False)
        with only(model, _foretold(readings, ids)):
            return model(input_ids=ids, use_cache=False).logits

    def fed(self, model: Any, prompts: Rows, made: Rows, pad: int) -> Fed:
        """What goes on after the prompts and what was made of the replies."""
        rows = [[*prompt, *reply] for prompt, reply in zip(prompts, made, strict=True)]
        ids, mask = padded(rows, pad, model.device, left=True)
        return Fed({"input_ids": ids, "attention_mask": mask}, ids.shape[1])


class EncoderDecoder:
    """T5, FLAN-T5, mT5 and their like."""

    METHOD = "seq2seq"
    TASK = "SEQ_2_SEQ_LM"
    SIDES = ("input_ids", "labels")

    def family(self) -> Any:
        """The class by which transformers loads it."""
        from transformers import AutoModelForSeq2SeqLM

        return AutoModelForSeq2SeqLM

    def rows(self, renderer: Renderer, piece: Example, learn: str) -> Iterator[dict[str, list[int]]]:
        """What is trained on: one row a learned reply. Raises UserError where everyone's turns are to be learned."""
        if learn != "persona":
            todo = "Leave train.learn at persona, or take a decoder: --base starter"
            raise UserError("replies to learn, which is all that an encoder-decoder writes", f"learn: {learn}", todo)
        for reading in self.readings(renderer.render(piece.turns, piece.system)):
            ((_, reply),) = reading.replies
            yield {"input_ids": reading.ids, "labels": reply}

    def told(self, row: dict[str, list[int]]) -> tuple[list[int], list[int]]:
        """The tokens of a row, those of the reply behind the others, and a label for each."""
        read, reply = row["input_ids"], row["labels"]
        return [*read, *reply], [*[IGNORED] * len(read), *reply]

    def readings(self, rendered: Rendered) -> Iterator[Reading]:
        """What is scored: one reading a learned reply."""
        for start, end in rendered.learned:
            yield Reading(rendered.ids[:start], [(0, rendered.ids[start:end])], end)

    def logits(self, model: Any, readings: Sequence[Reading], pad: int) -> Any:
        """Logits of the tokens of the replies, [tokens, vocabulary]."""
        ids, mask = padded([reading.ids for reading in readings], pad, model.device, left=False)
        before = [[self._start(model), *reading.replies[0][1][:-1]] for reading in readings]
        told, _ = padded(before, pad, model.device, left=False)
        with only(model, _foretold(readings, told)):
            return model(input_ids=ids, attention_mask=mask, decoder_input_ids=told, use_cache=False).logits

    def fed(self, model: Any, prompts: Rows, made: Rows, pad: int) -> Fed:
        """What goes on after what was made of the replies, all of one length."""
        ids, mask = padded(prompts, pad, model.device, left=False)
        told, _ = padded([[self._start(model), *reply] for reply in made], pad, model.device, left=False)
        return Fed({"input_ids": ids, "attention_mask": mask, "decoder_input_ids": told}, told.shape[1])

    def _start(self, model: Any) -> int:
        """The token with which a reply begins. Where a config does not say, it is the padding, as in every T5."""
        start = getattr(model.config, "decoder_start_token_id", None)
        return int(model.config.pad_token_id or 0) if start is None else int(start)


Architecture = Decoder | EncoderDecoder


def of(config: Any) -> Architecture:
    """The architecture of a model with this config of transformers. Raises UserError for one that reads both ways: it
    would see what it is to foretell."""
    if config.is_encoder_decoder:
        return EncoderDecoder()
    if _reads_both_ways(config):
        todo = "Take a decoder or an encoder-decoder; --base starter needs no network."
        raise UserError("a base that writes text", f"{config.model_type!r}, which fills gaps in one", todo)
    return Decoder()


def context(config: Any) -> int:
    """The tokens that a model with this config sees at once."""
    return int(getattr(config.get_text_config(), "max_position_embeddings", 2048))


def _reads_both_ways(config: Any) -> bool:
    """Is it of a kind that was made for masked words, as BERT (Devlin et al. 2018, arXiv:1810.04805), and not told to
    read one way, as some of them can be?"""
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    one_way = getattr(config, "is_decoder", False) or getattr(config, "causal", False)
    return config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not one_way


@contextmanager
def only(model: Any, places: Any) -> Iterator[None]:
    """Inside it the output layer sees these places of a batch and no others, counted through its rows: logits are
    [places, vocabulary]. A vocabulary is large, and most places foretell what nobody asks for."""
    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(lambda _, hidden: (hidden[0].flatten(0, 1)[places],))
    try:
        yield
    finally:
        hook.remove()


def _foretold(readings: Sequence[Reading], ids: Any) -> Any:
    """Where in a batch of ids, [readings, tokens], the tokens of the replies are foretold."""
    import torch

    firsts = [(row * ids.shape[1] + at, len(r)) for row, each in enumerate(readings) for at, r in each.replies]
    places = [place for first, count in firsts for place in range(first, first + count)]
    return torch.tensor(places, dtype=torch.long, device=ids.device)


def padded(rows: Rows, pad: int, device: Any, *, left: bool) -> tuple[Any, Any]:
    """Ids and attention mask, both [rows, longest]."""
    import torch

    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        place = slice(longest - len(row), longest) if left else slice(0, len(row))
        ids[i, place] = torch.tensor(row)
        mask[i, place] = 1
    return ids.to(device), mask.to(device)
