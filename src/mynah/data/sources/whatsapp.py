"""WhatsApp: the text file that a phone writes with "Export chat".

On Android open the chat, then the three dots, More, Export chat; on an iPhone tap the name above the chat, Export chat.
Both give a `.txt` or a zip with one inside, in the language, the clock and the date order of the phone::

    31/01/2024, 21:04 - Messages and calls are end-to-end encrypted.
    31/01/2024, 21:05 - Ida Kern: are you there?
    I am waiting at the gate
    31/01/2024, 21:06 - Otto: <Media omitted>
    31/01/2024, 21:07 - Otto: two minutes!

A file has no header, so everything is concluded from its lines: the shape that most heads share (a head of another
shape was pasted by someone and stays text), the order of day and month, and where a name with a colon ends.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from mynah.core import options as core_options
from mynah.core.errors import UserError
from mynah.core.options import option
from mynah.core.types import Conversation, Item, Kind, Message, Origin, Understood, Unparsed
from mynah.data.files import Input

LABEL = "WhatsApp"
LONGEST_NAME = 100  # what is longer before a colon is a notice, not a name
OFTEN = 3  # what stands before a colon this often is a name, whatever it looks like


class Options(core_options.Options):
    """What the file itself cannot always tell."""

    date_order: Literal["auto", "dmy", "mdy", "ymd"] = option("auto", "the order of day, month and year in the heads")


# --- What WhatsApp itself writes, by language: en de es pt fr it nl ru tr ar he hi id ja ko zh-CN zh-TW ---------------

OMITTED_ANDROID = """
Media omitted|Video message omitted|View once voice message omitted|Medien ausgeschlossen|Medien weggelassen
Multimedia omitido|Archivo omitido|Mídia oculta|Mídia omitida|Arquivo de mídia oculto|Ficheiro não revelado|Médias omis
Fichier omis|Media omessi|Media omesso|Media weggelaten|Без медиафайлов|Файл пропущен|Medya dahil edilmedi|Medya atlanmış
تم استبعاد الوسائط|המדיה לא נכללה|המדיה הוסרה|מדיה הושמטה|मीडिया के बिना|Media tidak disertakan|メディアなし
メディアは含まれていません|미디어 파일 제외됨|미디어 파일을 생략한 대화내용|省略多媒体文件|省略影音内容|忽略多媒體檔
已省略多媒體檔案|省略多媒體檔案
"""
OMITTED_IOS = {
    "{} omitted": "image|video|audio|sticker|GIF|document|Contact card|video note",
    "{} weggelassen": "Bild|Video|Audio|Sticker|GIF|Dokument",
    "{} ausgelassen": "Kontaktkarte",
    "{} omitida": "imagen|Tarjeta de contacto|figurinha",
    "{} omitido": "Video|audio|sticker|GIF|documento|vídeo|Cartão do contato",
    "{} ocultada": "imagem",
    "{} ocultado": "áudio",
    "{} não revelada": "imagem|figurinha",
    "{} não revelado": "vídeo|áudio|GIF|documento",
    "{} absente": "image|vidéo",
    "{} omis": "audio|sticker|GIF",
    "{} manquant": "document",
    "{} manquante": "Fiche contact",
    "{} omessa": "immagine|Scheda contatto",
    "{} omesso": "video|audio|documento",
    "{} non incluso": "sticker",
    "{} esclusa": "GIF",
    "{} weggelaten": "afbeelding|video|audio|sticker|GIF|document|Visitekaartje",
    "{} отсутствует": "изображение|видео|аудиофайл|документ|GIF|Карточка контакта",
    "{} не добавлен": "стикер",
    "{} dahil edilmedi": "görüntü|video|ses|Çıkartma|belge|GIF|Kişi kartı",
    "لم يتم إدراج {}": "الصورة|الفيديوهات|المقاطع الصوتية|المستند|بطاقة جهة اتصال",
    "تم حذف {}": "الملصقات",
    "{} הושמטה": "התמונה|המדיה",
    "{} הושמט": "סרטון הווידאו|קטע קול|השמע|סטיקר|מסמך|כרטיס איש קשר|GIF",
    "{} हटाई गई": "फ़ोटो",
    "{} हटाई गयी": "ऑडियो",
    "{} छोड़ा गया": "वीडियो|स्टिकर|डॉक्यूमेंट|कॉन्टैक्ट कार्ड",
    "{} tidak disertakan": "gambar|video|audio|stiker|dokumen|GIF|Kartu kontak",
    "{}は含まれていません": "画像|ビデオ|音声|スタンプ|ドキュメント|GIF",
    "{}を省略": "連絡先カード",
    "{} 생략됨": "이미지|비디오|오디오|문서|연락처 카드|GIF",
    "{} 제외됨": "스티커",
    "{}已忽略": "照片|视频|音频|联系人卡片",
    "{}已省略": "贴图|文档|GIF",
    "{}已略去": "圖片|影片|音訊|貼圖|文件|聯絡人卡片",
}
OMITTED_ELSEWHERE = """
live location shared|Waiting for this message. This may take a while|Waiting for this message
Diese Nachricht wird geladen. Dies kann eine Weile dauern
"""
ATTACHED_ANDROID = """
file attached|Datei angehängt|archivo adjunto|arquivo anexado|ficheiro anexado|fichier joint|file allegato
bestand bijgevoegd|файл добавлен|dosya ekli|الملف مرفق|קובץ מצורף|फ़ाइल अटैच कर दी गई है|file terlampir|添付ファイル有り
파일 첨부됨|文件附件|附件檔案
"""
ATTACHED_IOS = """
attached|Anhang|adjunto|anexado|pièce jointe|allegato|bijgevoegd|прикреплено|eklendi|المُرفق|מצורף|अटैच किया गया|terlampir
添付ファイル|첨부됨|附件|已附加
"""
DELETED = """
This message was deleted|You deleted this message|Diese Nachricht wurde gelöscht|Du hast diese Nachricht gelöscht
Se eliminó este mensaje|Este mensaje fue eliminado|Eliminaste este mensaje|Mensagem apagada|Esta mensagem foi apagada
Você apagou esta mensagem|Ce message a été supprimé|Vous avez supprimé ce message|Questo messaggio è stato eliminato
Hai eliminato questo messaggio|Dit bericht is verwijderd|U hebt dit bericht verwijderd|Данное сообщение удалено
Вы удалили данное сообщение|Bu mesaj silindi|Bu mesajı sildiniz|تم حذف هذه الرسالة|لقد حذَفت هذه الرسالة
أنت حذفت هذه الرسالة|הודעה זו נמחקה|מחקת את ההודעה הזו|यह मैसेज डिलीट कर दिया गया है|आपने यह मैसेज डिलीट किया
Pesan ini dihapus|Anda menghapus pesan ini|このメッセージは削除されました|このメッセージを削除しました
이 메시지는 삭제되었습니다|삭제한 메시지입니다|这条消息已被删除|已删除|您已删除这条消息|此訊息已刪除|您已刪除此訊息
"""
EDITED = """
This message was edited|Diese Nachricht wurde bearbeitet|Questo messaggio è stato modificato|Ce message a été modifié
Se editó este mensaje|Mensagem editada|Dit bericht is bewerkt|Bu mesaj düzenlendi|ההודעה נערכה
"""
LOCATION = """
location|Standort|ubicación|localização|localisation|posizione|locatie|местоположение|konum|الموقع|מיקום|स्थान|lokasi
位置情報|위치|位置
"""
BANNERS = """
Messages and calls are end-to-end encrypted|Messages to this group are now secured with end-to-end
Messages to this chat and calls are now secured|Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt
Los mensajes y las llamadas están cifrados|Les messages et les appels sont chiffrés
I messaggi e le chiamate sono crittografati|As mensagens e as chamadas são protegidas
As mensagens e chamadas são encriptadas|Berichten en gesprekken worden|Сообщения и звонки защищены
Mesajlar ve aramalar uçtan uca|الرسائل والمكالمات مشف|ההודעות והשיחות מוצפנות|मैसेजेस और कॉल्स|Pesan dan panggilan terenkripsi
メッセージと通話は|메시지 및 전화는 종단간|消息和通话都进行端到端加密|訊息和通話經端對端加密
"""
CALLS = """
Missed voice call|Missed video call|Missed group voice call|Missed group video call|Verpasster Sprachanruf
Verpasster Videoanruf
"""
EVENTS = r"""
 created (?:this )?group| changed (?:the|this) (?:subject|group|chat)| changed their phone number| joined using
 added | removed | pinned a message| now an admin| no longer an admin|security code |end-to-end encr
