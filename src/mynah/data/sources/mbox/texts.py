"""What the sender of a mail wrote: its text without quoted mails, signatures and what was passed on."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from email.message import Message as Mail
from pathlib import PurePosixPath
from typing import NamedTuple

from mynah.core.arrow import writable
from mynah.data.files import KINDS

LARGEST_HTML = 2_000_000  # characters; a longer page is no letter
LONGEST_LINE = 2000  # what introduces a quoted mail is shorter
DEEPEST = 50  # parts inside parts
UNFIT = ("punycode", "idna", "unicode_escape", "unicode-escape", "raw_unicode_escape", "raw-unicode-escape")
"""Codecs that no mail program writes: of names, which are slow for texts, and of programs' own."""

# The words before the colon of the first line of headers that Outlook puts above a quoted mail.
_FROM = "From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|От|Від|差出人|发件人|寄件者|보낸 사람|מאת|من"
_HEADER = re.compile(r"[*>\s]*[^\W\d_][\w' -]{0,24}\*?\s?[:：]\*?(?:\s.*)?")
_QUOTED_HEADER = re.compile(rf"[*\s]*(?:{_FROM})\*?\s?[:：]\*? ?\S.*")
_ORIGINAL = re.compile(
    r"\s*-{2,}\s*(?:Original Message|Original Appointment|Ursprüngliche Nachricht|Message d'origine|Mensaje original"
    r"|Messaggio originale|Oorspronkelijk bericht|Mensagem original|Ursprungligt meddelande|Oprindelig meddelelse"
    r"|Исходное сообщение|Пересылаемое сообщение|Wiadomość oryginalna)\s*-{2,}\s*",
    re.I,
)
_FORWARDED = re.compile(
    r"\s*(?:-{3,}\s*(?:Forwarded message|Weitergeleitete Nachricht|Message transféré|Mensaje reenviado"
    r"|Messaggio inoltrato|Doorgestuurd bericht|Mensagem encaminhada|Пересылаемое сообщение)[^\n]{0,80}?-{3,}"
    r"|(?:Begin forwarded message|Anfang der weitergeleiteten Nachricht|Début du message réexpédié|Inizio messaggio "
    r"inoltrato|Inicio del mensaje reenviado)\s?:)\s*",
    re.I,
)
# `On Wed, Jan 31, 2024 at 9:05 PM Ines <ines@example.org> wrote:` in some languages, on one line.
_INTRODUCTION = re.compile(
    r"\s*(?:On\b.{5,300}\bwrote|Am\b.{5,300}\bschrieb\b.{0,200}|Le\b.{5,300}\ba écrit|El\b.{5,300}\bescribió"
    r"|Il\b.{5,300}\bha scritto|Op\b.{5,300}\bschreef\b.{0,200}|Em\b.{5,300}\bescreveu|Den\b.{5,300}\bskrev\b.{0,200}"
    r"|W dniu\b.{5,300}\bpisze|.{5,300}\b(?:написал(?:\(а\)|а)?|пишет?))\s?:\s*",
    re.I,
)
_DEVICE = re.compile(
    r"\s*(?:Sent from (?:my|Mail|Outlook|Yahoo|Proton ?Mail|Samsung)\b[\w +./-]{0,40}|Get Outlook for \w+(?: <\S+>)?"
    r"|Von meinem [\w +-]{2,40} gesendet"
    r"|Gesendet von [\w +-]{2,40}|Envoyé de mon [\w +-]{2,40}|Enviado desde mi [\w +-]{2,40}"
    r"|Inviato da [\w +-]{2,40}|Enviado do meu [\w +-]{2,40}|Verstuurd vanaf [\w +-]{2,40})\.?\s*",
    re.I,
)
_SIGNATURE = ("-- ", "--")
_RULE = re.compile(r"\s*_{10,}\s*")

