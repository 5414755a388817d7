"""The names of the people of a chat: who writes, how they are called, and those who are clearly named.

The words of the speakers' names are names wherever they stand in a text, with a possessive, a Hebrew or Arabic
prefix or
a Russian ending. A name that is an ordinary word as well (May, Will, Rose, גל, نور) is one only where that is told:
with
a capital inside a sentence and without an article, as @mention, beside another name, behind a greeting. Who does not
write is known by a title (Frau Kern), by an introduction (my name is Ida), or where several greetings name somebody
whom nobody writes with a small letter.

Not found: names of others in mere stories, nicknames that come from no table, names written without spaces in a
sentence of another script, ordinary words as names at the beginning of a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from random import Random
from typing import Any, NamedTuple

from mynah.privacy._names import FIRST, LETTERS, NICKNAMES, ORDINARY, ROLES, UNSPACED
from mynah.privacy.kinds._shape import fitted, spoken
from mynah.privacy.literals import WORD, Literals

NAME = "name"
LETTERS_ONLY = re.compile(r"[^\W\d_]{2,}")
CAPITALS = re.compile(r"(?:[^\W\d_a-z][^\W\d_]*[-'’.]?)+")  # Jean-Luc, but not made-for-you
HEBREW = (*"ובהלכמש", "של", "ול", "וב", "ומ", "וש", "וה", "שה", "שב", "של", "שמ", "כש", "לכש", "וכש", "מה", "בה")
ARABIC = ("و", "ف", "ب", "ل", "ك", "ول", "وب", "فل", "يا")
ENDINGS = {
    "а": "ы и е у ой ою ей",
    "я": "и е ю ей ёй ею",
    "й": "я ю ем е и",
    "ь": "я ю ем е и ью",
    "": "а у ом ем е ы ым ых",
}
"""What a Russian name ends in, by its last letter, when something is said of the person."""
GREETING = r"""hi|hey|hello|hiya|yo|dear|thanks|thank you|thx|ty|bye|sorry|congrats|happy birthday|good morning|
    good night|morning|night|
    hallo|moin|servus|liebe|lieber|danke|guten morgen|gute nacht|tschüss|hola|oye|gracias|querida|querido|
    buenos días|buenas noches|salut|
    coucou|bonjour|bonsoir|merci|cher|chère|ciao|grazie|buongiorno|cara|caro|oi|olá|ola|obrigad[oa]|bom dia|
    boa noite|querid[oa]|привет|
    спасибо|здравствуй|доброе утро|дорогая|дорогой|пока|היי|הי|שלום|תודה|אהלן|בוקר טוב|לילה טוב|מזל טוב|נו|ביי|יקרה|
    מרחבا|مرحبا|أهلا|اهلا|
    شكرا|صباح الخير|مساء الخير|يا|حبيبتي|حبيبي|عزيزتي|عزيزي|merhaba|selam|günaydın|teşekkürler|sağol|sevgili|
    canım""".replace("\n    ", "")
BEFORE_NAME = re.compile(rf"(?<!\w)(?:{GREETING}|של|את|אצל|עם|ו?בשביל|@|مع|عند|من عند)[\s,]*$", re.IGNORECASE)
GREETED = re.compile(rf"(?<!\w)(?i:{GREETING})[\s,]{{1,3}}([^\W\d_]{{3,}})(?=\s*(?:[,!?.:]|$))")
TOLD = re.compile(
    r"""(?<!\w)(?:(?:Mr|Mrs|Ms|Dr|Prof|Sr|Sra|Herr|Frau|Mme|Mlle|Monsieur|Madame|Señora?|Senhora?|Signora?|Signor|
    Dott|Don|Doña)\.?\s|
    (?i:my name is|my name's|ich heiße|ich heisse|mein name ist|me llamo|mi nombre es|je m['’]appelle|mi chiamo|
    il mio nome è|me chamo|
    meu nome é|меня зовут|קוראים לי|שמי|השם שלי|اسمي|انا اسمي|benim adım|adım)\s)([^\W\d_]{2,})""".replace("\n    ", "")
)
MENTION = re.compile(r"(?<![\w.@/])@[\u2066-\u2069\u200e\u200f~]*([^\W\d_]\w{2,}(?:[.-]\w+)*)")
NO_MENTION_WORDS = """everyone all here channel override media property param return returns author import charset
    keyframes staticmethod classmethod
    dataclass deprecated test home work gmail example username user name me you
    alle כולם الجميع todos tous tutti"""
NO_MENTION = frozenset(NO_MENTION_WORDS.split())
DETERMINERS_WORDS = """the a an this that these those my your his her our their no every each some any one in by
    since until till last next early late mid
    during end der die das den dem des ein eine einen einem einer im am vom zum zur ab seit bis ende anfang mein
    dein sein ihr unser kein jeder
    el la los las un una mi tu su de del al le les une mon ton son du au il lo i gli uno o os as um uma no na do da
    meu seu em
    bir bu şu her"""
DETERMINERS = frozenset(DETERMINERS_WORDS.split())
"""Words before which an ordinary word is no name."""
INDEFINITE = frozenset(("a", "an", "some", "ein", "eine", "einen", "einem", "un", "una", "une", "um", "uma", "bir"))
"""Words before which no name is written with a small letter."""


class Form(NamedTuple):
    """A way to write a name: its base, and how many letters before and behind it are no part of it."""

    base: str
    before: int
    behind: int


def fold(text: str) -> str:
    """Small letters, as many as there were."""
    return text.replace("İ", "i").lower()


@cache
def script(word: str) -> str:
    """The script of a word's first letter, by its Unicode name: LATIN, HEBREW, CJK …"""
    return unicodedata.name(word[:1], "NONE").partition(" ")[0]


