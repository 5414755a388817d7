"""Numbers that the state gave a person: those whose check digits are right, and what a word for them announces.

found: my SSN is «123-45-6789»
found: mi DNI: «12345678Z»
found: passport no. «C01X00T47» expires soon
found: CPF «529.982.247-25»
found: codice fiscale «RSSMRA85T10A562S»
found: ת.ז. «123456782»
kept: part 123-45-678
kept: call extension 12345678
kept: passport control opens at 9
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

from mynah.privacy.kinds._context import OTHER, before, told
from mynah.privacy.kinds._shape import digits, other

LABEL = "numbers of identity papers"
HINT = r"\d"
FEWEST = 5  # digits of such a number
WORDS = before(
    r"""ssn|social security|social security number|passport|passport no|id|id card|id number|national id|
    driver'?s licen[cs]e|driving
    licen[cs]e|licen[cs]e|national insurance|ni number|nino|tax id|itin|personalausweis|ausweis|ausweisnummer|ausweisnr|
    personalausweisnummer|reisepass|reisepassnummer|pass-?nr|passnummer|steuer-?id|steueridentifikationsnummer|
    steuernummer|
    sozialversicherungsnummer|sv-?nummer|rentenversicherungsnummer|führerschein|führerscheinnummer|dni|nif|pasaporte|
    documento|cédula|
    cedula|curp|rfc|número de la seguridad social|seguridad social|permiso de conducir|sécurité sociale|
    securite sociale|sécu|numéro de sécu|
    passeport|carte d'identité|permis|permis de conduire|codice fiscale|cod\. ?fiscale|passaporto|carta d'identità|
    patente|cpf|rg|cnh|passaporte|
    bilhete de identidade|cartão de cidadão|паспорт|паспорта|загранпаспорт|загранпаспорта|инн|снилс|права|ת\.? ?ז\.?|
    ת["״]ז|תעודת זהות|התעודת זהות|
    תעודת הזהות|דרכון|הדרכון|רישיון נהיגה|הוית|هوية|الهوية|هويتي|جواز|جواز السفر|جوازي|الإقامة|إقامة|tc|tc kimlik|
    t\.c\.|kimlik|tckn|pasaport|
    ehliyet|pesel|bsn|aadhaar""".replace("\n    ", " ").replace("| ", "|")
)
TOKEN = re.compile(r"(?<![\w.+-])[A-Z0-9](?:[A-Z0-9-]|(?<=\d)[ /.](?=\d)){4,20}[A-Z0-9](?![\w-]|[.,]\d)", re.IGNORECASE)
NONE = before(
    r"""(?:user|account|session|meeting|zoom|order|transaction|process|client|device|app|game|steam|discord|channel|
    chat|message|apple|video|
    request|event|job|build|container|thread|team|teamviewer|anydesk|post|object|item|product)[ _-]?id""".replace(
        "\n    ", ""
    )
)


def _dni(text: str) -> bool:
    number = {"X": "0", "Y": "1", "Z": "2"}.get(text[0].upper(), text[0]) + digits(text[1:])
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1].upper()


def _cpf(text: str) -> bool:
    number = digits(text)
    for place in (9, 10):
        total = sum(int(d) * (place + 1 - i) for i, d in enumerate(number[:place]))
        if int(number[place]) != total * 10 % 11 % 10:
            return False
    return len(set(number)) > 1


TENTH = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
LATER = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (*TENTH, *TENTH, *LATER), strict=True))


def _fiscal(text: str) -> bool:
    up = text.upper()
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in up[1:15:2])
    return chr(65 + (sum(ODD[c] for c in up[0:15:2]) + even) % 26) == up[15]


def _snils(text: str) -> bool:
    number = digits(text)
    return sum(int(d) * (9 - i) for i, d in enumerate(number[:9])) % 101 % 100 == int(number[9:])


def _nir(text: str) -> bool:
    number = digits(text)
    return 97 - int(number[:13]) % 97 == int(number[13:])


def _always(text: str) -> bool:
    return True


CHECKED: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])"), _always),
    (
        re.compile(r"(?<![\w-])(?:\d{8}|[XYZxyz]-?\d{7})-?[TRWAGMYFPDXBNJZSQVHLCKEtrwagmyfpdxbnjzsqvhlcke](?![\w-])"),
        _dni,
    ),
    (re.compile(r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d\d(?![\w-])"), _cpf),
    (re.compile(r"(?<!\w)[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z](?!\w)", re.IGNORECASE), _fiscal),
    (re.compile(r"(?<![\w-])\d{3}-\d{3}-\d{3}[ -]\d\d(?![\w-])"), _snils),
    (re.compile(r"(?<!\w)[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d\d ?\d{3} ?\d{3} ?\d\d(?!\w)"), _nir),
)
"""US social security, Spanish DNI and NIE, Brazilian CPF, Italian codice fiscale, Russian SNILS, French NIR."""


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    if sum(map(str.isdigit, text)) < FEWEST:
        return
    sure = [m for pattern, right in CHECKED for m in pattern.finditer(text) if right(m[0])]
    spans = {match.span() for match in sure if not told(OTHER, text, match.start())}
    for match in TOKEN.finditer(text):
        number = match[0]
        if sum(map(str.isdigit, number)) < FEWEST or _date(number):
            continue
        if told(WORDS, text, match.start()) and not told(NONE, text, match.start()):
            spans.add(match.span())
    yield from sorted(spans)


def _date(text: str) -> bool:
    return bool(
        re.fullmatch(
            r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}|(?:19|20)\d\d ?- ?(?:19|20)\d\d",
            text,
        )
    )


def key(secret: str) -> str:
    """The same however it is grouped."""
    return "".join(c for c in secret.upper() if c.isalnum())


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """Other letters and digits in the same places, of which no check is right; of the US one that nobody is given."""
    made = secret
    for _ in range(50):
        made = other(secret, draw)
        if re.fullmatch(r"\d{3}-\d\d-\d{4}", secret):
            return "9" + made[1:]
        if not any(pattern.fullmatch(made) and right(made) for pattern, right in CHECKED):
            break
    return made
