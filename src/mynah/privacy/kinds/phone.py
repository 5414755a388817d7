"""Phone numbers: with their country's code, or as they are dialed in the countries that the chat's numbers are of.

found: my new number: «+49 30 901820», call me
found: «(212) 555-0187»
found: tel. «030/901820»
found: טלפון «052-1234567»
found: «06 12 34 56 78»
kept: on 12.03.2024 at 18:30
kept: order 3051234567 cost 1.250.000
kept: ISBN 978-3-16-148410-0
kept: 2019-2024, 52.520008 north
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from random import Random
from typing import Any

from mynah.privacy.kinds._context import OTHER, UNIT, before, told
from mynah.privacy.kinds._shape import digits, filled

LABEL = "phone numbers"
HINT = r"\d[\d\s().\u2011/–-]{4,}\d"
COMMON = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "IL",
    "RU",
    "TR",
    "BR",
    "EG",
    "SA",
    "IN",
    "AU",
    "NL",
    "CH",
    "AT",
    "PT",
    "MX",
)
"""Countries that are tried where the chat shows none."""
MOST = 8  # groups of digits that a number has at most
SPACE = "[ \u00a0\u202f\u2011().–/-]"
RUN = re.compile(
    rf"(?<![\w#$€£₪¥=&@%/\\+])(?<!\d[.,:-])(?:\+|\(\+?)?\d(?:{SPACE}{{0,3}}\d){{5,400}}+(?![\w%€$£₪°@]|[,:]\d)"
)
MENTION = re.compile(r"(?<=@)\d{10,15}(?!\d)|(?<=wa\.me/)\d{8,15}(?!\d)")
WORDS = before(
    r"""phone|telephone|tel|telefon|telefone|teléfono|telefono|téléphone|cell|mobile|mob|number is|my number|
    new number|call|calling|call me|ring|
    dial|text|sms|whats\s?app|wa|signal|handy|handynummer|rufnummer|mobil|nummer|anrufen|ruf|fax|móvil|movil|celular|
    número|numero|llama|llámame|
    llámala|llámalo|portable|fixe|numéro|appelle|appelez|appelle-moi|cellulare|cell\.|chiama|chiamami|chiamalo|
    telemóvel|liga|ligue|ligar|me liga|
    тел|телефон|номер|мобильный|звони|позвони|ватсап|набери|טלפון|נייד|פלאפון|מספר|המספר|תתקשר|תתקשרי|להתקשר|התקשר|
    וואטסאפ|הטלפון|هاتف|
    هاتفي|جوال|جوالي|موبايل|رقم|رقمي|الرقم|اتصل|واتساب|تلفون|telefonum|telefonu|cep|cebi|numara|numaram|numarası|ara|
    arayın""".replace("\n    ", "")
)
NOT = re.compile(
    r"""\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d\d)(?:\D{1,3}\d{1,2})?|(?:19|20)\d\d([./-])\d{1,2}\2\d{1,2}(?:\D{1,3}\d{1,2})?|
    (?:\d{1,2}[./-]){1,2}\s?[–-]\s?\d{1,2}[./-]\d{1,2}[./-](?:\d{4})?|(?:19|20)\d\d\s?[–/-]\s?(?:19|20)\d\d|
    \d{1,3}(?:\.\d{1,3}){3}|
    [1-9]\d{0,2}(?:\.\d{3}){2,}|\d{1,3}\.\d{4,}|97[89][ -]?\d(?:[ -]?\d){9}|(?=(?:.*\.)?\d(?:\.|
    $))(?:\d{1,3}\.){2,}\d+|(?:\d{1,3} ){6,}\d{1,3}|
    (?:19|20)\d{6}(?:[ -]?\d{4,6})?""".replace("\n    ", "")
)
"""Dates and spans of them, years, machines' addresses, thousands, coordinates, ISBNs, versions, rows of small numbers,
timestamps."""


def regions(texts: Iterable[str], most: int = 4) -> tuple[str, ...]:
    """The countries of the numbers that are written with a country's code, the most frequent first."""
    found: Counter[str] = Counter()
    written = re.compile(rf"(?<![\w+])(?:\+|00)\d(?:{SPACE}{{0,3}}\d){{7,14}}(?!\d)")
    for text in texts:
        if "+" in text or "00" in text:
            found.update(_home(match[0]) for match in written.finditer(text))
    found.pop("", None)
    return tuple(region for region, _ in found.most_common(most))


