"""Card numbers: right lengths for known beginnings, and the check digit right (ISO/IEC 7812-1, Luhn).

found: my card: «4111 1111 1111 1111», 12/29
found: «5500000000000004»
found: amex «3400-000000-00009»
kept: 4111 1111 1111 1112
kept: order 4111111111111111 has shipped
kept: 1234567812345670
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._context import OTHER, before, told
from mynah.privacy.kinds._shape import digits, filled

LABEL = "card numbers"
HINT = r"\d"
NUMBER = re.compile(
    r"(?<![\w.,-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![\w-]|[.,]\d)"
)
NETWORKS = (
    (re.compile(r"4(?:.{12}|.{15}|.{18})"), "400000"),
    (re.compile(r"(?:5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)).*"), "555555"),
    (re.compile(r"3[47].{13}"), "378282"),
    (re.compile(r"(?:6011|64[4-9]|65).*"), "601100"),
    (re.compile(r"3(?:6|8|9|0[0-5]).{11,12}"), "305693"),
    (re.compile(r"35(?:2[89]|[3-8]).*"), "356600"),
    (re.compile(r"62.{14,17}"), "620000"),
    (re.compile(r"220[0-4].*"), "220000"),
    (re.compile(r"9792.{12}"), "979200"),
    (re.compile(r"(?:50|5[6-8]|6[37]).{10,17}"), "500000"),
)
"""How numbers of a network begin, and a beginning that its makers gave to tests."""
SHORT = {"4": (13, 16, 19), "5": (16,), "2": (16,)}
WORDS = before(
    "card|visa|mastercard|amex|karte|kreditkarte|tarjeta|carte|carta|cartão|карта|карты|כרטיס|אשראי|بطاقة|kart|kartı"
)


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    for match in NUMBER.finditer(text):
        number = digits(match[0])
        if not _network(number) or check_digit(number[:-1]) != number[-1]:
            continue
        if told(WORDS, text, match.start()) or not told(OTHER, text, match.start()):
            yield match.span()


def _network(number: str) -> str:
    """The test beginning of the number's network; empty where no network has such numbers."""
    if len(number) not in SHORT.get(number[0], range(14, 20)):
        return ""
    return next((test for pattern, test in NETWORKS if pattern.fullmatch(number)), "")


def check_digit(number: str) -> str:
    """The digit that makes the sum by Luhn's rule a multiple of ten."""
    doubled = (int(c) * (2 - i % 2) for i, c in enumerate(reversed(number)))
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def key(secret: str) -> str:
    """The same however it is grouped."""
    return digits(secret)


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """A number of the same network that is for tests, its check digit right."""
    number = digits(secret)
    made = _network(number) + "".join(draw.choices("0123456789", k=len(number) - 7))
    return filled(secret, made + check_digit(made))
