"""Training data of other tools: JSON or JSONL whose rows are conversations or pairs.

Read are the shapes of OpenAI (`messages` of `role` and `content`), of ShareGPT (`conversations` of `from` and `value`)
and pairs by whatever names are usual: `prompt` and `completion`, `instruction`, `input` and `output`, `question` and
`answer`. They are what fine-tuning services take and what data sets are published in::

    {"messages": [{"role": "user", "content": "Is the gate open?"}, {"role": "assistant", "content": "Until nine."}]}
    {"conversations": [{"from": "human", "value": "And on Sunday?"}, {"from": "gpt", "value": "Closed on Sunday."}]}
    {"prompt": "Where do I park?", "completion": "Behind the mill."}

A row is one conversation without times. Its line is the line of the file in JSONL and the number of the row in JSON.
Pairs that have other wordings of the question beside it are read by `table`, which keeps them.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import HEAD, Input, decoded, encoding
from mynah.data.records import ALTERNATIVES, named

LABEL = "JSON or JSONL training data"

USER, ASSISTANT, INSTRUCTION = "user", "assistant", "instruction"
SPEAKERS = {
    **dict.fromkeys(("user", "human", "prompter"), USER),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "chatgpt"), ASSISTANT),
    **dict.fromkeys(("system", "developer"), INSTRUCTION),
    # What nobody said is kept as a system line: calls of tools with what they gave back.
    **dict.fromkeys(("tool", "function", "function_call", "function_response", "observation"), ""),
}
TURN_KEYS = (("role", "content"), ("from", "value"))
ROW_KEYS = ("messages", "conversations", "conversation")
PAIR_KEYS = (
    ("instruction", "output"),
    ("instruction", "response"),
    ("prompt", "completion"),
    ("prompt", "response"),
    ("prompt", "chosen"),
    ("question", "answer"),
)
CONTEXT_KEYS = ("input", "context")  # belongs to the question
CONTAINER_KEYS = (*ROW_KEYS, "data", "rows", "examples")
REWORDED = 0.5  # how sure it is of pairs with other wordings of the question, which a table keeps
LOOK = 10  # lines that are tried before a broken file is taken for JSONL


class Options(core_options.Options):
    """Nothing to set: the keys say what a row is."""


class _NoShape(ValueError):
    """Why a row is no conversation."""


# --- The two functions of a source ----------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that rows of these shapes begin here, by the first row or, where that is cut, its first turn."""
    row = next((row for row in _beginnings(head) if _is_row(row) or _is_row([row])), None)
    if row is None:
        return 0.0
    paired = any(question in row and answer in row for question, answer in PAIR_KEYS)
    if paired and named(ALTERNATIVES, row):
        return REWORDED
    sure = 0.7 if paired and "question" in row else 0.8 if paired else 0.9  # a table of questions may be known better
    return round(sure + 0.05 * name.lower().endswith((".json", ".jsonl")), 2)


def read(file: Input, options: Options) -> Iterator[Item]:
    """A conversation a row, what is none of them, and at the end what was understood."""
    ignored: Counter[str] = Counter()
    with _opened(file) as stream:
        by_line = _is_jsonl(stream)
    yield from _read_lines(file, ignored) if by_line else _read_whole(file, ignored)
    facts = {"counts": "lines" if by_line else "rows", "format": "JSONL" if by_line else "JSON"}
    if ignored:
        facts["fields not read"] = ", ".join(f"{key} ({n})" for key, n in ignored.most_common(20))
    yield Understood(facts)


# --- Files ----------------------------------------------------------------------------------------------------------


def _beginnings(head: str) -> Iterator[Any]:
    """What may be the first row, or its first turn, of a beginning that may be cut anywhere."""
    text = head.lstrip("\ufeff \t\r\n")
    whole = _decoded(text)
    if whole is not None:
        yield from _rows(whole)[:1]
    elif text.startswith("["):
        yield _decoded(text[1:].lstrip())
    for key in CONTAINER_KEYS:
        start = text.find(f'"{key}"')
        if whole is None and 0 <= start < 1000:
            yield _decoded(text[start + len(key) + 2 :].lstrip(" :\r\n\t")[1:].lstrip())


def _decoded(text: str) -> Any:
    """The JSON value that the text begins with, or None."""
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


