"""The laws of rendering, over generated conversations and the templates of eight model families."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mynah.core.types import Example, Turn
from mynah.models.render import BROKEN, IGNORED, Renderer, windows
from tests.models.templates import CHATML, TEMPLATES, USER_ENDS, tokenizer_with

pytestmark = pytest.mark.parametrize("name", TEMPLATES)
WORDS = st.sampled_from(
    ["hi", "ok then", "🙈", "שלום", "a\nb", "<|im_end|>", "</s>x", "[INST]", "<|end|>", "</think>", "what?", "1 2", "…"]
)
VISIBLE = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cf", "Zs", "Zl", "Zp", "Cs"], exclude_characters=BROKEN
)
BUBBLES = st.lists(st.one_of(WORDS, st.text(VISIBLE, min_size=1)), min_size=1, max_size=3).map(tuple)
MANY = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def conversations(draw: st.DrawFn) -> list[Turn]:
    """Turns that alternate, either side first; not every reply is learned."""
    first = draw(st.booleans())
    turns = []
    for index in range(draw(st.integers(1, 6))):
        own = (index % 2 == 0) == first
        learn = own and draw(st.booleans())
        turns.append(Turn("assistant" if own else "user", draw(BUBBLES), learn=learn))
    return turns


SYSTEMS = st.sampled_from(["", "You are Maya."])


@cache
def renderer(name: str) -> Renderer:
    return Renderer(tokenizer_with(name))


@MANY
@given(turns=conversations(), system=SYSTEMS)
def test_training_renders_what_chat_renders(name: str, turns: list[Turn], system: str) -> None:
    rendered = renderer(name).render(turns, system)
    for turn, start, _ in rendered.replies:
        assert renderer(name).prompt(turns[:turn], system) == rendered.ids[:start]


@MANY
@given(turns=conversations(), system=SYSTEMS)
def test_a_conversation_is_a_prefix_of_its_continuation(name: str, turns: list[Turn], system: str) -> None:
    def text(turns: list[Turn]) -> str:
        return "".join(piece for piece, _ in renderer(name).pieces(turns, system))

    for end in range(1, len(turns)):
        assert text(turns).startswith(text(turns[:end]))


@MANY
@given(turns=conversations(), system=SYSTEMS)
def test_learned_turns_are_learned_once_and_nothing_else(name: str, turns: list[Turn], system: str) -> None:
    found = renderer(name)
    rendered = found.render(turns, system)
    learned = {i for turn, start, end in rendered.replies if turns[turn].learn for i in range(start, end)}
    for i, (token, label) in enumerate(zip(rendered.ids, rendered.labels, strict=True)):
        assert label == (token if i in learned else IGNORED)
    assert [turn for turn, _, _ in rendered.replies] == [i for i, t in enumerate(turns) if t.role == "assistant"]
    for _, _, end in rendered.replies:
        assert rendered.ids[end - 1] in found.stops


@MANY
@given(turns=conversations(), system=SYSTEMS)
def test_of_everyone_is_learned_what_people_wrote_before_learned_replies_and_nothing_else(
    name: str, turns: list[Turn], system: str
) -> None:
    found = renderer(name)
    of_persona, rendered = found.render(turns, system), found.render(turns, system, everyone=True)
    assert (rendered.ids, rendered.replies) == (of_persona.ids, of_persona.replies)
    replies = {turn: found.tokenizer.decode(rendered.ids[start:end]) for turn, start, end in rendered.replies}
    expected = ""
    for place, turn in enumerate(turns):
        if turn.learn:
            expected += replies[place]
        elif turn.role == "user" and any(following.learn for following in turns[place + 1 : place + 2]):
            expected += found.content(turn.bubbles) + USER_ENDS.get(name, found.tokenizer.eos_token)
    learned = [token for token, label in zip(rendered.ids, rendered.labels, strict=True) if label != IGNORED]
    assert set(rendered.labels) <= {IGNORED, *learned}
    assert found.tokenizer.decode(learned).replace(" ", "") == expected.replace(" ", "")
    for label, before in zip(rendered.labels, of_persona.labels, strict=True):
        assert before in (IGNORED, label)


@MANY
@given(turns=conversations(), system=SYSTEMS)
def test_what_was_rendered_is_read_back(name: str, turns: list[Turn], system: str) -> None:
    found = renderer(name)
    rendered = found.render(turns, system)
    for turn, start, end in rendered.replies:
        assert found.parse(found.tokenizer.decode(rendered.ids[start:end])) == turns[turn].bubbles


@MANY
@given(turns=conversations(), system=SYSTEMS)
def test_nothing_that_people_typed_is_a_special_token(name: str, turns: list[Turn], system: str) -> None:
    found = renderer(name)
    plain = [Turn(turn.role, ("x",)) for turn in turns]
    special = set(found.tokenizer.all_special_ids)

    def count(turns: list[Turn]) -> int:
        return sum(token in special for token in found.render(turns, system).ids)

    assert count(turns) == count(plain)


@MANY
@given(turns=conversations(), most=st.integers(256, 400))
def test_a_long_conversation_is_cut_with_context_and_learned_once(name: str, turns: list[Turn], most: int) -> None:
    found = renderer(name)
    turns = [Turn(t.role, tuple(b[:8] for b in t.bubbles), learn=t.role == "assistant") for t in turns * 4]
    turns = [t for i, t in enumerate(turns) if i == 0 or t.role != turns[i - 1].role]
    pieces = list(windows(Example("e", tuple(turns)), found, most))
    learned = [t.bubbles for piece in pieces for t in piece.turns if t.learn]
    assert learned == [t.bubbles for t in turns if t.learn]
    for piece in pieces:
        assert len(found.render(piece.turns).ids) <= most + 16


LONG = "You are Maya. " + "Some things Maya wrote: so be it 🙈 " * 60


@MANY
@given(turns=conversations(), most=st.integers(128, 400), length=st.integers(1, len(LONG)))
def test_pieces_and_prompts_are_never_too_long_and_keep_the_system_text_or_its_beginning(
    name: str, turns: list[Turn], most: int, length: int
) -> None:
    found, system = renderer(name), LONG[:length].rstrip()
    wordy = [replace(turn, bubbles=turn.bubbles * 9, learn=turn.role == "assistant") for turn in turns]
    pieces = list(windows(Example("e", tuple(wordy), system), found, most))
    assert sum(turn.learn for piece in pieces for turn in piece.turns) == sum(turn.learn for turn in wordy)
    for piece in pieces:
        assert len(found.render(piece.turns, piece.system).ids) <= most
        assert piece.system and system.startswith(piece.system)
        assert piece.system == system or len(found.prompt([], piece.system)) > most // 4  # not shorter than it must be
        assert all(turn.text for turn in piece.turns)
    prompt = found.prompt_within(wordy, system, most)
    assert len(prompt) <= most and found.system_within(system, most) in found.tokenizer.decode(prompt)


def test_a_system_text_that_leaves_room_is_left_alone(name: str) -> None:
    found = renderer(name)
    takes = len(found.prompt([], LONG))
    assert found.system_within(LONG, takes + 256) == LONG
    assert LONG.startswith(cut := found.system_within(LONG, takes + 255)) and len(LONG) - 20 < len(cut) < len(LONG)


def held_plainly(found: Renderer, turns: list[Turn], system: str, most: int) -> list[int]:
    """What `prompt_within` says where the last turn fits, in the plainest way."""
    held = list(turns)
    while len(held) > 1 and sum(map(found.size, held)) > most - len(found.prompt([], system)):
        del held[0]
    return found.prompt(held, system)


@MANY
@given(turns=conversations(), system=SYSTEMS, most=st.integers(150, 400), times=st.integers(1, 9))
def test_a_prompt_holds_as_many_of_the_last_turns_as_fit(
    name: str, turns: list[Turn], system: str, most: int, times: int
) -> None:
    turns = [replace(turn, bubbles=tuple(bubble[:8] for bubble in turn.bubbles)) for turn in turns] * times
    turns = [turn for i, turn in enumerate(turns) if i == 0 or turn.role != turns[i - 1].role]
    assert renderer(name).prompt_within(turns, system, most) == held_plainly(renderer(name), turns, system, most)


def test_of_a_long_conversation_only_what_fits_is_looked_at(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, seen = renderer(name), list[int]()
    turns = tuple(Turn(("user", "assistant")[i % 2], ("so be it",), learn=i % 2 == 1) for i in range(600))
    size, render = Renderer.size, Renderer.render
    monkeypatch.setattr(Renderer, "size", lambda self, turn: seen.append(1) or size(self, turn))
    monkeypatch.setattr(Renderer, "render", lambda self, turns, system: seen.append(len(turns)) or render(self, turns))
    found.prompt_within(turns, "", 256)
    assert 1 < sum(seen) < 100
    seen.clear()
    list(windows(Example("e", turns), found, 256))
    assert set(seen) == {1}  # nothing was rendered
    short = list(windows(Example("e", turns[:4]), found, 256))
    assert set(seen) == {1, 4} and short == [Example("e", turns[:4])]


def test_the_template_is_kept_where_it_keeps_the_laws(name: str) -> None:
    template = renderer(name).template
    assert template.origin == ("trl" if name == "qwen3" else "own")
    assert template.fold_system == (name in ("mistral", "gemma"))


def test_a_template_that_rewrites_history_is_replaced(name: str) -> None:
    tokenizer = tokenizer_with(name)
    tokenizer.chat_template = CHATML.replace("{{ m['content'] }}", "{{ m['content'] if loop.last else '…' }}")
    assert Renderer(tokenizer).template.origin == "mynah"
    tokenizer.chat_template = None
    assert Renderer(tokenizer).template.origin == "mynah"