class People:
    """The names of a chat: `names` are always names, `ordinary` are words as well; `odd` are written with marks, as
    `[x]_away`, or in a script without spaces."""

    def __init__(self, names: Iterable[str] = (), ordinary: Iterable[str] = (), odd: Iterable[str] = ()) -> None:
        self.names = set(names)
        self.ordinary = frozenset(ordinary)
        self.odd = frozenset(odd)
        self._forms = {form: told for base in sorted(self.names | self.ordinary) for form, told in forms(base)}
        self._forms |= {base: Form(base, 0, 0) for base in self.names | self.ordinary}
        self._keys = self._forms.keys()
        unspaced = sorted((name for name in self.odd if script(name) in UNSPACED), key=len, reverse=True)
        self._unspaced = re.compile("|".join(map(re.escape, unspaced)) or "(?!)")
        self._odd = Literals(self.odd.difference(unspaced))

    def add(self, name: str) -> None:
        """Another name that is always one, in small letters."""
        self.names.add(name)
        for form, told in forms(name):
            self._forms.setdefault(form, told)
        self._forms[name] = Form(name, 0, 0)

    @classmethod
    def of(cls, speakers: Iterable[str], texts: Iterable[str]) -> People:
        """The people who write, and those whom the texts clearly name."""
        speakers, texts = list(speakers), list(texts)
        words = {word for speaker in speakers for word in words_of(speaker)}
        odd = {word for word in words if not WORD.fullmatch(word) or script(word) in UNSPACED}
        small = {fold(speaker) for speaker in speakers if _handle(speaker)}
        named = words - odd | nicknames(words)
        ordinary = {w for w in named if w in ORDINARY or len(w) < 3} | _common(small & named, texts)
        return cls(named - ordinary | _told(texts) - ORDINARY, ordinary, odd)

    def as_json(self) -> dict[str, Any]:
        """What `People(**…)` is made of."""
        return {"names": sorted(self.names), "ordinary": sorted(self.ordinary), "odd": sorted(self.odd)}

    def without(self, words: Iterable[str]) -> People:
        """The others."""
        gone = {fold(word) for word in words}
        return People(self.names - gone, self.ordinary - gone, self.odd - gone)

    def base(self, word: str) -> str:
        """The name of which a word is a form."""
        form = self._forms.get(fold(word))
        return form.base if form else fold(word)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where somebody is named, of the chat or by a @mention, without what is only attached to the name."""
        found = set(self.called(text))
        if "@" in text:
            found.update(m.span(1) for m in MENTION.finditer(text) if fold(m[1]) not in NO_MENTION)
        yield from sorted(found)

    def called(self, text: str) -> Iterator[tuple[int, int]]:
        """Where these people are named."""
        if self.odd:
            yield from (m.span() for m in self._unspaced.finditer(text))
            yield from ((start, end) for start, end, _ in self._odd.find(fold(text)))
        if self._keys.isdisjoint(WORD.findall(fold(text))):
            return
        for match in WORD.finditer(text):
            form = self._forms.get(fold(match[0]))
            if form and (_plain(text, match) if form.base in self.names else self._is_name(text, match, form)):
                yield match.start() + form.before, match.end() - form.behind

    def label(self, speaker: str) -> Iterator[tuple[int, int]]:
        """Where the names are in the name of a speaker."""
        if fold(speaker) in self.odd:
            yield 0, len(speaker)
            return
        for match in WORD.finditer(speaker):
            if fold(match[0]) in self.names | self.ordinary | self.odd:
                yield match.span()

    def _is_name(self, text: str, match: re.Match[str], form: Form) -> bool:
        """Is an ordinary word a name here?"""
        start, end = match.start() + form.before, match.end() - form.behind
        head, tail = text[max(0, start - 30) : start], text[end : end + 30]
        if head.rstrip("\u2066\u2067\u2068\u2069\u200e\u200f~").endswith("@") or self._neighbor(head, tail):
            return True
        if not head.strip() and (tail[:1] == ":" or (tail[:1] == "," and match[0].islower())):
            return True  # whom a line is for
        word = text[start:end]
        if word.lower() == word.upper():  # a script without capitals
            return bool(BEFORE_NAME.search(head)) and not form.before
        if (
            not word[0].isupper()
            or (word.isupper() and len(word) > 1)
            or re.match(r"\s*\d", tail)
            or re.search(r"\d\.?\s*$", head)
        ):
            return False
        last = re.search(r"(\w+)['’]?[\s(]+$|[,;]\s*$", head)
        return bool(last) and fold(last[1] or "") not in DETERMINERS  # type: ignore[index]

    def _neighbor(self, head: str, tail: str) -> bool:
        """Does another name stand beside it, as in Will Koslowski?"""
        before, behind = re.search(r"(\w+) $", head), re.match(r" (\w+)", tail)
        return any(m and m[1][0] != m[1][0].lower() and fold(m[1]) in self.names for m in (before, behind))


def words_of(speaker: str) -> Iterator[str]:
    """The words of a speaker's name that are names, in small letters: of `Dr. Maya Levi (work)` maya and levi."""
    if _handle(speaker) and not CAPITALS.fullmatch(speaker):
        if any(c.isalpha() for c in speaker) and "@" not in speaker:
            yield fold(speaker)
        return
    for word in LETTERS_ONLY.findall(speaker):
        if fold(word) not in ROLES:
            yield fold(word)


