"""What is secret in a link: credentials, tokens, invitations. The rest of the link stays.

found: https://«maya:hunter22»@files.example.com/x
found: https://example.com/reset?user=7&token=«b3f9Qe81Zc77»&lang=en
found: join https://chat.whatsapp.com/«Hk3jd82JdkQ9sLmZx71Abc»
found: https://docs.google.com/document/d/«1aZ9xQ77kLmNopQrS2tUv»/edit
kept: https://example.com/search?q=tokens&page=2
kept: https://github.com/acme/app/commit/9fceb02d0ae598e95dc970b74767f19372d61af8
kept: https://www.youtube.com/watch?v=dQw4w9WgXcQ
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._shape import other

LABEL = "secrets in links"
HINT = r"://|\b(?:www|discord|t|chat|zoom|meet|wa|docs|drive|dropbox)\.\w"
URL = re.compile(
    r"(?:[a-zA-Z][\w+.-]*://|(?<![\w.@])(?:www|chat|discord|t|zoom|meet|docs|drive|dropbox)\.)[^\s<>\"»“”]+"
)
LOGIN = re.compile(r"://([^/\s@:]+:[^/\s@]+)@")
NAMED = re.compile(
    r"""[?&#;](?:[\w.-]*(?:token|secret|passw|api_?key|apikey|access_?key|signature|session|credential|otp)[\w.-]*|
    auth|key|pwd|pw|
    pass|code|sig|sid|jwt|invite|igsh|igshid|si|hmac|magic|nonce|rlkey|
    resourcekey)=([^&#\s]{4,})""".replace("\n    ", ""),
    re.IGNORECASE,
)  # fmt: skip
SHARED = re.compile(
    r"""(?:chat\.whatsapp\.com/(?:invite/)?|t\.me/(?:joinchat/|\+)|discord(?:\.gg|(?:app)?\.com/invite)/|
    meet\.google\.com/|
    zoom\.us/(?:j|my|s)/|docs\.google\.com/\w+/d/(?:e/)?|drive\.google\.com/(?:file/d/|drive/folders/|open\?id=)|
    dropbox\.com/(?:s|scl/fi|sh)/|wetransfer\.com/downloads/|hooks\.slack\.com/services/|onedrive\.live\.com/\S*?id=|
    /(?:reset|verify|confirm|invite|activate|unsubscribe|magic|login|share|
    join)(?:-\w+)?/)([\w!/+-]{6,}?)(?=[/?&#]?(?:edit|view)\b|[?&#.,)\]]|/?$)""".replace("\n    ", ""),
    re.IGNORECASE,
)  # fmt: skip


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end: one value after another."""
    for url in URL.finditer(text):
        link = url[0].rstrip(".,;:!?)]}'’…*_")
        for pattern in (LOGIN, NAMED, SHARED):
            for match in pattern.finditer(link):
                if pattern is not SHARED or _drawn(match[1]):
                    yield url.start() + match.start(1), url.start() + match.end(1)


def _drawn(part: str) -> bool:
    """Does a part of a path look as if a machine had drawn it?"""
    capitals = any(c.isupper() for c in part[1:]) and any(c.islower() for c in part)
    return capitals or any(c.isdigit() for c in part) or bool(re.fullmatch(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", part))


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """Other letters and digits in the same places."""
    return other(secret, draw)
