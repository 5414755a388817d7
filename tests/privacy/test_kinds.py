"""Every kind of personal data finds and leaves what its docstring says, and its pseudonyms are of its shape."""

from __future__ import annotations

import re
from random import Random
from types import ModuleType

import pytest

from mynah.core import plugins
from mynah.privacy import find
from mynah.privacy.kinds import card, iban, identity, phone, wallet
from mynah.privacy.kinds._shape import digits

TOLD = re.compile(r"^(found|kept): (.+)$", re.M)
KINDS = plugins.names(find.KIND)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> ModuleType:
    return plugins.load(find.KIND, request.param)


def found_in(kind: ModuleType) -> list[tuple[str, list[str]]]:
    """The texts of the docstring, and what is marked in each."""
    told = [(what, text.replace("\\n", "\n")) for what, text in TOLD.findall(kind.__doc__ or "")]
    assert {what for what, _ in told} == {"found", "kept"}
    assert all(("«" in text) == (what == "found") for what, text in told)
    return [(re.sub("[«»]", "", text), re.findall("«(.+?)»", text, re.S)) for _, text in told]


def test_a_kind_finds_and_keeps_what_its_docstring_says(kind: ModuleType) -> None:
    for text, secrets in found_in(kind):
        assert [text[start:end] for start, end in sorted(kind.find(text))] == secrets, text


def test_a_kind_is_found_among_all(kind: ModuleType) -> None:
    name = kind.__name__.rpartition(".")[2]
    for text, secrets in found_in(kind):
        found = [text[f.start : f.end] for f in find.all(text) if f.kind == name]
        assert found == secrets, text


def test_a_pseudonym_is_another_of_the_same_shape_by_the_draw_alone(kind: ModuleType) -> None:
    assert kind.LABEL and re.compile(kind.HINT)
    for text, secrets in found_in(kind):
        assert not secrets or re.search(kind.HINT, text)
        for secret in secrets:
            made = kind.like(secret, Random(7))
            assert made != secret and made == kind.like(secret, Random(7)) != kind.like(secret, Random(8))
            assert re.sub(r"\w+", "x", made) == re.sub(r"\w+", "x", secret) or kind.__name__.endswith(("ip", "email"))


@pytest.mark.parametrize("written", ["+49 30 901820", "030 901820", "0049-30-901820", "+49 (0)30 901820"])
def test_a_phone_number_keeps_country_and_grouping_and_is_nobodys(written: str) -> None:
    import phonenumbers

    made = phone.like(written, Random(1), ("DE",))
    own = digits(made)[-8:]
    assert [len(part) for part in re.findall(r"\d+", made)] == [len(part) for part in re.findall(r"\d+", written)]
    assert re.match(r"\+?0*(?:49)?[ -]?\(?0?", made)[0] == re.match(r"\+?0*(?:49)?[ -]?\(?0?", written)[0]  # type: ignore[index]
    assert not phonenumbers.is_valid_number(phonenumbers.parse(made, "DE"))
    assert own == digits(phone.like("+49 30 901820", Random(1)))[-8:], "with its country's code and without"


def test_the_countries_are_those_of_the_numbers() -> None:
    texts = ["+972 52 345 6789", "call 0049 170 1234567", "+972 54-7654321", "12:30", "+1"]
    assert phone.regions(texts) == ("IL", "DE")
    assert list(phone.find("03-6123457 or 6.12.34", ("IL",))) == [(0, 10)]


def test_the_checks_of_cards_banks_and_papers_are_right() -> None:
    made = card.like("4111 1111 1111 1111", Random(3))
    assert made.startswith("4000 00") and card.check_digit(digits(made)[:-1]) == made[-1]
    bank = iban.like("DE89 3704 0044 0532 0130 00", Random(3))
    assert re.fullmatch(r"DE\d\d 0000( \d{4}){3} \d\d", bank) and iban.remainder(iban.key(bank)) == 1
    assert identity.like("123-45-6789", Random(3)).startswith("9")
    assert wallet.right_bech32("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0")
