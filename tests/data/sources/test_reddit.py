"""Reddit: nothing is lost, both ways to read a line agree, write and read are inverse, and what dumps and tables do."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from _damaged import Given, chats, check_damaged, covered, facts, messages, said, unparsed
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.types import Conversation, Item, Message, Origin
from mynah.data.files import HEAD, decoded, inputs
from mynah.data.sources import reddit
from mynah.data.sources.reddit import rows, texts, threads
from mynah.data.threads import chains

REAL = Path(__file__).parents[4] / "shared" / "data" / "3_reddit"
START = datetime(2024, 1, 31, 12, 51, 47)
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real samples are not here")


def read(text: str | bytes, **options: Any) -> list[Item]:
    data = text.encode() if isinstance(text, str) else text
    return list(reddit.read(Given(Path("chat"), data=data), reddit.Options(**options)))


def post(**more: Any) -> dict[str, Any]:
    return {
        "id": "q1",
        "author": "loam",
        "title": "Slate",
        "selftext": "Which glue?",
        "created_utc": 1706705507,
        **more,
    }


def comment(number: int = 1, parent: str = "t3_q1", body: str = "Epoxy.", **more: Any) -> dict[str, Any]:
    value = {"id": f"k{number}", "link_id": "t3_q1", "parent_id": parent, "author": "pebble_7", "body": body}
    return {**value, "subreddit": "masonry", "created_utc": 1706705507 + number, "score": 3, "edited": False, **more}


def dump(*values: Any) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def table(header: str, *cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([header.split(","), *cells])
    return out.getvalue()


def one(**more: Any) -> Message:
    (message,) = messages(read(dump(comment(**more))))
    return message


# --- Threads --------------------------------------------------------------------------------------------------------


def test_a_thread() -> None:
    found = read(dump(comment(2, "t1_k1", "&gt; Epoxy.\n\nThanks &amp; bye", author="loam"), comment(1), post()))
    (thread,) = chats(found)
    assert thread.chat == "t3_q1" and thread.origin == Origin("chat", 1, 3)
    assert thread.messages == (
        Message("loam", "Slate\n\nWhich glue?", START, Origin("chat", 3), "text", "t3_q1", None),
        Message("pebble_7", "Epoxy.", START + timedelta(seconds=1), Origin("chat", 2), "text", "t1_k1", "t3_q1"),
        Message("loam", "Thanks & bye", START + timedelta(seconds=2), Origin("chat", 1), "text", "t1_k2", "t1_k1"),
    )
    told = {"threads": "1", "comments": "2", "posts": "1", "quotes left out": "1 lines of 1 texts", "times": "UTC"}
    assert facts(found) == {"counts": "lines", "format": "an object a line", **told}


def test_threads_are_told_apart_and_known_by_ids() -> None:
    found = read(dump(comment(1), post(id="q2"), comment(3), comment(4, link_id="t3_q2", parent_id="t3_q2")))
    assert [(chat.chat, len(chat.messages)) for chat in chats(found)] == [("t3_q1", 2), ("t3_q2", 2)]


@pytest.mark.parametrize(
    ("parent", "link", "expected"),
    [
        ("t1_k9", "t3_q1", "t1_k9"),
        ("t2_k9", "t3_q1", "t1_k9"),
        ("k9", "t3_q1", "t1_k9"),
        ("q1", "q1", "t3_q1"),
        ("top-level", "t3_q1", "t3_q1"),
        (None, "t3_q1", "t3_q1"),
        ("t3_q1", None, "t3_q1"),
        (7, "t3_q1", "t1_7"),
    ],
)
def test_what_a_comment_answers(parent: Any, link: Any, expected: str) -> None:
    (chat,) = chats(read(dump(comment(parent_id=parent, link_id=link))))
    assert chat.messages[0].reply_to == expected and chat.chat == "t3_q1"


@pytest.mark.parametrize(
    ("created", "at"),
    [
        (1706705507, START), (1706705507.9, START), ("1706705507", START), ("1706705507.0", START),
        ("2024-01-31 12:51:47", START), ("2024-01-31T13:51:47+01:00", START), ("2024-01-31 12:51:47 UTC", START),
        (None, None), ("soon", None), (True, None), (-1, None), (1e300, None), ([], None), (float("nan"), None),
    ],
)  # fmt: skip
def test_times(created: Any, at: datetime | None) -> None:
    assert one(created_utc=created).at == at


def test_what_is_gone_keeps_its_place() -> None:
    found = read(
        dump(
            post(title="[deleted by user]", author="[deleted]", selftext="[removed]"),
            comment(1, body="[removed]"),
            comment(2, "t1_k1", "Why?", author="[deleted]"),
            comment(3, "t1_k7", "[ Removed by Reddit ]"),
        )
    )
    assert said(found) == [
        ("[deleted]", "deleted", "deleted"),
        ("pebble_7", "deleted", "removed"),
        ("[deleted]", "text", "Why?"),
        ("pebble_7", "deleted", "removed"),
    ]
    told = facts(found)
    assert told["deleted or removed"].startswith("3,") and told["by [deleted]"].startswith("2 ")
    assert told["answers to what is missing"] == "1 comments"


def test_bots_are_named_and_counted() -> None:
    signed = "Here you go.\n\n*^I ^am ^a ^bot, and this was done by me.*"
    found = read(
        dump(comment(1, author="AutoModerator"), comment(2, body=signed), comment(3, body="I am a bot?! You!"))
    )
    assert [kind for _, kind, _ in said(found)] == ["automatic", "automatic", "text"]
    assert facts(found)["bots"] == "2 messages of AutoModerator (1), pebble_7 (1)"


@pytest.mark.parametrize(
    "name", ["AutoModerator", "RemindMeBot", "gif_bot", "gifv-bot", "imgurBOT", "bot", "HelpBot_2"]
)
def test_names_of_bots(name: str) -> None:
    assert texts.is_bot(name)


@pytest.mark.parametrize("name", ["abbot", "Robot", "bottle", "TalbotHouse", "robot_fan", "[deleted]", ""])
def test_names_of_people(name: str) -> None:
    assert not texts.is_bot(name)


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("&gt; what you said", "forwarded", "what you said"),
        ("![gif](giphy|abc)", "media", "picture"),
        ("", "media", "nothing"),
        ("\n&#x200B;\n", "media", "nothing"),
    ],
)
def test_comments_without_words_of_their_own(body: str, kind: str, text: str) -> None:
    message = one(body=body)
    assert (message.kind, message.text) == (kind, text)


def test_posts_of_links_keep_their_title() -> None:
    found = read(dump(post(selftext="", title="A  laser &amp; a cutter", url="https://example.org")))
    assert said(found) == [("loam", "text", "A laser & a cutter")]
    assert facts(found)["posts without text"].startswith("1,")


def test_the_same_comment_twice_is_told() -> None:
    found = read(dump(comment(1), comment(2), comment(1, body="Epoxy!")))
    assert [(u.origin.line, u.reason) for u in unparsed(found)] == [(3, "t1_k1 is in line 1, too")]
    assert covered(found) == [1, 2, 3]


# --- Markdown -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("*ducks* and **runs** and ***hides***", "ducks and runs and hides"),
        ("**all *of* it** and *the **other** way*", "all of it and the other way"),
        ("_so_ __it__ is snake_case_name", "so it is snake_case_name"),
        ("2*3*4 and 5 * 6 and *their", "2*3*4 and 5 * 6 and *their"),
        ("~~no~~ >!the end!<", "no the end"),
        ("&gt;!the end!&lt; a -&gt; b", "the end a -> b"),
        ("see [this](https://example.org/a_(b)) or [](https://x.org)", "see this or https://x.org"),
        ('[*hm*](http://x.org "title") <https://y.org/a_b_c>', "hm https://y.org/a_b_c"),
        ("x^2 ^(very small) ^like ^this", "x^2 very small like this"),
        ("# Head\n\n* one\n+ two\n- three\n\n---\n\nend", "Head\n\n- one\n- two\n- three\n\nend"),
        ("`*p = a_b` and \\*that\\* \\> this", "*p = a_b and *that* > this"),
        ("a\r\n\r\n\r\n\r\nb  \r\nc", "a\n\nb\nc"),
        ("fish &amp;amp; chips&amp;nbsp;now &amp;copy=1 &lt;3", "fish & chips\xa0now &copy=1 <3"),
        ("> q\n\none\n\n>> qq\n> q\n\ntwo", "one\n\ntwo"),
        ("```\n> not a *quote*\n```", "> not a *quote*"),
        ("it's fine, isn't it?", "it's fine, isn't it?"),
    ],
)
def test_markdown(body: str, text: str) -> None:
    assert texts.plain(body)[0] == text


@pytest.mark.parametrize(
    "piece", ["*a ", "**", "_", "`", "[", "](", "[a](", "^", "^(", "~~", ">!", "&amp;", "* ", "\\", "- "]
)
def test_markdown_takes_time_in_proportion(piece: str) -> None:
    texts.plain(piece * 20_000)  # no pattern goes back and forth: that would take hours
    assert not texts.says_bot(texts.plain(piece * 1000 + "bot")[0])


# --- Laws -----------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z", "Cf"], max_codepoint=0xFFFF), min_size=1, max_size=8)
LINES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
BODIES = st.lists(LINES, min_size=1, max_size=3).map("\n".join).filter(lambda text: not texts.gone(text))
NAMES = st.sampled_from(["loam", "pebble_7", "AutoModerator", "[deleted]"])


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """A post, and comments that answer what is before them."""
    found: list[Message] = []
    for number in range(draw(st.integers(1, 5))):
        speaker, key = draw(NAMES), f"t1_k{number}" if number else "t3_q1"
        gone = draw(st.sampled_from(["", "", "deleted", "removed"]))
        text = gone or draw(BODIES if number else st.lists(LINES, min_size=1, max_size=2).map("\n\n".join))
        kind = "deleted" if gone else "automatic" if texts.is_bot(speaker) or texts.says_bot(text) else "text"
        parent = draw(st.sampled_from(found)).id if found else None
        at = START + timedelta(seconds=number)
        found.append(Message(speaker, text, at, Origin("chat", number + 1), kind, key, parent))  # type: ignore[arg-type]
    return Conversation(tuple(found), Origin("chat", 1, len(found)), "t3_q1")


@settings(max_examples=40)
@given(conversations())
def test_write_and_read_are_inverse(conversation: Conversation) -> None:
    assert chats(read(reddit.write(conversation))) == [conversation]


ODD = [
    comment(body="&lt;3\u2028\U0001f600"), comment(created_utc=1706705507.5), comment(created_utc="1706705507"),
    comment(all_awardings=[{"body": "no"}]), post(), post(selftext=None), comment(author=None), comment(title=None),
    comment(id="t1_k1"), comment(link_id="q1"), comment(parent_id=None), comment(body=None, title=None), post(title=""),
    comment(author=7), comment(id=None, name="t1_k5"), comment(body="\x00"), {}, [], 7, None, "x",
]  # fmt: skip


@pytest.mark.parametrize("kind", [int, float, str])
def test_a_block_at_once_and_line_by_line_are_the_same(kind: type) -> None:
    values = [post(created_utc=kind(5)), *(comment(n, created_utc=kind(n), z=[{"body": n}]) for n in range(50))]
    block = dump(*values).encode()
    at_once = rows._at_once(rows.Block.of(block, 7))
    assert at_once is not None and at_once.equals(rows._by_line(block, 7, "x").batch)
    assert at_once.column("line").to_pylist() == list(range(7, 58)) and at_once.schema == rows.SCHEMA


@pytest.mark.parametrize("odd", [json.dumps(value).encode() for value in ODD] + [
    b"", b" ", b"{", b"}", b'{"body":"\xff"}', b'{"body":"\\ud800","z":NaN}', b"[" * 5000, b'{"id":1}{"id":2}', b"\r",
    b'{"body":"a","id":"b","id":"c","link_id":"t3_d"}', b"\xef\xbb\xbf{}", b"\xff\xfe{",
])  # fmt: skip
def test_odd_lines_have_their_number_and_leave_the_others_alone(odd: bytes) -> None:
    good = dump(comment(2)).encode()
    data = good + odd + b"\n" + dump(comment(3)).encode()
    found = read(data)
    assert covered(found) == [1, 2, 3]
    assert {m.origin.line for m in messages(found) if m.id in ("t1_k2", "t1_k3")} == {1, 3}
    batch = rows._at_once(rows.Block.of(data, 1))
    assert batch is None or batch.equals(rows._by_line(data, 1, "x").batch)


def test_two_lines_that_make_two_objects_in_another_way_are_not_taken_for_rows() -> None:
    straddling = b'{"id":"a","body":"b","link_id":"t3_c","z":\n{}}\n{"id":"d","body":"e","link_id":"t3_c"}\n'
    assert rows._at_once(rows.Block.of(straddling, 1)) is None and rows._at_once(rows.Block.of(b"{}{}\n\n", 1)) is None
    assert covered(read(straddling)) == [1, 2, 3] and len(messages(read(straddling))) == 1


def test_lines_that_are_cut_by_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    text = dump(post(), *(comment(n, body="word " * n) for n in range(1, 40)))
    expected = read(text)
    assert covered(expected) == list(range(1, 41))
    for size in (16, 100, 1000, 1001):
        monkeypatch.setattr(rows, "BLOCK", size)
        assert read("\ufeff" + text.removesuffix("\n")) == expected
    monkeypatch.setattr(rows, "LONGEST", 100)
    with pytest.raises(UserError, match="longer than"):
        read(text)


def test_files_of_other_encodings() -> None:
    text = dump(post(), comment(1, body="caf\u00e9"))
    assert said(read(text.encode("utf-16"))) == said(read(text))
    raw = json.dumps(comment(1, body="caf\u00e9"), ensure_ascii=False) + "\n"
    assert said(read(raw.encode("latin-1")))[0][2] == "caf\u00e9"


# --- Large dumps ----------------------------------------------------------------------------------------------------


def packed(*texts: str) -> bytes:
    return b"".join(zstd.compress(text.encode()) for text in texts)


def test_zstandard(tmp_path: Path) -> None:
    first, second = dump(post()), dump(*(comment(n, body=f"{n * 7919}") for n in range(1, 2000)))
    path = tmp_path / "RC_2024-01.zst"
    path.write_bytes(packed(first, second))
    (file,) = inputs(path)
    found = list(reddit.read(file, reddit.Options()))
    assert (
        "end" not in facts(found)
        and said(found) == said(read(first + second))
        and covered(found) == list(range(1, 2001))
    )
    path.write_bytes(packed(first, second)[:-100])
    cut = list(reddit.read(file, reddit.Options()))
    assert "cut off" in facts(cut)["end"] and 100 < len(messages(cut)) < 2000
    path.write_bytes(packed(first) + b"no frame")
    with pytest.raises(UserError, match="damaged"):
        list(reddit.read(file, reddit.Options()))


def test_rows_spread_over_files_are_the_same_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = [comment(n, link_id=f"t3_q{n % 7}", parent_id=f"t3_q{n % 7}") for n in range(200)]
    text = dump(*values, post())
    expected = sorted(chats(read(text)), key=lambda chat: chat.chat)
    monkeypatch.setattr(rows, "BLOCK", 4000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = []
    for held in (0, 3000):
        monkeypatch.setattr(reddit, "Gathered", lambda held=held: threads.Gathered(held, 5))
        found = read(text)
        assert sorted(chats(found), key=lambda chat: chat.chat) == expected and facts(found)["threads"] == "7"
    items = reddit.read(Given(Path("chat"), data=text.encode()), reddit.Options())
    assert next(items) and list(tmp_path.iterdir())
    items.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir()), "also when nobody reads to the end"


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/proc/none")
    monkeypatch.setattr(reddit, "Gathered", lambda: threads.Gathered(0, 5))
    with pytest.raises(UserError, match="TMPDIR"):
        read(dump(comment()))


def test_a_part_of_a_dump() -> None:
    text = dump(
        post(subreddit="masonry"),
        comment(1),
        comment(2, link_id="t3_q2", parent_id="t3_q2", author="Moss"),
        comment(3, link_id="t3_q2", parent_id="t1_k2"),
        comment(4, link_id="t3_q3", subreddit="Roofing", author="moss"),
    )
    assert [m.id for m in messages(read(text, authors="u/MOSS"))] == ["t1_k2", "t1_k3", "t1_k4"]
    found = read(text, authors="moss, nobody", subreddits="r/masonry")
    assert [m.id for m in messages(found)] == ["t1_k2", "t1_k3"]
    assert facts(found)["left out"] == "3 of 5 comments and posts, as the options say"
    assert [m.id for m in messages(read(text, subreddits="roofing,x"))] == ["t1_k4"]
    assert [m.id for m in messages(read(text, authors="loam"))] == ["t3_q1", "t1_k1"]
    with pytest.raises(UserError, match=r"authors 'mos', found none among 5"):
        read(text, authors="mos")


# --- Tables and the API ---------------------------------------------------------------------------------------------


def test_a_table_of_posts() -> None:
    header = "created_utc,score,id,title,selftext,permalink,name"
    found = read(
        table(
            header,
            (
                "1317650153.0",
                "6",
                "q1",
                "Slate",
                "Which glue?\n\nIt fell, &amp; broke.",
                "/r/x/comments/q1/s/",
                "t3_q1",
            ),
            ("1317650154.0", "6", "q2", "Roofs", "", "/r/x/comments/q2/s/", "t3_q2"),
            ("1317650155.0", "6"),
        )
    )
    assert said(found) == [
        ("[unknown]", "text", "Slate\n\nWhich glue?\n\nIt fell, & broke."),
        ("[unknown]", "text", "Roofs"),
    ]
    assert facts(found)["counts"] == "rows" and "columns" not in facts(found)
    assert covered(found) == [1, 2, 3] and unparsed(found)[0].reason.startswith("2 columns instead of 7")


def test_tables_with_other_names() -> None:
    posts = "title,score,id,url,comms_num,created,body,timestamp"
    mixed = [
        ("Slate", "1", "q1", "", "2", "5.0", "Which glue?", ""),
        ("Comment", "1", "k1", "", "0", "6.0", "Epoxy.", ""),
    ]
    found = read(table(posts, *mixed))
    assert [(m.id, m.text) for m in messages(found)] == [("t3_q1", "Slate\n\nWhich glue?"), ("t1_k1", "Epoxy.")]
    cells = ("k1", "q1", "moss", "Epoxy.", "2024-01-31 12:51:47", "masonry", "")
    comments = table("Comment_ID,post_id,username,comment,date,subreddit,permalink", cells)
    for text in (comments, comments.replace(",", ";"), comments.replace(",", "\t")):
        assert reddit.sniff(text, "x") > 0.9
        (message,) = messages(read(text))
        assert message == Message("moss", "Epoxy.", START, Origin("chat", 1), "text", "t1_k1", "t3_q1")
        assert facts(read(text))["columns"] == (
            "id from 'comment_id', link_id from 'post_id', author from 'username', body from 'comment', "
            "created_utc from 'date'"
        )
    link = "https://old.reddit.com/r/masonry/comments/q1/slate/k1/"
    flat = table("type,id,subreddit.name,created_utc,permalink,body", ("comment", "k1", "masonry", "5", link, "Epoxy."))
    assert [chat.chat for chat in chats(read(flat))] == ["t3_q1"]


def test_what_the_api_answers() -> None:
    def listing(*children: Any) -> dict[str, Any]:
        return {"kind": "Listing", "data": {"children": list(children)}}

    answer = {"kind": "t1", "data": comment(2, "t1_k1", "Thanks", replies="")}
    stub = {"kind": "more", "data": {"count": 12, "children": ["k7"]}}
    first = {"kind": "t1", "data": comment(1, replies=listing(answer, stub))}
    for value in ([listing({"kind": "t3", "data": post()}), listing(first)], {"data": [post(), comment(1)]}):
        text = json.dumps(value)
        found = read(text if isinstance(value, list) else f"[{text}]")
        assert facts(found)["counts"] == "messages" and said(found)[:2] == [
            ("loam", "text", "Slate\n\nWhich glue?"),
            ("pebble_7", "text", "Epoxy."),
        ]
        assert covered(found) == list(range(1, 5 if isinstance(value, list) else 3))
    text = json.dumps([listing(first)])
    assert (
        unparsed(read(text))[0].reason == "12 comments that Reddit did not hand out" and reddit.sniff(text, "x") > 0.9
    )


def test_sniff() -> None:
    for text in (
        dump(post(), comment()),
        dump(comment()),
        json.dumps([comment()], indent=2),
        table("id,body,link_id,subreddit"),
    ):
        assert reddit.sniff(text[:HEAD], "x") > 0.5
    head = decoded(packed(dump(comment())))
    assert reddit.sniff(head, "dumps/RC_2019-04.zst") == 0.6 and reddit.sniff(head, "x.zst") == 0
    assert reddit.sniff(head, "masonry_comments.zst") == 0.6 and reddit.sniff("hello", "masonry_comments.zst") == 0
    said_so = json.dumps({"text": dump(comment())})
    for other in ("", "{}", "[]", "title,body\n", '{"title": 1}', said_so, "Listing"):
        assert reddit.sniff(other, "RC_2019-04.json") == 0


SEEDS = [
    dump(post(), comment(1), comment(2, "t1_k1", "&gt; Epoxy.\n\nThanks"), comment(3, author="AutoModerator")),
    json.dumps([post(), comment(1), comment(2, "t1_k1")]),
    table("id,link_id,parent_id,author,body,created_utc", ("k1", "t3_q1", "t3_q1", "moss", "a, b", "5")),
    dump(post(created_utc="5"), comment(created_utc=5.5), comment(2)),
]


def test_damaged_files() -> None:
    check_damaged(reddit, SEEDS)


# --- Real samples ---------------------------------------------------------------------------------------------------


def real(name: str) -> list[Item]:
    (file,) = inputs(REAL / name)
    assert reddit.sniff(file.head(), file.name) > 0.9
    return list(reddit.read(file, reddit.Options()))


@needs_real
def test_real_pairs() -> None:
    found = real("polyai_simple_thread/simple_thread.json")
    expected = json.loads((REAL / "polyai_simple_thread" / "expected.json").read_text())
    pairs = set()
    for chain in chains(messages(found)):
        for index in range(1, len(chain)):
            before, m = chain[:index], chain[index]
            if all(4 <= len(each.text) <= 5 for each in (m, before[-1])):  # the limits of the authors
                pairs.add((tuple(each.text for each in before), m.text, before[-1].speaker, m.speaker))
    assert pairs == {
        (tuple(each["context"]), each["response"], each["context_author"], each["response_author"])
        for each in expected["examples"]
    }


@needs_real
def test_real_comments() -> None:
    found = real("praw_comment_threads/comments.ndjson")
    expected = json.loads((REAL / "praw_comment_threads" / "expected.json").read_text())
    every, told = messages(found), facts(found)
    assert len(every) == expected["comments"] and not unparsed(found) and len(chats(found)) == expected["threads"]
    assert sum(m.reply_to is not None and m.reply_to.startswith("t3_") for m in every) == expected["top_level"]
    assert told["answers to what is missing"] == f"{expected['orphans_parent_missing']:,} comments"
    pairs = {
        (a.id, b.id) for chat in chats(found) for chain in chains(chat.messages)
        for a, b in pairwise(chain)
    }  # fmt: skip
    assert len(pairs) == expected["replies_with_parent_present"]
    assert sum(m.speaker == "[deleted]" for m in every) == expected["deleted_author"]
    assert sum(m.kind == "deleted" for m in every) == expected["body_deleted_or_removed"]
    posts = real("praw_comment_threads/submissions.ndjson")
    assert len(messages(posts)) == expected["submissions_present"] and not unparsed(posts)


@needs_real
def test_real_tables() -> None:
    counts = {path.name: real(f"reddit_top_posts/{path.name}") for path in (REAL / "reddit_top_posts").glob("*.csv")}
    assert sum(len(messages(found)) for found in counts.values()) == 3345
    assert not any(unparsed(found) for found in counts.values())


@needs_real
def test_real_answer_of_the_api() -> None:
    found = real("praw_comment_threads/api_listing_n49rw.json")
    assert len(messages(found)) == 486 and len(unparsed(found)) == 177 and len(chats(found)) == 1
    assert covered(found) == list(range(1, 664))
