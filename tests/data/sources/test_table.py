"""Tables: they say the same in whatever file they are, every row is accounted for, and cells are read as known."""

from __future__ import annotations

import inspect
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from _damaged import CASES, Given, chats, facts, messages, mutants, said, unparsed

from mynah.core import plugins
from mynah.core.errors import Undecided, UserError
from mynah.core.options import resolve
from mynah.core.types import Item, Message, Record, Unparsed
from mynah.data.files import HEAD, decoded, inputs
from mynah.data.sources import table
from mynah.data.sources.table import dates, values

REAL = Path(__file__).parents[4] / "shared" / "data"

CHAT = """id,From,Message,Sent at,Thread,reply to
1,Noor,"is the ""blue"" gate
open?",2024-01-31T21:05:07Z,garden,
2,Mika,"yes, until nine",2024-01-31T21:06:00Z,garden,1
3,Ravi,na,2024-01-31T20:00:00Z,kitchen,
"""
FAQ = """Question,Answer,Alternatives,Source
Where do I park?,Behind the mill.,"[""Is there parking?"", ""Parking?""]",hand
When is it open?,,,hand
Is there tea?,N/A,"Any tea?|Do you have tea?",#N/D
"""
TICKETS = """Data;Macchina;Guasto;Lavoro eseguito;Ore lavoro;Costo
31/01/2019;Pressa 2;perde olio;cambiata la guarnizione;1,5;1.250,00
01/02/2019;Tornio 1;non parte;-;1h30;99,90
00/00/0000;Tornio 1;rumore;ingrassato;90 min;#N/D
12/02/2019;Pressa 2;ferma;in attesa;un po';12,00
"""
TICKET_NAMES = ("Data", "Macchina", "Guasto", "Lavoro eseguito", "Ore lavoro", "Costo")


def items(data: str | bytes, name: str = "t.csv", **options: Any) -> list[Item]:
    file = Given(Path(name), data=data if isinstance(data, bytes) else data.encode())
    return list(table.read(file, resolve(table.Options, options, "table")))


def records(found: Sequence[Item]) -> list[Record]:
    return [item for item in found if isinstance(item, Record)]


def fields(data: str | bytes, **options: Any) -> list[dict[str, Any]]:
    return [record.fields for record in records(items(data, **options))]


def sure(head: str | bytes, name: str = "t.csv") -> float:
    return table.sniff(head if isinstance(head, str) else decoded(head[:HEAD]), name)


# --- Kinds of files -------------------------------------------------------------------------------------------------

STYLES = {date: 1, datetime: 2, timedelta: 3}
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """The smallest XLSX with these sheets."""
    tags = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    parts = {
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="a" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "xl/workbook.xml": f'<workbook {NAMESPACE} xmlns:r="{RELATION}"><sheets>{tags}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships">{links}<Relationship Id="s" Type="{RELATION}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {NAMESPACE}><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/><xf numFmtId="46"/></cellXfs></styleSheet>',
    }
    for n, rows in enumerate(sheets.values(), 1):
        lines = "".join(f'<row r="{y}">{"".join(cells(y, row))}</row>' for y, row in enumerate(rows, 1))
        parts[f"xl/worksheets/sheet{n}.xml"] = f"<worksheet {NAMESPACE}><sheetData>{lines}</sheetData></worksheet>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return stream.getvalue()


def cells(y: int, row: Sequence[Any]) -> Iterable[str]:
    for x, value in enumerate(row):
        place = f'r="{chr(65 + x)}{y}"'
        if isinstance(value, str):
            yield f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        elif value is not None:
            number = value
            if isinstance(value, date):
                number = (datetime(*value.timetuple()[:6]) - datetime(1899, 12, 30)) / timedelta(days=1)
            if isinstance(value, timedelta):
                number = value / timedelta(days=1)
            yield f'<c {place} s="{STYLES.get(type(value), 0)}"><v>{number}</v></c>'


def parquet(rows: list[dict[str, Any]]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream)
    return stream.getvalue()


