"""Every metric keeps the contract; each agrees with the library or the formula that defines it."""

from __future__ import annotations

import math
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynah.core import plugins
from mynah.core.statistics import Rows, parts, score
from mynah.core.types import Answers
from mynah.metrics import bits_per_byte, bleu, perplexity, rouge1, rouge2, rougeL, rougeLsum
from mynah.metrics._rouge import UnicodeTokenizer

REPLIES = ("the cat sat on the mat today", "ok", "", "see you there\nat eight", "שלום לכולם וברוכים הבאים", "no")
REFERENCES = ("the cat is on the mat", "ok 👍", "haha", "see you\nat eight", "שלום לכולם", "לא")
ANSWERS = Answers(("hi",) * 6, REPLIES, REFERENCES, (9.0, 3.0, 2.5, 7.0, 11.0, 4.0), (7, 3, 2, 6, 9, 2))


def part(answers: Answers, cut: slice) -> Answers:
    assert answers.nll and answers.tokens
    columns = (answers.prompts, answers.replies, answers.references, answers.nll, answers.tokens)
    return Answers(*(column[cut] for column in columns))  # type: ignore[arg-type]


def echo(*texts: str) -> Answers:
    return Answers(("",) * len(texts), texts, texts)


ROUGE = pytest.mark.parametrize("metric", [rouge1, rouge2, rougeL, rougeLsum], ids=lambda m: m.LABEL)


def of_parts(metric: ModuleType, rows: Rows) -> dict[str, float]:
    return {name: found.value for name, found in parts(rows, metric.PARTS, metric.signature(), resamples=1).items()}


def figure(metric: ModuleType, rows: Rows) -> float:
    return score(rows, getattr(metric, "total", None), metric.signature(), resamples=1).value


@pytest.mark.parametrize("name", plugins.names("metric"))
def test_a_metric_keeps_the_contract(name: str) -> None:
    metric = plugins.load("metric", name)
    assert metric.__doc__ and metric.LABEL and metric.BETTER in ("higher", "lower")
    rows = metric.rows(ANSWERS)
    assert rows.dtype == np.float64 and rows.ndim == 2 and len(rows) == 6
    cut = [metric.rows(part(ANSWERS, slice(0, 2))), metric.rows(part(ANSWERS, slice(2, 6)))]
    assert np.array_equal(np.concatenate(cut), rows), "a row depends on the other cases"
    assert metric.rows(part(ANSWERS, slice(0, 0))).shape == (0, rows.shape[1])
    assert math.isfinite(figure(metric, rows)) and name in metric.signature()
    unscored = Answers(ANSWERS.prompts, REPLIES, REFERENCES)
    if metric.NEEDS_LIKELIHOOD:
        with pytest.raises(ValueError, match="not scored"):
            metric.rows(unscored)
    else:
        assert np.array_equal(metric.rows(unscored), rows)


def test_likelihood_metrics_follow_their_formulas() -> None:
    one_bit_a_byte = Answers(("",), ("",), ("אב",), (4 * math.log(2),), (2,))
    assert figure(bits_per_byte, bits_per_byte.rows(one_bit_a_byte)) == pytest.approx(1)
    assert figure(perplexity, perplexity.rows(one_bit_a_byte)) == pytest.approx(4)
    size = sum(len(text.encode()) for text in REFERENCES)
    assert figure(bits_per_byte, bits_per_byte.rows(ANSWERS)) == pytest.approx(36.5 / math.log(2) / size)
    assert figure(perplexity, perplexity.rows(ANSWERS)) == pytest.approx(math.exp(36.5 / 29))


@pytest.mark.parametrize("cut", [slice(0, 6), slice(0, 1), slice(1, 3), slice(3, 5), slice(5, 6)], ids=str)
def test_bleu_is_sacrebleus(cut: slice) -> None:
    from sacrebleu.metrics import BLEU

    library = BLEU()
    expected = library.corpus_score(REPLIES[cut], [REFERENCES[cut]])
    rows = bleu.rows(part(ANSWERS, cut))
    assert figure(bleu, rows) == expected.score
    assert list(of_parts(bleu, rows).values()) == [*expected.precisions, expected.bp, expected.ratio]
    assert bleu.signature() == f"bleu|{library.get_signature()}" and "tok:13a|smooth:exp" in bleu.signature()


def test_the_parts_of_bleu_make_bleu() -> None:
    said = ("the cat is on the mat", "the dog is on the rug")
    found = of_parts(bleu, bleu.rows(Answers(("",) * 2, ("the cat is on a mat", "a dog is on the rug"), said)))
    assert list(found) == [*(f"{n}-gram precision" for n in (1, 2, 3, 4)), "brevity penalty", "length ratio"]
    assert found["1-gram precision"] == pytest.approx(100 * 10 / 12) and found["brevity penalty"] == 1
    assert found["length ratio"] == 1 and found["4-gram precision"] == pytest.approx(100 * 3 / 6)
    short = of_parts(bleu, bleu.rows(Answers(("",), ("the cat",), ("the cat is on",))))
    assert short["brevity penalty"] == pytest.approx(math.exp(-1)) and short["length ratio"] == 0.5


