"""Languages: what the chat is in, by runs of messages of one speaker. From a part of the sample.

One message is too short to tell: a run is what a speaker writes in a row, up to LETTERS. Runs with few letters, and
those that the identifier (py3langid, Lui and Baldwin 2012) is not sure of, are counted as not sure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mynah.data.analysis.chats import Chats
from mynah.data.analysis.words import LINK

LETTERS = 300
FEWEST = 20
"""Letters from which a run is looked at."""
SURE = 0.7
MOST = 5_000
"""Runs that are looked at."""
UNSURE = ""
RARE = 0.01
"""Share of the messages below which a language is rather a mistake, and counted as not sure."""
NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ml": "Malayalam",
    "mr": "Marathi", "ms": "Malay", "nb": "Norwegian", "nl": "Dutch", "nn": "Norwegian", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""What people call the languages (ISO 639-1); others are shown by their code."""


@dataclass(frozen=True)
class Languages:
    """Messages by language, most first; those that nobody can be sure of under the empty name."""

    messages: dict[str, int]
    looked_at: int


def languages(chats: Chats, seed: int) -> tuple[Languages, list[str | None]]:
    """The languages of the chat, and [m] the language of each message of the sample, None where none was looked for."""
    identifier = _identifier()
    runs = list(_runs(chats))
    if len(runs) > MOST:
        chosen = np.random.default_rng(seed).choice(len(runs), MOST, replace=False)
        runs = [runs[i] for i in np.sort(chosen)]
    found: list[str | None] = [None] * len(chats.texts)
    for run in runs:
        code = _language(identifier, " ".join(LINK.sub(" ", chats.spoken[i]) for i in run))
        for i in run:
            found[i] = code
    counts = Counter(code for code in found if code is not None)
    rare = {code for code, n in counts.items() if n < RARE * counts.total()}
    found = [UNSURE if code in rare else code for code in found]
    counts = Counter(code for code in found if code is not None)
    sure = {NAMES.get(code, code): n for code, n in counts.most_common() if code != UNSURE}
    if UNSURE in counts:
        sure["not sure"] = counts[UNSURE]
    return Languages(sure, counts.total()), found


def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _runs(chats: Chats) -> Iterator[list[int]]:
    """The places in the sample of what one speaker writes in a row."""
    speaker = chats.speaker[chats.sampled].tolist()
    for piece in chats.pieces:
        run: list[int] = []
        size = 0
        for i in piece:
            if run and (speaker[i] != speaker[run[-1]] or size > LETTERS):
                yield run
                run, size = [], 0
            run.append(i)
            size += len(chats.spoken[i])
        yield run


def _language(identifier: Any, text: str) -> str:
    """The code of the language, or UNSURE."""
    if sum(map(str.isalpha, text)) < FEWEST:
        return UNSURE
    code, sure = identifier.classify(text)
    return code if sure >= SURE else UNSURE