disappearing messages| (?:un)?blocked this contact| is a contact| started a (?:voice |video )?call
 turned (?:on|off) | hat die Gruppe | hat .+ hinzugefügt|Sicherheitsnummer | criou o grupo| mudou (?:o|a) | adicionou
 a créé le groupe| a ajouté | a retiré | grubu? oluşturdu| создала? группу| добавила? | удалила? | יצר.{0,3} את הקבוצה
创建了此群组|添加了|建立了此群組|已新增
"""
AM_WORDS = "a.m.|öö|ص|ق.ظ|上午|午前|오전|凌晨|清晨|早上|morgens|vorm.|nachts|לפנה״צ|SA|π.μ."
PM_WORDS = "p.m.|ös|م|ب.ظ|下午|午後|오후|中午|傍晚|晚上|mittags|nachm.|abends|אחה״צ|CH|μ.μ."

# --- The grammar of a head ------------------------------------------------------------------------------------------

LEFT, RIGHT = "\u200e", "\u200f"  # iOS writes one of them before what it generated
MARKS = "\ufeff\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CLEAN = dict.fromkeys(map(ord, MARKS)) | dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ")


def _phrases(table: str) -> list[str]:
    """The phrases of a table above."""
    return [phrase for line in table.strip("\n").split("\n") for phrase in line.split("|")]


def _any(phrases: Sequence[str]) -> str:
    """A pattern for any of the phrases."""
    return "|".join(map(re.escape, phrases))


def _half_pattern(words: str) -> str:
    """A pattern for words of a half of the day: dots and the space after them come and go (`p. m.`, `pm`, `p.m.`)."""
    letters = (word.rstrip(".").split(".") for word in words.split("|"))
    spelled = (r"\s?[.:]?\s?".join(each).replace("״", '[״"]') for each in letters)
    return "|".join(rf"{each}(?!\w)\.?" if each[0].isascii() else rf"{each}\.?" for each in spelled)


# Repeats have a limit: without one, a line of a thousand spaces would take a thousand times as long.
_K = f"[{MARKS}]{{0,6}}"
_S = f"[\\s{MARKS}]{{1,6}}"
_W = f"[\\s{MARKS}]{{0,6}}"
_HALF = f"{_half_pattern(AM_WORDS)}|{_half_pattern(PM_WORDS)}"
_DATE = rf"(\d{{1,4}}){_W}([./-]){_W}(\d{{1,4}}){_W}[./-]{_W}([RH]?\d{{1,4}})\.?(?:\sBE)?"
_TIME = rf"(?:({_HALF}){_W})?(\d{{1,2}})[:.](\d\d)(?:[:.](\d\d))?(?!\d)(?:{_W}({_HALF}))?"
_JOIN = rf"{_K}[,،]?{_S}(?:(?:à|klo|um|at){_S})?"
_TAIL = rf"\s{_K}[-\u2013\u2014]{_K}(?:\s|\Z)|:\s|\s(?=[^\s:][^:]*:(?:\s|\Z))"
HEAD = re.compile(rf"{_K}(\[)?{_K}(?:{_DATE}{_JOIN}{_TIME}|{_TIME}{_JOIN}{_DATE}){_K}(?(1)\]\s?|({_TAIL}))", re.I)
PM = re.compile(_half_pattern(PM_WORDS), re.I)

# --- What stands in a body ------------------------------------------------------------------------------------------

_IOS = [shape.format(word) for shape, words in OMITTED_IOS.items() for word in words.split("|")]
_KINDS: dict[str, Kind] = {
    **{f"<{phrase}>".casefold(): "media" for phrase in _phrases(OMITTED_ANDROID)},
    **{phrase.casefold(): "media" for phrase in _IOS + _phrases(OMITTED_ELSEWHERE)},
    **{phrase.casefold(): "deleted" for phrase in _phrases(DELETED)},
    **{phrase.casefold(): "system" for phrase in _phrases(CALLS)},
}
_LONGEST_PHRASE = max(map(len, _KINDS)) + 8  # marks and a full stop may stand with it
_BANNERS = tuple(_phrases(BANNERS))
_BY_ADMIN = ("this message was deleted by admin", "you deleted this message as admin")
_ATTACHED_IOS = frozenset(phrase.casefold() for phrase in _phrases(ATTACHED_IOS))
_ATTACHED = re.compile(rf"(.*\S)\s*\((?:{_any(_phrases(ATTACHED_ANDROID))})\)", re.I)
_ATTACHED_BY_NAME = re.compile(r"(.+\S) \([^()]+\)")
_ANGLE = re.compile(r"<([^<>\n:\uff1a]{1,40})[:\uff1a]([^<>\n]+)>")
_ANGLE_OLD = re.compile(rf"(?<!\S)\S+\.\w+ {_K}<{_K}(?:{_any(_phrases(ATTACHED_IOS))})>", re.I)
_OMITTED_AFTER = re.compile(rf"[{LEFT}{RIGHT}]({_any(_IOS)})\.?\Z", re.I)
_NUMBERED = re.compile(r"\d{8}-[A-Z]+-")
_FILE_NAME = re.compile(r"[^\n]*\.[a-z][a-z0-9]{1,4}", re.I)
_EDITED = re.compile(rf"{_K}<{_K}(?:{_any(_phrases(EDITED))})\.?>{_K}\Z", re.I)
_LOCATION = re.compile(rf"^{_K}(?:{_any(_phrases(LOCATION))})[:\uff1a]\s*https?://", re.I | re.M)
_OPTION_LINE = re.compile(rf"^{_K}[^\n:\uff1a]+[:\uff1a] .*\(\d+ [^()\n]+\){_K}$", re.M)
_EVENT = re.compile("|".join(_phrases(EVENTS)), re.I)
_GENERATED = frozenset(word.casefold() for word in _phrases(LOCATION)) | {"poll", "option", "anket"}
_TRACES = re.compile(f"[{LEFT}{RIGHT}]|<(?:{_any(_phrases(OMITTED_ANDROID))})>|{_any(_BANNERS)}")
_NAME = re.compile(r"(?:^|/)_chat\.txt$|whatsapp", re.I)


class _Shape(NamedTuple):
    """What all heads of one export share. A head that differs in it was pasted into a message."""

    mark: str  # [ of iOS, - of Android, : of old iOS, or a space
    separator: str
    year: int  # which number of the date has four digits; -1 where none has
    seconds: bool
    half_days: bool
    time_first: bool


class _Head(NamedTuple):
    """A line that looks like the first of a message."""

    line: int  # counted from 0
    shape: _Shape
    date: tuple[str, str, str]
    time: time
    end: int


class _Order(NamedTuple):
    """Where year, month and day stand in a date, and why that is so."""

    name: str
    year: int
    month: int
    day: int


# --- The two functions of a source ----------------------------------------------------------------------------------


def sniff(head: str, name: str) -> float:
    """How sure it is that this is WhatsApp's: by lines that look like heads with a sender, and WhatsApp's own words."""
    lines = _lines(head)
    heads = _dominant(_heads(lines))
    senders = sum(_prefix(_rest(lines[h.line], h.end)) is not None for h in heads)
    if not senders:
        return 0.0
    traces = bool(_TRACES.search(head))
    sure = {1: 0.4, 2: 0.65}.get(senders, 0.8)
    shape = heads[0].shape
    if not traces and shape.year == 0 and shape.mark != "-":
        sure -= 0.3  # exports of Signal look like this, too
    if not traces and shape.mark == " ":
        sure -= 0.2  # and so do the logs of programs
    if not any(line.strip() for line in lines[: heads[0].line]):
        sure += 0.05  # a document that quotes a chat begins otherwise
    return round(max(sure, 0.0) + 0.1 * traces + 0.05 * bool(_NAME.search(name)), 2)


def read(file: Input, options: Options) -> Iterator[Item]:
    """What was understood, the lines before the first message, and the chat. Raises UserError for ambiguous dates."""
    lines = _lines(file.text())
    found = _heads(lines)
    heads = _dominant(found)
    if not heads:
        if lines:
            yield Unparsed("\n".join(lines), "no line looks like the head of a message", _origin(file, 0, len(lines)))
        return
    order, why = _date_order(heads, options.date_order)
    calendar = {day: _day(day, order) for day in {h.date for h in heads}}
    dated = [h for h in heads if calendar[h.date]]
    yield Understood(_facts(heads[0].shape, f"{order.name} ({why})", found, heads, dated))
    first = dated[0].line if dated else len(lines)
    if first:
        yield Unparsed("\n".join(lines[:first]), "before the first message", _origin(file, 0, first))
    if dated:
        messages = tuple(_messages(file, lines, dated, calendar))
        yield Conversation(messages, _origin(file, first, len(lines)))


def write(conversation: Conversation) -> str:
    """The conversation as Android would export it. Seconds are not kept. Raises ValueError for a message without time.

    `read` gives the same messages back where names hold no `: ` and texts are what `read` would have made of them.
    """
    lines = []
    for message in conversation.messages:
        if message.at is None:
            raise ValueError(f"a message without a time cannot be exported: {message.text[:40]!r}")
        sender = f"{message.speaker}: " if message.speaker else ""
        lines.append(f"{message.at:%d/%m/%Y, %H:%M} - {sender}{message.text}\n")
    return "".join(lines)


# --- Lines and heads ------------------------------------------------------------------------------------------------


def _lines(text: str) -> list[str]:
    """The lines, split where WhatsApp splits: `str.splitlines` would also split at U+2028 and others."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line[:-1] if line.endswith("\r") else line for line in lines]


