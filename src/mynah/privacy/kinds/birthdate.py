"""Dates of birth, behind a word for them.

found: born on «12.03.1987» in Graz
found: date of birth: «1987-03-12»
found: geb. «3. Mai 1990»
found: né le «14 juillet 1979»
found: נולדתי ב-«5/11/1992»
found: родился «7 ноября 1983»
kept: the meeting is on 12.03.2024
kept: born to run since 1975
kept: geboren in Wien
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._context import told
from mynah.privacy.kinds._shape import fitted

LABEL = "dates of birth"
HINT = r"\d"
MONTHS_TABLE = """january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
januar februar märz april mai juni juli august september oktober november dezember
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר
בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר
يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık"""
MONTHS = tuple(tuple(line.split()) for line in MONTHS_TABLE.splitlines())
NAMES = "|".join(sorted({name for months in MONTHS for name in months}, key=len, reverse=True))
YEAR = r"(?:(?:19|20)\d\d)"
DATE = re.compile(
    rf"""(?<![\w.])(?:\d{{1,2}}[./-]\s?\d{{1,2}}[./-]\s?(?:{YEAR}|\d\d)|{YEAR}[./-]\d{{1,2}}[./-]\d{{1,2}}|"""
    rf"""\d{{1,2}}(?:\.|st|nd|rd|th|º|er)?(?:\s(?:of|de|di))?\s(?:{NAMES})\.?(?:,?\s(?:de\s|del\s)?{YEAR})|"""
    rf"""(?:{NAMES})\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s{YEAR})(?!\w)""",
    re.IGNORECASE,
)
WORDS = re.compile(
    r"""(?<![^\W_])(?:born|d\.?o\.?b\.?|date of birth|birth ?date|birthday|geb|geboren|geburtsdatum|geburtstag|
    nacid[oa]|nac[íi]|
    fecha de nacimiento|cumpleaños|née?|naissance|date de naissance|nat[oa]|data di nascita|compleanno|nascid[oa]|
    nasci|data de nascimento|
    nascimento|aniversário|родил(?:ся|ась)|рождения|д\.?р\.?|נולד(?:ה|תי)?|תאריך ה?לידה|יום הולדת|ולד|وُ?لدت?|الميلاد|
    ميلاد|ميلادي|مواليد|doğum|
    doğum (?:tarihi|günü)m?|doğumluyum|doğdum)(?:\W{1,3}(?:on|the|is|was|am|den|der|ist|war|el|es|le|est|il|è|em|é|o|
    dia|día|
    giorno|в|это|שלי|שלו|שלה|הוא|ב|
    في|يوم|هو|tarihi|tarihim|my|mein|her|his|in|um)){0,3}[^\w]{0,4}(?:ב-?)?$""".replace("\n    ", ""),
    re.IGNORECASE,
)  # fmt: skip


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    yield from (match.span() for match in DATE.finditer(text) if told(WORDS, text, match.start()))


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """Another date, written in the same way."""
    return re.sub(r"\d+|[^\W\d_]+", lambda part: _other(part[0], draw), secret)


def _other(part: str, draw: Random) -> str:
    if part.isdecimal():
        if len(part) == 4:
            return str(draw.randrange(1940, 2010))
        if int(part) > 31:
            return f"{draw.randrange(40, 100)}"
        return f"{draw.randrange(1, 10)}" if len(part) == 1 else f"{draw.randrange(1, 13):02}"
    months = next((months for months in MONTHS if part.lower() in months), None)
    if months is None:
        return part
    name = draw.choice(months)
    return name.capitalize() if part[0].isupper() and not part.isupper() else fitted(name, part)
