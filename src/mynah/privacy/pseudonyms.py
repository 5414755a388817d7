"""Pseudonyms: each piece of personal data becomes another of the same kind and shape, everywhere the same, and back.

A `Map` draws them with a secret key of its own, so that nobody without the map can tell what a pseudonym stands for. It
is a file that only its owner may read: `PROJECT/privacy/map.json`.

Law: `restore(replace(text)) == text`, whatever the text. A text that holds a pseudonym already gets another one in its
place. Where letters that stay would read as a pseudonym beside what was put in, an invisible U+2063 parts them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from mynah.core.errors import UserError
from mynah.core.folder import read_json
from mynah.privacy import find, people
from mynah.privacy._names import UNSPACED
from mynah.privacy.find import Found
from mynah.privacy.kinds import phone
from mynah.privacy.kinds._shape import fitted
from mynah.privacy.literals import WORD, Literals
from mynah.privacy.people import NAME, People, fold

FORMAT = 1
FILE = "map.json"
PARTS = "\u2063"  # the invisible separator: between what must not be read together
TRIES = 1000
MORE = 16  # characters that a name can be longer by than its pseudonym was known, by an ending or what is before it


class Map:
    """What stands for what. `regions` and `people` say what is personal data in this chat, `keep` what stays: kinds
    and names. `notes` is what the user should know."""

    def __init__(
        self, key: str = "", regions: Sequence[str] = (), people: People | None = None, keep: Sequence[str] = ()
    ) -> None:
        self.key = key or secrets.token_hex(16)
        self.regions = tuple(regions)
        self.people = people or People()
        self.keep = frozenset(fold(word) for word in keep)
        self.notes: list[str] = []
        self.replaced: Counter[str] = Counter()
        self.different: dict[str, set[str]] = {}
        """How often each kind was replaced, and what by."""
        self.pairs: dict[str, tuple[str, str]] = {}
        """Kind and pseudonym by what they stand for."""
        self._back: dict[str, str] = {}
        self._others = Literals()  # pseudonyms that are no names of one word
        self._names = People()  # those of pseudonyms
        self._small: dict[str, str] = {}  # what these stand for, by their small letters
        self._tries: dict[tuple[str, str], int] = {}
        self._words: set[str] = set()  # of the chat, in which no pseudonym may occur

    # --- On disk ----------------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, project: Path, keep: Sequence[str] | None = None, key: Callable[[], str] = lambda: "") -> Map:
        """The map of a project; a new one where there is none, with what `key` gives or else a random key. What is
        kept is what was kept before where `keep` is None. Raises UserError for a file that is no map."""
        path = place(project)
        if not path.exists():
            return cls(key(), keep=keep or ())
        note = closed(path)
        told = read_json(path)
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            todo = "Upgrade mynah, or delete the file: then everything is replaced anew."
            raise UserError(f"a map of format {FORMAT}", f"another in {str(path)!r}", todo)
        kept = told["keep"] if keep is None else keep
        found = cls(told["key"], told["regions"], People(**told["people"]), kept)
        for kind, secret, pseudonym in told["pairs"]:
            found._add(kind, secret, pseudonym)
        found.notes += [note] if note else []
        return found

    def save(self, project: Path) -> None:
        """Write it to `PROJECT/privacy/map.json`, for its owner's eyes only, by an atomic rename."""
        path = place(project)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(FILE + ".new")
        fresh.unlink(missing_ok=True)
        told = {
            "format": FORMAT, "key": self.key, "regions": self.regions, "people": self.people.as_json(),
            "keep": sorted(self.keep),
            "pairs": [[kind, secret, pseudonym] for secret, (kind, pseudonym) in self.pairs.items()],
        }  # fmt: skip
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump(told, stream, ensure_ascii=False, indent=0)
        os.replace(fresh, path)
        if note := closed(path):
            self.notes.append(note)

    # --- What is personal data here ---------------------------------------------------------------------------------

    def learn(self, speakers: Iterable[str], texts: Iterable[str]) -> None:
        """Who writes in this chat, whom they name, where their phones are, and which words no pseudonym may be."""
        speakers, texts = list(speakers), list(texts)
        self.regions = phone.regions((*speakers, *texts))
        known = People.of(speakers, texts)
        before = self.people  # who was known stays known: what was replaced by an older chat is replaced
        self.people = People(
            known.names | before.names - known.ordinary, known.ordinary | before.ordinary, known.odd | before.odd
        )
        for text in (*speakers, *texts):
            self._words.update(WORD.findall(fold(text)))

    def find(self, text: str) -> list[Found]:
        """What is replaced in a text, from left to right: personal data, and what reads as a pseudonym."""
        found = find.all(text, self.regions, self.people, tuple(self.keep))
        return self._with_known(text, [f for f in found if not self._kept(text, f)])

    def _with_known(self, text: str, found: list[Found]) -> list[Found]:
        known = [Found(self.pairs[secret][0], start, end) for start, end, secret in self._known(text)]
        return find.settled([*found, *known]) if known else found

    def _kept(self, text: str, found: Found) -> bool:
        written = text[found.start : found.end]
        return fold(written) in self.keep or (found.kind == NAME and self.people.base(written) in self.keep)

    # --- There and back ---------------------------------------------------------------------------------------------

    def replace(self, text: str) -> str:
        """The text with pseudonyms in the places of personal data."""
        return self._replaced(text, self.find(text))

    def speaker(self, name: str) -> str:
        """The name of a speaker, each of its words as everywhere; words that are ordinary, too."""
        found = [f for f in find.all(name, self.regions, None, tuple(self.keep)) if not self._kept(name, f)]
        if NAME not in self.keep:
            words = (Found(NAME, *span) for span in self.people.label(name))
            found = find.settled([*found, *(f for f in words if not self._kept(name, f))])
        return self._replaced(name, self._with_known(name, found))

    def _replaced(self, text: str, found: Sequence[Found]) -> str:
        if not found and PARTS not in text:
            return text
        pieces, last = [], 0
        for kind, start, end in found:
            pieces += [(False, text[last:start]), (True, self._pseudonym(kind, text[start:end], text))]
            self.replaced[kind] += 1
            self.different.setdefault(kind, set()).add(self._base(kind, text[start:end]))
            last = end
        pieces.append((False, text[last:]))
        made = "".join(piece for _, piece in pieces)
        if PARTS not in text and self.restore(made) == text:
            return made
        apart = [part for put, piece in pieces for part in ([piece] if put else _doubled(piece))]
        return PARTS + PARTS.join(apart) + PARTS

    def restore(self, text: str) -> str:
        """The text with what pseudonyms stand for in their places."""
        if not self._back and PARTS not in text:
            return text
        pieces, last = [], 0
        for start, end, secret in self._known(text):
            pieces += [_halved(text[last:start]), self._as_written(secret, text[start:end])]
            last = end
        return "".join([*pieces, _halved(text[last:])])

    def restored(self, pieces: Iterable[str]) -> Iterator[str]:
        """`restore` for a text that comes in pieces, as a bot speaks: what could still become a pseudonym is held."""
        held = ""
        longest = max((len(made) for _, made in self.pairs.values()), default=0) + MORE
        for piece in pieces:
            held += piece
            safe = max(0, len(held) - longest)
            end = max(held.rfind(" ", 0, safe), held.rfind("\n", 0, safe)) + 1
            end = next((start for start, stop, _ in self._known(held) if start < end < stop), end)
            if end > 0:
                yield self.restore(held[:end])
                held = held[end:]
        if held:
            yield self.restore(held)

    def _as_written(self, secret: str, written: str) -> str:
        """What a pseudonym stands for; in other letters or with another ending where the pseudonym has those here."""
        made = self.pairs[secret][1]
        if made == written:
            return secret
        return fitted(secret, written) if fold(made) == fold(written) else people.bent(secret, made, written)

    def _known(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where pseudonyms are, and what they stand for; from left to right, the longest where several are."""
        if not self._back:
            return
        hits = [(start, end, self._back[made]) for start, end, made in self._others.find(text)]
        hits += self._known_names(text)
        last = 0
        for start, end, secret in sorted(hits, key=lambda hit: (hit[0], hit[0] - hit[1])):
            if start >= last:
                yield start, end, secret
                last = end

    def _known_names(self, text: str) -> Iterator[tuple[int, int, str]]:
        for start, end in self._names.called(text) if self._small else ():
            written = text[start:end]
            small = self._small.get(fold(written)) or self._small.get(self._names.base(written))
            if secret := self._back.get(written) or small:
                yield start, end, secret

    # --- New pseudonyms ---------------------------------------------------------------------------------------------

    def _pseudonym(self, kind: str, secret: str, text: str) -> str:
        known = self.pairs.get(secret)
        if known:
            return known[1]
        base = self._base(kind, secret)
        for number in range(self._tries.get((kind, base), 0), TRIES):
            draw = Random(hashlib.blake2b(f"{kind}\0{base}\0{number}".encode(), key=self.key.encode()).digest())
            made = self._like(kind, secret, base, draw) + (str(number) if number > TRIES // 2 else "")
            if made != secret and not self._taken(made, text):
                self._tries.setdefault((kind, base), number)
                self._add(kind, secret, made)
                return made
        raise RuntimeError(f"no pseudonym for a {kind} of {len(secret)} characters in {TRIES} tries")

    def _base(self, kind: str, secret: str) -> str:
        """What all ways of writing the same have in common."""
        if kind == NAME:
            return self.people.base(secret)
        same = getattr(find.kinds()[kind], "key", None)
        return str(same(secret)) if same else secret

    def _like(self, kind: str, secret: str, base: str, draw: Random) -> str:
        if kind == NAME:
            return people.like(secret, base, draw)
        return str(find.kinds()[kind].like(secret, draw, self.regions))

    def _taken(self, made: str, text: str) -> bool:
        """Does it stand for something else, or occur in the chat or in this text?"""
        words = set(WORD.findall(fold(made)))
        known = made in self._back or made in self.pairs or fold(made) in text.lower()
        return known or not words or words <= self._words or bool(words & self.people.names)

    def _add(self, kind: str, secret: str, made: str) -> None:
        self.pairs[secret] = kind, made
        self._back[made] = secret
        if kind == NAME:
            self._small.setdefault(fold(made), secret)
        if kind == NAME and WORD.fullmatch(made) and people.script(made) not in UNSPACED:
            self._names.add(fold(made))
        elif people.script(made) in UNSPACED:
            self._names = People(self._names.names, (), {*self._names.odd, fold(made)})
        else:
            self._others.add(made)


def _doubled(piece: str) -> list[str]:
    return [PARTS * 2 if c == PARTS else c for c in piece]


def _halved(piece: str) -> str:
    """The inverse: n separators are (n - 1) / 3 of the text and those put around them."""
    return re.sub(f"{PARTS}+", lambda run: PARTS * ((len(run[0]) - 1) // 3), piece) if PARTS in piece else piece


def place(project: Path) -> Path:
    """Where a project's map is."""
    return project / "privacy" / FILE


def closed(path: Path) -> str:
    """Let only the owner into the file and its folder; a note where others could."""
    if os.name != "posix":
        return ""
    open_ones = [each for each in (path.parent, path) if stat.S_IMODE(each.stat().st_mode) & 0o077]
    for each in open_ones:
        with contextlib.suppress(PermissionError):
            each.chmod(0o700 if each.is_dir() else 0o600)
    return f"others could read {' and '.join(map(str, open_ones))}; now only you can" if open_ones else ""