def _origin(file: Input, start: int, end: int) -> Origin:
    return Origin(file.name, start + 1, end - start)


def _clean(text: str) -> str:
    """The text without invisible marks and with plain spaces: for names and for comparing, never for bodies."""
    return text.translate(CLEAN)


def _rest(line: str, end: int) -> str:
    """What follows a head."""
    return line[end:].lstrip(MARKS)


def _heads(lines: Sequence[str]) -> list[_Head]:
    """All lines that look like heads, of whatever shape."""
    match = HEAD.match
    return [head for index, line in enumerate(lines) if (found := match(line)) and (head := _head(index, found))]


def _head(index: int, found: re.Match[str]) -> _Head | None:
    """The head behind a match, or None where its numbers are no date and time."""
    groups = found.groups()
    time_first = groups[1] is None
    a, separator, b, c = groups[15:19] if time_first else groups[1:5]
    before, hour, minute, second, after = groups[10:15] if time_first else groups[5:10]
    mark = _mark(groups[19])
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    place = _year_place(a, b, c)
    if place is None or hours > 23 or minutes > 59 or seconds > 59 or (mark == " " and second is None):
        return None
    half = before or after
    if half:
        hours = hours % 12 + 12 * _is_pm(half) if hours <= 12 else hours
    shape = _Shape(mark, separator, place, second is not None, half is not None, time_first)
    return _Head(index, shape, (a, b, c), time(hours, minutes, seconds), found.end())


