"""Google Chat of a Takeout: dates in many languages, topics, what was attached, and damaged files."""

from __future__ import annotations

import json
import random
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_messenger import PIECES, Given, facts, mutated, numbers, said, talk

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Unparsed
from mynah.data.files import HEAD, decoded, inputs
from mynah.data.sources import google_chat
from mynah.data.sources import messages as training_data

NOON = "Wednesday, January 31, 2024 at 12:05:07\u202fPM UTC"
BRAM = {"name": "Bram", "email": "bram@example.org", "user_type": "Human"}
CLEO = {"name": "Cleo", "email": "cleo@example.org", "user_type": "Human"}


def read(value: Any) -> list[Item]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(google_chat.read(Given(Path("messages.json"), data=data), google_chat.Options()))


def message(text: str, id: str = "g1/t1/m1", date: str = NOON, creator: Any = BRAM, **more: Any) -> dict[str, Any]:
    said = {"text": text} if text else {}
    return {"creator": creator, "created_date": date, **said, "topic_id": id.split("/")[1], "message_id": id, **more}


def at(minute: int) -> str:
    return f"Wednesday, January 31, 2024 at 9:{minute:02}:07\u202fPM UTC"


def chat(*elements: Any) -> list[Item]:
    return read({"messages": [*elements]})


def one(element: Any) -> tuple[str, str, str]:
    (message,) = said(chat(element))
    return message.kind, message.speaker, message.text


# --- Times ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "date",
    [
        "Wednesday, January 31, 2024 at 9:05:07\u202fPM UTC",
        "Wednesday, January 31, 2024 at 9:05:07 PM UTC",
        "Wednesday, 31 January 2024 at 21:05:07 UTC",
        "Mittwoch, 31. Januar 2024 um 21:05:07 UTC",
        "mercredi 31 janvier 2024 à 21:05:07 UTC",
        "miércoles, 31 de enero de 2024, 21:05:07 UTC",
        "miércoles, 31 de enero de 2024, 9:05:07\u202fp.\u00a0m. UTC",
        "quarta-feira, 31 de janeiro de 2024 às 21:05:07 UTC",
        "mercoledì 31 gennaio 2024 alle ore 21:05:07 UTC",
        "woensdag 31 januari 2024 om 21:05:07 UTC",
        "среда, 31 января 2024 г. в 21:05:07 UTC",
        "środa, 31 stycznia 2024 21:05:07 UTC",
        "31 Ocak 2024 Çarşamba 21:05:07 UTC",
        "onsdag 31 januari 2024 kl. 21:05:07 UTC",
        "keskiviikko 31. tammikuuta 2024 klo 21.05.07 UTC",
        "2024. január 31., szerda 21:05:07 UTC",
        "Τετάρτη 31 Ιανουαρίου 2024 στις 9:05:07 μ.μ. UTC",
        "יום רביעי, 31 בינואר 2024 בשעה 21:05:07 UTC",
        "الأربعاء، ٣١ يناير ٢٠٢٤ في ٩:٠٥:٠٧ م UTC",
        "2024年1月31日星期三 UTC 21:05:07",
        "2024年1月31日 星期三 下午9:05:07 UTC",
        "2024年1月31日水曜日 21:05:07 UTC",
        "2024년 1월 31일 수요일 오후 9:05:07 UTC",
    ],
)
def test_a_date_in_the_language_of_the_account(date: str) -> None:
    (found,) = said(chat(message("hi", date=date)))
    assert found.at == datetime(2024, 1, 31, 21, 5, 7)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda when: when.replace(microsecond=0)))
def test_every_time_in_english(when: datetime) -> None:
    english = list(google_chat.MONTHS[0])[when.month - 1].title()
    date = f"Someday, {english} {when.day}, {when.year} at {when:%I:%M:%S}\u202f{'AM' if when.hour < 12 else 'PM'} UTC"
    assert google_chat._times([date]) == [when]


