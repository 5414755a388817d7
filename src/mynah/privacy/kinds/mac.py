"""Hardware addresses of machines (MAC).

found: phone: «3c:22:fb:4a:91:0e»
found: «A4-83-E7-12-6F-90» on the switch
found: «3c22.fb4a.910e»
kept: it is 10:22:45 now
kept: ff:ff:ff:ff:ff:ff is everybody
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._shape import filled

LABEL = "hardware addresses (MAC)"
HINT = r"[0-9a-fA-F][:-][0-9a-fA-F]{2}[:-]|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\."
PAIR, FOUR = "[0-9a-fA-F]{2}", "[0-9a-fA-F]{4}"
ADDRESS = re.compile(rf"(?<![\w:.-])(?:{PAIR}([:-]){PAIR}(?:\1{PAIR}){{4}}|{FOUR}\.{FOUR}\.{FOUR})(?![\w:-]|\.\w)")


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    for match in ADDRESS.finditer(text):
        if len(set(key(match[0]))) > 2 and (not match[0].replace(".", "").isdecimal() or ":" in match[0]):
            yield match.span()


def key(secret: str) -> str:
    """The same however it is written."""
    return re.sub(r"[^0-9a-f]", "", secret.lower())


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """An address that no maker of devices was given: a locally administered one."""
    made = "02005e" + "".join(draw.choices("0123456789abcdef", k=6))
    return filled(secret, made.upper() if any(c.isupper() for c in secret) else made)