@lru_cache
def _year_place(*numbers: str) -> int | None:
    """Which number of a date is a year for sure: -1 where none is, None where several are."""
    places = [i for i, number in enumerate(numbers) if len(number) > 2 or number[0] in "RHrh"]
    return places[0] if len(places) == 1 else -1 if not places else None


@cache
def _mark(tail: str | None) -> str:
    """What kind of head ends like this; one in brackets has no tail."""
    if tail is None:
        return "["
    return _clean(tail).strip()[:1].replace("\u2013", "-").replace("\u2014", "-") or " "


@cache
def _is_pm(word: str) -> bool:
    return PM.match(word) is not None


def _dominant(heads: Sequence[_Head]) -> list[_Head]:
    """The heads of the shape that most of them have; the first such shape where two are equal."""
    counts = Counter(head.shape for head in heads)
    shape = max(counts, key=counts.__getitem__, default=None)
    return [head for head in heads if head.shape == shape]


# --- The order of day and month -------------------------------------------------------------------------------------


def _orders(year: int) -> tuple[_Order, _Order]:
    """Day first and month first, the year being the number that has four digits, or else the last."""
    place = 2 if year < 0 else year
    first, second = (i for i in range(3) if i != place)
    before = "year first, then " if place == 0 else ""
    last = "" if place == 0 else " first"
    return _Order(f"{before}day{last}", place, second, first), _Order(f"{before}month{last}", place, first, second)


