"""A month of Reddit that is invented, and two ways to read it: ours, and a loop of `json.loads`.

    .venv/bin/python benchmarks/reddit.py [LINES]

Writes so many lines with all the fields of real dumps (5,000,000 unless told, which take 2 GB of disk) into a temporary
`.zst`, shows that both readers give the same rows, reads it in processes of their own, and writes the table into
docs/benchmarks.md.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from backports import zstd

from mynah.data.files import Input
from mynah.data.sources import reddit
from mynah.data.sources.reddit.rows import SCHEMA, lines, opened

TEXT = """the a to of and in is it that was for on with you they this have from or had by not but what some we can out
other were all there when up use your how said an each she which their time if will way about many then them would like
so these her long make thing see him two has look more day could go come did sound no most number who over know water
than call first people may down side been now find any new work part take get place made live where after back little
only round man year came show every good me give our under name very through just form great think"""
WORDS = TEXT.split()
SUBREDDITS = ("masonry", "gardening", "ferries", "oldmaps", "bread")
AUTHORS = 5000
PER_THREAD = 12  # comments of a thread, on average

LINE = (
    '{{"all_awardings":[],"approved_at_utc":null,"associated_award":null,"author":"{author}",'
    '"author_flair_background_color":null,"author_flair_css_class":null,"author_flair_richtext":[],'
    '"author_flair_template_id":null,"author_flair_text":null,"author_flair_text_color":null,"author_flair_type":"text",'
    '"author_fullname":"t2_{author}","author_patreon_flair":false,"author_premium":false,"awarders":[],'
    '"banned_at_utc":null,"body":{body},"can_mod_post":false,"collapsed":false,"collapsed_because_crowd_control":null,'
    '"collapsed_reason":null,"comment_type":null,"controversiality":0,"created_utc":{created},"distinguished":null,'
    '"edited":{edited},"gilded":0,"gildings":{{}},"id":"{id}","is_submitter":false,"link_id":"t3_{thread}",'
    '"locked":false,"no_follow":true,"parent_id":"{parent}",'
    '"permalink":"/r/{subreddit}/comments/{thread}/a_thread_that_is_invented/{id}/","retrieved_on":{retrieved},'
    '"score":{score},"send_replies":true,"stickied":false,"subreddit":"{subreddit}","subreddit_id":"t5_2q{subreddit}",'
    '"subreddit_name_prefixed":"r/{subreddit}","subreddit_type":"public","top_awarded_type":null,'
    '"total_awards_received":0,"treatment_tags":[]}}\n'
)


WRITER = "writer_1234"


class Took(NamedTuple):
    """Seconds of the processor and of the clock, and the peak of memory in MB."""

    processor: float
    clock: float
    peak: float


def generate(path: Path, count: int) -> int:
    """Write a `.zst` of so many comments in the order of time; their bytes before packing."""
    chance = random.Random(7)
    size = 0
    with zstd.open(path, "wb") as packed:
        for start in range(0, count, 1000):
            block = "".join(_line(n, count, chance) for n in range(start, min(start + 1000, count))).encode()
            size += len(block)
            packed.write(block)
    return size


def _line(number: int, count: int, chance: random.Random) -> str:
    """A comment. Threads overlap as they do on Reddit: each goes on for about a tenth of the month."""
    threads = max(1, count // PER_THREAD)
    at = int(threads * (0.9 * number / count + 0.1 * chance.random()))
    thread, subreddit = f"q{at:x}", SUBREDDITS[at % len(SUBREDDITS)]
    parent = f"t3_{thread}" if chance.random() < 0.4 else f"t1_k{max(0, number - chance.randrange(1, 500)):x}"
    body = " ".join(chance.choices(WORDS, k=int(chance.lognormvariate(3.0, 1.0)) + 1))
    if number % 9 == 0:
        body = f"&gt; {body[:40]}\n\nIt *was*, said \u201cold Ferrier\u201d. [See here](https://example.org/{number})"
    return LINE.format(
        author=f"writer_{int(AUTHORS * chance.random() ** 2)}", body=json.dumps(body), id=f"k{number:x}", parent=parent,
        created=1_700_000_000 + number // 4, edited="false" if number % 20 else 1_700_000_500 + number, thread=thread,
        subreddit=subreddit, retrieved=1_703_000_000 + number, score=chance.randrange(-3, 50),
    )  # fmt: skip


def by_loop(path: Path) -> Iterator[tuple[Any, ...]]:
    """The kept fields of every line, as most programs read dumps."""
    with zstd.open(path, "rt", encoding="utf-8") as unpacked:
        for number, line in enumerate(unpacked, 1):
            value = json.loads(line)
            get = value.get
            yield (
                number, get("id"), get("link_id"), get("parent_id"), get("author"), get("body"), get("title"),
                get("selftext"), get("subreddit"), int(get("created_utc")),
            )  # fmt: skip


def by_columns(path: Path) -> Iterator[Any]:
    """The same as batches of Arrow columns."""
    with opened(Input(path)) as stream:
        for rows in lines(stream, path.name):
            assert not rows.unread
            yield rows.batch


def by_source(path: Path, **options: Any) -> Iterator[Any]:
    """What the source makes of it: threads of messages."""
    yield from reddit.read(Input(path), reddit.Options(**options))


def of_writer(path: Path, author: str) -> Iterator[tuple[Any, ...]]:
    """What a loop does to take the threads of one writer out, as the source does with `authors`."""
    threads = {row[2] for row in by_loop(path) if row[4].lower() == author}
    yield from (row for row in by_loop(path) if row[2] in threads)


def check_same(path: Path) -> int:
    """The number of rows. Raises AssertionError where the two readers do not give the same, row by row."""
    loop, count = by_loop(path), 0
    for batch in by_columns(path):
        assert batch.schema == SCHEMA
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            assert row == next(loop), row
            count += 1
    assert next(loop, None) is None
    return count


WAYS: dict[str, tuple[str, Callable[[Path], Iterable[Any]]]] = {
    "loop": ("a loop of json.loads, the same fields", by_loop),
    "columns": ("mynah, columns of the same fields", by_columns),
    "loop-writer": ("a loop, the threads of one writer", lambda path: of_writer(path, WRITER)),
    "source-writer": ("mynah, the threads of one writer", lambda path: by_source(path, authors=WRITER)),
    "source": ("mynah, all threads as messages", by_source),
}


def one(way: str, path: Path) -> None:
    """Read all of it in one way, keep nothing, and print what that took."""
    from pyarrow import compute  # noqa: F401 - so that no time goes into importing

    processor, clock = time.process_time(), time.perf_counter()
    for _ in WAYS[way][1](path):
        pass
    seconds = time.process_time() - processor, time.perf_counter() - clock
    print(json.dumps(Took(*seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)))


def measured(path: Path) -> Iterator[tuple[str, Took]]:
    """Each way in a process of its own."""
    for way, (name, _) in WAYS.items():
        ran = subprocess.run([sys.executable, __file__, "--one", way, path], capture_output=True, text=True, check=True)
        print(name, ran.stdout.strip(), flush=True)
        yield name, Took(*json.loads(ran.stdout))


def table(found: dict[str, Took]) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| reader | seconds | CPU seconds | times as fast as its loop | peak MB |"
    yield "| --- | --- | --- | --- | --- |"
    loops = [took for name, took in found.items() if name.startswith("a loop")]
    for name, took in found.items():
        loop = loops["one writer" in name]
        yield f"| {name} | {took.clock:.1f} | {took.processor:.1f} | {loop.clock / took.clock:.1f} | {took.peak:.0f} |"


def main() -> None:
    """Measure, and write the table."""
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]))
        return
    from page import machine, put

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "RC_2023-11.zst"
        size = generate(path, count)
        packed = path.stat().st_size
        print(f"{check_same(path):,} rows are the same", flush=True)
        found = dict(measured(path))
    about = f"{count:,} comments with the fields of real dumps, {size / 1e6:,.0f} MB, packed {packed / 1e6:,.0f} MB."
    put("benchmarks.md", "reddit", "\n".join([about, "", *table(found), "", f"Measured on {machine()}."]))


if __name__ == "__main__":
    main()
