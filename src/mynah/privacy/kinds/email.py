"""E-mail addresses, also those that are spelled out so that no program finds them.

found: write to «maya.levi@posteo.example.com»!
found: «maya (at) posteo (dot) de» works too
found: reach me at «maya_k at gmail dot com»
kept: git clone git@github.com:acme/app.git
kept: react@18.2.0 and logo@2x.png
kept: meet me at the cafe dot on time
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._shape import fitted, spoken

LABEL = "e-mail addresses"
HINT = r"@|\bat\b|\bAT\b"
PLAIN = re.compile(r"(?<![\w.+%-])[\w.+%'-]*[\w+%-]@(?:[\w-]+\.)+[^\W\d_]{2,24}(?![\w-]|\.\w)")
AT, DOT = (
    r"(?:\s?[\[({]\s?at\s?[\])}]\s?|\s(?:at|AT)\s)",
    r"(?:\s?[\[({]\s?(?:dot|punkt|punto)\s?[\])}]\s?|\s(?:dot|DOT)\s|\.)",
)
SPELLED = re.compile(
    rf"(?<![\w.])[\w+-]+(?:(?:\.|\sdot\s)[\w+-]+)*(?P<at>{AT})[\w-]{{2,}}(?P<dot>{DOT})(?:[\w-]{{2,}}{DOT})?"
    r"(?:com|org|net|edu|info|de|fr|es|it|pt|ru|io|eu|co|ch|at|il|tr|br|uk|nl)\b"
)
LOGIN = re.compile(r"://[^\s/@]*$")
PROGRAMS = ("git@", "hg@", "svn@")
FILES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".js", ".css", ".py", ".md", ".txt", ".service")


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    for match in PLAIN.finditer(text):
        low = match[0].lower()
        login = LOGIN.search(text[max(0, match.start() - 40) : match.start()])
        if not login and not low.startswith(PROGRAMS) and not low.endswith(FILES):
            yield match.span()
    for match in SPELLED.finditer(text):
        marked = "[" in match["at"] or "(" in match["at"] or "{" in match["at"] or "dot" in match["dot"].lower()
        if marked:
            yield match.span()


def key(secret: str) -> str:
    """The same whatever the case."""
    return secret.lower()


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """An address under example.org, which is nobody's (RFC 2606)."""
    match = SPELLED.fullmatch(secret)
    at, dot = (match["at"], match["dot"]) if match else ("@", ".")
    local = secret[: match.start("at")] if match else secret.rpartition("@")[0]
    made = spoken(local if len(local) > 3 else "abcd", draw)
    if local[:1].isupper() and not local.isupper():
        made = made[0].upper() + made[1:]
    return f"{fitted(made, local) if local.isupper() else made}{at}example{dot}org"
