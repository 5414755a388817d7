"""ChatGPT: `conversations.json` of the export of an account.

Settings, Data controls, Export data; a link to a zip comes by mail, and `conversations.json` is in it (large accounts
get `conversations-000.json` and so on)::

    [{"title": "Bread", "id": "c1", "create_time": 1706731507.1, "current_node": "n2", "mapping": {
    "n0": {"id": "n0", "parent": null, "children": ["n1"], "message": null},
    "n1": {"id": "n1", "parent": "n0", "children": ["n2"], "message": {"id": "n1", "author": {"role": "user"},
     "create_time": 1706731507.1, "content": {"content_type": "text", "parts": ["Rye or wheat?"]}, "recipient": "all"}},
    "n2": {"id": "n2", "parent": "n1", "children": [], "message": {"id": "n2", "author": {"role": "assistant"},
     "create_time": 1706731509.5, "content": {"content_type": "text", "parts": ["Rye."]}, "recipient": "all"}}}}]

A conversation is a tree, because questions are edited and answers made anew: read is the way that leads to the message
shown last, and messages beside it are reported as earlier versions. The speakers are `user`, the owner of the account,
and `assistant`. What tools said, what was thought and what is hidden are system lines, and custom instructions are an
instruction. Messages are counted, all of the file from 1, and citation marks are taken out of their text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mynah.core import options as core_options
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood
from mynah.data.files import Input
from mynah.data.sources._shared import jsons
from mynah.data.sources._shared.people import names_of
from mynah.data.sources._shared.times import seconds

LABEL = "ChatGPT"

SPEAKERS = ("user", "assistant")
_SPOKEN = ("text", "multimodal_text", "code")  # types of content that people see as text
_CITED = re.compile(r"【[^【】\n]{0,300}†[^【】\n]{0,300}】|\ue200[^\ue200\ue201]{0,1000}\ue201|[\ue200-\ue20f]")
_PARTS = {
    "image_asset_pointer": "picture",
    "audio_asset_pointer": "voice message",
    "video_container_asset_pointer": "video",
}


class Options(core_options.Options):
    """Nothing to set."""


# --- The functions of a source --------------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is ChatGPT's: by the keys of a tree of messages."""
    if head.lstrip("\ufeff \t\r\n")[:1] not in ("[", "{"):
        return 0.0
    if not jsons.has_keys(head, "mapping", "parent", "children"):
        return 0.0
    return 0.97 if jsons.has_keys(head, "message", "author", "role") else 0.6


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the conversations, and the messages beside their way."""
    value, error = jsons.whole(file)
    yield Understood({"times": "UTC", "counts": "lines" if error else "messages"})
    if error:
        yield from jsons.broken(file, error)
        return
    conversations = _conversations(value)
    titles = _titles(conversations)
    number = 1
    for conversation, title in zip(conversations, titles, strict=True):
        nodes = _nodes(conversation)
        if nodes is None:
            yield jsons.unread(file, number, conversation, "no conversation: it has no messages")
            number += 1
            continue
        held = {name: number + place for place, name in enumerate(n for n in nodes if _has_message(nodes[n]))}
        number += len(held)
        yield from _items(file, conversation, nodes, held, title)


def _conversations(value: Any) -> Sequence[Any]:
    """The conversations of a file: a list, one alone, or an object that holds a list."""
    if isinstance(value, dict) and isinstance(value.get("conversations"), list):
        return list(value["conversations"])
    return value if isinstance(value, list) else [value]


def _titles(conversations: Sequence[Any]) -> list[str]:
    """How each is called. Of those with one title all but the first have their id behind it."""
    ids: dict[str, str] = {}
    for index, each in enumerate(conversations, 1):
        each = each if isinstance(each, dict) else {}
        found = jsons.text_of(each.get("id")) or jsons.text_of(each.get("conversation_id")) or "conversation"
        ids[found if found not in ids else f"{found} {index}"] = jsons.text_of(each.get("title"))
    return list(names_of(ids.items()).values())


# --- The tree -------------------------------------------------------------------------------------------------------

Nodes = Mapping[str, Mapping[str, Any]]


def _nodes(conversation: Any) -> Nodes | None:
    mapping = conversation.get("mapping") if isinstance(conversation, dict) else None
    if not isinstance(mapping, dict):
        return None
    return {name: node if isinstance(node, dict) else {"message": node} for name, node in mapping.items()}


def _has_message(node: Mapping[str, Any]) -> bool:
    """Does it hold anything? The root of a tree does not."""
    return node.get("message") is not None


def _way(conversation: Mapping[str, Any], nodes: Nodes) -> list[str]:
    """The nodes from the root to the one shown last; where that is not said, to the last one in the file."""
    current = conversation.get("current_node")
    name = current if isinstance(current, str) and current in nodes else next(reversed(list(nodes)), None)
    way: dict[str, None] = {}
    while isinstance(name, str) and name in nodes and name not in way:
        way[name] = None
        name = nodes[name].get("parent")
    return list(way)[::-1]


def _items(
    file: Input, conversation: Mapping[str, Any], nodes: Nodes, held: Mapping[str, int], title: str
) -> Iterator[Item]:
    """The conversation, and what is no part of it."""
    way = [name for name in _way(conversation, nodes) if name in held]
    taken = set(way)
    messages: list[Message] = []
    for name in way:
        found = _message(file, held[name], nodes[name]["message"])
        if found is None:
            yield jsons.unread(file, held[name], nodes[name]["message"], "a message has an author and a content")
        else:
            messages.append(found)
    beside = "an earlier version of an edited question or of an answer made anew"
    yield from (jsons.unread(file, held[name], nodes[name]["message"], beside) for name in held if name not in taken)
    if messages:
        numbers = [m.origin.line for m in messages]
        yield Conversation(tuple(messages), Origin(file.name, min(numbers), max(numbers) - min(numbers) + 1), title)


# --- Messages -------------------------------------------------------------------------------------------------------


def _message(file: Input, number: int, message: Any) -> Message | None:
    """The message of a node, or None where it is none."""
    if not isinstance(message, dict):
        return None
    author, content = message.get("author"), message.get("content")
    role = author.get("role") if isinstance(author, dict) else None
    if not isinstance(role, str) or not isinstance(content, dict):
        return None
    role = jsons.text_of(role)
    kind, text = _said(message, role, content)
    speaker = role if kind in ("text", "media") else ""
    identity = jsons.text_of(message.get("id")) or None
    return Message(speaker, text, seconds(message.get("create_time")), Origin(file.name, number), kind, identity)


def _said(message: Mapping[str, Any], role: str, content: Mapping[str, Any]) -> tuple[Kind, str]:
    """The kind of a message and its text."""
    metadata = message.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if instruction := _instruction(content, metadata):
        return "instruction", instruction
    what = content.get("content_type")
    text, media = _text(content)
    text = _CITED.sub("", text).strip()
    hidden = message.get("weight") == 0 or metadata.get("is_visually_hidden_from_conversation") is True
    aside = message.get("recipient") not in ("all", None) or what not in _SPOKEN
    if role not in SPEAKERS or hidden or aside:
        return "system", text or f"{role}: {jsons.text_of(str(what))}"
    if text:
        return "text", text
    if media or metadata.get("attachments"):
        return "media", media or "file"
    return "system", f"{role}: no text"


def _instruction(content: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """What the owner wants the assistant to know in every conversation, if this is that."""
    if content.get("content_type") == "user_editable_context":
        source, keys = content, ("user_profile", "user_instructions")
    elif metadata.get("is_user_system_message") and isinstance(metadata.get("user_context_message_data"), dict):
        source, keys = metadata["user_context_message_data"], ("about_user_message", "about_model_message")
    else:
        return ""
    return "\n\n".join(text for key in keys if (text := jsons.text_of(source.get(key)).strip()))


def _text(content: Mapping[str, Any]) -> tuple[str, str]:
    """The text of a content, and what media is in it."""
    texts, media = [], ""
    parts = content.get("parts")
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, str):
            texts.append(jsons.text_of(part))
        elif isinstance(part, dict):
            texts.append(jsons.text_of(part.get("text")))
            media = media or _PARTS.get(str(part.get("content_type")), "")
    texts += [jsons.text_of(content.get(key)) for key in ("text", "result")]
    thoughts = content.get("thoughts")
    for each in thoughts if isinstance(thoughts, list) else []:
        texts.append(jsons.text_of(each.get("content")) if isinstance(each, dict) else "")
    texts.append(jsons.text_of(content.get("content")))
    return "\n".join(text for text in texts if text.strip()), media