def _handle(speaker: str) -> bool:
    """Is it a name in a network, as maya_k?"""
    return bool(re.fullmatch(r"[!-~\w]+", speaker)) and (speaker.islower() or not LETTERS_ONLY.fullmatch(speaker)) and (
        any(c.isalpha() for c in speaker) and speaker.lower() != speaker.upper()
    )  # fmt: skip


def nicknames(names: Iterable[str]) -> set[str]:
    """What people of these first names are called."""
    table = {line.split()[0]: line.split()[1:] for line in NICKNAMES.split(";")}
    return {nick for name in names for nick in table.get(name, ())}


def _plain(text: str, match: re.Match[str]) -> bool:
    """Is a word a name here that is no ordinary word in our lists? `a finch` is none, as nobody says `a Maya`."""
    if not match[0].islower():
        return True
    before = re.search(r"(\w+) $", text[max(0, match.start() - 12) : match.start()])
    return not before or fold(before[1]) not in INDEFINITE


def _common(handles: set[str], texts: Sequence[str]) -> set[str]:
    """The handles that are written as words rather than to call somebody."""
    called: Counter[str] = Counter()
    written: Counter[str] = Counter()
    for text in texts if handles else ():
        words = WORD.findall(fold(text))
        if not handles.isdisjoint(words):
            written.update(handles.intersection(words))
            first = re.match(r"@?(\w+)[:,]", fold(text))
            called.update([first[1]] if first else [])
    return {
        name
        for name in handles
        if written[name] > 2 * called[name] + 2 or (len(name) < 4 and written[name] > called[name])
    }


