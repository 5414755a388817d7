"""Turns into tokens and back, for training, evaluation, chat and export. The contract between all of them.

Laws (tests/models/test_render.py):

1. What training renders is what chat renders: the tokens before a learned turn are the tokens of its prompt.
2. The rendering of n turns is a prefix of the rendering of n + 1 turns.
3. Only learned turns are learned, each once, with the token that ends the turn; nothing that a template adds is.
4. parse(render(bubbles)) = bubbles.

A tokenizer's own chat template is kept when it keeps the laws (TRL's training variant of it counts); otherwise ours
takes its place. Tokens are made piece by piece, the pieces ending where a reply of the assistant begins or ends, so
that law 1 holds token for token whatever the tokenizer merges. A tokenizer that writes no line feeds, as T5's, writes
two of its spare tokens in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mynah.core.errors import UserError
from mynah.core.types import Example, Turn

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

BROKEN = "\ufffd"  # what a decoder makes of bytes that are no character: an emoji that was not finished
IGNORED = -100  # the label of a token that the loss does not see (PyTorch's cross-entropy)
JOINER = "\u2060"  # invisible; put into text that would otherwise read as a special token
INNER_BREAK = "\n" + JOINER  # a line break inside a bubble; a bare line feed stands between bubbles
LEAST = 256  # tokens that a system text leaves to turns; of a window below twice that, half
NOBODY = JOINER * 3  # what is said where only the template around it matters
OPENING = "…"  # the user's turn before a persona who speaks first: many templates refuse to begin with the assistant
OURS = (
    "{% for m in messages %}[{{ m['role'] }}]\n{{ m['content'] }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant]\n{% endif %}"
)
DIALOGPT = "{% for m in messages %}{{ m['content'] }}{{ eos_token }}{% endfor %}"
"""Turns of whoever, an end-of-text token after each (Zhang et al. 2020, arXiv:1911.00536)."""
TURNS = "mynah_turns"  # in tokenizer_config.json: the window of turns in which a base was tuned

Messages = list[dict[str, str]]


class LawBroken(Exception):
    """A template that does not keep the laws above."""


@dataclass(frozen=True, slots=True)
class Template:
    """A chat template, and whether it wants the system text inside the user's first turn."""

    text: str
    origin: str  # "own", "trl", "dialogpt" or "mynah"
    fold_system: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """Token ids and labels, of equal length; `replies`: (turn index, start, end) of each turn of the assistant,
    `end` behind the token that ends the turn."""

    ids: list[int]
    labels: list[int]
    replies: list[tuple[int, int, int]]

    @property
    def learned(self) -> list[tuple[int, int]]:
        """Where the learned replies begin and end."""
        return [(start, end) for _, start, end in self.replies if self.labels[start] != IGNORED]