def test_a_month_is_called_alike_in_two_languages() -> None:
    polish = ["1 stycznia 2024 21:05:07", "1 listopada 2024 21:05:07"]
    croatian = ["1. siječnja 2024. u 21:05:07", "1. listopada 2024. u 21:05:07"]
    assert [each and each.month for each in google_chat._times(polish)] == [1, 11]
    assert [each and each.month for each in google_chat._times(croatian)] == [1, 10]


@pytest.mark.parametrize("date", ["", "soon", "31/01/2024 21:05:07", "January 32, 2024 at 9:05:07", "x" * 100_000])
def test_a_message_whose_time_is_not_understood_keeps_its_place(date: str) -> None:
    found = chat(message("a", "g/t/1", at(5)), message("b", "g/t/2", date), message("c", "g/t/3", at(4)))
    assert [(m.text, m.at is None) for m in said(found)] == [("c", False), ("a", False), ("b", True)]
    assert facts(found)["times"].startswith("UTC; 1 of 3 not understood")


# --- The chat -------------------------------------------------------------------------------------------------------


def test_order_topics_and_quotes() -> None:
    found = chat(
        message("c", "g1/t2/t2", at(3), CLEO),
        message("a", "g1/t1/t1", at(1)),
        message("d", "g1/t1/m4", at(4)),
        message("b", "g1/t1/m2", at(2)),
        message("e", "g1/t2/m5", at(5), quoted_message_metadata={"message_id": "g1/t1/m2", "text": "b"}),
    )
    assert [m.text for m in said(found)] == ["a", "b", "c", "d", "e"] and numbers(found) == [1, 2, 3, 4, 5]
    assert [m.reply_to for m in said(found)] == [None, "g1/t1/t1", None, "g1/t1/t1", "g1/t1/m2"]
    assert [m.reply_to for m in said(chat(message("a", "g/t/1"), message("b", "g/t/2")))] == [None, None]
    assert facts(found)["counts"] == "messages"


def test_people_are_known_by_their_address() -> None:
    later = {**BRAM, "name": "Bram Groot", "email": "Bram@example.org"}
    namesake = {"name": "Bram Groot", "email": "bram2@example.org"}
    nameless = {"email": "dora@example.org"}
    people = [BRAM, later, namesake, nameless, {"name": "Emil"}, {"user_type": "Bot"}]
    rows = [message("x", f"g/t/{minute}", at(minute), who) for minute, who in enumerate(people)]
    assert [m.speaker for m in said(chat(*rows))] == [
        "Bram Groot", "Bram Groot", "Bram Groot (bram2@example.org)", "dora@example.org", "Emil", "bot",
    ]  # fmt: skip


@pytest.mark.parametrize("zipped", [True, False])
def test_a_chat_is_called_like_its_space(zipped: bool, tmp_path: Path) -> None:
    groups = {
        "Space AA": {"name": "Boat crew"},
        "Space BB": {"name": "Boat crew"},
        "DM CC": {"members": []},
        "DM DD": 7,
    }
    texts = {}
    for folder, info in groups.items():
        texts[f"Takeout/Google Chat/Groups/{folder}/group_info.json"] = json.dumps(info)
        texts[f"Takeout/Google Chat/Groups/{folder}/messages.json"] = json.dumps(
            {"messages": [message("hi", f"{folder[-2:]}/t/t")]}
        )
    texts["Takeout/Google Chat/Groups/DM EE/messages.json"] = json.dumps({"messages": [message("hi", "EE/t/t")]})
    if zipped:
        with zipfile.ZipFile(tmp_path / "takeout.zip", "w") as archive:
            for name, text in texts.items():
                archive.writestr(name, text)
    else:
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    files = [file for file in inputs(tmp_path) if google_chat.sniff(file.head(), file.name) > 0.5]
    found = {talk(list(google_chat.read(file, google_chat.Options()))).chat for file in files}
    assert found == {"Boat crew (AA)", "Boat crew (BB)", "CC", "DD", "EE"}


