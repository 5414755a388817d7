"""Something else of the same shape: other letters and digits in the same places."""

from __future__ import annotations

import string
from collections.abc import Iterable
from random import Random

ALPHABETS = (
    string.digits, string.ascii_lowercase, string.ascii_uppercase, "אבגדהוזחטיכלמנסעפצקרשת",
    "абвгдежзиклмнопрстуфхцчшэюя", "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЭЮЯ", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "αβγδεζηθικλμνξοπρστυφχψω", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "٠١٢٣٤٥٦٧٨٩",
)  # fmt: skip
OTHERS = {letter: alphabet for alphabet in ALPHABETS for letter in alphabet}


def other(text: str, draw: Random) -> str:
    """Each letter and digit becomes one of its alphabet; what is of none of them stays."""
    return "".join(draw.choice(OTHERS[c]) if c in OTHERS else c for c in text)


def spoken(text: str, draw: Random) -> str:
    """As `other`, but of small letters that can be spoken."""
    made = "".join(draw.choice("aeiou" if i % 2 else "bdfgklmnprstvz") for i in range(len(text)))
    return "".join(
        m if c.isalpha() else draw.choice(string.digits) if c.isdigit() else c for m, c in zip(made, text, strict=True)
    )


def fitted(word: str, like: str) -> str:
    """A word in capitals, in small letters or with a capital, as the other is written."""
    if like.isupper() and (len(like) > 1 or len(word) == 1):
        return word.upper()
    return word.lower() if like.islower() else word


def filled(shape: str, fresh: Iterable[str]) -> str:
    """The letters and digits of `shape` become those of `fresh`, in order; what stands between them stays."""
    values = iter(fresh)
    return "".join(next(values, c) if c.isalnum() else c for c in shape)


def digits(text: str) -> str:
    """The digits of a text as 0 to 9, of whatever script they are."""
    return "".join(str(int(c)) for c in text if c.isdecimal())
