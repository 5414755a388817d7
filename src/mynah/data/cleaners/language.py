"""Language: what is not in the wanted languages. Without `--set language.only=[en]` nothing is dropped.

Single messages are too short to tell. So messages that one person wrote one after another are looked at together, until
they have enough letters (`core/language.py`, as the analysis does). Where that is not sure, they stay.

dropped: (with only=de) Yesterday evening we walked along the river and talked about everything that had happened there
dropped: (8 times, by Nils, with only=de) and then we should all have walked home together
kept: Yesterday evening we walked along the river and talked about everything that had happened there since the summer
kept: (with only=en) Yesterday evening we walked along the river and talked about everything that had happened there
kept: (by Nils, with only=de) ok
kept: (by Nils, with only=de) 🙈 12:30
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import field_validator

from mynah.core import options as core_options
from mynah.core.errors import UserError, did_you_mean
from mynah.core.language import UNSURE, codes, identified, runs
from mynah.core.options import option
from mynah.core.types import Message

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
            if code not in codes():
                raise UserError("the code of a language", repr(code), did_you_mean(code, codes()))
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
    """The language of each message that has words, as a code, or `unsure`, by the index of the message."""
    said = (((m.origin.file, m.speaker), m.text if m.kind == "text" else "") for m in messages)
    found: dict[int, str] = {}
    for run, words in runs(said):
        found |= dict.fromkeys(run, identified(words))
    return found