def _told(texts: Sequence[str]) -> set[str]:
    """Those whom titles, introductions and greetings name."""
    sure, greeted, lower = set(), Counter[str](), set()
    for text in texts:
        for match in TOLD.finditer(text):
            if _capital(match[1]):
                sure.add(fold(match[1]))
        for match in GREETED.finditer(text):
            if match[1][0].isupper():
                greeted[fold(match[1])] += 1
    known = set(greeted)
    for text in texts if known else ():
        lower.update(known.intersection(WORD.findall(text)))  # as written: with a small letter
    often = {name for name, count in greeted.items() if count > 1}
    return {name for name in sure | often - lower if name not in ROLES}


def _capital(word: str) -> bool:
    return word[0].isupper() or word.lower() == word.upper()


def forms(base: str) -> Iterator[tuple[str, Form]]:
    """The ways in which a name is written, besides itself."""
    kind = script(base)
    if len(base) < 3:
        return
    if kind == "LATIN" and base[-1] not in "sxz" and base.isalpha():
        yield base + "s", Form(base, 0, 1)
    for prefix in HEBREW if kind == "HEBREW" else ARABIC if kind == "ARABIC" else ():
        yield prefix + base, Form(base, len(prefix), 0)
    if kind == "CYRILLIC":
        stem, last = _stem(base)
        yield from ((stem + ending, Form(base, 0, 0)) for ending in ENDINGS[last].split())


def _stem(name: str) -> tuple[str, str]:
    last = name[-1].lower()
    return (name[:-1], last) if last in ENDINGS else (name, "")


def like(secret: str, base: str, draw: Random) -> str:
    """Another name of like script and ending for `secret`, which is a form of `base`."""
    kind = script(next((c for c in base if c.isalpha()), "a"))
    if not base.isalpha():
        return fitted(spoken(base, draw), secret)
    made = _other(base, kind, draw)
    if kind == "CYRILLIC" and fold(secret) != base:
        made = _stem(made)[0] + fold(secret)[len(_stem(base)[0]) :]
    return fitted(made, secret) if len(secret) > 1 else made


def bent(secret: str, made: str, written: str) -> str:
    """`secret` with the ending that its pseudonym `made` has where it is `written`."""
    other = _stem(fold(secret))[0] + fold(written)[len(_stem(fold(made))[0]) :]
    return other.capitalize() if written[0].isupper() else other


def _other(base: str, kind: str, draw: Random) -> str:
    pool = [
        name for name in FIRST.get(kind, "").split() if _ending(name) == _ending(base) and fold(name) not in ORDINARY
    ]
    if pool and draw.random() < 0.8:  # where all are taken, one that is made up
        return draw.choice(pool)
    if kind in LETTERS:
        return "".join(draw.choices(LETTERS[kind], k=max(2, min(len(base), 4)))) + ("ה" if _ending(base) == "ה" else "")
    vowels, others = {
        "CYRILLIC": ("аеио", "бвгдзклмнрст"), "GREEK": ("αεηιο", "βγδζκλμνπρστ"),
    }.get(kind, ("aeiou", "bdfgklmnprstvz"))  # fmt: skip
    made = "".join(draw.choice(others) + draw.choice(vowels) for _ in range(draw.choice((2, 3)))) + draw.choice(others)
    return (made + _ending(base)).capitalize()


def _ending(name: str) -> str:
    """What tells how a name is bent, or often whose it is."""
    return name[-1] if name[-1] in "aаяйьהةαης" else ""
