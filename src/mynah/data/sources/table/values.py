"""Cells of tables: what says that there is nothing, hours and amounts in the ways that people write them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from datetime import time, timedelta
from typing import Any

from mynah.data.records import normal, words

MISSING = frozenset(
    (
        "", "na", "n/a", "n.a.", "#n/a", "#na", "#n/d", "#nd", "#nv", "n/d", "n.d.", "k.a.", "s/d", "nan", "-nan",
        "null", "(null)", "none", "nil", "\\n", "<na>", "(blank)", "(empty)", "(vuoto)", "(leer)", "(vide)", "(vacío)",
        "(vazio)", "-", "--", "---", "–", "—", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#wert!",
        "#bezug!", "#valeur!", "#¡valor!", "#valor!", "#valore!", "#rif!", "#nome?", "#nombre?", "#nom?",
    )
)  # fmt: skip
LONGEST = 24  # characters of a number or a length of time

HOURS = words("hours, hrs, h, ore, stunden, std, heures, horas")
MINUTES = words("minutes, minute, mins, min, minuti, minuten, minutos")
LENGTHS = words(
    "duration, time spent, work time, working time, labor, labour, downtime, run time, running time, repair time, "
    "durata, tempo, fermo, dauer, arbeitszeit, stillstand, stillstandszeit, durée, temps, duración, tiempo, "
    "duração, parada"
)
AMOUNTS = words(
    "cost, costs, price, amount, total, costo, costi, prezzo, importo, totale, kosten, preis, betrag, coût, prix, "
    "montant, coste, precio, importe, custo, preço, valor"
)

_NUMBER = r"\d{1,6}(?:[.,]\d{1,4})?"
_SPELLED = re.compile(
    rf"(?:({_NUMBER})\s?(?:h|hrs?|hours?|ore|ora|std|stdn|stunden?|heures?|horas?)\.?)?"
    rf"(?:\s?(?:,|and|und|et|e|y)\s)?\s?(?:({_NUMBER})\s?(m|mins?|minutes?|minut[io]|minuten?|minutos?|['′])?\.?)?",
    re.I,
)
_CLOCK = re.compile(r"(\d{1,5}):([0-5]\d)(?::([0-5]\d))?")
_CURRENCY = re.compile(r"^(?:[$€£¥]|[A-Z]{3}\b)\s?|\s?(?:[$€£¥]|\b[A-Z]{3})$")


def present(value: Any) -> Any:
    """The value, or None where it says that there is none."""
    if isinstance(value, str):
        value = value.strip()
        return None if len(value) < 12 and value.casefold() in MISSING else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


# --- Amounts --------------------------------------------------------------------------------------------------------


def decimal_of(values: Iterable[Any]) -> str:
    """The decimal mark of a column, as most of its numbers show; nothing where none does (1.234)."""
    seen: Counter[str] = Counter()
    for value in values:
        marks = re.sub(r"\d", "", value) if isinstance(value, str) and len(value) <= LONGEST else ""
        marks = "".join(c for c in marks if c in ".,")
        if not marks:
            continue
        last = marks[-1]
        if marks.count(last) > 1:
            seen["," if last == "." else "."] += 1  # it parts thousands
        elif len(marks) > 1 or not re.search(r"[.,]\d{3}(?!\d)", value):
            seen[last] += 1
    return seen.most_common(1)[0][0] if seen else ""


def amount(value: Any, decimal: str = "") -> float | None:
    """A number in the way of the column, with or without its currency, or None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if not isinstance(value, str):
        return float(value) if abs(value) < 1e15 else None
    text = _CURRENCY.sub("", value.strip()) if len(value) <= LONGEST else ""
    text = re.sub(r"(?<=\d)[\s'’](?=\d{3}(?!\d))", "", text)
    if decimal:
        thousands = r"\." if decimal == "," else ","
        if not re.fullmatch(rf"[-+]?(?:\d{{1,3}}(?:{thousands}\d{{3}})+|\d{{1,15}})(?:[{decimal}]\d{{1,9}})?", text):
            return None
        text = text.replace("." if decimal == "," else ",", "")
    elif not re.fullmatch(r"[-+]?\d{1,15}(?:[.,]\d{1,9})?", text):
        return None
    return float(text.replace(",", "."))


# --- Hours ----------------------------------------------------------------------------------------------------------


def unit_of(name: str) -> float | None:
    """Hours in one of what a column of this name counts; 0 for a length of time in a unit that it does not say; None
    for something else."""
    held = normal(name.replace("(", " ").replace(")", " ")).split()  # a unit often stands in brackets
    if any(word in MINUTES for word in held):
        return 1 / 60
    if any(word in HOURS for word in held):
        return 1.0
    spaced = f" {normal(name)} "
    return 0.0 if any(f" {word} " in spaced for word in LENGTHS) else None


def hours(value: Any, unit: float = 1.0, decimal: str = "") -> float | None:
    """The hours of `1,5`, `1h30`, `90 min`, `01:30` or a length of time, or None. A number alone counts `unit` hours;
    where that is 0 it is not understood."""
    if isinstance(value, timedelta):
        return round(value / timedelta(hours=1), 4)
    if isinstance(value, time):
        return round(value.hour + value.minute / 60 + value.second / 3600, 4)
    alone = amount(value, decimal)
    if alone is None and decimal:
        alone = amount(value)  # somebody wrote it the other way
    if alone is not None:
        return round(alone * unit, 4) if unit else None
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    text = value.strip()
    if clock := _CLOCK.fullmatch(text):
        return round(int(clock[1]) + int(clock[2]) / 60 + int(clock[3] or 0) / 3600, 4)
    spelled = _SPELLED.fullmatch(text)
    if not spelled or not (spelled[1] or (spelled[2] and spelled[3])):
        return None
    whole, minutes = (float((part or "0").replace(",", ".")) for part in (spelled[1], spelled[2]))
    return round(whole + minutes / 60, 4)


def has_unit(value: Any) -> bool:
    """Does it say itself that it is a length of time? `01:30` may be one of day."""
    return isinstance(value, timedelta) or (isinstance(value, str) and ":" not in value and hours(value, 0) is not None)


def is_amount(name: str) -> bool:
    """Does a column of this name hold amounts of money?"""
    return any(word in AMOUNTS for word in normal(name).split())