@contextmanager
def _opened(file: Input) -> Iterator[IO[bytes]]:
    """The bytes of a file, in which a line feed ends a line: those of UTF-16, which Windows writes, as UTF-8."""
    with file.open() as stream:
        wide = encoding(stream.read(HEAD)).startswith("utf-16")
    with file.open() as stream:
        yield io.BytesIO(file.text().encode("utf-8", "replace")) if wide else stream


def _is_jsonl(stream: IO[bytes]) -> bool:
    """Is it one value a line? At least half of the first lines must be whole objects: a few are in any JSON."""
    filled = (text for line in stream if (text := _stripped(line)))
    first = list(islice(filled, LOOK))
    objects = sum(isinstance(_loaded(text)[0], dict | list) for text in first)
    return len(first) > 1 and objects * 2 >= len(first)


def _stripped(line: bytes) -> str:
    return decoded(line).strip()


def _loaded(data: str) -> tuple[Any, str]:
    """The value and no error, or None and the error."""
    try:
        return json.loads(data), ""
    except (ValueError, RecursionError) as error:
        return None, f"broken JSON: {error}"


def _read_lines(file: Input, ignored: Counter[str]) -> Iterator[Item]:
    """The rows of JSONL, one at a time: such files can be larger than the memory."""
    with _opened(file) as stream:
        for number, line in enumerate(stream, 1):
            origin = Origin(file.name, number)
            text = _stripped(line)
            if not text:
                yield Unparsed("", "blank line", origin)
                continue
            row, broken = _loaded(text)
            if broken:
                yield Unparsed(text[:1000], broken, origin)
            else:
                yield from _items(row, origin, ignored)


def _read_whole(file: Input, ignored: Counter[str]) -> Iterator[Item]:
    """The rows of a JSON file."""
    text = file.text()
    value, broken = _loaded(text)
    if broken:
        lines = text.count("\n") + (not text.endswith("\n"))
        if text:
            yield Unparsed(text[:1000], broken, Origin(file.name, 1, lines))
        return
    for number, row in enumerate(_rows(value), 1):
        yield from _items(row, Origin(file.name, number), ignored)


def _rows(value: Any) -> Sequence[Any]:
    """The rows of a JSON file: a list of them, one alone, or an object that holds a list."""
    if _is_row(value):
        return [value]
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        for key in CONTAINER_KEYS:
            if isinstance(value.get(key), list):
                return list(value[key])
    return [value]


def _is_row(value: Any) -> bool:
    """Does it fit a shape?"""
    if isinstance(value, dict) and isinstance(value.get("instances"), list) and value["instances"]:
        return isinstance(value["instances"][0], dict) and _is_row(value["instances"][0] | {"instruction": ""})
    try:
        _turns(value)
    except _NoShape:
        return False
    return True


def _shown(value: Any) -> str:
    """A row as people may see it in a list of what was not read."""
    return json.dumps(value, ensure_ascii=False)[:1000].encode("utf-8", "replace").decode("utf-8")


# --- Rows -----------------------------------------------------------------------------------------------------------


def _items(row: Any, origin: Origin, ignored: Counter[str]) -> Iterator[Item]:
    """The conversation of a row, or why it is none. An instruction with several `instances` is one with each."""
    if isinstance(row, dict) and isinstance(row.get("instances"), list) and row["instances"]:
        rest = {key: value for key, value in row.items() if key != "instances"}
        for instance in row["instances"]:
            yield from _items(rest | instance if isinstance(instance, dict) else instance, origin, ignored)
        return
    try:
        turns, used = _turns(row)
    except _NoShape as error:
        yield Unparsed(_shown(row), str(error), origin)
        return
    if isinstance(row, dict):
        ignored.update(key for key in row if key not in used and row[key] not in (None, "", []))
    messages = tuple(_message(speaker, text, origin) for speaker, text in turns)
    yield Conversation(messages, origin)


def _message(speaker: str, text: str, origin: Origin) -> Message:
    if speaker == INSTRUCTION:
        return Message("", text, None, origin, "instruction")
    return Message(speaker, text, None, origin, _kind(speaker, text))


def _kind(speaker: str, text: str) -> Kind:
    """A turn without text held a picture or a sound."""
    if not speaker:
        return "system"
    return "text" if text else "media"


