"""What the columns of a table are: a chat's, questions with their answers, or a ticket's; by their names, and where
those say nothing, by what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from mynah.core.errors import UserError, did_you_mean
from mynah.data import records
from mynah.data.records import named, normal, role_of, words
from mynah.data.sources.table import dates

Kind = Literal["chat", "questions", "tickets"]
LOOK = 2000  # rows whose contents are looked at
MOST = 2000  # columns of a table
FEW = 5  # columns, at most, of a table that is taken for a chat by its contents alone
TICKETS = 4  # columns of a ticket, from which on it is none of a chat
SURE, ALMOST = 0.55, 0.51  # how sure it is: every source of its own is surer
SPEAKER_LENGTH = 40.0  # characters of a name, on average at most

CHAT: dict[str, tuple[str, ...]] = {
    "speaker": words(
        "sender name, sender, author name, author, speaker, speaker name, from name, from, user "
        "name, username, nickname, nick, display name, screen name, handle, user, participant, "
        "who, de la part de, da, mittente, autore, utente, absender, autor, von, benutzer, "
        "verfasser, expéditeur, auteur, remitente, usuario, remetente, usuário, enviado por, "
        "отправитель, автор, от кого, 发送者, 发送人, 发件人, 送信者, 보낸사람, author id, sender id, user id, "
        "from id, name, nome, nom, nombre, role"
    ),
    "text": words(
        "message, message text, message body, message content, text, body, content, msg, chat "
        "message, utterance, sms, messaggio, testo, contenuto, nachricht, nachrichtentext, "
        "inhalt, texte, contenu, mensaje, texto, contenido, mensagem, conteúdo, сообщение, текст, "
        "内容, 消息, 消息内容, メッセージ, 메시지, comment body, comment"
    ),
    "time": words(
        "timestamp, date time, datetime, sent at, date sent, sent date, sent, message date, "
        "message time, created at, create time, created, created utc, posted at, time stamp, "
        "date, time, ts, at, data ora, data e ora, data, datum uhrzeit, datum, zeitstempel, "
        "zeitpunkt, gesendet, zeit, date heure, date et heure, horodatage, fecha y hora, fecha "
        "hora, fecha, enviado, data hora, data e hora, дата и время, дата, время, 时间, 日期, 发送时间, "
        "日時, 날짜"
    ),
    "chat": words(
        "conversation name, conversation, conversation id, chat, chat name, chat id, chat "
        "session, channel, channel name, channel id, thread, thread id, thread name, room, room "
        "name, room id, group, group name, dialog, dialogue, dialog id, dialogue id, session, "
        "session id, conversazione, gruppo, canale, unterhaltung, gruppe, kanal, discussion, "
        "groupe, canal, conversación, grupo, conversa, чат, группа, 聊天, 群, 会话, convo id"
    ),
    "recipient": words(
        "recipient, recipient name, receiver, receiver name, to, to name, destinatario, a chi, "
        "empfänger, an, destinataire, para, destinatário, кому, 接收者, 收件人"
    ),
    "id": words("message id, msg id, id, uuid, guid, message guid, nachricht id, id messaggio, comment id, post id"),
    "reply_to": words(
        "reply to, reply to id, reply to message id, in reply to, in reply to id, in response to, parent id, "
        "parent, parent message id, quoted message id, response to, risposta a, in risposta a, antwort auf, en "
        "réponse à, respuesta a, resposta a"
    ),
}
WEAK = words("name, nome, nom, nombre, role, author, autore, autor, auteur, user")  # of a speaker, or of anything
CLOCK = words("time, hour, clock, time of day, ora, orario, uhrzeit, zeit, heure, hora, hora envio, время")
DAY = words("date, day, data, giorno, datum, tag, date envoi, jour, fecha, dia, дата, 日期")


class Understanding(NamedTuple):
    """What a table is, and what each column that is known tells. `by_content`: the names did not say so."""

    kind: Kind
    roles: dict[str, str]
    by_content: bool = False


# --- By names -------------------------------------------------------------------------------------------------------


def sense(names: Sequence[str]) -> float:
    """How much sense the names of the columns make: 0 where they make none."""
    kind, columns = _named(names, {}) if len(names) <= MOST else (None, {})
    roles = set(columns.values()) - {"date"}
    if kind == "chat":
        return SURE if {"time", "chat", "id", "reply_to"} & roles else ALMOST
    if kind == "tickets":
        return SURE if len(roles) > 3 else ALMOST
    return SURE if kind else 0.0


def _named(names: Sequence[str], wanted: Mapping[str, str]) -> tuple[Kind | None, dict[str, str]]:
    """The kind that the names speak for, and what the columns tell."""
    questions, chat, ticket = _questions(names), _chat(names, wanted), _ticket(names)
    if {"question", "answer"} <= set(questions.values()) and not wanted:
        return "questions", questions
    roles = set(ticket.values()) - {"date"}
    is_chat = {"speaker", "text"} <= set(chat.values()) and (bool(wanted) or _is_said(chat))
    is_ticket = len(roles) >= (TICKETS if is_chat else 3) and bool(roles & set(records.HARD))
    if is_ticket and not wanted:
        return "tickets", ticket
    return ("chat", chat) if is_chat else (None, {})


def _chat(names: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The columns of a chat; those that the user named, and the likeliest of the rest."""
    roles = {column: role for role, column in wanted.items()}
    for role, known in CHAT.items():
        if role not in wanted and (column := named(known, [name for name in names if name not in roles])):
            roles[column] = role
    day = next((column for column, role in roles.items() if role == "time"), "")
    if normal(day) in DAY and (clock := named(CLOCK, [name for name in names if name not in roles])):
        roles[clock] = "clock"
    return roles