_TAG = re.compile(r"(<[^<>]*>)")
_NAME = re.compile(r"</?([a-zA-Z][\w:-]*)")
_BREAKS = {
    "br",
    "p",
    "div",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "pre",
    "section",
}
_HIDDEN = {"style", "script", "head", "title"}
# What the programs for mail put around the mail that is answered.
_QUOTE_BOX = re.compile(
    r"(?:class|id)\s*=\s*[\"']?[^\"'>]*(?:gmail_quote|divRplyFwdMsg|appendonsend|yahoo_quoted|protonmail_quote"
    r"|moz-cite-prefix|OLK_SRC_BODY_SECTION)",
    re.I,
)
_FORWARD_BOX = re.compile(r"moz-forward-container|Forwarded message|Weitergeleitete Nachricht|Message transféré", re.I)
LONGEST_TAG = 5000


class Written(NamedTuple):
    """The words of the sender, those of others that were passed on, and what was attached."""

    text: str
    forwarded: str = ""
    attached: tuple[str, ...] = ()


def written(mail: Mail) -> Written:
    """What the sender of a mail wrote."""
    texts: list[str] = []
    attached: list[str] = []
    _collect(mail, texts, attached, 0)
    text, forwarded = cut("\n".join(texts).split("\n"))
    return Written(text, forwarded, tuple(dict.fromkeys(attached)))


# --- The parts of a mail --------------------------------------------------------------------------------------------


def _collect(part: Mail, texts: list[str], attached: list[str], depth: int) -> None:
    """The texts of a part and of those inside; of alternatives the plainest. A mail that is attached is a file."""
    kind = part.get_content_type()
    payload = part.get_payload() if part.is_multipart() else None  # a text would be decoded, and that may fail
    if isinstance(payload, list) and kind.startswith("multipart/"):
        inside = [each for each in payload if isinstance(each, Mail)] if depth < DEEPEST else []
        if kind == "multipart/alternative":
            plain = [each for each in inside if each.get_content_type() == "text/plain"]
            inside = plain[:1] or inside[-1:]
        for each in inside:
            _collect(each, texts, attached, depth + 1)
        return
    name = part.get_filename()
    if part.get_content_disposition() == "attachment" or name or kind not in ("text/plain", "text/html"):
        attached.append(_sort(kind, name or ""))
    else:
        texts.append(_page(_decoded(part)) if kind == "text/html" else _flowed(part, _decoded(part)))


def _sort(kind: str, name: str) -> str:
    """What an attachment is, in a word."""
    main = kind.partition("/")[0]
    if kind == "text/calendar":
        return "invitation"
    if main in ("image", "video", "audio", "message"):
        return {"image": "photo", "message": "mail"}.get(main, main)
    found = KINDS.get(PurePosixPath(name).suffix.lower(), "file")
    return {"picture": "photo", "sound": "audio"}.get(found, found)


def _decoded(part: Mail) -> str:
    """The text of a part. A charset that is missing or wrong is tried as UTF-8 and then as Windows-1252."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    own = part.get_content_charset() or "utf-8"
    for charset in ("utf-8" if own in UNFIT else own, "utf-8"):
        try:
            return writable(data.decode(charset).replace("\r\n", "\n"))
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("windows-1252", "replace").replace("\r\n", "\n")


def _flowed(part: Mail, text: str) -> str:
    """Paragraphs as one line each, where the mail says which lines go on (RFC 3676)."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    glue = str(part.get_param("delsp", "")).lower() == "yes"
    lines: list[list[str]] = []
    goes_on = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        line = line if quoted else line.removeprefix(" ")
        if goes_on and not quoted and line != "-- ":
            lines[-1].append(line)
        else:
            lines.append([line])
        goes_on = not quoted and line.endswith(" ") and line != "-- "
        if goes_on and glue:
            lines[-1][-1] = line[:-1]
    return "\n".join("".join(pieces) for pieces in lines)


# --- Web pages ------------------------------------------------------------------------------------------------------


