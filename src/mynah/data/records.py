"""Records come in, examples go out, without any teacher: some columns are the question, others the answer.

    question, answer = guess(records)
    examples(records, question, answer)

A row of a FAQ is asked and answered as it stands. Of a ticket, what was wrong is asked and what was done is answered,
each as lines of `Name: value`. Other wordings of a question are examples of their own: r12, r12.1, r12.2 are forms of
one record, which `form_of` tells, and which a split must not divide.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from mynah.core.errors import UserError, did_you_mean
from mynah.core.types import Example, Record, Turn
from mynah.data.turns import bubble

Columns = tuple[str, ...]
FILLED = 0.1  # of the rows, at least, must have something in a column that is guessed
FREE = 2.0  # words in a value, on average, from which on it is text that somebody wrote
VARIED = 0.02  # distinct values for each value, from which on they are no categories
MOST = 3  # columns of text that are guessed as the question
LOOK = 5000  # rows that are looked at
_STORED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{6})?")  # a date, as core/tables.py writes it
_ADDRESS = re.compile(r"\s*(?:https?:|www\.|/|<[a-z]+[^<>]*>.*>\s*$)", re.I | re.S)  # or what programs wrote


def words(text: str) -> tuple[str, ...]:
    """Names of columns, the likeliest first, as `normal` has them. They stand between commas."""
    return tuple(normal(word) for word in text.split(","))


@lru_cache(4096)
def normal(name: str) -> str:
    """`from_name`, `FromName` and `From name (UTC)` are `from name`. Accents are left out."""
    name = re.sub(r"\([^()]*\)", " ", name) if not name.startswith("(") else name
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))


# --- What columns are called ----------------------------------------------------------------------------------------

QUESTION = words(
    "question, prompt, instruction, query, user question, customer question, utterance, faq "
    "question, input, domanda, quesito, frage, anfrage, pregunta, consulta, pergunta, questão, "
    "вопрос, 问题, 質問, 질문, שאלה, سؤال, q, questions"
)
ANSWER = words(
    "answer, completion, response, output, reply, answer text, best answer, faq answer, risposta, "
    "antwort, réponse, reponse, respuesta, resposta, ответ, 答案, 回答, 답변, תשובה, جواب, a"
)
MORE = words("input, context")  # belongs to the question where another column is that
ALTERNATIVES = words(
    "alternatives, alternative questions, alternate questions, questions, paraphrases, variants, question "
    "variants, similar questions, varianti, domande alternative, alternativfragen, varianten, variantes, "
    "paraphrasen, questions alternatives, preguntas alternativas, perguntas alternativas"
)
LABEL = words("label, is correct, correct, relevant, relevance, is relevant, is answer, is duplicate")

# What a column of a ticket tells. The longest of these words in a name decides, so that "functional location
# description" is the machine and "problem description" what is wrong with it.
TICKET: dict[str, tuple[str, ...]] = {
    "title": words(
        "title, subject, summary, short text, shorttext, short description, headline, topic, titolo, oggetto, "
        "descrizione breve, betreff, titel, kurztext, kurzbeschreibung, titre, objet, sujet, titulo, asunto, "
        "resumen, assunto, resumo, descrição breve, descripcion breve"
    ),
    "machine": words(
        "machine, machine name, equipment, equipment description, equipment name, asset, asset name, asset "
        "description, functional location, functional location description, func location, functional loc, "
        "device, apparatus, cmdb ci, configuration item, macchina, macchinario, impianto, attrezzatura, "
        "apparecchiatura, maschine, anlage, gerät, technischer platz, machine concernée, équipement, appareil, "
        "máquina, equipo, activo, equipamento, ativo"
    ),
    "condition": words(
        "condition found, condition, description, long description, problem, problem description, issue, fault, "
        "fault description, failure, failure description, failure mode, symptom, symptoms, complaint, defect, "
        "damage, explanation, request, reported problem, problem code text, descrizione, problema, problema "
        "riscontrato, guasto, descrizione guasto, anomalia, difetto, segnalazione, condizione riscontrata, "
        "störung, fehler, beschreibung, fehlerbeschreibung, problembeschreibung, befund, schaden, mangel, "
        "problème, panne, défaut, anomalie, constat, description du problème, avería, falla, fallo, descripción, "
        "defecto, síntoma, avaria, falha, defeito, descrição"
    ),
    "cause": words("cause, root cause, cause text, cause code text, causa, ursache, cause racine, causa raiz, grund"),
    "work": words(
        "work done, work performed, work carried out, work description, action, action taken, actions taken, "
        "corrective action, resolution, resolution notes, solution, repair, repair action, fix, remedy, close "
        "notes, closing notes, closing remarks, technician notes, activity text, task text, work log, lavoro "
        "eseguito, lavori eseguiti, lavoro svolto, intervento, intervento eseguito, azione, azione correttiva, "
        "soluzione, riparazione, attività svolta, rimedio, massnahme, massnahmen, behebung, lösung, durchgeführte "
        "arbeiten, ausgeführte arbeiten, arbeit, reparatur, tätigkeit, abhilfe, travaux effectués, travail "
        "effectué, travaux réalisés, intervention, réparation, action corrective, résolution, remède, trabajo "
        "realizado, trabajos realizados, acción, acción correctiva, solución, reparación, resolución, trabalho "
        "realizado, serviço executado, ação, ação corretiva, solução, reparo, resolução"
    ),
    "order": words(
        "work order, order number, order type, wo, wo number, ticket, ticket id, ticket number, case number, "
        "incident, incident number, issue key, notification, ordine di lavoro, odl, numero ticket, auftrag, "
        "auftragsnummer, meldung, ordre de travail, bon de travail, orden de trabajo, ordem de serviço, ordem de "
        "trabalho"
    ),
    "priority": words("priority, severity, urgency, priorità, urgenza, priorität, priorité, prioridad, prioridade"),
    "status": words("status, state, stato, zustand, statut, état, estado"),
    "technician": words(
        "technician, assignee, assigned to, mechanic, operator, tecnico, manutentore, operatore, techniker, "
        "bearbeiter, technicien, técnico, mecânico, responsabile"
    ),
    "hours": words(
        "hours, labor hours, man hours, duration, work time, time spent, ore, ore lavoro, durata, stunden, "
        "arbeitszeit, dauer, heures, durée, horas, duración, duração"
    ),
    "downtime": words("downtime, fermo macchina, tempo di fermo, stillstand, stillstandszeit, temps d arrêt, parada"),
    "cost": words("cost, total cost, price, costo, kosten, coût, coste, custo"),
}
HARD = ("machine", "cause", "work", "order", "technician", "downtime")  # what tables of other things do not have
DATE = words("date, data, datum, fecha")
IDENTIFYING = words(
    "id, code, key, number, name, link, url, path, file, email, e mail, mail, phone, address, user, author, html, "
    "technician, operator, assignee, hash, guid, uuid, nome, codice, numero, nummer, kennung, nom, nombre, codigo"
)


class Preset(NamedTuple):
    """The columns of a known export that are asked and answered. All of the first of each must be there."""

    name: str
    question: Columns
    answer: Columns


PRESETS = (
    Preset("tagged work orders", words("original shorttext"), words("major system, part, action, fm, location")),
    Preset("SAP notifications", words("description, long text"), words("cause text, activity text, task text")),
    Preset("ServiceNow", words("short description, description"), words("close notes")),
)


def role_of(name: str) -> str:
    """What a column of this name tells of a ticket, or nothing."""
    called = normal(name)
    if {called.partition(" ")[0], called.rpartition(" ")[2]} & set(DATE):
        return "date"
    spaced = f" {called} "
    found = [(len(word), role) for role, known in TICKET.items() for word in known if f" {word} " in spaced]
    return max(found, key=lambda each: each[0])[1] if found else ""


def named(words: Sequence[str], names: Iterable[str]) -> str:
    """The column that is called by the likeliest of the words, or nothing."""
    called: dict[str, str] = {}
    for name in names:
        called.setdefault(normal(name), name)
    return next((called[word] for word in words if word in called), "")


# --- Which columns are asked, and which answered --------------------------------------------------------------------


def guess(records: Sequence[Record]) -> tuple[Columns, Columns]:
    """The columns of the question and of the answer: by their names, or else the longest text that somebody wrote is
    the answer and other such text the question. Raises UserError where there is none."""
    seen = records[:: max(1, len(records) // LOOK)]
    filled = [name for name in _names(seen) if _share(seen, name) >= FILLED]
    found = _asked(filled) or _preset(filled) or _ticket(filled) or _by_content(seen, filled)
    if found is None:
        names = ", ".join(map(repr, _names(seen)[:20])) or "none"
        todo = "Name the columns of the question and of the answer."
        raise UserError("columns with a question and its answer", f"the columns {names}", todo)
    return found


def _names(records: Iterable[Record]) -> list[str]:
    """All columns, in the order in which they come."""
    return list(dict.fromkeys(name for record in records for name in record.fields))


def _share(records: Sequence[Record], name: str) -> float:
    return sum(bool(shown(record.fields.get(name))) for record in records) / max(1, len(records))


def _asked(names: Sequence[str]) -> tuple[Columns, Columns] | None:
    """A FAQ, or training data of other tools."""
    question, answer = named(QUESTION, names), named(ANSWER, names)
    if not question or not answer:
        return None
    more = [name for name in names if normal(name) in MORE and name not in (question, answer)]
    return (question, *more), (answer,)


def _preset(names: Sequence[str]) -> tuple[Columns, Columns] | None:
    for preset in PRESETS:
        question, answer = _held(preset.question, names), _held(preset.answer, names)
        if question and answer and normal(question[0]) == preset.question[0] and normal(answer[0]) == preset.answer[0]:
            return question, answer
    return None


def _held(wanted: Columns, names: Sequence[str]) -> Columns:
    called = {normal(name): name for name in reversed(names)}
    return tuple(called[word] for word in wanted if word in called)


def _ticket(names: Sequence[str]) -> tuple[Columns, Columns] | None:
    """The machine and what is wrong with it; why that was, and what was done."""
    roles: dict[str, list[str]] = {}
    for name in names:
        if not _identifies(name):
            roles.setdefault(role_of(name), []).append(name)
    wrong = roles.get("title", []) + roles.get("condition", [])
    if not wrong or not roles.get("work"):
        return None
    return tuple(roles.get("machine", [])[:1] + wrong), tuple(roles.get("cause", []) + roles["work"])


def _identifies(name: str) -> bool:
    """Does its last word say that it is no text? How a machine is called is worth knowing."""
    return normal(name).rpartition(" ")[2] in IDENTIFYING and role_of(name) != "machine"


def _by_content(records: Sequence[Record], names: Sequence[str]) -> tuple[Columns, Columns] | None:
    """The answer is the longest text that is not the same in most rows."""
    lengths = {name: _length(records, name) for name in names if not _identifies(name)}
    texts = [name for name in names if lengths.get(name)]
    if len(texts) < 2:
        return None
    answer = max(texts, key=lambda name: lengths[name])
    return tuple(name for name in texts if name != answer)[:MOST], (answer,)


def _length(records: Sequence[Record], name: str) -> float:
    """The characters of a value, on average, or 0 where nobody wrote them: addresses, categories, numbers."""
    found = [value for record in records if isinstance(value := record.fields.get(name), str) and value.strip()]
    if not found or len(set(found)) < max(2, VARIED * len(found)):
        return 0.0
    if sum(len(text.split()) for text in found) < FREE * len(found):
        return 0.0
    if sum(_ADDRESS.match(text) is not None for text in found) > len(found) / 2:
        return 0.0
    return sum(map(len, found)) / len(found)


# --- Examples -------------------------------------------------------------------------------------------------------


def examples(
    records: Sequence[Record], question: Sequence[str], answer: Sequence[str], system: str = ""
) -> list[Example]:
    """An example of two turns for each record that has a question and an answer, and one more for each other wording of
    the question. Raises UserError for a column that no record has."""
    made: list[Example] = []
    for number, record, why in _judged(records, question, answer):
        if why:
            continue
        reply = Turn("assistant", (_joined(record, answer),), learn=True)
        at = next((value for each in record.fields.values() if isinstance(value := _dated(each), datetime)), None)
        for form, text in enumerate(_wordings(record, question)):
            id = f"r{number}.{form}" if form else f"r{number}"
            made.append(Example(id, (Turn("user", (text,)), reply), system, at, (record.origin,)))
    return made


def left_out(records: Sequence[Record], question: Sequence[str], answer: Sequence[str]) -> dict[str, int]:
    """How many records are no examples, by reason."""
    return dict(Counter(why for _, _, why in _judged(records, question, answer) if why).most_common())


def form_of(example: str) -> str:
    """The id of the record that the example of this id is a form of."""
    return example.partition(".")[0]


def _judged(
    records: Sequence[Record], question: Sequence[str], answer: Sequence[str]
) -> Iterator[tuple[int, Record, str]]:
    """Each record with its number and, where it is no example, why."""
    names = _names(records)
    for column in (*question, *answer):
        if column not in names:
            raise UserError("a column of the records", repr(column), did_you_mean(column, names))
    if not question or not answer:
        raise UserError("a column for the question and one for the answer", "none", "Name them.")
    labels = _labels(records, {*question, *answer})
    for number, record in enumerate(records):
        yield number, record, _why_not(record, question, answer, labels)


def _why_not(record: Record, question: Sequence[str], answer: Sequence[str], labels: Sequence[str]) -> str:
    wrong = next((name for name in labels if shown(record.fields.get(name)).lower() in ("0", "false")), "")
    if wrong:
        return f"marked as a wrong answer ({wrong} is {shown(record.fields[wrong])})"
    if not _wordings(record, question):
        return "no question"
    return "" if _joined(record, answer) else "no answer"


def _labels(records: Sequence[Record], used: set[str]) -> list[str]:
    """The columns that say whether the answer is right: nothing but 0 and 1, or false and true, and both of them."""
    found = []
    for name in _names(records):
        if name not in used and normal(name) in LABEL:
            values = {shown(record.fields.get(name)).lower() for record in records} - {""}
            if values in ({"0", "1"}, {"false", "true"}):
                found.append(name)
    return found


def _wordings(record: Record, question: Sequence[str]) -> list[str]:
    """The question and, where one column has it, its other wordings, each once."""
    if len(question) > 1:
        return [text] if (text := _joined(record, question)) else []
    value = record.fields.get(question[0])
    asked = list(value) if isinstance(value, list) else [value]
    others = named(ALTERNATIVES, (name for name in record.fields if name != question[0]))
    if others and isinstance(record.fields[others], list):
        asked += record.fields[others]
    texts: dict[str, str] = {}
    for each in asked:
        if text := shown(_dated(each)):
            texts.setdefault(text.casefold(), text)
    return list(texts.values())


def _joined(record: Record, columns: Sequence[str]) -> str:
    """The text of one column; of several, those that have any, by name."""
    texts = {name: shown(_dated(record.fields.get(name))) for name in columns}
    if len(columns) == 1:
        return texts[columns[0]]
    return "\n".join(f"{name}: {text}" for name, text in texts.items() if text)


def _dated(value: Any) -> Any:
    """The value; where it is a date that was written to disk as text, that date."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and _STORED.fullmatch(value) else value
    except ValueError:
        return value


def shown(value: Any) -> str:
    """A value as people read it; nothing of what is missing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return bubble(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(text for each in value if (text := shown(each)))
    if isinstance(value, Mapping):
        return orjson.dumps(value, default=str).decode() if value else ""
    return str(value)
