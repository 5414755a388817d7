"""Keys of programs: those with a known beginning, PEM blocks, signed tokens (JWT), and what a word for them announces.

found: export OPENAI_API_KEY=«sk-proj-Zx81kQpL0aTn2vBv93RrYh7U»
found: aws: «AKIAIOSFODNN7EXAMPLE»
found: der Schlüssel lautet «9fQ2xk77LmZpRt31»
kept: commit 9fceb02d0ae598e95dc970b74767f19372d61af8
kept: the key is under the mat
kept: id 550e8400-e29b-41d4-a716-446655440000
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._context import before, told
from mynah.privacy.kinds._shape import other

LABEL = "keys and tokens"
HINT = r"[\w+/=-]{14}|-----BEGIN"
BEGINS = re.compile(
    r"""(?<![\w/+-])(?:sk-(?:proj-|ant-(?:api\d\d-)?|or-v1-)?|gh[pousr]_|github_pat_|glpat-|xox[abposr]-|xapp-|AKIA|
    ASIA|AIza|SG\.|ya29\.|
    npm_|hf_|pypi-|dop_v1_|(?:sk|pk|rk|whsec)_(?:live_|test_)?|shpat_|sq0\w{3}-|key-|AGE-SECRET-KEY-1|r8_|gsk_|xai-|
    EAA|dckr_pat_|
    ATATT|lin_api_|secret_|nvapi-|tskey-\w+-|glsa_)(?=[\w./+=-]*\d)[\w./+=-]{12,}(?<![.])""".replace("\n    ", "")
)
TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{6,}\.[\w-]{6,}|(?<!\w)\d{8,10}:AA[\w-]{33}(?![\w-])")
BLOCK = re.compile(
    r"-----BEGIN (?P<what>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?|CERTIFICATE|PGP MESSAGE)-----(?P<body>.*?)"
    r"(?:-----END (?P=what)-----|\Z)",
    re.DOTALL,
)
WORDS = before(
    r"""(?:[\w-]*[_-])?(?:api|access|secret|auth|client|private|signing|encryption|license|recovery|app|bearer|bot|
    session|refresh|deploy)?
    [ _-]?(?:key|token|secret|bearer)s?|(?:lizenz|api|zugangs|product|produkt)?-?(?:schlüssel|schluessel|key)|clé|
    cle|clave|llave|chiave|
    chave|jeton|ключ|токен|токена|המפתח|מפתח|טוקן|אסימון|مفتاح|المفتاح|رمز|التوكن|anahtar|anahtarı|jetonu|
    belirteç""".replace("\n    ", "")
)
VALUE = re.compile(r"(?<![\w/+.@-])[\w+/=-]{14,}(?:\.[\w+/=-]{6,})*")
PLAIN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[a-z_/-]+|[A-Z_]+|\d+", re.IGNORECASE)
BITS = 3.0  # of Shannon's entropy a character, above which a string looks drawn; words of 16 letters have about as many


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    for match in BLOCK.finditer(text):
        yield match.span("body")
    for pattern in (BEGINS, TOKEN):
        yield from (match.span() for match in pattern.finditer(text))
    for match in VALUE.finditer(text):
        mixed = any(c.isdigit() for c in match[0]) and any(c.isalpha() for c in match[0])
        if mixed and not PLAIN.fullmatch(match[0]) and entropy(match[0]) > BITS and told(WORDS, text, match.start()):
            yield match.span()


def entropy(text: str) -> float:
    """Bits a character, from how often each occurs (Shannon 1948)."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """Other letters and digits in the same places, behind the same beginning."""
    begins = re.match(
        r"(?:sk-(?:proj-|ant-\w+-)?|github_pat_|[A-Za-z]{2,6}(?:_live|_test)?[_-]|AKIA|ASIA|AIza|SG\.|eyJ)?", secret
    )
    end = begins.end() if begins and len(secret) - begins.end() > 8 else 0
    return secret[:end] + other(secret[end:], draw)
