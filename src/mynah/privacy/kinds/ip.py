"""Addresses of machines in a network, IPv4 and IPv6. Those that say nothing, such as 127.0.0.1, are left.

found: the box is at «84.17.52.9» now
found: ping «2a02:8071:22c3:4d00::1f»
kept: listen on 127.0.0.1 or 0.0.0.0
kept: upgrade to version 10.4.2.17
kept: at 10:15:30 std::cout
kept: netmask 255.255.255.0, DNS 8.8.8.8
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._context import before, told

LABEL = "addresses of machines (IP)"
HINT = r"\d\.\d|::|:[0-9a-fA-F]{1,4}:"
FOUR = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
SIX = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?:%\w+)?(?![\w:])")
WELL_KNOWN = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"}
NONE = before(
    r"""v|version|versions|ver|release|build|firmware|driver|kernel|package|update|section|chapter|article|clause|
    kapitel|abschnitt|
    fassung|sección|capítulo|seção|versión|versão|versione|sezione|capitolo|version|chapitre|версия|версии|раздел|
    גרסה|סעיף|פרק|
    إصدار|الإصدار|نسخة|sürüm|bölüm|upgraded? to|upgrade from"""
)
SMALL = 20  # numbers up to which four of them are rather a version or a chapter
DOCUMENTED = ("192.0.2.", "198.51.100.", "203.0.113.")


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    for match in FOUR.finditer(text):
        numbers = match[0].split(".")
        small = int(numbers[0]) < 10 and all(int(n) <= SMALL for n in numbers)
        if not small and _tells(match[0]) and not told(NONE, text, match.start()):
            yield match.span()
    if ":" in text:
        for match in SIX.finditer(text):
            if sum(map(bool, match[0].split(":"))) > 2 and _tells(match[0]):
                yield match.span()


def _tells(address: str) -> bool:
    """Is it the address of one machine?"""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    general = found.is_loopback or found.is_unspecified or found.is_multicast or address.startswith("255.")
    return not general and address not in WELL_KNOWN


def key(secret: str) -> str:
    """The same however it is shortened."""
    return str(ipaddress.ip_address(secret))


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """An address that is set aside for documents and tests (RFC 5737, 2544, 3849)."""
    if ":" in secret:
        groups = [f"{draw.randrange(1, 1 << 16):x}" for _ in range(3)]
        return "2001:db8:" + ":".join(groups[:2]) + "::" + groups[2]
    if draw.random() < 0.5:  # the first three ranges hold no more than 762
        return draw.choice(DOCUMENTED) + str(draw.randrange(1, 255))
    return f"198.{draw.randrange(18, 20)}.{draw.randrange(256)}.{draw.randrange(1, 255)}"