def _is_said(chat: Mapping[str, str]) -> bool:
    """Is there more than a name with a text, as tables of anything have them?"""
    (speaker,) = (column for column, role in chat.items() if role == "speaker")
    return normal(speaker) not in WEAK or bool({"time", "chat", "reply_to"} & set(chat.values()))


def _questions(names: Sequence[str]) -> dict[str, str]:
    known = {"question": records.QUESTION, "answer": records.ANSWER, "alternatives": records.ALTERNATIVES}
    roles: dict[str, str] = {}
    for role, each in known.items():
        if column := named(each, [name for name in names if name not in roles]):
            roles[column] = role
    return roles


def _ticket(names: Sequence[str]) -> dict[str, str]:
    return {name: role for name in names if (role := role_of(name))}


# --- The whole ------------------------------------------------------------------------------------------------------


def understand(
    names: Sequence[str], rows: Sequence[Sequence[Any]], kind: str, wanted: Mapping[str, str]
) -> Understanding:
    """What the table is, with what the user named. Raises UserError for a column that is not there, and where a chat
    was asked for and nobody can tell who says what."""
    for role, column in wanted.items():
        if column not in names:
            raise UserError(f"a column of the table as {role}", repr(column), did_you_mean(column, names))
    by_name, roles = _named(names, wanted)
    if kind == "auto" and by_name in ("questions", "tickets"):
        return Understanding(by_name, roles)
    if kind == "questions":
        return Understanding("questions", _questions(names))
    asked = kind == "chat" or bool(wanted) or by_name == "chat"
    if kind != "tickets" and (asked or len(names) <= FEW):
        before = _chat(names, wanted)
        chat = _by_content(names, rows[:LOOK], before)
        if {"speaker", "text", *(() if asked else ("time",))} <= set(chat.values()):
            return Understanding("chat", chat, by_content=chat != before)
    if asked and kind != "tickets":
        found = "the columns " + ", ".join(map(repr, names))
        todo = "Name them with --set table.speaker=COLUMN and --set table.text=COLUMN."
        raise UserError("columns with who says what", found, todo)
    return Understanding("tickets", _ticket(names))


# --- By contents ----------------------------------------------------------------------------------------------------


def _by_content(names: Sequence[str], rows: Sequence[Sequence[Any]], known: Mapping[str, str]) -> dict[str, str]:
    """The columns of a chat, those that are not known by what is in them: times, long text, and few short names."""
    roles = dict(known)
    columns = {name: [row[place] for row in rows if row[place] not in (None, "")] for place, name in enumerate(names)}
    for role, fits in (("time", _holds_times), ("text", _holds_text), ("speaker", _holds_speakers)):
        if role not in roles.values():
            marks = {name: fits(values) for name, values in columns.items() if values and name not in roles}
            best = max(marks, key=marks.__getitem__, default="")
            if best and marks[best] > 0:
                roles[best] = role
    return roles


def _holds_times(values: Sequence[Any]) -> float:
    share = sum(dates.parse(value) is not None for value in values) / len(values)
    return share if share >= dates.PLAIN else 0.0


def _holds_text(values: Sequence[Any]) -> float:
    """The length of what is written, if it is of words and not always the same."""
    texts = [value for value in values if isinstance(value, str)]
    various = len(set(texts)) > 0.2 * len(texts) or len(texts) < 10
    worded = sum(" " in text.strip() for text in texts) > 0.2 * len(values)
    return sum(map(len, texts)) / len(texts) if texts and various and worded else 0.0


def _holds_speakers(values: Sequence[Any]) -> float:
    """How often each is there, if they are few and short."""
    texts = [str(value).strip() for value in values]
    few = 1 < len(set(texts)) <= max(2, len(texts) / 2)
    return len(texts) / len(set(texts)) if few and sum(map(len, texts)) / len(texts) <= SPEAKER_LENGTH else 0.0