def _date_order(heads: Sequence[_Head], wanted: str) -> tuple[_Order, str]:
    """The order of the dates and the reason for it. Raises UserError where the file leaves it open.

    An order is better where fewer dates are impossible, then where time runs backward less often, then where the chat
    spans fewer days.
    """
    shape = heads[0].shape
    day_first, month_first = _orders(shape.year)
    year_first = _Order("year first, then month", 0, 1, 2)
    if wanted != "auto":
        chosen = {"dmy": day_first, "mdy": month_first}.get(wanted, year_first if shape.year < 0 else month_first)
        return chosen, "as set by date_order"
    seen = [h for h, before in zip(heads, [None, *heads], strict=False) if before is None or before.date != h.date]
    badness = {order: _badness(seen, order) for order in (day_first, month_first)}
    if shape.year == 0:
        common = badness[month_first][0] <= badness[day_first][0]
        return (month_first, "the year has four digits") if common else (day_first, "no other order is possible")
    best, other = sorted(badness, key=badness.__getitem__)
    if shape.year < 0 and (odd := _badness(seen, year_first)) < badness[best]:
        return year_first, _why(seen, (year_first, odd), (best, badness[best]))
    if badness[best] != badness[other]:
        return best, _why(seen, (best, badness[best]), (other, badness[other]))
    if all(_day(h.date, day_first) == _day(h.date, month_first) for h in seen):
        return day_first, "day and month are the same number"
    if shape.separator == ".":
        return day_first, "dates with dots are not written month first"
    example = shape.separator.join(seen[0].date)
    found = f"{example} (line {seen[0].line + 1}), which can be read both ways"
    todo = "Set --set whatsapp.date_order=dmy if the day stands first, or mdy if the month does."
    raise UserError("dates that show which number is the day", found, todo)


