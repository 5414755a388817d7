"""Records become examples: the columns are guessed from their names or contents, and every row is accounted for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mynah.core.errors import UserError
from mynah.core.types import Origin, Record
from mynah.data.files import inputs
from mynah.data.records import examples, form_of, guess, left_out, normal, role_of, shown
from mynah.data.sources import table

REAL = Path(__file__).parents[3] / "shared" / "data"


def rows(*fields: dict[str, Any]) -> list[Record]:
    return [Record(each, Origin("t.csv", number)) for number, each in enumerate(fields, 1)]


def ticket(*names: str) -> list[Record]:
    return rows(dict.fromkeys(names, "some words"), dict.fromkeys(names, "other words"))


# --- Examples -------------------------------------------------------------------------------------------------------


def test_a_row_of_one_question_and_one_answer_is_asked_and_answered_as_it_stands() -> None:
    (example,) = examples(rows({"q": " Open? ", "a": "Until\r\nnine. "}), ["q"], ["a"], "Be brief.")
    asked, answered = example.turns
    assert (asked.role, asked.text, asked.learn) == ("user", "Open?", False)
    assert (answered.role, answered.text, answered.learn) == ("assistant", "Until\nnine.", True)
    assert (example.id, example.system, example.origins) == ("r0", "Be brief.", (Origin("t.csv", 1),))


def test_several_columns_are_lines_with_their_names() -> None:
    at = datetime(2019, 1, 31)
    (example,) = examples(
        rows({"Machine": "Press", "Noise": None, "Hours": 1.5, "Opened": at, "Parts": ["seal", "oil"], "Work": "done"}),
        ["Machine", "Noise", "Opened"], ["Work", "Hours", "Parts"],
    )  # fmt: skip
    assert example.turns[0].text == "Machine: Press\nOpened: 2019-01-31"
    assert example.turns[1].text == "Work: done\nHours: 1.5\nParts: seal, oil"
    assert example.at == at
    (stored,) = examples(rows({"Opened": str(at), "Work": "done"}), ["Opened"], ["Work"])
    assert (stored.turns[0].text, stored.at) == ("2019-01-31", at), "dates are text in tables on disk"


def test_other_wordings_are_forms_of_one_record() -> None:
    others = ["Is it open?", "open?", "", "OPEN NOW?"]
    held = rows({"question": "no", "answer": None}, {"question": "Open?", "answer": "Yes.", "alternatives": others})
    found = examples(held, ["question"], ["answer"])
    assert [(e.id, e.turns[0].text) for e in found] == [("r1", "Open?"), ("r1.1", "Is it open?"), ("r1.2", "OPEN NOW?")]
    assert {form_of(e.id) for e in found} == {"r1"} and {e.turns[1].text for e in found} == {"Yes."}
    listed = examples(rows({"questions": ["a?", "b?"], "answer": "c"}), ["questions"], ["answer"])
    assert [(e.id, e.turns[0].text) for e in listed] == [("r0", "a?"), ("r0.1", "b?")]


def test_what_is_no_example_is_counted_by_reason() -> None:
    held = rows({"q": "a", "a": "b", "label": "1"}, {"q": "a", "a": "c", "label": "0"}, {"q": "", "a": "c", "label": 1},
                {"q": "d", "a": None}, {"a": "d"})  # fmt: skip
    assert left_out(held, ["q"], ["a"]) == {
        "no question": 2,
        "marked as a wrong answer (label is 0)": 1,
        "no answer": 1,
    }
    assert [e.id for e in examples(held, ["q"], ["a"])] == ["r0"]
    classes = rows(*({"q": "a", "a": "b", "label": str(n)} for n in range(3)))
    assert left_out(classes, ["q"], ["a"]) == {}, "a label with three values says something else"


@settings(max_examples=40)
@given(
    st.lists(st.dictionaries(st.sampled_from("qax"), st.none() | st.text("ab \n", max_size=3), min_size=1), max_size=8)
)
def test_every_record_is_an_example_or_counted(fields: list[dict[str, Any]]) -> None:
    held = [*rows(*fields), *rows({"q": "a", "a": "b"})]
    assert len(examples(held, ["q"], ["a"])) + sum(left_out(held, ["q"], ["a"]).values()) == len(held)


def test_a_column_that_is_not_there_is_an_error_for_the_user() -> None:
    with pytest.raises(UserError, match=r"'anwser'.*Did you mean 'answer'"):
        examples(rows({"question": "a", "answer": "b"}), ["question"], ["anwser"])
    with pytest.raises(UserError, match="found none"):
        examples(rows({"question": "a"}), ["question"], [])


@pytest.mark.parametrize(("value", "text"), [
    (None, ""), (" a \r\n b", "a\n b"), (2, "2"), (2.0, "2"), (407.4, "407.4"), (True, "true"),
    ({"a": [1]}, '{"a":[1]}'), ([], ""), (datetime(2024, 1, 31, 21, 5), "2024-01-31 21:05"),
])  # fmt: skip
def test_values_are_shown_as_people_read_them(value: Any, text: str) -> None:
    assert shown(value) == text


# --- Guesses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("names", "question", "answer"), [
    (("id", "Question", "Answer"), ("Question",), ("Answer",)),
    (("prompt", "completion"), ("prompt",), ("completion",)),
    (("instruction", "input", "output"), ("instruction", "input"), ("output",)),
    (("domanda", "risposta"), ("domanda",), ("risposta",)), (("Frage", "Antwort"), ("Frage",), ("Antwort",)),
    (("pregunta", "respuesta"), ("pregunta",), ("respuesta",)),
    (("pergunta", "resposta"), ("pergunta",), ("resposta",)),
])  # fmt: skip
def test_questions_are_known_by_their_names(names: tuple[str, ...], question: Any, answer: Any) -> None:
    assert guess(ticket(*names)) == (question, answer)


@pytest.mark.parametrize(("names", "question", "answer"), [
    ("Ticket ID|Machine|Title|Condition found|Work done|Technician", "Machine|Title|Condition found", "Work done"),
    ("WO|EquipmentName|Problem_Description|RootCause|CorrectiveAction", "EquipmentName|Problem_Description",
     "RootCause|CorrectiveAction"),
    ("Data|Macchina|Guasto|Causa|Lavoro eseguito|Ore", "Macchina|Guasto", "Causa|Lavoro eseguito"),
    ("Anlage|Störung|Ursache|Durchgeführte Arbeiten", "Anlage|Störung", "Ursache|Durchgeführte Arbeiten"),
    ("Équipement|Panne|Travaux effectués", "Équipement|Panne", "Travaux effectués"),
    ("Máquina|Avería|Trabajo realizado", "Máquina|Avería", "Trabajo realizado"),
    ("Equipamento|Falha|Serviço executado", "Equipamento|Falha", "Serviço executado"),
    ("Asset|OriginalShorttext|MajorSystem|Part|Action|FM", "OriginalShorttext", "MajorSystem|Part|Action|FM"),
    ("number|short_description|description|close_notes", "short_description|description", "close_notes"),
])  # fmt: skip
def test_tickets_are_known_by_their_names(names: str, question: str, answer: str) -> None:
    assert guess(ticket(*names.split("|"))) == (tuple(question.split("|")), tuple(answer.split("|")))


def test_without_names_the_longest_text_that_somebody_wrote_is_the_answer() -> None:
    held = rows(*(
        {"no": n, "who": "Ada B", "link": f"https://a b/{n} " * 30, "kind": "x y", "u": f"why is it {n}?",
         "v": f"because of the long reason number {n}"} for n in range(200)
    ))  # fmt: skip
    assert guess(held) == (("u",), ("v",))


def test_a_column_with_next_to_nothing_in_it_is_not_guessed() -> None:
    held = rows(*({"question": "a b", "input": "x" if n == 0 else None, "answer": "c"} for n in range(20)))
    assert guess(held) == (("question",), ("answer",))


def test_where_nothing_can_be_guessed_the_columns_are_named() -> None:
    with pytest.raises(UserError, match="'n', 'code'"):
        guess(rows({"n": 1, "code": "A 1"}))
    with pytest.raises(UserError, match="none"):
        guess([])


def test_names_are_compared_without_case_accents_and_signs() -> None:
    names = ("WorkDone", "work_done", " WORK-DONE ", "Work done (text)")
    assert {normal(name) for name in names} == {"work done"} and normal("Störung") == normal("STÖRUNG") == "storung"
    assert role_of("Functional_Location_Description") == "machine" and role_of("Problem description") == "condition"
    assert role_of("colour") == ""


# --- Real tables ----------------------------------------------------------------------------------------------------

REAL_EXAMPLES = {
    "2_maintenance/nist_excavators/excavators-cleaned.csv": None,
    "2_maintenance/maintnorm_company_a/maintnorm.jsonl": 3999,  # one text says that there is none
    "4_faq_dialogue_instruct/covid_faq_en/faq_covidbert.csv": 213,
    "4_faq_dialogue_instruct/insuranceqa_validation/validation.csv": 2520,
    "4_faq_dialogue_instruct/ms_chitchat_en-us/chitchat.jsonl": None,
}


@pytest.mark.parametrize("name", REAL_EXAMPLES)
def test_real_tables_make_examples(name: str) -> None:
    if not (REAL / name).exists():
        pytest.skip("the real data are not here")
    (file,) = inputs(REAL / name)
    held = [item for item in table.read(file, table.Options()) if isinstance(item, Record)]
    question, answer = guess(held)
    made, lost = examples(held, question, answer), left_out(held, question, answer)
    assert len({form_of(each.id) for each in made}) + sum(lost.values()) == len(held)
    expected = REAL_EXAMPLES[name]
    assert made and (expected is None or len(made) == expected)
