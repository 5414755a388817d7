"""Show tokens: examples as the model sees them, with the tokens that the loss sees in color.

    mynah show-tokens --base starter

A token that is learned is colored, or stands in ⟦brackets⟧, which no template writes, where there are no colors; with
--ids each has its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from rich.console import Console
from rich.text import Text

from mynah.core import options as core_options
from mynah.core import processes
from mynah.core.command import Call
from mynah.core.errors import UserError
from mynah.core.folder import Project
from mynah.core.options import option
from mynah.core.tables import read_examples
from mynah.core.types import Example
from mynah.models.engines.transformers import Reader
from mynah.models.load import Options as ModelOptions
from mynah.models.load import config_of, tokenizer_of
from mynah.models.render import IGNORED
from mynah.tune import pick
from mynah.tune.rows import tokenized
from mynah.tune.train import Options as TrainOptions

HALF = "\ufffd"  # how a character is shown of which not all tokens are there
COLORS = ("bold green", "bold cyan")  # by turns, so that it is seen where a token ends
OTHERS = ("dim", "")
MARKS = "⟦⟧"


class Options(core_options.Options):
    """What is shown."""

    part: Literal["train", "valid", "test"] = option("train", "the part of the dataset", flag=True)
    count: int = option(3, "how many examples", ge=1, flag=True)
    ids: bool = option(False, "show the number of each token, too", flag=True)


SECTIONS: dict[str, type[core_options.Options]] = {"tokens": Options, "train": TrainOptions, "model": ModelOptions}
FLAGS: dict[str, type[core_options.Options]] = {"tokens": Options, "model": ModelOptions}


def main(call: Call) -> None:
    """`mynah show-tokens`."""
    options = call.options(SECTIONS)
    shown, train, model = options["tokens"], options["train"], options["model"]
    assert isinstance(shown, Options) and isinstance(train, TrainOptions) and isinstance(model, ModelOptions)
    rows = run(Project.find(call.project), shown, train, model)
    console = Console(file=call.say.out, highlight=False)
    for row in rows:
        learned = sum(token["learned"] for token in row["tokens"])
        call.say(f"\n{row['example']}: {len(row['tokens'])} tokens, of which {learned} are learned")
        console.print(colored(row["tokens"], shown.ids, marked=console.no_color or console.color_system is None))
    call.say.result(rows)


def run(project: Project, options: Options, train: TrainOptions, model: ModelOptions) -> list[dict[str, Any]]:
    """The rows that training would see of the first examples: `example` and `tokens`, each with `id`, `text` and
    `learned`. Raises UserError where there are no examples."""
    path = project.folder("split") / f"{options.part}.parquet"
    if not path.exists():
        raise UserError("a dataset to show", "a project without one", "Make it: mynah create EXPORT, or mynah split")
    if model.base == pick.AUTO:
        model, why = pick.settled(train, model, project, None)
        processes.say(f"base {model.base}: {why}")
    reader = Reader(tokenizer_of(model.base), config_of(model.base), model.template, model.turns)
    return list(_rows(reader, read_examples(path)[: options.count], train.learn))


def _rows(reader: Reader, examples: list[Example], learn: str) -> Iterator[dict[str, Any]]:
    for example in examples:
        for row in tokenized([example], reader, learn):
            ids, labels = reader.architecture.told(row)
            tokens = [
                {"id": token, "text": text, "learned": label != IGNORED}
                for token, text, label in zip(ids, texts(reader.tokenizer, ids), labels, strict=True)
            ]
            yield {"example": example.id, "tokens": tokens}


def texts(tokenizer: Any, ids: Sequence[int]) -> Iterator[str]:
    """What each token adds to the text. A character of several tokens stands with its last; some tokenizers write a
    space only where something stands before it, so that a token alone does not tell."""
    told = ""
    for end in range(1, len(ids) + 1):
        text = tokenizer.decode(ids[:end], clean_up_tokenization_spaces=False)
        if end < len(ids) and text.endswith(HALF):
            yield ""
            continue
        yield text[len(told) :]
        told = text


def colored(tokens: list[dict[str, Any]], ids: bool = False, *, marked: bool = False) -> Text:
    """The tokens one after the other; what is learned in color, and in MARKS for those who see none."""
    text = Text()
    for place, token in enumerate(tokens):
        before = place and tokens[place - 1]["learned"]
        after = place + 1 < len(tokens) and tokens[place + 1]["learned"]
        said = f"{token['text']}⟨{token['id']}⟩" if ids else token["text"]
        opened = MARKS[0] if marked and token["learned"] and not before else ""
        closed = MARKS[1] if marked and token["learned"] and not after else ""
        text.append(f"{opened}{said}{closed}", (COLORS if token["learned"] else OTHERS)[place % 2])
    return text