def _badness(seen: Sequence[_Head], order: _Order) -> tuple[int, int, int]:
    """Impossible dates, steps back in time, and days spanned, if the dates were in this order."""
    days = [_day(h.date, order) for h in seen]
    next_year = date.today().year + 1
    known = [d.toordinal() for d in days if d and (seen[0].shape.year >= 0 or 2009 <= d.year <= next_year)]
    back = sum(b < a for a, b in pairwise(known))
    return len(days) - len(known), back, max(known, default=0) - min(known, default=0)


def _why(
    seen: Sequence[_Head], best: tuple[_Order, tuple[int, int, int]], other: tuple[_Order, tuple[int, int, int]]
) -> str:
    """The reason why an order was preferred to the next best."""
    (order, (bad, back, span)), (rival, (bad_rival, back_rival, span_rival)) = best, other
    if bad < bad_rival:
        proofs = (h for h in seen if _day(h.date, order) and not _day(h.date, rival))
        proof = next(proofs, seen[0])
        return f"line {proof.line + 1}: {proof.shape.separator.join(proof.date)}"
    if back < back_rival:
        return f"time runs backward {back} times, otherwise {back_rival}"
    return f"the chat spans {span} days, otherwise {span_rival}"


def _day(numbers: tuple[str, str, str], order: _Order) -> date | None:
    """The day that the numbers of a date mean in this order, or None where there is none."""
    year = numbers[order.year]
    era = {"r": 2018, "h": 1988}.get(year[0].lower())
    number = int(year if era is None else year[1:])
    if era is not None:
        number += era
    elif len(year) <= 2:
        number += 2000
    elif number > 2400:
        number -= 543  # the Buddhist calendar
    try:
        return date(number, int(numbers[order.month]), int(numbers[order.day]))
    except ValueError:
        return None


