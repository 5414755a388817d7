"""Language: what is not in the wanted languages. Without `--set language.only=[en]` nothing is dropped.

Single messages are too short to tell. So messages that one person wrote one after another are looked at together, until
they have enough letters (py3langid, after Lui and Baldwin 2012, "langid.py"). Where that is not sure, they stay.

dropped: (with only=de) Yesterday evening we walked along the river and talked about everything that had happened there
dropped: (8 times, by Nils, with only=de) and then we should all have walked home together
kept: Yesterday evening we walked along the river and talked about everything that had happened there since the summer
kept: (with only=en) Yesterday evening we walked along the river and talked about everything that had happened there
kept: (by Nils, with only=de) ok
kept: (by Nils, with only=de) 🙈 12:30
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from re import Pattern
from typing import Any

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core.errors import UserError, did_you_mean
from mynah.core.options import option
from mynah.core.types import Message

UNSURE = "unsure"
LETTERS = 80  # so many together, so that a language can be told
SURE = 0.8  # the least probability of a language that is believed
# Languages that short texts do not tell apart. Who wants one of them gets the others, too.
SIMILAR = (
    {"en", "pcm"}, {"he", "hbo"}, {"no", "nb", "nn", "da"}, {"hr", "sr", "bs"}, {"id", "ms"}, {"es", "gl", "pt"},
    {"cs", "sk"}, {"zu", "xh"},
)  # fmt: skip


class Options(core_options.Options):
    """Which languages are wanted."""

    only: tuple[str, ...] = option((), "codes of the languages that stay, such as en, de; none: all stay")

    @field_validator("only", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("only")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for code in value:
            if code not in _identifier().labels:
                raise UserError("the code of a language", repr(code), did_you_mean(code, _identifier().labels))
        return value


DEFAULTS = Options()


def find(messages: Sequence[Message], options: Options = DEFAULTS) -> Iterator[int]:
    """The indices of messages that are surely in another language than the wanted ones."""
    if not options.only:
        return iter(())
    wanted = {UNSURE, *options.only}
    for alike in SIMILAR:
        if alike & wanted:
            wanted |= alike
    return (index for index, code in sorted(spoken(messages).items()) if code not in wanted)


def spoken(messages: Sequence[Message]) -> dict[int, str]:
    """The language of each message that has letters, as a code, or `unsure`, by the index of the message."""
    found: dict[int, str] = {}
    held: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for index, message in enumerate(messages):
        words = _not_words().sub(" ", message.text).strip() if message.kind == "text" else ""
        if len(words) >= LETTERS:
            found[index] = identified(words)
        elif words:
            run = held[message.origin.file, message.speaker]
            run.append((index, words))
            if sum(len(each) for _, each in run) >= LETTERS:
                found |= _together(run)
                run.clear()
    for run in held.values():
        found |= _together(run)
    return found


def _together(run: Sequence[tuple[int, str]]) -> dict[int, str]:
    """The language of short messages in a row."""
    code = identified(" ".join(words for _, words in run))
    return {index: code for index, _ in run}


def identified(words: str) -> str:
    """The code of a text's language, or `unsure`."""
    if len(words) < LETTERS:
        return UNSURE
    code, probability = _identifier().classify(words)
    return str(code) if probability >= SURE else UNSURE


@cache
def _not_words() -> Pattern[str]:
    """What tells no language: addresses, and all that is no letter or a mark of one."""
    import regex  # type: ignore[import-untyped]

    found: Pattern[str] = regex.compile(r"(?:https?://|www\.)\S+|\S{1,64}@\S{1,255}|[^\p{L}\p{M}]+")
    return found


@cache
def _identifier() -> Any:
    """The model, with probabilities. Read once."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