def test_a_table_says_the_same_in_whatever_file_it_is() -> None:
    rows = [["Machine", "Problem", "Work done", "Opened"], ["Press 2", "leaks; a lot, here", "new seal", "31/01/2019"],
            ["Lathe 1", 'says "no"', None, "01/02/2019"]]  # fmt: skip
    head, *rest = rows
    objects = [dict(zip(head, row, strict=True)) for row in rest]
    quoted = [[f'"{(cell or "").replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    files: dict[str, str | bytes] = {
        **{f"with {mark!r}": "\r\n".join(mark.join(row) for row in quoted) for mark in ",;\t|"},
        "for Excel": "sep=;\n" + "\n".join(";".join(row) for row in quoted),
        "UTF-16": "\n".join("\t".join(row) for row in quoted).encode("utf-16"),
        "JSONL": "\n".join(map(json.dumps, objects)),
        "JSON": json.dumps(objects, indent=1),
        "an object": json.dumps({"total": 2, "rows": objects}),
        "Parquet": parquet(objects),
        "XLSX": workbook({"notes": [["nothing"]], "2019": rows}),
    }
    assert rest[0][3] == "31/01/2019"
    expected = [
        {**each, "Opened": datetime(2019, month, day)}
        for each, month, day in zip(objects, (1, 2), (31, 1), strict=True)
    ]
    for name, data in files.items():
        found = items(data)
        assert [record.fields for record in records(found)] == expected, name
        assert [record.origin.line for record in records(found)] == [1, 2] and facts(found)["counts"] == "rows", name
        assert sure(data if isinstance(data, bytes) else data.encode()) > 0.5, name


def test_a_workbook_has_real_dates_hours_and_several_sheets() -> None:
    rows = [["Report of the workshop"], [], ["Machine", "Problem", "Started", "Hours", "Work order"],
            ["Press 2", "leaks", datetime(2019, 1, 31, 21, 30), timedelta(hours=30), 7],
            ["Lathe 1", "noise", date(2019, 2, 1), 1.5, 8.5]]  # fmt: skip
    data = workbook({"2019": rows, "2020": rows[2:4]})
    found = items(data, "t.xlsx")
    assert [record.fields for record in records(found)] == [
        {"Machine": "Press 2", "Problem": "leaks", "Started": datetime(2019, 1, 31, 21, 30), "Hours": 30.0,
         "Work order": 7},
        {"Machine": "Lathe 1", "Problem": "noise", "Started": datetime(2019, 2, 1), "Hours": 1.5, "Work order": 8.5},
    ]  # fmt: skip
    told = facts(found)
    assert told["format"] == "workbook, sheet '2019'" and told["sheets not read"] == "'2020' (2 rows)"
    assert told["above the names of the columns"].startswith("Report of the workshop")
    assert len(records(items(data, sheet=2))) == len(records(items(data, sheet="2020"))) == 1
    with pytest.raises(UserError, match=r"'2021'.*Did you mean"):
        items(data, sheet="2021")
    with pytest.raises(UserError, match="damaged"):
        items(data[: len(data) // 2])


# --- Kinds of rows --------------------------------------------------------------------------------------------------


def test_a_chat_becomes_conversations() -> None:
    found = items(CHAT)
    garden, kitchen = chats(found)
    assert (garden.chat, kitchen.chat) == ("garden", "kitchen")
    assert garden.messages[0].text == 'is the "blue" gate\nopen?'
    at = datetime(2024, 1, 31, 21, 6)
    assert garden.messages[1] == Message("Mika", "yes, until nine", at, garden.messages[1].origin, "text", "2", "1")
    assert said(found)[2] == ("Ravi", "text", "na"), "a word that people write"
    assert facts(found)["times"] == "UTC"
    assert "From -> speaker" in facts(found)["columns"] and "Thread -> chat" in facts(found)["columns"]


def test_messages_are_in_the_order_of_time_and_what_nobody_said_is_listed() -> None:
    found = items("name;text;date;time;mood\nNoor;b;02/01/24;21.05;x\nMika;a;13/01/23;9:05 PM;y\n;c;;;\nNoor;;;;\n")
    assert [(m.text, m.at) for m in messages(found)] == [
        ("a", datetime(2023, 1, 13, 21, 5)), ("b", datetime(2024, 1, 2, 21, 5)),
    ]  # fmt: skip
    assert [(u.origin.line, u.reason) for u in unparsed(found)] == [
        (3, "nobody is named as the speaker"), (4, "no text"),
    ]  # fmt: skip
    assert facts(found)["columns not read"] == "mood"
    assert facts(found)["date order"].startswith("day first (row 2 of date")


def test_who_writes_to_whom_is_a_chat() -> None:
    found = items("from,to,body,timestamp,file\nNoor,Mika,hi,1706735107,\nMika,Noor,,1706735108000,a.jpg\nRavi,,yo,,\n")
    assert [(chat.chat, len(chat.messages)) for chat in chats(found)] == [("Mika / Noor", 2), ("", 1)]
    assert [m.kind for m in messages(found)] == ["text", "media", "text"]
    assert messages(found)[0].at == datetime(2024, 1, 31, 21, 5, 7) and messages(found)[1].at is not None


def test_the_user_names_what_the_names_do_not_tell() -> None:
    text = "a,b,c\n" + "".join(f"{'xy'[n % 2]},what is said number {n},2024-01-{n + 1:02}\n" for n in range(9))
    assert facts(items(text))["columns"].endswith("(by what is in them)"), "guessed"
    found = items(text, speaker="b", text="a")
    assert messages(found)[0].speaker == "what is said number 0" and messages(found)[0].at == datetime(2024, 1, 1)
    with pytest.raises(UserError, match="column of the table as text, found 'd'"):
        items(text, text="d")
    with pytest.raises(UserError, match="who says what"):
        items("p,q\n1,2\n", kind="chat")
    assert records(items(text, kind="tickets"))


def test_questions_and_answers() -> None:
    found = fields(FAQ)
    assert found[0]["Alternatives"] == ["Is there parking?", "Parking?"]
    assert found[1]["Answer"] is None and found[1]["Source"] == "hand"
    assert found[2] == {"Question": "Is there tea?", "Answer": None, "Source": None,
                        "Alternatives": ["Any tea?", "Do you have tea?"]}  # fmt: skip
    assert facts(items(FAQ))["columns"] == "Question -> question, Answer -> answer, Alternatives -> alternatives"


def test_a_table_with_tabs_may_have_quotes_that_mean_nothing() -> None:
    text = 'Question\tAnswer\tMetadata\tQnaId\n"Hm\tsay\\nit"\t\t1\nWhat?\t"no\t\t2\n'
    assert [row["Answer"] for row in fields(text)] == ['say\nit"', '"no']


def test_tickets_have_dates_hours_and_amounts() -> None:
    found = items(TICKETS)
    assert [tuple(record.fields.values()) for record in records(found)] == [
        (datetime(2019, 1, 31), "Pressa 2", "perde olio", "cambiata la guarnizione", 1.5, 1250.0),
        (datetime(2019, 2, 1), "Tornio 1", "non parte", None, 1.5, 99.9),
        ("00/00/0000", "Tornio 1", "rumore", "ingrassato", 1.5, None),
        (datetime(2019, 2, 12), "Pressa 2", "ferma", "in attesa", "un po'", 12.0),
    ]
    told = facts(found)
    assert tuple(records(found)[0].fields) == TICKET_NAMES
    assert told["not read as dates"] == "Data: 1, such as '00/00/0000'"
    assert told["not read as numbers"] == 'Ore lavoro: 1, such as "un po\'"'
    assert told["missing"] == "2 of 24 cells" and told["hours"] == "Ore lavoro" and told["amounts"] == "Costo"


def test_rows_that_do_not_fit_are_listed_with_their_numbers() -> None:
    rows = ("Press,leaks,seal,", "Press,leaks,seal", "", "Press,leaks", "Press,a,b,,", "P,a,b,c,d")
    found = items("\n".join(["machine,problem,work done,", *rows]))
    assert [record.origin.line for record in records(found)] == [1, 2, 5]
    assert [(u.origin.line, u.reason.split(":")[0]) for u in unparsed(found)] == [
        (3, "blank row"), (4, "too short"), (6, "too long"),
    ]  # fmt: skip
    assert list(records(found)[0].fields) == ["machine", "problem", "work done"], "a column without anything is none"


def test_a_table_without_names_is_read_from_its_first_row() -> None:
    found = items("2019-01-31,Press 2,it leaks oil\n2019-02-01,Lathe 1,it is loud\n", kind="tickets")
    assert records(found)[0].fields == {"column 1": datetime(2019, 1, 31), "column 2": "Press 2",
                                        "column 3": "it leaks oil"}  # fmt: skip
    assert facts(found)["names of the columns"] == "none"


def test_columns_of_one_name_are_told_apart() -> None:
    assert list(fields("machine,problem,note,note,note (2)\na,b,c,d,e\n")[0])[2:] == [
        "note",
        "note (2)",
        "note (2) (2)",
    ]


# --- Cells ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "hours"), [
    ("1,5", 1.5), ("1.5", 1.5), ("2", 2.0), (2, 2.0), ("1h30", 1.5), ("1 h 30 min", 1.5), ("1 ora e 30 minuti", 1.5),
    ("90 min", 1.5), ("90'", 1.5), ("01:30", 1.5), ("1:30:36", 1.51), ("2 Std.", 2.0), ("0,25 h", 0.25), ("45m", 0.75),
    (timedelta(minutes=90), 1.5), (time(1, 30), 1.5), ("2 days", None), ("1:75", None), ("soon", None), ("", None),
    (None, None), ("1" * 500, None), ([1], None),
])  # fmt: skip
def test_hours(written: Any, hours: float | None) -> None:
    assert values.hours(written) == hours


def test_hours_know_the_unit_of_their_column() -> None:
    assert values.unit_of("Duration (min)") == pytest.approx(1 / 60) and values.hours("90", 1 / 60) == 1.5
    assert values.unit_of("LaborHours") == values.unit_of("ore_lavoro") == 1.0
    assert values.unit_of("EFF_DURATION") == 0.0 and values.hours("6000", 0.0) is None, "minutes? seconds?"
    assert values.unit_of("more") is None and values.unit_of("Opening") is None


@pytest.mark.parametrize(("column", "read"), [
    (["1.234,56", "7"], [1234.56, 7.0]), (["1,234.56", "1,234"], [1234.56, 1234.0]), (["3,50 €", "$ 2"], [3.5, 2.0]),
    (["EUR 1.234.567", "1.234"], [1234567.0, 1234.0]), (["1.234"], [1.234]), (["1 234,5", "-2"], [1234.5, -2.0]),
    (["12a", "1.2.3"], [None, None]), ([True, 3, 2.5], [None, 3.0, 2.5]),
])  # fmt: skip
def test_amounts_have_the_decimal_mark_of_their_column(column: list[Any], read: list[float | None]) -> None:
    assert [values.amount(value, values.decimal_of(column)) for value in column] == read


@pytest.mark.parametrize("nothing", ["", " ", "NA", "n/a", "#N/D", "#NV", "-", "—", "null", "NaN", float("nan"), None])
def test_what_says_that_there_is_nothing(nothing: Any) -> None:
    assert values.present(nothing) is None
    assert values.present(" Nadia ") == "Nadia" and values.present(0) == 0


@pytest.mark.parametrize(("written", "at"), [
    ("2024-01-31", datetime(2024, 1, 31)), ("2024-01-31 21:05:07.25", datetime(2024, 1, 31, 21, 5, 7, 250000)),
    ("31/01/2024 9:05 p. m.", datetime(2024, 1, 31, 21, 5)), ("31. 1. 2024, 21.05", datetime(2024, 1, 31, 21, 5)),
    ("31-1-99", datetime(1999, 1, 31)), ("Wed, 31 Jan 2024 21:05:07 +0200", datetime(2024, 1, 31, 21, 5, 7)),
    ("Wed Jan 31 21:05:07 +0000 2024", datetime(2024, 1, 31, 21, 5, 7)), ("31 gennaio 2024", datetime(2024, 1, 31)),
    ("1er février 2024", datetime(2024, 2, 1)), ("31 de enero de 2024", datetime(2024, 1, 31)),
    ("January 31, 2024 9:05 AM", datetime(2024, 1, 31, 9, 5)), ("31-Mär-2024", datetime(2024, 3, 31)),
    ("20240131", datetime(2024, 1, 31)), ("20240131T210507", datetime(2024, 1, 31, 21, 5, 7)),
    (45322, datetime(2024, 1, 31)), (45322.5, datetime(2024, 1, 31, 12)), ("45322", datetime(2024, 1, 31)),
    (1706735107, datetime(2024, 1, 31, 21, 5, 7)), ("1706735107.5", datetime(2024, 1, 31, 21, 5, 7, 500000)),
    (1706735107123, datetime(2024, 1, 31, 21, 5, 7, 123000)), (date(2024, 1, 31), datetime(2024, 1, 31)),
    ("31/02/2024", None), ("0/1/00", None), ("00/00/0000", None), ("2024-13-01", None), ("31/01/2024 25:00", None),
    ("1.2.3", None), ("tomorrow", None), (12, None), (True, None), ("٣١", None),
])  # fmt: skip
def test_dates(written: Any, at: datetime | None) -> None:
    found = dates.parse(written, called=True)
    assert (found and dates._at(found, "dmy", False)) == at


def dated(column: list[Any], wanted: str = "auto") -> dates.Dates:
    return dates.read({"date": column}, wanted)


def test_which_number_is_the_day_is_proved() -> None:
    assert dated(["03/04/2024", "13/04/2024"]).columns["date"][0] == datetime(2024, 4, 3)
    assert dated(["03/04/2024", "04/13/2024"]).columns["date"][0] == datetime(2024, 3, 4)
    assert dated(["03.04.2024"]).columns["date"] == [datetime(2024, 4, 3)], "dots"
    assert dated(["03/03/2024"]).columns["date"] == [datetime(2024, 3, 3)], "either way"
    assert dated(["24-04-03", "24-04-13", "24-12-31"]).columns["date"][0] == datetime(2024, 4, 3)
    assert dated([f"{m}/{d}/2024" for m in range(1, 4) for d in (1, 5, 9, 12)]).facts["date order"].startswith("month")
    assert dated(["9/12/2024", "9/3/2024", "8/11/2024", "8/2/2024"]).columns["date"][0] == datetime(2024, 9, 12)
    with pytest.raises(Undecided) as asked:
        dated(["03/04/2024"])
    assert asked.value.choices == {"dmy": "3 April 2024", "mdy": "4 March 2024"} and asked.value.section == "table"
    assert dated(["03/04/2024"], "mdy").columns["date"] == [datetime(2024, 3, 4)]
    other = dates.read({"date": ["03/04/2024"], "closed": ["13/04/2024"]}, "auto")
    assert other.columns["date"] == [datetime(2024, 4, 3)], "another column proves it"


def test_a_column_is_of_dates_by_its_name_or_by_what_is_in_it() -> None:
    assert not dates.read({"number": [45322, 45323], "note": ["soon", "2024-01-31"]}, "auto").columns
    assert dates.read({"q": ["2024-01-31"] * 4 + ["never"]}, "auto").columns["q"][-1] == "never"
    assert not dates.read({"data": ["some", "words"], "place": ["1234.01.01", "1234.01.02"]}, "auto").columns
    assert "2, such as '0000-00-00'" in dates.read({"date": ["0000-00-00"] * 2}, "auto").facts["not read as dates"]
    local = dated(["2024-01-31T21:05:00+02:00", "2024-02-01T21:05:00+02:00"])
    assert local.columns["date"][0] == datetime(2024, 1, 31, 21, 5) and "times" not in local.facts
    mixed = dated(["2024-01-31T21:05:00+02:00", "2024-07-01T21:05:00+03:00"])
    assert mixed.columns["date"][0] == datetime(2024, 1, 31, 19, 5) and mixed.facts["times"] == "UTC"


# --- How sure it is -------------------------------------------------------------------------------------------------


def test_it_is_never_as_sure_as_a_source_of_its_own() -> None:
    for name in plugins.names("source"):
        source = plugins.load("source", name)
        block = (inspect.getdoc(source) or "").partition("::\n\n")[2].split("\n")
        text = dedent("\n".join(takewhile(lambda line: not line or line.startswith(" "), block))).replace("→", "\t")
        if source is not table and text.strip():
            assert source.sniff(text, "sample.txt") > sure(text, "sample.txt"), name


@pytest.mark.parametrize("head", [
    "", "\n", "hello", "Dear all,\nthe gate, which is blue,\nis open\n", "a,b,c\n1,2,3\n", "tokens,NE,alias\na,b,c\n",
    '{"doc_id": "1", "text": "long"}\n', '{"a": 1, "b": [{"input": 1, "output": 2}]}\n{"a": 2, "b": [{"in',
    '{"a": 1}', "[1, 2]", "[", '{"id": 1, "name": "x", "text": "y"}\n',
    "title,description,price\na,b,1\n", "question\nwhat?\n", "\0\1\2", "PK\x03\x04word/document.xml",
])  # fmt: skip
def test_of_what_makes_no_sense_it_is_not_sure(head: str) -> None:
    assert sure(head) == 0


@pytest.mark.parametrize("head", [CHAT, FAQ, TICKETS, '[{"question": "a", "answer": "b"}, {"que', "PAR1\x15\x04",
                                  '{"instruction": "a", "response": "b"}\n{"ins'])  # fmt: skip
def test_of_what_makes_sense_it_is_sure_enough(head: str) -> None:
    assert 0.5 < sure(head) <= 0.55


# --- Damage and size ------------------------------------------------------------------------------------------------


def rows_of(found: Sequence[Item]) -> list[int]:
    """The numbers of all rows, each as often as it became something."""
    held = [m.origin.line for m in messages(found)]
    held += [item.origin.line for item in found if isinstance(item, Record | Unparsed)]
    return sorted(held)


def test_damaged_tables_are_read_or_end_in_an_error_for_the_user() -> None:
    rows = [{"from": "a", "text": "x y", "date": "1/2/24"}, {"from": "b", "text": "z", "date": ""}]
    seeds = [CHAT, FAQ, TICKETS, "\n".join(map(json.dumps, rows)), json.dumps(rows, indent=1)]
    read = 0
    for data in mutants(seeds):
        assert 0 <= sure(data) <= 0.55
        try:
            found = items(data)
        except UserError:
            continue
        numbers = rows_of(found)
        assert numbers == list(range(1, len(numbers) + 1)) and facts(found)["counts"] == "rows", data
        for chat in chats(found):
            times = [m.at for m in chat.messages if m.at]
            assert times == sorted(times) and all(m.text and m.speaker and m.text.encode() for m in chat.messages), data
        read += bool(chats(found) or records(found))
    assert read > CASES / 4


def test_damaged_workbooks_and_parquet_end_in_an_error_for_the_user() -> None:
    whole = [workbook({"one": [["machine", "problem", "work done"], ["a", "b", "c"]]}), parquet([{"question": "a"}])]
    for data in whole:
        for place in range(4, len(data), max(1, len(data) // 25)):
            for broken in (data[:place], data[:place] + b"\xff" + data[place + 1 :]):
                with suppress(UserError):
                    items(broken)


# --- Real tables ----------------------------------------------------------------------------------------------------

COUNTS = {
    "2_maintenance/nist_excavators/excavators-cleaned.csv": (5485, "tickets"),
    "2_maintenance/mwo2kg_work_orders/work_orders.csv": (500, "tickets"),
    "4_faq_dialogue_instruct/covid_faq_en/faq_covidbert.csv": (213, "questions"),
    "4_faq_dialogue_instruct/ms_smartlight_faq/smartLightFAQ.tsv": (22, "questions"),
    "4_faq_dialogue_instruct/ms_smartlight_faq/CustomQA.tsv": (156, "questions"),
    "7_rag/dstc9_faq_knowledge/faq.jsonl": (2900, "questions"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_real_tables_are_read_whole(name: str) -> None:
    if not (REAL / name).exists():
        pytest.skip("the real data are not here")
    (file,) = inputs(REAL / name)
    found = list(table.read(file, table.Options()))
    count, kind = COUNTS[name]
    assert (len(records(found)), facts(found)["rows"]) == (count, kind) and not unparsed(found)
    assert 0.5 < table.sniff(file.head(), file.name) <= 0.55