def _facts(
    shape: _Shape, order: str, found: Sequence[_Head], heads: Sequence[_Head], dated: Sequence[_Head]
) -> dict[str, str]:
    """What was concluded, in words; lines that look like heads but are not used are mentioned."""
    facts = {
        "platform": {"[": "iOS", "-": "Android"}.get(shape.mark, "an old iOS"),
        "date order": order,
        "clock": "12 hours" if shape.half_days else "24 hours",
    }
    strange = [h for h in found if h.shape != shape]
    impossible = [h for h in heads if h not in set(dated)] if len(dated) < len(heads) else []
    if strange:
        facts["heads of another shape"] = f"{len(strange)}, kept as text (first: line {strange[0].line + 1})"
    if impossible:
        facts["impossible dates"] = f"{len(impossible)}, kept as text (first: line {impossible[0].line + 1})"
    return facts


# --- Who speaks -----------------------------------------------------------------------------------------------------


def _prefix(rest: str, start: int = 0) -> str | None:
    """What stands before the first colon after `start`, if that can be a name."""
    at = rest.find(": ", start)
    if at < 0 and rest.endswith(":"):
        at = len(rest) - 1
    return rest[:at] if start < at <= LONGEST_NAME else None


def _senders(rests: Sequence[str]) -> list[str | None]:
    """The sender of each message as it is written, or None for a notice."""
    longer = _names_with_colon(rests)
    senders: list[str | None] = []
    for rest in rests:
        name = _prefix(rest)
        while name is not None and longer and (next_name := _prefix(rest, len(name) + 2)) in longer:
            name = next_name
        senders.append(name)
    counts = Counter(senders)
    notices = {name for name, n in counts.items() if name and n < OFTEN and _EVENT.search(name)}
    return [None if name in notices else name for name in senders]


def _names_with_colon(rests: Sequence[str]) -> set[str]:
    """Names that hold a colon: whatever begins like `Team` goes on like `Team: Ops` or another name as frequent."""
    counts: Counter[str] = Counter()
    parents: dict[str, str] = {}
    for rest in rests:
        name, depth = _prefix(rest), 0
        while name is not None and depth < 4:
            counts[name] += 1
            depth += 1
            longer = _prefix(rest, len(name) + 2)
            if longer is not None:
                parents[longer] = name
            name = longer
    frequent = [
        name
        for name in parents
        if counts[name] >= OFTEN and _clean(name[len(parents[name]) + 2 :]).casefold() not in _GENERATED
    ]
    covered: Counter[str] = Counter()
    for name in frequent:
        covered[parents[name]] += counts[name]
    return {name for name in frequent if covered[parents[name]] == counts[parents[name]]}


def _shown(senders: Collection[str]) -> dict[str, str]:
    """How each sender is called. `~ Name` (who is not in the contacts) loses its mark unless a contact is `Name`."""
    clean = {sender: _clean(sender).strip() for sender in senders}
    taken = set(clean.values())
    shown = {}
    for sender, name in clean.items():
        bare = name.removeprefix("~").strip()
        shown[sender] = bare if bare and bare not in taken else name
    return shown


# --- What they say --------------------------------------------------------------------------------------------------


def _messages(
    file: Input, lines: Sequence[str], heads: Sequence[_Head], calendar: Mapping[tuple[str, str, str], date | None]
) -> Iterator[Message]:
    """One message a head: its line and those up to the next head."""
    name, members, ios = file.name, _members(file), heads[0].shape.mark == "["
    rests = [_rest(lines[h.line], h.end) for h in heads]
    senders = _senders(rests)
    shown = _shown({sender for sender in senders if sender is not None})
    ends = [h.line for h in heads[1:]] + [len(lines)]
    for head, end, rest, sender in zip(heads, ends, rests, senders, strict=True):
        body = rest if sender is None else rest[len(sender) + 2 :]
        if end > head.line + 1:
            body = "\n".join([body, *lines[head.line + 1 : end]])
        body = body.replace("\u2028", "\n").strip()
        kind: Kind = "system"
        if sender is not None:
            kind, body = _classify(body, ios and _is_generated(body, lines[head.line]), ios, members)
        day = calendar[head.date]
        assert day is not None  # heads without a day were left out before
        origin = Origin(name, head.line + 1, end - head.line)
        speaker = "" if sender is None or kind == "system" else shown[sender]
        yield Message(speaker, body, datetime.combine(day, head.time), origin, kind)