Turns = list[tuple[str, str]]


def _turns(row: Any) -> tuple[Turns, set[str]]:
    """Speakers and texts of a row, and the keys that were used. Raises _NoShape where it fits none of the shapes."""
    if isinstance(row, list):
        return _listed(row), set()
    if not isinstance(row, dict):
        raise _NoShape(f"a row is an object, not {type(row).__name__}")
    for key in ROW_KEYS:
        if isinstance(row.get(key), list):
            turns = _system(row) + _listed(row[key])
            # Data of preferences holds the answer apart, and a worse one that is not said by anybody.
            chosen = _said(row["chosen"], ASSISTANT) if row.get("chosen") else []
            return turns + chosen, {key, "system", "chosen"}
    for question, answer in PAIR_KEYS:
        if question in row and answer in row:
            return _pair(row, question, answer), {question, answer, *CONTEXT_KEYS, "system", "history"}
    raise _NoShape(f"no known shape: {', '.join(map(str, list(row)[:8])) or 'empty'}")


def _pair(row: Mapping[str, Any], question: str, answer: str) -> Turns:
    """The turns of a question and an answer; either may be a list of turns, as TRL has it."""
    asked = _said(row[question], USER)
    context = [_whole(row[key]) for key in CONTEXT_KEYS if isinstance(row.get(key), str) and row[key].strip()]
    if context:
        asked[-1] = (asked[-1][0], "\n\n".join([asked[-1][1], *context]).strip())
    answered = _said(row[answer], ASSISTANT)
    if answered[: len(asked)] == asked:
        asked = []  # a whole conversation stands in the answer
    return _system(row) + _history(row.get("history")) + asked + answered


def _said(value: Any, speaker: str) -> Turns:
    """What one side said: a text, a turn, or a list of turns."""
    if isinstance(value, str):
        return [(speaker, _whole(value))]
    if isinstance(value, dict):
        return [_turn(value)]
    if isinstance(value, list):
        return _listed(value)
    raise _NoShape(f"a text was expected, not {type(value).__name__}")


def _system(row: Mapping[str, Any]) -> Turns:
    system = row.get("system")
    return [(INSTRUCTION, _whole(system))] if isinstance(system, str) and system.strip() else []


def _history(rounds: Any) -> Turns:
    """Earlier rounds, each a question and its answer."""
    if not isinstance(rounds, list):
        return []
    found: Turns = []
    for each in rounds:
        if not (isinstance(each, list) and len(each) == 2 and all(isinstance(text, str) for text in each)):
            raise _NoShape("a round of the history is not a question with its answer")
        found += [(USER, _whole(each[0])), (ASSISTANT, _whole(each[1]))]
    return found


def _listed(turns: Sequence[Any]) -> Turns:
    if not turns:
        raise _NoShape("no turns")
    return [_turn(turn) for turn in turns]


def _turn(turn: Any) -> tuple[str, str]:
    """Speaker and text of a turn, whichever keys it has. Raises _NoShape where a turn is none."""
    if not isinstance(turn, dict):
        raise _NoShape(f"a turn is an object, not {type(turn).__name__}")
    for who, what in TURN_KEYS:
        if who in turn and what in turn:
            role = turn[who]
            speaker = SPEAKERS.get(role.lower()) if isinstance(role, str) else None
            if speaker is None:
                raise _NoShape(f"unknown role {role!r}")
            if turn[what] is None and turn.get("tool_calls"):
                return "", _whole(json.dumps(turn["tool_calls"], ensure_ascii=False))
            return speaker, _text(turn[what])
    raise _NoShape(f"a turn without role and content: {', '.join(map(str, list(turn)[:8])) or 'empty'}")


def _text(content: Any) -> str:
    """The text of a turn. Of a list of parts the texts are joined; pictures and sounds have none."""
    if content is None:
        return ""
    if isinstance(content, str):
        return _whole(content)
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        texts = [part["text"] for part in content if isinstance(part.get("text"), str)]
        return _whole("\n".join(texts))
    raise _NoShape(f"content is a text or a list of parts, not {type(content).__name__}")


def _whole(text: str) -> str:
    """A text without the space around it. JSON can escape half a character, which no file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _NoShape("half of a surrogate pair") from None
    return text.strip()
