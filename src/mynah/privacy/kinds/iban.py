"""Bank accounts: an IBAN of the country's length whose check digits are right (ISO 13616, mod 97).

found: my IBAN is «DE89 3704 0044 0532 0130 00», thanks
found: «GB82WEST12345698765432»
kept: DE88 3704 0044 0532 0130 00
kept: FR76 is not all of it
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._shape import OTHERS, filled

LABEL = "bank accounts (IBAN)"
HINT = r"\b[A-Za-z]{2}\d\d"
TABLE = """15:NO|16:BE|
    18:DK FO FI GL NL SD|19:MK SI|20:AT BA EE KZ XK LT LU MN|21:HR LV LI CH|22:BH BG CR GE DE IE ME
    RS GB VA|23:GI IQ IL OM SO TL AE|24:AD CZ MD PK RO SA SK ES SE TN VG|25:LY PT ST|26:IS TR|
    27:BI DJ FR GR IT MC MR SM|
    28:AL AZ BY CY DO SV GT HU LB NI PL|29:BR EG PS QA UA|30:JO KW MU YE|31:MT SC|33:RU"""
LENGTHS = {
    country: int(length)
    for length, _, countries in (line.partition(":") for line in TABLE.split("|"))
    for country in countries.split()
}
BEGINS = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})\d\d(?=[ -]?[A-Za-z0-9]{4})")


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    for match in BEGINS.finditer(text):
        length = LENGTHS.get(match[1].upper())
        rest = rf"(?:[A-Za-z0-9][ -]?){{{length - 1}}}[A-Za-z0-9](?![A-Za-z0-9])" if length else "(?!)"
        whole = re.compile(rest).match(text, match.start())
        if whole and remainder(key(whole[0])) == 1:
            yield whole.span()


def remainder(iban: str) -> int:
    """Its remainder by 97, letters as 10 to 35 and the first four characters moved to the end; 1 where it is right."""
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97


def key(secret: str) -> str:
    """The same however it is grouped."""
    return re.sub(r"[ -]", "", secret).upper()


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """An IBAN of the same country and right check digits at a bank that does not exist: its code is zeros, or Xs."""
    iban = key(secret)
    bank = "".join("0" if c.isdigit() else "X" for c in iban[4:8])
    made = bank + "".join(draw.choice(OTHERS[c]) for c in iban[8:])
    check = 98 - remainder(f"{iban[:2]}00{made}")
    fresh = filled(secret, f"{iban[:2]}{check:02}{made}")
    return fresh.lower() if secret.islower() else fresh