def _members(file: Input) -> frozenset[str]:
    """The names of the other files in the zip: what a message names is an attachment, whatever the language."""
    if file.member is None:
        return frozenset()
    with zipfile.ZipFile(file.path) as archive:
        return frozenset(PurePosixPath(name).name for name in archive.namelist())


def _is_generated(body: str, line: str) -> bool:
    """Did iOS write this? U+200E says so; people who write right to left type U+200F themselves, so it must stand
    before the bracket, too.
    """
    return body.startswith(LEFT) or (body.startswith(RIGHT) and line.startswith((LEFT, RIGHT)))


def _classify(text: str, generated: bool, ios: bool, members: Collection[str]) -> tuple[Kind, str]:
    """The kind of a body that has a sender, and the text to keep of it."""
    if "<" in text:
        text = _EDITED.sub("", text).rstrip()
    if len(text) <= _LONGEST_PHRASE:
        kind = _kind_of_phrase(text, ios)
        if kind:
            return kind, text.lstrip(MARKS)
    if (caption := _caption(text, members)) is not None:
        return ("text", caption) if caption else ("media", text.lstrip(MARKS))
    if ("://" in text and _LOCATION.search(text)) or ("\n" in text and _is_poll(text)):
        return "media", text.lstrip(MARKS)
    if generated or text.lstrip(MARKS).startswith(_BANNERS):
        return "system", text.lstrip(MARKS)
    return "text", text


def _kind_of_phrase(text: str, ios: bool) -> Kind | None:
    """The kind of a body that is nothing but one of WhatsApp's phrases, or None."""
    plain = (text if text.isascii() else _clean(text)).strip().rstrip(".。").casefold()
    if plain == "null" and not ios:
        return "media"  # Android writes it for what could be viewed only once
    if plain.startswith(_BY_ADMIN):
        return "deleted"
    return _KINDS.get(plain.removesuffix(". tap to call back"))


def _caption(text: str, members: Collection[str]) -> str | None:
    """The caption that stands with an attachment, empty if there is none; None where nothing is attached."""
    if "<" in text:
        for found in _ANGLE.finditer(text):
            label, name = _clean(found[1]).strip().casefold(), _clean(found[2]).strip()
            if label in _ATTACHED_IOS or _NUMBERED.match(name) or name in members:
                return _without_file_name(text[: found.start()] + text[found.end() :])
        if old := _ANGLE_OLD.search(text):
            return _without_file_name(text[: old.start()] + text[old.end() :])
    first, _, rest = text.partition("\n")
    if first.endswith((")", *MARKS)) and "(" in first:
        plain = _clean(first).strip()
        by_name = _ATTACHED_BY_NAME.fullmatch(plain)
        named = _ATTACHED.fullmatch(plain) or (by_name if by_name and by_name[1] in members else None)
        if named:
            name, caption = named[1], rest.strip()
            return "" if caption in (name, name.rpartition(".")[0]) else caption
    if rest and len(first) <= _LONGEST_PHRASE and "<" in first and _kind_of_phrase(first, True) == "media":
        return rest.strip()
    if (LEFT in text or RIGHT in text) and (after := _OMITTED_AFTER.search(text)):
        return _without_file_name(text[: after.start()])
    return None


def _without_file_name(text: str) -> str:
    """A caption; what is only the name of the document (`plan.pdf`, `plan.pdf • 2 pages`) is none."""
    caption = text.strip().strip(MARKS).strip()
    named = _FILE_NAME.fullmatch(_clean(caption).partition(" • ")[0].strip())
    return "" if named else caption


def _is_poll(text: str) -> bool:
    """A poll in any language: a word with a colon, the question, and at least two options with their votes."""
    word, _, rest = text.partition("\n")
    word = _clean(word).strip()
    return word.endswith((":", "\uff1a")) and word == word.upper() and len(_OPTION_LINE.findall(rest)) >= 2