# --- Messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("element", "kind", "text"),
    [
        (message("agenda?"), "text", "agenda?"),
        (message("look", attached_files=[{"export_name": "File-1.png"}]), "text", "look"),
        (message("", attached_files=[{"export_name": "File-1.png?account_id=3"}]), "media", "picture"),
        (message("", attached_files=[7, {"export_name": "File-1.mov"}]), "media", "video"),
        (message("", attached_files=[{}]), "media", "file"),
        (message("", annotations=[{"start_index": 0, "video_call_metadata": {}}]), "media", "call"),
        (message("", annotations=[{"start_index": 0, "drive_metadata": {}}]), "media", "file"),
        (message(" "), "media", "attachment"),
        (message("oh", message_state="DELETED"), "deleted", ""),
        (message("", deletion_metadata={"deletion_type": "CREATOR"}), "deleted", ""),
        (message("Build 7 failed.", creator={**BRAM, "user_type": "Bot"}), "automatic", "Build 7 failed."),
        (message("", creator={**BRAM, "user_type": "Bot"}), "media", "attachment"),
        (message("yes", quoted_message_metadata={"text": "agenda?", "creator": CLEO}), "text", "yes"),
    ],
)  # fmt: skip
def test_what_somebody_sent(element: dict[str, Any], kind: str, text: str) -> None:
    assert one(element) == (kind, "Bram", text)


def test_reactions_and_edits_are_counted() -> None:
    reactions = [{"emoji": {"unicode": "👍"}, "reactor_emails": ["a", "b"]}, {"emoji": {}}, 7]
    found = chat(message("now", reactions=reactions, updated_date=NOON, previous_message_versions=[{"text": "then"}]))
    assert facts(found)["reactions"].startswith("3,") and facts(found)["edited"].startswith("1,")


@pytest.mark.parametrize("element", [7, None, [], {}, {"creator": 7}, message("x", creator={}), {"text": "x"}])
def test_what_is_no_message_is_unparsed_in_its_place(element: Any) -> None:
    found = chat(message("a"), element, message("b"))
    (unparsed,) = (item for item in found if isinstance(item, Unparsed))
    assert unparsed.origin.line == 2 and unparsed.reason and numbers(found) == [1, 2, 3]


def test_a_file_without_messages() -> None:
    for value in ([], 7, {"messages": 7}, {"a": 1}):
        assert numbers(read(value)) == [1]
    assert not [item for item in chat() if isinstance(item, Conversation)] and len(chat()) == 1
    assert numbers(read(b'{"messages": [\n{"creator')) == [1, 2]


# --- Files that are damaged, and files of others --------------------------------------------------------------------

SEED = {
    "messages": [
        message("agenda?", "g1/t1/t1", at(1), reactions=[{"emoji": {"unicode": "👍"}, "reactor_emails": ["a"]}]),
        message("", "g1/t1/m2", at(2), CLEO, attached_files=[{"original_name": "a.png", "export_name": "File-a.png"}]),
        message("café", "g1/t2/t2", at(3), quoted_message_metadata={"message_id": "g1/t1/t1", "text": "agenda?"}),
        message("", "g1/t2/m4", "31 de enero de 2024, 21:05:07 UTC", annotations=[{"url_metadata": {}}]),
    ]
}


def test_a_damaged_file_gives_a_result_or_an_error() -> None:
    for seed in range(200):
        data = mutated(random.Random(seed), SEED, PIECES)
        assert 0 <= google_chat.sniff(decoded(data[:HEAD]), "messages.json") <= 1
        try:
            found = read(data)
        except UserError:
            continue
        assert numbers(found) == list(range(1, len(numbers(found)) + 1)), seed
        assert all(m.speaker for m in said(found)) and facts(found)


def test_sniff_knows_its_own_and_nothing_else() -> None:
    head = json.dumps({"messages": [message("hi"), message("x" * 100_000)]}, indent=2)[:HEAD]
    assert google_chat.sniff(head, "Groups/DM CC/messages.json") > google_chat.sniff("\ufeff" + head, "a.txt") > 0.5
    assert training_data.sniff(head, "messages.json") == 0
    quoted = json.dumps({"messages": [{"role": "user", "content": json.dumps(SEED)}]})
    for other in ("", "{", quoted, '{"name": "Boat crew", "members": []}', "creator: Bram, created_date: now"):
        assert google_chat.sniff(other, "messages.json") == 0
