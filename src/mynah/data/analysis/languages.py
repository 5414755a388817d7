"""Languages: what the chat is in, by what each speaker wrote (`core/language.py`). From a part of the sample.

One message is too short to tell: those that one speaker wrote one after another in a chat are looked at together, until
they have enough letters. Those that remain too few, and those that the identifier is not sure of, count as not sure;
messages without a word count nowhere.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from mynah.core.language import UNSURE, identified, runs
from mynah.data.analysis.chats import Chats

MOST = 5_000
"""Runs of messages that are looked at."""
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
    """Messages by language, most first, and last those that nobody can be sure of; how many had words and were read."""

    messages: dict[str, int]
    looked_at: int


def languages(chats: Chats, seed: int) -> tuple[Languages, list[str | None]]:
    """The languages of the chat, and [m] the language of each message of the sample, None where none was looked for."""
    who = zip(chats.chat[chats.sampled].tolist(), chats.speaker[chats.sampled].tolist(), strict=True)
    together = list(runs(zip(who, chats.spoken, strict=True)))
    if len(together) > MOST:
        chosen = np.random.default_rng(seed).choice(len(together), MOST, replace=False)
        together = [together[place] for place in np.sort(chosen)]
    found: dict[int, str] = {}
    for run, words in together:
        found |= dict.fromkeys(run, identified(words))
    counts = Counter(found.values())
    rare = {code for code, n in counts.items() if n < RARE * counts.total()}
    found = {place: UNSURE if code in rare else code for place, code in found.items()}
    counts = Counter(found.values())
    sure = {NAMES.get(code, code): n for code, n in counts.most_common() if code != UNSURE}
    if UNSURE in counts:
        sure["not sure"] = counts[UNSURE]
    return Languages(sure, counts.total()), [found.get(place) for place in range(len(chats.spoken))]
