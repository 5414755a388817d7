"""Pseudonymize: clean conversations come in, with pseudonyms in the places of personal data they go out.

    mynah pseudonymize

Names of the people of the chat, phone numbers, e-mail and network addresses, cards, bank accounts, passwords, keys,
links with tokens, numbers of papers, dates of birth: each becomes another of its kind, everywhere the same. What stands
for what is in `privacy/map.json`, which only you can read, and which never leaves the project. Records and documents
pass through, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mynah.core import options as core_options
from mynah.core.errors import UserError, did_you_mean
from mynah.core.folder import Account, Project, fingerprint, run_stage
from mynah.core.options import option
from mynah.core.tables import (
    read_conversations,
    read_documents,
    read_records,
    write_conversations,
    write_documents,
    write_records,
)
from mynah.core.types import Conversation, Document, Record
from mynah.privacy import find
from mynah.privacy.people import NAME, fold
from mynah.privacy.pseudonyms import Map

VERSION = 1
SOURCES = ("clean", "ingest")  # where records and documents are, the later stage first
TABLES = ("conversations.parquet", "records.parquet", "documents.parquet")


class Options(core_options.Options):
    """What is replaced."""

    off: bool = option(False, "leave names, numbers and addresses as they are", flag="no-pseudonyms")
    keep: tuple[str, ...] = option((), "kinds and names that stay, such as ip or Maya", flag=True)


SECTIONS: dict[str, type[core_options.Options]] = {"pseudonymize": Options}


def run(project: Project, options: Options) -> Account:
    """Write `PROJECT/clean` with pseudonyms into `PROJECT/pseudonymize`. Raises UserError where `keep` is unknown."""
    before = project.account("clean")
    mapped = Map.load(project.path, options.keep, lambda: _key(project))
    drawn = hashlib.sha256(mapped.key.encode()).hexdigest()[:16]
    inputs = [before.fingerprint] if options.off else [before.fingerprint, drawn, *find.kinds()]
    print_of = fingerprint("pseudonymize", VERSION, options.model_dump(), inputs)
    account = run_stage(
        project.folder("pseudonymize"), print_of, lambda folder: _pseudonymize(project, folder, options, mapped)
    )
    return replace(account, notes=(*account.notes, *mapped.notes))


def _key(project: Project) -> str:
    """A key drawn from the data: the same export gives the same pseudonyms, hence the same bot and the same figures,
    wherever it is read, and who does not have the export cannot guess it."""
    digest = hashlib.blake2b(person=b"pseudonyms", digest_size=16)
    for name in TABLES:
        if path := _place(project, name):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def tell(account: Account) -> Iterator[str]:
    """What was replaced, by kind, for people."""
    for kind, (count, different) in account.detail["replaced"].items():
        yield f"  {label(kind):<30} {count:>8,} times, {different:,} different"


def label(kind: str) -> str:
    """What people call a kind."""
    return "names" if kind == NAME else str(find.kinds()[kind].LABEL)


def _pseudonymize(project: Project, folder: Path, options: Options, mapped: Map) -> Account:
    places = {name: _place(project, name) for name in TABLES}
    conversations = read_conversations(project.folder("clean") / "conversations.parquet")
    records = read_records(at) if (at := places["records.parquet"]) else []
    documents = read_documents(at) if (at := places["documents.parquet"]) else []
    messages = sum(len(c.messages) for c in conversations)
    came_in = {"messages": messages, "records": len(records), "documents": len(documents)}
    notes = ["names, numbers and addresses are left as they are, as asked"] if options.off else []
    if not options.off:
        speakers = list(dict.fromkeys(m.speaker for c in conversations for m in c.messages if m.speaker))
        mapped.learn(speakers, [*_texts(conversations), *_strings(records), *_strings(documents)])
        _check_keep(mapped, options.keep, speakers)
        named = {speaker: mapped.speaker(speaker) for speaker in ("", *speakers)}
        conversations = [_conversation(mapped, named, c) for c in conversations]
        records = [replace(r, fields=_walked(mapped, r.fields)) for r in records]
        documents = [_document(mapped, d) for d in documents]
        mapped.save(project.path)  # first: pseudonyms without their map could never be undone
    write_conversations(folder / "conversations.parquet", conversations)
    if records:
        write_records(folder / "records.parquet", records)
    if documents:
        write_documents(folder / "documents.parquet", documents)
    replaced = {kind: (count, len(mapped.different[kind])) for kind, count in mapped.replaced.most_common()}
    detail = {"off": options.off, "replaced": replaced, "kept": list(options.keep), "regions": list(mapped.regions)}
    went_out = {"messages": messages, "replaced": sum(mapped.replaced.values()), "kinds": len(replaced)}
    return Account("pseudonymize", {k: v for k, v in came_in.items() if v}, went_out, tuple(notes), detail)


def _place(project: Project, name: str) -> Path | None:
    """Where the project's records or documents are; None where no source gave any."""
    paths = (project.folder(stage) / name for stage in SOURCES)
    return next((path for path in paths if path.exists()), None)


def _texts(conversations: Sequence[Conversation]) -> Iterator[str]:
    return (m.text for c in conversations for m in c.messages)


def _strings(value: Any) -> Iterator[str]:
    """Every string in records, documents, or what they are made of."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Record):
        yield from _strings(value.fields)
    elif isinstance(value, Document):
        yield from _strings((value.title, value.sections))
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def _check_keep(mapped: Map, keep: Sequence[str], speakers: Sequence[str]) -> None:
    """Raise UserError for a word that is neither a kind nor a name of this chat: it would keep nothing."""
    people = mapped.people.names | mapped.people.ordinary | mapped.people.odd
    known = [*find.kinds(), NAME]
    for word in keep:
        if word not in known and fold(word) not in people | {fold(speaker) for speaker in speakers}:
            raise UserError(
                "a kind of personal data or a name to keep", repr(word), did_you_mean(word, [*known, *people])
            )


def _conversation(mapped: Map, named: dict[str, str], conversation: Conversation) -> Conversation:
    messages = tuple(replace(m, speaker=named[m.speaker], text=mapped.replace(m.text)) for m in conversation.messages)
    return Conversation(messages, conversation.origin, mapped.speaker(conversation.chat))


def _document(mapped: Map, document: Document) -> Document:
    sections = tuple((mapped.replace(heading), mapped.replace(text)) for heading, text in document.sections)
    return Document(mapped.replace(document.title), sections, document.origin)


def _walked(mapped: Map, value: Any) -> Any:
    """A value of a record with pseudonyms in its strings; the names of fields stay."""
    if isinstance(value, str):
        return mapped.replace(value)
    if isinstance(value, dict):
        return {name: _walked(mapped, each) for name, each in value.items()}
    return [_walked(mapped, each) for each in value] if isinstance(value, list) else value