class Renderer:
    """Renders with one tokenizer. `template`: auto, own, mynah or dialogpt. `turns`: how many turns before a reply are
    seen; 0 is what the tokenizer was saved with, or else as many as fit. Raises UserError where the tokenizer has no
    token that can end a turn, or none that can stand between bubbles."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, template: str = "auto", turns: int = 0) -> None:
        self.tokenizer = tokenizer
        self.turns = turns or int(tokenizer.init_kwargs.get(TURNS, 0))
        if tokenizer.eos_token is None:
            todo = "Set eos_token in the model folder's tokenizer_config.json."
            raise UserError("a tokenizer with an end-of-text token", "none", todo)
        added = {*tokenizer.get_added_vocab(), *tokenizer.all_special_tokens}
        self._specials = sorted(filter(str.strip, added), key=len, reverse=True)  # runs of spaces are no secret
        self._special = re.compile("|".join(map(re.escape, self._specials)))
        self.marks = self._spare()
        self.template = self._choose(template)
        exchange = _probe()[:2]
        alone = sum(len(self._tokens(self.content(turn.bubbles))) for turn in exchange)
        self.around = len(self.render(exchange).ids) - alone  # what the template puts around two turns

    def keep(self) -> None:
        """Let the tokenizer carry the rendering: what is trained is what is saved and served."""
        self.tokenizer.chat_template = self.template.text
        if self.turns:
            self.tokenizer.init_kwargs[TURNS] = self.turns

    # --- text ---

    def content(self, bubbles: Sequence[str]) -> str:
        """Bubbles as the content of a turn: one a line, none of it readable as a special token."""
        between, inside = self.marks or ("\n", INNER_BREAK)
        harmless = [self._special.sub(lambda found: found[0][0] + JOINER + found[0][1:], each) for each in bubbles]
        return between.join(each.replace("\n", inside) for each in harmless)

    def parse(self, text: str) -> tuple[str, ...]:
        """The bubbles of a reply, whatever special tokens stand around it."""
        text = self.plain(text.replace(BROKEN, ""))
        for special in self._specials:
            text = text.replace(special[0] + JOINER + special[1:], special)
        return split_bubbles(text)

    def plain(self, text: str) -> str:
        """What a model wrote, without special tokens, and with line feeds where marks stand for them."""
        for mark, feed in zip(self.marks, ("\n", INNER_BREAK), strict=False):
            text = re.sub(f" ?{re.escape(mark)} ?", feed, text)
        return self._special.sub("", text)

    def _spare(self) -> tuple[str, ...]:
        """The tokens that stand for a line feed between bubbles and for one inside a bubble, where the tokenizer writes
        no line feeds: two that its base never saw in what people wrote, such as T5's for gaps."""
        if "\n" in self.tokenizer.decode(self._tokens("a\nb")):
            return ()
        told = {self.tokenizer.eos_token, self.tokenizer.bos_token, self.tokenizer.pad_token, self.tokenizer.unk_token}
        spare = sorted({*self.tokenizer.all_special_tokens} - told, key=lambda token: (len(token), token))
        if len(spare) < 2:
            found = "one without line feeds, and without two special tokens in their place"
            raise UserError("a tokenizer that can tell lines apart", found, "Take another base.")
        return tuple(spare[:2])

    def pieces(self, turns: Sequence[Turn], system: str = "", *, prompt: bool = False) -> list[tuple[str, int | None]]:
        """The text, cut where replies begin and end: (piece, index of the turn it is the reply of, or None). With
        `prompt`, the last piece ends where the assistant's next reply begins."""
        messages, shift = self._messages(turns, system)
        return _pieces(self._render, messages, shift, self._special, prompt)

    def _messages(self, turns: Sequence[Turn], system: str) -> tuple[Messages, int]:
        """Chat-template messages, and how many stand before the first turn."""
        messages = [{"role": turn.role, "content": self.content(turn.bubbles)} for turn in turns]
        shift = 0
        if not messages or messages[0]["role"] == "assistant":
            messages.insert(0, {"role": "user", "content": OPENING})
            shift += 1
        if system and self.template.fold_system:
            messages[0]["content"] = f"{self.content([system])}\n\n{messages[0]['content']}"
        elif system:
            messages.insert(0, {"role": "system", "content": self.content([system])})
            shift += 1
        return messages, shift

    def _render(self, messages: Messages, prompt: bool) -> str:
        return _apply(self.tokenizer, self.template.text, messages, prompt)

    # --- tokens ---

    def render(self, turns: Sequence[Turn], system: str = "", *, everyone: bool = False) -> Rendered:
        """The tokens of a conversation, with labels on the learned turns; with `everyone` also on what others said
        between a learned reply and the reply before it. So what is context only stays context, and nothing is learned
        in two windows."""
        rendered, begin = Rendered([], [], []), 0
        pieces = self.pieces(turns, system)
        said = self._said(turns, system, "".join(text for text, _ in pieces)) if everyone else []
        for (text, turn), (_, following) in pairwise([*pieces, ("", None)]):
            tokens = self._tokens(text)
            labels = [IGNORED] * len(tokens)
            if turn is not None:
                start = len(rendered.ids)
                rendered.replies.append((turn, start, start + len(tokens)))
                labels = tokens if turns[turn].learn else labels
            elif everyone and following is not None and turns[following].learn:
                labels = self._labels(text, [(start - begin, end - begin) for start, end in said])
            rendered.ids.extend(tokens)
            rendered.labels.extend(labels)
            begin += len(text)
        return rendered

    def _said(self, turns: Sequence[Turn], system: str, whole: str) -> list[tuple[int, int]]:
        """Where in the whole text what others said begins, and where the token that ends the turn does. What a template
        puts around a turn is what it puts around another text in its place."""
        messages, shift = self._messages(turns, system)
        found = []
        for place, turn in enumerate(turns, shift):
            if turn.role == "assistant":
                continue
            kept = messages[place]["content"].removesuffix(self.content(turn.bubbles))  # the system text, or nothing
            other = {**messages[place], "content": kept + NOBODY}
            until = self._render(messages[: place + 1], False)
            before, _, after = self._render([*messages[:place], other], False).rpartition(NOBODY)
            start, end = len(before), len(until) - len(after)
            if not (whole.startswith(until) and until.startswith(before) and until.endswith(after)):
                todo = "Take Mynah's: --set model.template=mynah"
                raise UserError("a template that shows where each turn begins and ends", "one that does not", todo)
            ended = _last(self._special, whole, end, len(until))
            found.append((start, ended.end() if ended else end))
        return found

    def _labels(self, text: str, said: Sequence[tuple[int, int]]) -> list[int]:
        """Labels on the tokens of a text of which any character stands in one of these places."""
        if not self.tokenizer.is_fast:
            found = "one that does not"
            raise UserError("a tokenizer that tells where its tokens stand", found, "Leave train.learn at persona.")
        told = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return [
            token if any(first < end and start < last for start, end in said) else IGNORED
            for token, (first, last) in zip(told["input_ids"], told["offset_mapping"], strict=True)
        ]

    def prompt(self, turns: Sequence[Turn], system: str = "") -> list[int]:
        """The tokens after which the assistant's reply to `turns` begins."""
        return [t for text, _ in self.pieces(turns, system, prompt=True) for t in self._tokens(text)]

    def prompt_within(self, turns: Sequence[Turn], system: str, most: int) -> list[int]:
        """The prompt with as many of the last turns as fit into `most` tokens, of which there is at least one. The last
        turn is always there, or its end, and so is the system text, or its beginning."""
        assert most > 0
        system = self.system_within(system, most)
        room = most - len(self.prompt([], system))
        held = self._last_of(turns[-self.turns :], room)
        tokens = self.prompt(held, system)
        if len(tokens) > most:
            tokens = self.prompt([_cut(turn, self, room) for turn in held], system)
        return tokens[-most:]

    def _last_of(self, turns: Sequence[Turn], room: int) -> Sequence[Turn]:
        """As many of the last turns as fit into `room` tokens; the last one in any case. The others are not looked
        at: a conversation may be long."""
        held = 0
        for turn in reversed(turns):
            room -= self.size(turn)
            if held and room < 0:
                break
            held += 1
        return turns[len(turns) - held :]

    def system_within(self, system: str, most: int) -> str:
        """The system text, or its beginning where it leaves of `most` tokens too few to turns."""
        share = most - min(LEAST, most // 2)
        while system and (size := len(self.prompt([], system))) > share:
            system = system[: len(system) * share // size].rstrip()
        return system

    def size(self, turn: Turn) -> int:
        """About the tokens that a turn takes inside a conversation: its text, and a few around it."""
        return len(self._tokens(self.content(turn.bubbles))) + self.around

    @property
    def stops(self) -> list[int]:
        """The tokens that end a reply."""
        (last,) = [text for text, turn in self.pieces(_probe(), "") if turn == 3]
        return sorted({self._tokens(last)[-1], self.tokenizer.eos_token_id})

    def _tokens(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    # --- the choice of a template ---

    def _choose(self, asked: str) -> Template:
        for template in self._candidates(asked):
            fitted = self._fit(template)
            if fitted:
                return fitted
        todo = "Let Mynah choose: --set model.template=auto"
        raise UserError("a template that keeps earlier turns as they were", f"none of the kind {asked!r}", todo)

    def _candidates(self, asked: str) -> Iterator[Template]:
        own = self.tokenizer.chat_template
        if asked in ("auto", "own") and isinstance(own, str):
            yield Template(own, "own")
            variant = _training_variant(self.tokenizer)
            if variant:
                yield Template(variant, "trl")
        named = "dialogpt" in Path(self.tokenizer.name_or_path).name.lower()
        if asked == "dialogpt" or (asked == "auto" and named):
            yield Template(DIALOGPT, "dialogpt")
        if asked in ("auto", "mynah"):
            yield Template(OURS, "mynah")

    def _fit(self, template: Template) -> Template | None:
        """The template with what it needs, or None where it breaks a law whatever is done."""
        for fold in (False, True):
            self.template = replace(template, fold_system=fold)
            try:
                for turns, system in ((_probe(), ""), (_probe(), "Be brief."), (_probe()[1:], "")):
                    self._check(turns, system)
            except LawBroken:
                continue
            return self.template
        return None

    def _check(self, turns: Sequence[Turn], system: str) -> None:
        """Raise LawBroken unless this conversation is rendered whole, in order, and read back."""
        for turn in turns:
            if all(self.content(turn.bubbles) not in text for text, _ in self.pieces(turns, system)):
                raise LawBroken("a turn is missing")
        if system and all(system not in text for text, _ in self.pieces(turns, system)):
            raise LawBroken("the system text is missing")
        for text, index in self.pieces(turns, system):
            if index is not None and self.parse(text) != turns[index].bubbles:
                raise LawBroken("a reply is not read back")


def split_bubbles(text: str) -> tuple[str, ...]:
    """The bubbles of a text in which JOINER begins the further lines of a bubble."""
    bubbles: list[str] = []
    for line in text.split("\n"):
        if line.startswith(JOINER) and bubbles:
            bubbles[-1] += "\n" + line[1:].rstrip()
        elif line.strip():
            bubbles.append(line.strip())
    return tuple(bubble.rstrip() for bubble in bubbles)


def _probe() -> tuple[Turn, ...]:
    return (
        Turn("user", ("hello there", "how are you?")),
        Turn("assistant", ("well", "and you?")),
        Turn("user", ("fine",)),
        Turn("assistant", ("good", "to hear")),
    )


def _apply(tokenizer: PreTrainedTokenizerBase, template: str, messages: Messages, prompt: bool) -> str:
    from jinja2 import TemplateError

    try:
        rendered = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=prompt, chat_template=template
        )
    except TemplateError as error:
        raise LawBroken(str(error)) from error
    return str(rendered)


def _pieces(
    render: Any, messages: Messages, shift: int, special: re.Pattern[str], prompt: bool
) -> list[tuple[str, int | None]]:
    whole = render(messages, prompt)
    found: list[tuple[str, int | None]] = []
    done = 0
    for index, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        start = len(_prefix(render(messages[:index], True), whole))
        after = len(_prefix(render(messages[: index + 1], False), whole))
        ended = _last(special, whole, start, after)
        if ended is None or start < done or message["content"] not in whole[start : ended.start()]:
            raise LawBroken("no token ends the turn")
        found.append((whole[done:start], None))
        found.append((whole[start : ended.end()], index - shift))
        done = ended.end()
    if whole[done:]:
        found.append((whole[done:], None))
    return found


def _last(special: re.Pattern[str], whole: str, start: int, end: int) -> re.Match[str] | None:
    """The last special token between start and end: the one that ends the turn."""
    found = None
    for found in special.finditer(whole, start, end):  # noqa: B007
        pass
    return found


def _prefix(part: str, whole: str) -> str:
    if not whole.startswith(part):
        raise LawBroken("an earlier rendering is not a prefix of a later one")
    return part


def _training_variant(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """TRL's variant of a known template that keeps earlier turns as they were, or None."""
    from trl.chat_template_utils import get_training_chat_template

    try:
        return cast("str | None", get_training_chat_template(tokenizer))
    except ValueError:
        return None


# --- long conversations ---


def windows(example: Example, renderer: Renderer, most: int) -> Iterator[Example]:
    """The example in pieces of at most `most` tokens. Pieces overlap by up to a third, which is context only: every
    learned turn is learned in exactly one piece. Where a reply sees so many turns only, each has a piece of its own."""
    example = replace(example, system=renderer.system_within(example.system, most))
    if not renderer.turns:
        yield from _fitting(example, renderer, most)
        return
    for place, turn in enumerate(example.turns):
        before = [replace(each, learn=False) for each in example.turns[max(0, place - renderer.turns) : place]]
        if turn.learn:
            yield from _fitting(replace(example, id=f"{example.id}.{place}", turns=(*before, turn)), renderer, most)


def _fitting(example: Example, renderer: Renderer, most: int) -> Iterator[Example]:
    """The example, of a system text that leaves room, in pieces of at most `most` tokens."""
    room = most - (len(renderer.prompt([], example.system)) if example.system else 0)
    whole = replace(example, turns=tuple(_shortened(example.turns, renderer, most // 2, room)))
    sizes = [renderer.size(turn) for turn in whole.turns]
    said = sum(sizes) - renderer.around * len(sizes)  # where that is twice as much, nothing long has to be rendered
    if said <= 2 * most and len(renderer.render(whole.turns, whole.system).ids) <= most:
        yield whole
        return
    start = fresh = 0  # where the piece begins, and the first turn that was not in a piece yet
    while fresh < len(sizes):
        end = fresh + 1
        while start < fresh and sum(sizes[start:end]) > room:
            start += 1
        while end < len(sizes) and sum(sizes[start : end + 1]) <= room:
            end += 1
        turns = [replace(t, learn=t.learn and i >= fresh) for i, t in enumerate(whole.turns[start:end], start)]
        if any(turn.learn for turn in turns):
            yield replace(whole, id=f"{whole.id}.{fresh}", turns=tuple(turns))
        start = fresh = end
        while start > 0 and sum(sizes[start - 1 : end]) <= room // 3:
            start -= 1


def _shortened(turns: Iterable[Turn], renderer: Renderer, most: int, room: int) -> Iterator[Turn]:
    """Turns of about `most` tokens at most, and never above `room`."""
    for turn in turns:
        size = renderer.size(turn)
        if size > most:
            turn = _part(turn, most, size)
        yield _cut(turn, renderer, room) if size > min(most, room) else turn


def _cut(turn: Turn, renderer: Renderer, room: int) -> Turn:
    """As much of a turn as fits into `room` tokens."""
    while turn.text and (size := renderer.size(turn)) > room:
        turn = _part(turn, max(0, room), size)
    return turn


def _part(turn: Turn, most: int, size: int) -> Turn:
    """So many parts of the letters of a turn, out of `size`: of the context the end is kept, of a reply the
    beginning."""
    letters = len(turn.text) * most // size
    cut = turn.text[:letters] if turn.role == "assistant" else turn.text[len(turn.text) - letters :]
    return replace(turn, bubbles=tuple(line.strip() for line in cut.split("\n") if line.strip()))
