"""An engine that says what it heard: for trying out memories and servers without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace

from mynah.core.types import Prompt, Turn
from mynah.models.decoding import Options as Decoding
from mynah.models.render import split_bubbles


class Engine:
    """Repeats the last turn of the user."""

    def __init__(self, base: str = "", trained: Path | None = None) -> None:
        self.name = "echo"
        self.renderer = SimpleNamespace(parse=split_bubbles)

    def untuned(self) -> AbstractContextManager[None]:
        """The same: there is no adapter."""
        return nullcontext()

    def alone(self, decoding: Decoding) -> Decoding:
        """The same: nothing is drawn."""
        return decoding

    def stream(self, turns: Sequence[Turn], system: str, decoding: Decoding) -> Iterator[str]:
        """The last turn, a bubble at a time."""
        yield "\n".join(turns[-1].bubbles)

    def replies(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[tuple[str, ...]]:
        """The last turn of each prompt."""
        return [prompt.context[-1].bubbles if prompt.context else () for prompt in prompts]