@ROUGE
def test_rouge_is_rouge_scores(metric: ModuleType) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    kind = metric.__name__.rpartition(".")[2]
    library = RougeScorer([kind], tokenizer=UnicodeTokenizer())
    found = [library.score(*case)[kind] for case in zip(REFERENCES, REPLIES, strict=True)]
    rows = metric.rows(ANSWERS)
    assert rows.tolist() == [[each.fmeasure, each.precision, each.recall] for each in found]
    assert figure(metric, rows) == np.mean([each.fmeasure for each in found])
    means = {"precision": np.mean(rows[:, 1]), "recall": np.mean(rows[:, 2]), "F1": np.mean(rows[:, 0])}
    assert of_parts(metric, rows) == means


WORDS = st.text("abAB '-.,!?0123456789\n", max_size=30)


@ROUGE
@given(cases=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5))
def test_of_plain_letters_rouge_is_the_library_as_it_comes(metric: ModuleType, cases: list[tuple[str, str]]) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    kind = metric.__name__.rpartition(".")[2]
    library = RougeScorer([kind])
    found = [library.score(reference, reply)[kind] for reference, reply in cases]
    references, replies = zip(*cases, strict=True)
    rows = metric.rows(Answers(("",) * len(cases), replies, references))
    assert rows.tolist() == [[each.fmeasure, each.precision, each.recall] for each in found]


def test_the_low_mid_and_high_of_rouge_are_about_those_of_its_own_aggregator() -> None:
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.scoring import BootstrapAggregator

    dice = np.random.default_rng(3)
    said = [" ".join(dice.choice(list("abcdefgh"), size)) for size in dice.integers(1, 12, 120)]
    answers = Answers(("",) * 60, tuple(said[:60]), tuple(said[60:]))
    library, aggregator = RougeScorer(["rouge1"]), BootstrapAggregator(n_samples=2000)
    for reply, reference in zip(said[:60], said[60:], strict=True):
        aggregator.add_scores(library.score(reference, reply))
    np.random.seed(1)
    expected = aggregator.aggregate()["rouge1"]
    for name, found in parts(rouge1.rows(answers), rouge1.PARTS, "").items():
        theirs = [getattr(each, {"F1": "fmeasure"}.get(name, name)) for each in expected]
        assert [found.low, found.value, found.high] == pytest.approx(theirs, abs=0.006), name


def test_rouge_lsum_goes_by_bubbles() -> None:
    turned = Answers(("",), ("see you at eight\nthe gate is open",), ("the gate is open\nsee you at eight",))
    assert rougeLsum.rows(turned).tolist() == [[1, 1, 1]] and rougeL.rows(turned)[0, 0] == 0.5


@pytest.mark.parametrize("text", ["שָׁלוֹם לכולם", "नमस्ते दोस्तों", "สวัสดี", "今日はいい天気", "مرحبا بكم", "😂😂", "Ωχ όχι"])
def test_equal_sentences_score_one_in_every_script(text: str) -> None:
    assert [metric.rows(echo(text))[0, 0] for metric in (rouge1, rouge2, rougeL, rougeLsum)] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't PANIC, 42!", "don t panic 42"),
        ("שָׁלוֹם עולם", "שָׁלוֹם עולם"),
        ("हिन्दी में", "हिन्दी में"),
        ("ラーメン食べたいー ok", "ラ ー メ ン 食 べ た い ー ok"),
        ("ดี", "ดี"),
        ("nice😂😂👍🏽", "nice 😂 😂 👍🏽"),
        ("👩‍👩‍👧 🇮🇱🇩🇪 1️⃣ ❤️", "👩‍👩‍👧 🇮🇱 🇩🇪 1\u20e3 ❤"),
        ("\u200fcafe\u0301 \uff97 \uff2f\uff2b", "café ラ ok"),
        ("می\u200cروم", "میروم"),
        ("?! ...", ""),
    ],
)
def test_what_a_token_is(text: str, tokens: str) -> None:
    assert UnicodeTokenizer().tokenize(text) == tokens.split()


def test_finding_the_metrics_is_cheap() -> None:
    code = (
        "import sys; from mynah.core import plugins; [plugins.load('metric', n) for n in plugins.names('metric')];"
        "print({'torch', 'pandas', 'sacrebleu', 'rouge_score', 'nltk', 'regex'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
