"""Passwords and PINs behind a word for them.

found: the wifi password is «blue-Heron42»
found: Passwort: «apfelbaum»
found: pw «Zx9!kk20», don't tell
found: la contraseña es «Gato1987»
found: הסיסמה היא «katze77»
found: PIN: «4821»
kept: my password is wrong again
kept: password: see the note on the fridge
kept: das Passwort ist abgelaufen
kept: I forgot my password yesterday, at 10
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from mynah.privacy.kinds._shape import other

LABEL = "passwords"
WORDS = r"""pass(?:word|phrase|code|wort|wd|w)?s?|pwd?|pws|kennwort|passwörter|wlan-?(?:passwort|schlüssel)|
    contraseña|contrasena|senha|
    palavra-?passe|mot de passe|mdp|parola|password|şifre|şifresi|sifre|sifresi|parolası|parolam|şifrem|пароль|
    пароля|סיסמה|הסיסמה|סיסמא|
    הסיסמא|סיסמת|كلمة (?:ال)?سر|كلمة (?:ال)?مرور|كلمه السر|الباسورد|باسورد|κωδικός|hasło|wachtwoord"""
PINS = r"""pin(?:-?code)?|geheimzahl|code pin|codice pin|клавиатура|пин|пин-?код|код|קוד|הקוד|الرمز|رمز|kod|kodu|
    código|codigo|codice|code|
    passcode|door code|gate code|alarm|digicode"""
HINT = "(?i:" + (WORDS + "|" + PINS).replace("\n    ", "") + ")"
ABOUT = r"""(?:\s(?:for|to|of|on|my|our|the|your|new|guest|home|netflix|router|wifi|wi-fi|wlan|vpn|laptop|pc|für|vom|
    zum|von|das|den|der|dem|
    neue|mein|meinem|unser|del|de|la|el|mi|nuestro|nuevo|nueva|para|pour|du|le|mon|notre|nouveau|nouvelle|per|il|mio|nuovo|nuova|nostro|do|da|
    meu|novo|nova|o|a|от|для|к|вайфая|
    вайфай|почты|нового|של|ה?וויפיי|ה?ויפי|ה?אינטרנט|ל\w+|ה?חדשה|الواي|فاي|واي|شبكة|الجديدة|هنا|account|konto|cuenta|
    compte|conta|hesabı|modem|
    ağı|yeni|door|front|gate|bike|phone|card|karte|tarjeta|carte|puerta|portone|porte|porta|bank|двери|домофона|
    подъезда|דלת|הדלת|للباب|الباب|kapı))
    {0,4}"""
JOINED = (
    r"(?:\s?[:=]\s*|\s(?:is|ist|lautet|es|est|c['’]est|é|è|war|was|это|היא|הוא|זה|זו|هي|هو)(?:\s(?:now|still|jetzt|ahora))?:?\s+|"
    r"\s+)"
)
VALUE = r"(?P<quote>[\"'“„»«`*]?)(?P<value>[^\s\"“”„»«`]{3,64})"


def _pattern(words: str, value: str) -> re.Pattern[str]:
    flat, about = (part.replace("\n    ", "") for part in (words, ABOUT))
    return re.compile(rf"(?<![\w@/-])(?P<word>{flat})(?!\w){about}(?P<joined>{JOINED}){value}", re.IGNORECASE)


PASSWORD = _pattern(WORDS, VALUE)
PIN = _pattern(PINS, r"(?P<value>\d{4,8}\#?)(?![\w]|[.,:/-]\d)")
OTHER_CODE = re.compile(
    r"(?:error|exit|status|zip|postal|post|area|country|dialing|qr|bar|promo|discount|http|response|source|fehler|postleit|erreur|"
    r"errore|erro|postale|ошибки|почтовый|שגיאה|מיקוד|خطأ|hata|posta)[\W_]{0,2}$",
    re.IGNORECASE,
)
STATES_WORDS = """wrong right correct incorrect expired secret missing required invalid weak strong changed reset
    lost forgotten needed protected empty
    too not the same different still never always safe easy hard long short stupid here there below above mine yours
    his hers it that this
    what please again now yet and or but with has was were will can again manager managers policy field fields
    prompt hint reset protected
    falsch richtig abgelaufen geheim weg vergessen verloren nicht zu noch schon immer neu alt sicher unsicher leicht
    schwer lang kurz hier dort
    incorrecta correcta incorrecto correcto mala nueva vieja secreta segura débil muy no la el una un más igual otra
    olvidada caducada
    faux bon incorrect correct expiré nouveau perdu oublié trop pas le la un une toujours encore secret faible
    sbagliata giusta scaduta segreta corretta errata nuova vecchia troppo non la una ancora sempre dimenticata
    debole uguale
    errada certa expirada secreta incorreta correta nova velha muito não uma esquecida fraca igual
    неверный правильный старый новый секретный не уже другой слабый сложный простой забыл истёк тот
    שגויה נכונה חדשה ישנה סודית לא חלשה שכחתי פגה קשה ארוכה קצרה אותה
    خطأ صحيحة خاطئة جديدة قديمة سرية ضعيفة لا غير ليست طويلة نسيت
    yanlış doğru eski yeni gizli değil zayıf çok aynı unuttum kolay zor"""
STATES = frozenset(STATES_WORDS.split())
"""What a password is said to be, and is not."""


def find(text: str, regions: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """Where they begin and end."""
    for match in PASSWORD.finditer(text):
        value = match["value"].rstrip(".,;:)'*_")
        if _is_one(value, match, text):
            yield match.start("value"), match.start("value") + len(value)
    for match in PIN.finditer(text):
        announced = match["joined"].strip() or match["word"].lower().startswith("pin")
        if announced and not OTHER_CODE.search(text[max(0, match.start() - 20) : match.start()]):
            yield match.span("value")


def _is_one(value: str, match: re.Match[str], text: str) -> bool:
    joined = bool(match["joined"].strip() or match["quote"])
    if len(value) < 3 or value.lower() in STATES or value.startswith(("http://", "https://", "<", "(")):
        return False
    if match["word"].lower() == "pass" and not joined:
        return False
    directly = match.end("word") == match.start("joined")
    if _odd(value) and (joined or directly or re.search(r"\d|\w(?:[^\w'’-]|_).*\w", value)):
        return True
    if directly and value.isdecimal() and len(value) > 3:
        return True
    rest = text[match.start("value") + len(value) :].lstrip(" .!)'\"*_”»")
    last = not rest[:1].isalnum()
    return joined and len(value) >= 4 and (value.isdecimal() or (last and any(map(str.isalpha, value))))


def _odd(value: str) -> bool:
    """Does no word look so: letters with digits, marks or capitals between them?"""
    if not any(c.isalpha() for c in value):
        return False
    mark = any(not c.isalnum() and c not in "'’" for c in value[:-1])
    capital = any(c.isupper() for c in value[1:]) and not value.isupper()
    return capital or mark or any(c.isdigit() for c in value)


def like(secret: str, draw: Random, regions: Sequence[str] = ()) -> str:
    """Other letters and digits in the same places."""
    return other(secret, draw)
