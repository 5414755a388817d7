"""ChatGPT: the way through the tree, and what people see of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from _damaged import chats, check_damaged, covered, facts, messages, read, said, unparsed

from mynah.core.types import Kind
from mynah.data.sources import chatgpt
from mynah.data.sources import messages as training


def node(name: str, parent: str | None, role: str = "", text: Any = "", **more: Any) -> dict[str, Any]:
    """A node of a tree; one without a role has no message."""
    content = text if isinstance(text, dict) else {"content_type": "text", "parts": [text]}
    message = {
        "id": name,
        "author": {"role": role},
        "create_time": 1706731507.5,
        "content": content,
        "recipient": "all",
    }
    return {"id": name, "parent": parent, "children": [], "message": {**message, **more} if role else None}


def tree(*nodes: dict[str, Any], current: str | None = None, title: str = "Bread") -> dict[str, Any]:
    return {
        "title": title,
        "id": f"id of {title}",
        "current_node": current or nodes[-1]["id"],
        "mapping": {each["id"]: each for each in nodes},
    }


BREAD = tree(
    node("n0", None),
    node("n1", "n0", "user", "Rye?"),
    node("n2", "n1", "assistant", "No."),
    node("n3", "n1", "assistant", "Rye or wheat【3†source】\ue200cite\ue202turn0\ue201."),
    node("n4", "n3", "user", "Wheat 🙂"),
    current="n4",
)
FILE = json.dumps([BREAD, tree(node("m1", None, "user", "Hi"), node("m2", "m1", "assistant", "Hello"))])


def test_the_way_to_the_message_shown_last() -> None:
    found = read(chatgpt, FILE)
    first, second = chats(found)
    assert said([first]) == [
        ("user", "text", "Rye?"), ("assistant", "text", "Rye or wheat."), ("user", "text", "Wheat 🙂")
    ]  # fmt: skip
    assert [m.origin.line for m in first.messages] == [1, 3, 4] and covered(found) == [1, 2, 3, 4, 5, 6]
    assert [(u.origin.line, u.reason.split()[:3]) for u in unparsed(found)] == [(2, ["an", "earlier", "version"])]
    assert facts(found) == {"times": "UTC", "counts": "messages"}
    assert first.messages[0].at == datetime(2024, 1, 31, 20, 5, 7, 500000) and first.messages[0].id == "n1"
    assert (first.chat, second.chat) == ("Bread", "Bread (id of Bread 2)"), "of one title, but not one conversation"


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (node("a", None, "system", ""), "system", "system: text"),
        (node("a", None, "tool", "4"), "system", "4"),
        (node("a", None, "assistant", "look()", recipient="browser"), "system", "look()"),
        (node("a", None, "assistant", "aside", weight=0), "system", "aside"),
        (node("a", None, "user", "aside", metadata={"is_visually_hidden_from_conversation": True}), "system", "aside"),
        (node("a", None, "assistant", {"content_type": "thoughts", "thoughts": [{"content": "hm"}]}), "system", "hm"),
        (node("a", None, "assistant", {"content_type": "code", "text": "1+1"}), "text", "1+1"),
        (node("a", None, "assistant", ""), "system", "assistant: no text"),
        (node("a", None, "user", "", metadata={"attachments": [{"name": "a.pdf"}]}), "media", "file"),
        (node("a", None, "user", {"content_type": "multimodal_text",
              "parts": [{"content_type": "image_asset_pointer"}, "Who is it?"]}), "text", "Who is it?"),
        (node("a", None, "user", {"content_type": "multimodal_text",
              "parts": [{"content_type": "image_asset_pointer"}]}), "media", "picture"),
        (node("a", None, "user", {"content_type": "multimodal_text",
              "parts": [{"content_type": "audio_transcription", "text": "hi"}]}), "text", "hi"),
        (node("a", None, "user", {"content_type": "user_editable_context", "user_profile": "I bake.",
              "user_instructions": "Be brief."}), "instruction", "I bake.\n\nBe brief."),
        (node("a", None, "system", "x", metadata={"is_user_system_message": True, "user_context_message_data":
              {"about_model_message": "Be brief."}}), "instruction", "Be brief."),
    ],
)  # fmt: skip
def test_kinds(message: dict[str, Any], kind: Kind, text: str) -> None:
    (m,) = messages(read(chatgpt, json.dumps([tree(message)])))
    assert (m.kind, m.text) == (kind, text) and bool(m.speaker) == (kind in ("text", "media"))


def test_shapes_of_files() -> None:
    for shape in (BREAD, [BREAD], {"conversations": [BREAD]}):
        assert len(said(read(chatgpt, json.dumps(shape)))) == 3
    without = {key: value for key, value in BREAD.items() if key != "current_node"}
    assert len(said(read(chatgpt, json.dumps(without)))) == 3, "the last node ends the way"
    round_ = tree(node("a", "b", "user", "1"), node("b", "a", "assistant", "2"))
    assert len(said(read(chatgpt, json.dumps([round_])))) == 2, "a circle ends, too"


def test_what_is_no_conversation() -> None:
    found = read(chatgpt, json.dumps([1, {"mapping": {"a": 3, "b": {"message": {}, "parent": "a"}}}, BREAD]))
    assert len(unparsed(found)) == 4 and covered(found) == list(range(1, 8))
    found = read(chatgpt, "[\n{")
    assert covered(found) == [1, 2] and facts(found)["counts"] == "lines"
    odd = node("a", None, "user", "hi", create_time=1e300)
    assert messages(read(chatgpt, json.dumps([tree(odd)])))[0].at is None


def test_a_long_conversation_takes_no_longer_than_its_length() -> None:
    nodes = [node(f"n{i}", f"n{i - 1}" if i else None, "user", "x") for i in range(4_000)]
    assert len(said(read(chatgpt, json.dumps([tree(*nodes)] + [{}] * 4_000)))) == 4_000


def test_sniff() -> None:
    assert chatgpt.sniff(FILE, "conversations.json") > 0.9 > training.sniff(FILE, "conversations.json")
    assert chatgpt.sniff(FILE[:500], "x") > 0.9
    for other in ("", "[]", '[{"mapping": {}}]', '{"messages": [{"role": "user", "content": "hi"}]}', "mapping parent"):
        assert chatgpt.sniff(other, "conversations.json") == 0


def test_damaged_files_end_well() -> None:
    check_damaged(chatgpt, [FILE, json.dumps(BREAD, indent=1)])