def _page(text: str) -> str:
    """The text of a page of HTML without what is quoted in it."""
    found: list[str] = []
    hidden, quotes = "", 0
    first, *comments = text[:LARGEST_HTML].replace("\n", " ").split("<!--")
    shown = first + "".join(comment.partition("-->")[2] for comment in comments)
    forward = _FORWARD_BOX.search(shown) is not None
    for piece in _TAG.split(shown):
        tag = _NAME.match(piece) if piece.endswith(">") else None
        if tag is None:
            if not hidden and not quotes and not piece.startswith(("<!", "<?")):
                found.append(re.sub(r"\s+", " ", piece))
            continue
        name, closing = tag[1].lower(), piece.startswith("</")
        if hidden or name in _HIDDEN:
            hidden = hidden if hidden and not (closing and name == hidden) else "" if closing else name
        elif name == "blockquote":
            quotes = max(quotes - 1, 0) if closing else quotes + 1
        elif not (quotes or forward or len(piece) > LONGEST_TAG) and _QUOTE_BOX.search(piece):
            break
        elif name in _BREAKS and not quotes and not (closing and name == "br"):
            found.append("\n")
    lines = [html.unescape(line).replace("\xa0", " ").strip() for line in "".join(found).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


# --- Quoted mails ---------------------------------------------------------------------------------------------------


def cut(lines: Sequence[str]) -> tuple[str, str]:
    """The words of the sender, and those that were passed on."""
    own: list[str] = []
    for index, line in enumerate(lines):
        if len(line) > LONGEST_LINE:
            own.append(line)
            continue
        if _FORWARDED.fullmatch(line):
            return _tidy(own), _passed_on(lines[index + 1 :])
        if line in _SIGNATURE or _ORIGINAL.fullmatch(line) or _begins_headers(lines, index):
            break
        if line.startswith(">"):
            _drop_introduction(own)
            continue
        if _introduces(lines, index):
            break
        if not _DEVICE.fullmatch(line):
            own.append(line)
    return _tidy(own), ""


def _introduces(lines: Sequence[str], index: int) -> bool:
    """Does all that follows belong to another mail? If quotes follow, the sender may go on below them."""
    if not _introduction(lines[index : index + 3]):
        return False
    following = (line for line in lines[index + 1 : index + 6] if line.strip())
    return not any(line.startswith(">") for line in following)


def _introduction(lines: Sequence[str]) -> bool:
    """Do the first one, two or three lines introduce a quoted mail? Programs break the line where it gets long."""
    held = ""
    for line in lines:
        if not line.strip() or len(line) > LONGEST_LINE:
            return False
        held = f"{held} {line.strip()}".strip()
        if held[-1] in ":：" and _INTRODUCTION.fullmatch(held) and re.search(r"[\d@]", held):
            return True
    return False


def _drop_introduction(own: list[str]) -> None:
    """Remove what introduces the quote that follows: one to three lines, the last with a colon."""
    end = len(own)
    while end and not own[end - 1].strip():
        end -= 1
    for count in (1, 2, 3):
        if end >= count and _introduction(own[end - count : end]):
            del own[end - count :]
            return
    if end and own[end - 1].rstrip().endswith(":") and re.search(r"\d.*\d|@|wrote:|schrieb", own[end - 1]):
        del own[end - 1 :]


def _begins_headers(lines: Sequence[str], index: int) -> bool:
    """Do the headers of another mail begin in this line, as Outlook has them?"""
    if _RULE.fullmatch(lines[index]):
        index += 1
    if index == len(lines) or not _QUOTED_HEADER.fullmatch(lines[index]):
        return False
    following = [line for line in lines[index + 1 : index + 7] if line.strip()][:3]
    return sum(len(line) <= LONGEST_LINE and bool(_HEADER.fullmatch(line)) for line in following) >= 2


def _passed_on(lines: Sequence[str]) -> str:
    """A forwarded mail without its headers."""
    start = 0
    while start < len(lines) and not lines[start].strip():
        start += 1
    while start < len(lines) and lines[start].strip():
        start += 1
    return _tidy([line.removeprefix("> ") for line in (lines[start:] or lines)])


def _tidy(lines: Sequence[str]) -> str:
    """The text without blanks at the ends of lines and without runs of blank lines."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
