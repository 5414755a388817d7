"""Addresses of money in a blockchain: Bitcoin and its like with a right checksum, Ethereum.

found: send it to «1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa»
found: «bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4»
found: eth: «0x52908400098527886E0F7030069857D2E4169EE7»
kept: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb
kept: at 0x7ffe5a3b10c0 it crashed
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._shape import other

LABEL = "wallets"
HINT = r"[0-9A-Za-z]{26}"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
OLD = re.compile(rf"(?<![\w/+-])[13LMDX][{BASE58}]{{25,34}}(?![\w/+-])")
NEW = re.compile(r"(?<![\w/+-])(?:bc|ltc)1[02-9ac-hj-np-z]{20,87}(?![\w/+-])")
OTHERS = re.compile(
    rf"(?<![\w/+-])(?:0x[0-9a-fA-F]{{40}}|4[0-9AB][{BASE58}]{{93}}|[tT][Rr][{BASE58}]{{32}})(?![\w/+-])"
)
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    yield from (match.span() for match in OLD.finditer(text) if right_base58(match[0]))
    yield from (match.span() for match in NEW.finditer(text) if right_bech32(match[0]))
    yield from (match.span() for match in OTHERS.finditer(text))


def right_base58(address: str) -> bool:
    """Are its last four bytes the beginning of the double SHA-256 of the others (Base58Check)?"""
    number = 0
    for letter in address:
        number = number * 58 + BASE58.index(letter)
    if number >> 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def right_bech32(address: str) -> bool:
    """Is the checksum that of BIP 173, or of BIP 350?"""
    name, _, data = address.rpartition("1")
    values = [ord(c) >> 5 for c in name] + [0] + [ord(c) & 31 for c in name] + [BECH32.index(c) for c in data]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, each in enumerate(GENERATOR):
            check ^= each if top >> i & 1 else 0
    return check in (1, 0x2BC830A3)


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """Other letters and digits behind the same beginning. The checksum is wrong: nobody can send money there."""
    end = 2 if secret.startswith("0x") else 4 if secret.startswith(("bc1", "ltc1")) else 1
    return secret[:end] + other(secret[end:], draw)
