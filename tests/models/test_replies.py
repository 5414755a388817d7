"""How replies are made: in batches that shrink, and with a penalty that the prompt does not touch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import GenerationConfig, TextIteratorStreamer

from mynah.core.errors import UserError
from mynah.core.types import Example, Prompt, Turn
from mynah.models.decoding import DEFAULTS
from mynah.models.decoding import Options as Decoding
from mynah.models.engines import transformers
from mynah.models.engines.transformers import Engine
from tests import bases

LINES = ("hi", "what is it?", "one two three one two three", "and then we went to the market for bread", "no")
PROMPTS = [Prompt("", 1, "", (Turn("user", (line,)),), Turn("assistant", ("",))) for line in LINES]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(str(bases.small(tmp_path_factory.mktemp("base"))))


@pytest.mark.parametrize("span", [1, 3, 7, 100])
@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_replies_are_the_same_wherever_their_batch_is_cut(
    engine: Engine, span: int, penalty: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = Decoding(temperature=0.0, max_tokens=20, repetition_penalty=penalty)
    whole = [engine.replies([prompt], greedy)[0] for prompt in PROMPTS]
    monkeypatch.setattr(transformers, "SPAN", span)
    assert engine.replies(PROMPTS, greedy) == whole


def test_only_what_the_reply_said_is_a_repetition(engine: Engine) -> None:
    prompt, made = [3, 4, 5], [5, 6]
    (penalty,) = engine.settings(Decoding(repetition_penalty=2.0), len(prompt), 9)["logits_processor"]
    scores = penalty(torch.tensor([prompt + made]), torch.ones(1, 8))
    assert scores.tolist() == [[1, 1, 1, 1, 1, 0.5, 0.5, 1]]


def test_a_reply_ends_before_its_end(engine: Engine) -> None:
    rows = engine.made([engine._prompt(p.context, "", Decoding()) for p in PROMPTS], Decoding(max_tokens=5))
    assert all(len(row) <= 5 and not set(row) & set(engine.renderer.stops) for row in rows)


def test_what_nobody_set_is_as_the_base_has_it() -> None:
    base = GenerationConfig(temperature=0.7, repetition_penalty=1.1)
    expected = Decoding(temperature=0.2, top_p=0.9, repetition_penalty=1.1)
    assert Decoding(temperature=0.2).of(base) == expected
    assert Decoding(seed=7).alone(base) == Decoding(seed=7)
    assert Decoding().alone(GenerationConfig(num_beams=3)) == Decoding(
        num_beams=3, temperature=0.0, repetition_penalty=1.0
    )
    assert Decoding().of(GenerationConfig()) == Decoding(**DEFAULTS)
    assert Decoding(temperature=0.0).of(base).temperature == 0.0


def test_of_several_beams_the_likeliest_reply_is_taken_however_it_is_asked_for(engine: Engine) -> None:
    greedy = Decoding(temperature=0.0, max_tokens=12, repetition_penalty=1.0)
    beams = greedy.model_copy(update={"num_beams": 4})
    for prompt in PROMPTS:
        tokens = engine._prompt(prompt.context, "", greedy)
        (one,), (best,) = engine.made([tokens], greedy), engine.made([tokens], beams)
        assert mean_likelihood(engine, tokens, best) >= mean_likelihood(engine, tokens, one) - 1e-5
        streamed = "".join(engine.stream(prompt.context, "", beams))
        assert engine.renderer.parse(streamed) == engine.replies([prompt], beams)[0]


def mean_likelihood(engine: Engine, prompt: list[int], made: list[int]) -> float:
    """What beams are chosen by at a length penalty of 1, in nats a token."""
    ids = torch.tensor([[*prompt, *made, *engine.renderer.stops[:1]][: len(prompt) + 12]])
    with torch.inference_mode():
        logits = engine.model(input_ids=ids).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
    return float(logits.gather(1, ids[0, len(prompt) :, None]).mean())


@pytest.fixture(scope="module")
def dialogpt(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One that knows 1,024 places and no more."""
    return Engine(str(bases.of("DialoGPT", tmp_path_factory.mktemp("dialogpt"))))


def test_a_system_text_as_long_as_the_context_leaves_room_to_score_and_to_reply(dialogpt: Engine) -> None:
    system = "\n".join(f"- reply {number}: and then we went to the market for bread" for number in range(100))
    turns = (Turn("user", ("what is it? " * 200,)), Turn("assistant", ("one two three " * 200,), learn=True))
    prompt = Prompt("", 1, system, turns[:1], turns[1])
    assert len(dialogpt.renderer.prompt([], system)) > 1024
    (found,) = dialogpt.likelihoods([Example("1", turns, system)])
    assert found.tokens > 100
    assert len(dialogpt.replies([prompt], Decoding(max_tokens=5))) == 1


@pytest.mark.parametrize("most", [961, 1024, 3000])
def test_a_reply_that_leaves_no_room_to_its_prompt_is_refused(dialogpt: Engine, most: int) -> None:
    with pytest.raises(UserError, match=f"at most 960 tokens from a base that sees 1024 at once, .*={most}"):
        dialogpt.replies(PROMPTS, Decoding(max_tokens=most))
    assert len(dialogpt._prompt(PROMPTS[1].context * 400, "", Decoding(max_tokens=960))) <= 64


def test_what_goes_wrong_while_a_reply_is_made_is_raised_where_it_is_read(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(streamer: TextIteratorStreamer, **settings: Any) -> None:
        streamer.put(torch.tensor([[5, 6]]))  # the prompt, which is not said
        streamer.put(torch.tensor(engine.tokenizer.encode("one two\n")))
        raise RuntimeError("out of memory")

    monkeypatch.setattr(engine.model, "generate", broken)
    said = []
    with pytest.raises(RuntimeError, match="out of memory"):
        said.extend(engine.stream(PROMPTS[0].context, "", Decoding()))
    assert "".join(said) == "one two\n"