def _home(written: str) -> str:
    import phonenumbers

    number = _parsed(written, None)
    valid = number is not None and phonenumbers.is_valid_number(number)
    return (phonenumbers.region_code_for_number(number) or "") if valid else ""


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    for match in RUN.finditer(text):
        yield from _in_run(text, match.start(), match.end(), tuple(regions))
    for match in MENTION.finditer(text):
        if _international("+" + match[0]):
            yield match.span()


def _in_run(text: str, start: int, end: int, regions: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """The numbers in a row of digits: the whole, or, where that is too long, each time the longest that is one."""
    groups = [(start + m.start(), start + m.end()) for m in re.finditer(r"[+(]*\d[\d().\u2011–-]*", text[start:end])]
    if len(digits(text[start:end])) <= 15:
        groups = [(start, end)]
    first = 0
    while first < len(groups):
        begin = groups[first][0]
        last = next((e for _, e in reversed(groups[first : first + MOST]) if _is_one(text, begin, e, regions)), None)
        if last is None:
            first += 1
        else:
            yield begin + (text[begin] == "(" and ")" not in text[begin:last]), last
            first += sum(begin <= s < last for s, _ in groups)


def _is_one(text: str, start: int, end: int, regions: tuple[str, ...]) -> bool:
    piece = text[start:end]
    count = sum(c.isdecimal() for c in piece)
    if not 6 <= count <= 15:
        return False
    if piece.lstrip("(").startswith("+") and _international(piece):
        return True
    if NOT.fullmatch(piece) or UNIT.match(text, end) or told(OTHER, text, start):
        return False
    if piece.lstrip("(").startswith("00") and _international(piece):
        return True
    about = told(WORDS, text, start)
    return any(_national(piece, region, about, bool(regions)) for region in (regions or COMMON))


@lru_cache(10_000)
def _parsed(written: str, region: str | None) -> Any:
    """What phonenumbers reads in it; None where it is none."""
    import phonenumbers

    if written.lstrip("(").startswith("00"):
        written, region = "+" + written.lstrip("(")[2:], None
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None


def _international(piece: str) -> bool:
    import phonenumbers

    number = _parsed(piece, None)
    if number is None:
        return False
    return phonenumbers.is_valid_number(number) or (
        len(digits(piece)) >= 10 and phonenumbers.is_possible_number(number)
    )


@lru_cache(10_000)
def _national(piece: str, region: str, told: bool, known: bool) -> bool:
    """Is it dialed so in this country? Without a word for phones it must begin or be grouped as numbers are there, the
    more strictly where the chat is not known to be from there."""
    import phonenumbers

    number = _parsed(piece, region)
    if number is None:
        return False
    if not phonenumbers.is_valid_number(number):
        local = phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
        grouped = bool(re.fullmatch(r"\d{3}[ -]\d{2,4}(?:[ -]\d{2})?", piece))
        return told and grouped and phonenumbers.is_possible_number_with_reason(number) in (local, 0)
    if told:
        return True
    trunk = piece.lstrip("(").startswith("8" if region == "RU" else "0")
    groups = re.findall(r"\d+", piece)
    if trunk:
        return len(digits(piece)) >= 9 or (len(groups) > 1 and len(groups[0]) > 1)
    usual = re.findall(r"\d+", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    parted = all(2 <= len(group) <= 4 for group in groups) if len(groups) > 2 else mobile and len(groups) == 2
    return groups == usual if not known else len(groups) > 1 and (groups == usual or parted)


def key(secret: str) -> str:
    """The same with the country's code and without: the last digits tell numbers of one chat apart."""
    return digits(secret)[-8:]


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """A number of the same country, grouped in the same way, from a range that is not assigned."""
    import phonenumbers

    number, home = _read(secret, regions)
    written = digits(secret)
    own = phonenumbers.national_significant_number(number) if number else written.lstrip("0")
    made = secret
    for _ in range(300):
        fresh = "".join(draw.choices("0123456789", k=15))[-len(own) :]
        made = filled(secret, written[: len(written) - len(own)] + fresh)
        found = _parsed("+" + made.lstrip("(+") if number and not home and made[:2] != "00" else made, home)
        if found is not None and not phonenumbers.is_valid_number(found):
            break
    return made


def _read(secret: str, regions: Sequence[str]) -> tuple[Any, str | None]:
    """The number, and the country in which it is dialed so; without one it has the country's code."""
    import phonenumbers

    if secret.lstrip("(").startswith(("+", "00")):
        return _parsed(secret, None), None
    for region in regions or COMMON:
        number = _parsed(secret, region)
        if number is not None and phonenumbers.is_valid_number(number):
            return number, region
    return _parsed("+" + digits(secret), None), None
