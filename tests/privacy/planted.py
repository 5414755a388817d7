"""Planted personal data: invented sentences in ten languages, with secrets in known places, and look-alikes that are none.

Made by a seeded program from templates and values that know nothing of the detectors. A secret stands between « and »; a
sentence without marks holds look-alikes only. Each language is a chat of its own, with its speakers.
"""

# ruff: noqa: E501
# fmt: off
from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

PER_KIND = 5  # secrets of a kind in each language
DECOYS = 56  # sentences of look-alikes in each language


@dataclass(frozen=True)
class Case:
    """A text, the kind of what is planted in it (for look-alikes: what it is like), and where it is."""

    text: str
    kind: str
    secrets: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Chat:
    """One language's chat."""

    language: str
    speakers: tuple[str, ...]
    cases: list[Case] = field(default_factory=list)


def planted(seed: int = 0) -> list[Chat]:
    """The chats, always the same for a seed."""
    draw = Random(seed)
    chats = []
    for language, (speakers, _) in NAMES.items():
        chat = Chat(language, tuple(speakers))
        for kind in KINDS:
            chat.cases.extend(case(text, kind) for text in _several(draw, language, kind, PER_KIND))
        chat.cases.extend(case(text, kind) for kind, text in _decoys(draw, language, DECOYS))
        draw.shuffle(chat.cases)
        chats.append(chat)
    return chats


def case(marked: str, kind: str) -> Case:
    """A text with « and » around what is secret."""
    text, spans, start = "", [], 0
    for part in re.split("([«»])", marked):
        if part == "«":
            start = len(text)
        elif part == "»":
            spans.append((start, len(text)))
        else:
            text += part
    return Case(text, kind, tuple(spans))


def _several(draw: Random, language: str, kind: str, count: int) -> Iterator[str]:
    templates = OWN[kind][language] if kind in OWN else CARRIERS[language]
    for template in _spread(draw, templates, count):
        yield template if kind == "name" else template.replace("{}", f"«{KINDS[kind](draw, language)}»" if kind != "link" else link(draw))


def _spread(draw: Random, templates: list[str], count: int) -> list[str]:
    """So many of the templates, each as often as any other."""
    order = [template for _ in range(-(-count // len(templates))) for template in draw.sample(templates, len(templates))]
    return order[:count]


def _decoys(draw: Random, language: str, count: int) -> Iterator[tuple[str, str]]:
    said = DECOY_SENTENCES[language]
    technical = draw.sample(TECHNICAL, 18)
    words = NAMES[language][1]
    rest = count - len(technical) - len(words)
    for kind, template in technical:
        yield kind, _filled(draw, template)
    for text in words:
        yield "name", text
    for template in _spread(draw, said, rest):
        kind, _, sentence = template.partition("|")
        yield kind, _filled(draw, sentence)


def _filled(draw: Random, template: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda slot: VALUES[slot[1]](draw), template)


# --- Values ---------------------------------------------------------------------------------------------------------


def number(draw: Random, shape: str) -> str:
    """Each # becomes a digit, each @ a letter."""
    return re.sub("[#@]", lambda m: draw.choice(string.digits if m[0] == "#" else string.ascii_uppercase), shape)


PHONES = {
    "English": ["(212) 5##-01##", "415-6##-2###", "+1 646 7##-4###", "+44 7911 12####", "+1-312-4##-5###"],
    "German": ["0171 23#####", "+49 160 9######", "030 / 23####7", "0049 151 2#######", "0176/23######"],
    "Hebrew": ["052-3######", "+972 54-7######", "0503######", "03-6######", "+972502######"],
    "Spanish": ["612 34# ###", "+34 655 12 ## ##", "91 45# ## ##", "+34666######", "622 ### ###"],
    "French": ["06 12 ## ## ##", "+33 6 45 ## ## ##", "01.42.##.##.##", "07-81-##-##-##", "0033 6 12 ## ## ##"],
    "Italian": ["347 12#####", "+39 333 4######", "06 698#####", "+39 340 ### ####", "328-5######"],
    "Portuguese": ["(11) 9845#-####", "+55 21 9987#-####", "+351 912 ### ###", "+55 11 9654#####", "(21) 9976#-####"],
    "Russian": ["+7 916 ###-##-##", "8 (903) ###-##-##", "8 926 ### ## ##", "+7(905)#######", "+7-985-###-##-##"],
    "Arabic": ["0100 2## ####", "+20 100 5######", "+966 50 ### ####", "01223######", "+971 50 ### ####"],
    "Turkish": ["0532 ### ## ##", "+90 533 ### ## ##", "0(542) ### ## ##", "+905321######", "0212 24# ## ##"],
}


def phone(draw: Random, language: str) -> str:
    return number(draw, draw.choice(PHONES[language]))


LOCALS = ["maya.levi", "t_kern88", "ana-lucia", "j.p.morel", "dimitri.v", "el.gato", "info.hof", "nora2", "k9", "office+bills", "o.yilmaz", "sam_w"]
DOMAINS = ["posteo.de", "gmail.com", "mail.ru", "walla.co.il", "orange.fr", "libero.it", "uol.com.br", "outlook.com", "kern-bau.example.net", "hotmail.es"]


def email(draw: Random, language: str) -> str:
    local, domain = draw.choice(LOCALS) + draw.choice(["", "", str(draw.randrange(90))]), draw.choice(DOMAINS)
    style = draw.random()
    if style < 0.1:
        return f"{local} [at] {domain}"
    if style < 0.2:
        return f"{local.replace('.', '_')} at {draw.choice(['gmail', 'posteo', 'yahoo'])} dot com"
    return f"{local}@{domain}".upper() if style < 0.25 else f"{local}@{domain}"


def luhn(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str((10 - total % 10) % 10)


def card(draw: Random, language: str) -> str:
    if draw.random() < 0.2:
        made = luhn(number(draw, "37############"))
        return draw.choice([made, f"{made[:4]} {made[4:10]} {made[10:]}"])
    made = luhn(number(draw, draw.choice(["4539########", "5412########", "4000########", "2221########", "6011########"]) + "###"))
    parts = [made[i : i + 4] for i in range(0, 16, 4)]
    return draw.choice([" ", "-", ""]).join(parts)


def iban(draw: Random, language: str) -> str:
    country, shape = draw.choice(
        [("DE", "#" * 18), ("FR", "#" * 23), ("ES", "#" * 20), ("IT", "@" + "#" * 22), ("IL", "#" * 19), ("GB", "@@@@" + "#" * 14),
         ("NL", "@@@@" + "#" * 10), ("TR", "#" * 22), ("SA", "#" * 20), ("PT", "#" * 21), ("CH", "#" * 17), ("AT", "#" * 16)]
    )
    body = number(draw, shape)
    as_number = "".join(str(int(c, 36)) for c in f"{body}{country}00")
    made = f"{country}{98 - int(as_number) % 97:02}{body}"
    style = draw.random()
    return made if style < 0.4 else made.lower() if style < 0.5 else " ".join(made[i : i + 4] for i in range(0, len(made), 4))


def ip(draw: Random, language: str) -> str:
    if draw.random() < 0.3:
        return f"2a0{draw.randrange(1, 9)}:{draw.randrange(4096, 65535):x}:{draw.randrange(16, 4000):x}::{draw.randrange(1, 255):x}"
    first = draw.choice(["84", "93", "185", "212", "192.168", "10.20", "172.16", "77"])
    return ".".join([first, *(str(draw.randrange(2, 254)) for _ in range(3 - first.count(".")))])


def mac(draw: Random, language: str) -> str:
    pairs = [f"{draw.randrange(256):02x}" for _ in range(6)]
    made = draw.choice([":", "-"]).join(["3c", *pairs[1:]])
    return made.upper() if draw.random() < 0.4 else made


def drawn(draw: Random, size: int, letters: str = string.ascii_letters + string.digits) -> str:
    """A string that a machine might have drawn: always with a digit and a capital."""
    made = [draw.choice(letters) for _ in range(size)]
    made[draw.randrange(2, size - 1)] = draw.choice("23456789")
    made[1] = draw.choice("QXZKTB")
    return "".join(made)


def link(draw: Random) -> str:
    token = drawn(draw, draw.choice([12, 20, 32]))
    return draw.choice(
        [
            f"https://shop.example.com/reset?token=«{token}»", f"https://app.example.org/login?u=7&access_token=«{token}»&lang=de",
            f"https://«nora:{token}»@git.example.net/repo.git", f"https://chat.whatsapp.com/«{drawn(draw, 22)}»",
            f"https://discord.gg/«{drawn(draw, 8)}»", f"https://docs.google.com/document/d/«{drawn(draw, 44)}»/edit?usp=sharing",
            f"https://us02web.zoom.us/j/«{number(draw, '8##########')}»?pwd=«{token}»", f"https://t.me/joinchat/«{drawn(draw, 16)}»",
            f"https://api.example.com/v1/items?api_key=«{token}»", f"https://files.example.org/x.pdf?Expires=1700000000&Signature=«{token}»",
            f"https://meet.google.com/«{draw.choice(['abq-wxyz-kfm', 'rto-plkm-zue', 'nbt-qwsa-iop'])}»", f"https://example.com/invite/«{token}»",
        ]
    )


def key(draw: Random, language: str) -> str:
    return draw.choice(
        [
            f"sk-proj-{drawn(draw, 40)}", f"ghp_{drawn(draw, 36)}", f"AKIA{drawn(draw, 16, string.ascii_uppercase + string.digits)}",
            f"AIza{drawn(draw, 35)}", f"xoxb-{number(draw, '###########')}-{drawn(draw, 24)}", f"glpat-{drawn(draw, 20)}",
            f"hf_{drawn(draw, 34)}", f"sk_live_{drawn(draw, 24)}", f"npm_{drawn(draw, 36)}",
            f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIi{drawn(draw, 20)}.{drawn(draw, 43)}",
        ]
    )


BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def wallet(draw: Random, language: str) -> str:
    style = draw.random()
    if style < 0.35:
        return "0x" + "".join(draw.choice("0123456789abcdefABCDEF") for _ in range(40))
    if style < 0.5:
        return draw.choice(["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3"])
    raw = bytes([0]) + draw.randbytes(20)
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    value, made = int.from_bytes(raw, "big"), ""
    while value:
        value, rest = divmod(value, 58)
        made = BASE58[rest] + made
    return "1" + made


WORDS = ["heron", "katze", "blauwal", "gato", "mouette", "lampada", "vento", "kedi", "tiger", "fjord", "anker", "mango"]


def password(draw: Random, language: str) -> str:
    one, two = draw.sample(WORDS, 2)
    return draw.choice(
        [
            f"{one}{draw.randrange(10, 9999)}", f"{one.title()}-{two}{draw.randrange(99)}", f"{one}{two.title()}!", drawn(draw, 10),
            f"{one}_{two}", f"{one.title()}{draw.randrange(1950, 2020)}!", number(draw, "#####"), one + two, drawn(draw, 8) + "#?",
        ]
    )


def dni(draw: Random) -> str:
    body = number(draw, "########")
    return body + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def cpf(draw: Random) -> str:
    body = number(draw, "#########")
    for size in (10, 11):
        rest = sum(int(d) * w for d, w in zip(body, range(size, 1, -1), strict=True)) * 10 % 11
        body += str(rest % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


IDENTITY: dict[str, Callable[[Random], str]] = {
    "English": lambda draw: draw.choice([f"{draw.randrange(100, 660)}-{draw.randrange(10, 99)}-{draw.randrange(1000, 9999)}", number(draw, "5########"), number(draw, "@@######@")]),
    "German": lambda draw: draw.choice([number(draw, "C##X##T##"), number(draw, "L#@##@###"), number(draw, "## ### ### ###")]),
    "Hebrew": lambda draw: number(draw, draw.choice(["03#######", "2########", "#########"])),
    "Spanish": dni,
    "French": lambda draw: number(draw, draw.choice(["##AK#####", "############", "1 85 05 75 ### ### ##"])),
    "Italian": lambda draw: number(draw, draw.choice(["CA#####@@", "@@@@@@85T10@562@", "AY#######"])),
    "Portuguese": cpf,
    "Russian": lambda draw: number(draw, draw.choice(["45## ######", "77########", "############"])),
    "Arabic": lambda draw: number(draw, draw.choice(["1#########", "29###########01", "A########"])),
    "Turkish": lambda draw: number(draw, draw.choice(["1##########", "U########", "2##########"])),
}


def identity(draw: Random, language: str) -> str:
    return IDENTITY[language](draw)


MONTHS = {
    "English": ["March", "July", "October"], "German": ["März", "Juli", "Oktober"], "Hebrew": ["במרץ", "ביולי", "באוקטובר"],
    "Spanish": ["de marzo de", "de julio de", "de octubre de"], "French": ["mars", "juillet", "octobre"],
    "Italian": ["marzo", "luglio", "ottobre"], "Portuguese": ["de março de", "de julho de", "de outubro de"],
    "Russian": ["марта", "июля", "октября"], "Arabic": ["مارس", "يوليو", "أكتوبر"], "Turkish": ["Mart", "Temmuz", "Ekim"],
}


def birthdate(draw: Random, language: str) -> str:
    day, month, year = draw.randrange(1, 28), draw.randrange(1, 12), draw.randrange(1950, 2008)
    written = f"{day}{'.' if language == 'German' else ''} {draw.choice(MONTHS[language])} {year}"
    return draw.choice([f"{day:02}.{month:02}.{year}", f"{day}/{month}/{year}", f"{year}-{month:02}-{day:02}", written, written])


KINDS: dict[str, Callable[[Random, str], str]] = {
    "phone": phone, "email": email, "card": card, "iban": iban, "ip": ip, "mac": mac, "link": lambda draw, language: "", "key": key,
    "wallet": wallet, "password": password, "identity": identity, "birthdate": birthdate, "name": lambda draw, language: "",
}

# --- Sentences ------------------------------------------------------------------------------------------------------

CARRIERS = {
    "English": ["here you go: {}", "{}", "can you save this, {}, before I forget?", "it was {} I think", "ok so {} is the one I use", "use {} please!", "not the old one. {}"],
    "German": ["hier: {}", "{}", "schreib dir das auf, {}, bevor ich es vergesse", "ich glaube, es war {}", "nimm bitte {}!", "also {} ist die richtige", "nicht die alte. {}"],
    "Hebrew": ["הנה: {}", "{}", "תשמרי את זה, {}, לפני שאני שוכח", "נראה לי שזה {}", "תשתמש ב {} בבקשה!", "לא הישן. {}", "אוקיי אז {} זה הנכון"],
    "Spanish": ["aquí tienes: {}", "{}", "apúntalo, {}, antes de que se me olvide", "creo que era {}", "usa {} por favor!", "no el viejo. {}", "vale pues {} es el bueno"],
    "French": ["voilà : {}", "{}", "note-le, {}, avant que j'oublie", "je crois que c'était {}", "prends {} s'il te plaît !", "pas l'ancien. {}", "bon alors {} c'est le bon"],
    "Italian": ["ecco: {}", "{}", "segnatelo, {}, prima che mi dimentichi", "mi pare fosse {}", "usa {} per favore!", "non quello vecchio. {}", "ok allora {} va bene"],
    "Portuguese": ["aqui está: {}", "{}", "anota aí, {}, antes que eu esqueça", "acho que era {}", "usa {} por favor!", "não o velho. {}", "ok então {} é o certo"],
    "Russian": ["вот: {}", "{}", "запиши, {}, пока я не забыл", "кажется, это {}", "возьми {} пожалуйста!", "не старый. {}", "ну вот {} правильный"],
    "Arabic": ["تفضل: {}", "{}", "احفظ هذا، {}، قبل ما أنسى", "أظن أنه {}", "استخدم {} من فضلك!", "مش القديم. {}", "طيب {} هو الصحيح"],
    "Turkish": ["al: {}", "{}", "şunu yaz, {}, unutmadan", "sanırım {} idi", "lütfen {} kullan!", "eskisi değil. {}", "tamam {} doğru olan"],
}

OWN: dict[str, dict[str, list[str]]] = {
    "password": {
        "English": ["the wifi password is {}", "pw: {}", "Netflix password = {} don't share it", "my new password for the laptop is {}", "password {}, all small letters", "passcode: {}"],
        "German": ["das WLAN-Passwort ist {}", "Passwort: {}", "Kennwort für den Router lautet {}", "pw {}", "das Passwort vom Netflix: {}"],
        "Hebrew": ["הסיסמה היא {}", "סיסמא: {}", "הסיסמה של הוויפיי זה {}", "סיסמה לאינטרנט: {}", "הסיסמה החדשה: {}"],
        "Spanish": ["la contraseña es {}", "contraseña: {}", "la contraseña del wifi es {}", "contraseña nueva: {}", "pass: {}"],
        "French": ["le mot de passe est {}", "mdp : {}", "mot de passe du wifi : {}", "mdp wifi: {}", "le nouveau mot de passe c'est {}"],
        "Italian": ["la password è {}", "password: {}", "la password del wifi è {}", "pw: {}", "password nuova: {}"],
        "Portuguese": ["a senha é {}", "senha: {}", "a senha do wifi é {}", "senha nova: {}", "senha da conta: {}"],
        "Russian": ["пароль {}", "пароль: {}", "пароль от вайфая: {}", "пароль для почты это {}", "новый пароль: {}"],
        "Arabic": ["كلمة السر هي {}", "كلمة المرور: {}", "الباسورد: {}", "كلمة سر الواي فاي: {}", "باسورد {}"],
        "Turkish": ["şifre: {}", "wifi şifresi: {}", "modem şifresi {}", "parola: {}", "yeni şifre: {}"],
    },
    "identity": {
        "English": ["my SSN is {}", "passport number {}", "they need your ID number: {}", "National Insurance number: {}", "social security {} if they ask"],
        "German": ["Reisepass: {}", "meine Ausweisnummer ist {}", "Steuer-ID {}", "Personalausweis Nr. {}", "die Passnummer: {}"],
        "Hebrew": ["תעודת זהות {}", "ת.ז. {}", "ת״ז שלי {}", "מספר דרכון: {}", "התעודת זהות שלי היא {}"],
        "Spanish": ["mi DNI es {}", "DNI: {}", "{} es mi DNI", "me piden el DNI, es el {}", "apunta: {}"],
        "French": ["numéro de passeport : {}", "ma carte d'identité : {}", "numéro de sécu {}", "passeport {}", "permis de conduire: {}"],
        "Italian": ["carta d'identità {}", "il passaporto: {}", "codice fiscale: {}", "il mio documento, carta d'identità n. {}", "passaporto numero {}"],
        "Portuguese": ["meu CPF é {}", "CPF: {}", "anota o CPF {}", "{} é o cpf dela", "cpf {} pra nota"],
        "Russian": ["паспорт {}", "ИНН {}", "мой паспорт: {}", "номер паспорта {}", "инн: {}"],
        "Arabic": ["رقم الهوية {}", "جواز السفر: {}", "رقم جواز السفر {}", "هويتي {}", "رقم الإقامة: {}"],
        "Turkish": ["TC kimlik {}", "tc: {}", "kimlik numarası {}", "pasaport no: {}", "TC {}"],
    },
    "birthdate": {
        "English": ["I was born on {}", "date of birth: {}", "DOB {}", "her birthday is {}", "born {} in Leeds"],
        "German": ["geboren am {}", "Geburtsdatum: {}", "geb. {}", "mein Geburtstag ist der {}", "er ist am Meer geboren, {}"],
        "Hebrew": ["נולדתי ב-{}", "תאריך לידה: {}", "תאריך לידה {}", "תאריך הלידה שלי {}", "נולדה ב {}"],
        "Spanish": ["nací el {}", "fecha de nacimiento: {}", "nacido el {}", "mi cumpleaños es el {}", "nacida el {} en Cádiz"],
        "French": ["né le {}", "date de naissance : {}", "née le {} à Lyon", "mon anniversaire : né le {}", "naissance {}"],
        "Italian": ["nato il {}", "data di nascita: {}", "nata il {} a Bari", "sono nato il {}", "compleanno: {}"],
        "Portuguese": ["nasci em {}", "data de nascimento: {}", "nascida em {}", "nascido {}", "aniversário: {}"],
        "Russian": ["родился {}", "дата рождения: {}", "родилась {} в Туле", "д.р. {}", "день рождения {}"],
        "Arabic": ["تاريخ الميلاد: {}", "ولدت في {}", "تاريخ ميلادي {}", "مواليد {}", "ولد يوم {}"],
        "Turkish": ["doğum tarihi: {}", "doğum tarihim {}", "doğum günü: {}", "doğum {}", "Doğum yeri İzmir, doğum tarihi {}"],
    },
    "name": {
        "English": ["ask «Koslowski» about it", "«Theo»'s bike is gone", "thanks «theo»!!", "did «Will» call you back?", "@«Rosalind» look at this", "I told «Rosalind» and «Theo»", "my name is «Bettina»", "Dr. «Marlowe» says no", "happy birthday «Ros»"],
        "German": ["«Ansgar»s Rad ist weg", "frag mal «anneliese»", "danke «Anneliese»!", "Frau «Kernhoff» hat angerufen", "hat «Ernst» schon gegessen?", "@«Ansgar» schau mal", "ich hab's «Ansgar» und «Kubitschek» gesagt", "ich heiße «Bettina»"],
        "Hebrew": ["תגידי ל«מאיה» שאני בדרך", "«מאיה» איפה את?", "ו«אלעד» אמר שלא", "היי «גל», מה קורה", "ראיתי את «גל» אתמול", "זה של «אלעד»", "קוראים לי «חננאל»", "«רוזנפלד» התקשר"],
        "Spanish": ["pregúntale a «Leandro»", "gracias «leandro»!", "la bici de «Ximena»", "¿ha llamado «Sol»?", "@«Ximena» mira esto", "se lo dije a «Ximena» y «Leandro»", "me llamo «Bernarda»", "«Zubiría» no viene"],
        "French": ["demande à «Maëlle»", "merci «maëlle» !", "le vélo de «Gaspard»", "tu as vu «Pierre» hier ?", "@«Gaspard» regarde", "je l'ai dit à «Gaspard» et «Maëlle»", "Madame «Thibodeau» a appelé", "je m'appelle «Berthe»"],
        "Italian": ["chiedi a «Ludovica»", "grazie «ludovica»!", "la bici di «Tancredi»", "hai sentito «Stella» ieri?", "@«Tancredi» guarda", "l'ho detto a «Tancredi» e «Ludovica»", "mi chiamo «Ermelinda»", "«Bevilacqua» non viene"],
        "Portuguese": ["pergunta pro «Thiago»", "obrigado «thiago»!", "a bike da «Jussara»", "você viu «Vitória» ontem?", "@«Jussara» olha isso", "falei pra «Jussara» e pro «Thiago»", "meu nome é «Belmira»", "«Vasconcelos» não vem"],
        "Russian": ["спроси «Машу»", "спасибо «маша»!", "это велик «Кирюхина»", "«Маше» скажи", "@«Маша» смотри", "я сказал «Антону»", "меня зовут «Ипполит»", "с «Антоном» поедем"],
        "Arabic": ["اسأل «بلقيس»", "شكرا «بلقيس»!", "دراجة «مروان»", "و«مروان» قال لا", "يا «نور» وينك", "قلت ل«مروان»", "اسمي «زكريا»", "«الحداد» ما جاء"],
        "Turkish": ["«Berkay»'a sor", "teşekkürler «berkay»!", "«Gülsüm»'ün bisikleti", "bence «Deniz» geldi", "@«Gülsüm» bak", "«Berkay» ve «Gülsüm» geldi", "benim adım «Abidin»", "«Karahanoğlu» gelmiyor"],
    },
}

NAMES: dict[str, tuple[list[str], list[str]]] = {
    "English": (["Theo Koslowski", "Rosalind Finch", "Will", "May Ashdown", "+1 646 555 2671", "Mom"],
                ["will you be late?", "May I come too?", "it rains every May", "a finch on the roof", "where there's a will there is a way", "the may flowers", "Good will come of it", "mom says hi"]),
    "German": (["Ansgar Kubitschek", "Anneliese", "Ernst Baum", "+49 170 5550123", "Mama"],
               ["im Ernst jetzt?", "das ist mein voller Ernst", "der Baum ist umgefallen", "ein Baum mehr", "Ernst gemeint?", "mama fragt", "wie ernst ist es", "unter dem Baum"]),
    "Hebrew": (["מאיה רוזנפלד", "אלעד", "גל", "אור כהן", "+972 52-555-1234", "אמא"],
               ["איזה גל חום", "אין אור במדרגות", "הגל היה ענק", "תדליק אור", "אור ירוק", "גל הדף", "יש פה אור יפה", "אמא שלי"]),
    "Spanish": (["Leandro Zubiría", "Ximena", "Sol", "Rosa Campo", "+34 655 555 123", "Papá"],
                ["hace mucho sol", "una rosa roja", "vamos al campo", "El sol quema", "sol y playa", "la rosa del campo", "el campo está lejos", "sin sol"]),
    "French": (["Gaspard Thibodeau", "Maëlle", "Pierre", "Claire Petit", "+33 6 55 55 01 23", "Maman"],
               ["une pierre dans ma chaussure", "l'eau est claire", "un petit café", "c'est clair", "la pierre tombe", "petit à petit", "une idée claire", "trop petit"]),
    "Italian": (["Ludovica Bevilacqua", "Tancredi", "Stella", "Bruno Leone", "+39 333 555 0123", "Mamma"],
                ["una stella cadente", "il leone dorme", "pane bruno", "che stella!", "sotto una stella", "un leone vero", "capelli bruno scuro", "la stella polare"]),
    "Portuguese": (["Thiago Vasconcelos", "Jussara", "Vitória", "Luz Costa", "+55 11 98555-0123", "Mãe"],
                   ["que vitória linda", "acabou a luz", "na costa norte", "apaga a luz", "a vitória é nossa", "dor na costa", "sem luz", "uma vitória"]),
    "Russian": (["Маша Кирюхина", "Антон", "Вера", "Роман Волк", "+7 916 555-01-23", "Мама"],
                ["вера в себя", "читаю роман", "волк в лесу", "длинный роман", "его вера сильна", "голодный волк", "это не роман", "без веры никак"]),
    "Arabic": (["مروان الحداد", "بلقيس", "نور", "أمل سعيد", "+20 100 555 0123", "ماما"],
               ["في نور في آخر النفق", "عندي أمل كبير", "أنا سعيد اليوم", "بدون أمل", "نور الشمس", "يوم سعيد", "ضوء و نور", "ما في أمل"]),
    "Turkish": (["Berkay Karahanoğlu", "Gülsüm", "Deniz", "Umut Kaya", "+90 532 555 01 23", "Anne"],
                ["deniz çok soğuk", "umut var mı", "bir kaya düştü", "denizde yüzdük", "bu kaya ağır", "hep umut et", "deniz kenarı", "kaya gibi"]),
}
"""The speakers of a chat, and sentences in which words that are their names are none."""

TECHNICAL = [
    ("key", "reverted in {sha}"), ("key", "see commit {short}, it breaks the build"), ("key", "id {uuid}"), ("key", "sha256 {sha256}"),
    ("key", "docker pull acme/app@sha256:{sha256}"), ("key", "the key is to start early"), ("key", "https://github.com/acme/app/commit/{sha}"),
    ("key", "class AbstractSingletonProxyFactoryBean2"), ("key", "tokens per second: 1234567890123456"), ("email", "pip install torch==2.1.0 @ home"),
    ("email", "git clone git@github.com:acme/tools.git"), ("email", "npm i left-pad@1.3.0"), ("email", "icon@2x.png is blurry"),
    ("email", "@everyone dinner at 8"), ("ip", "Chrome 119.0.6045.105 crashes: version 119.0.6045.105"), ("ip", "v1.2.3.4 is out"),
    ("ip", "bind to 127.0.0.1, not 0.0.0.0"), ("ip", "netmask 255.255.255.0"), ("ip", "std::vector<int>::iterator"),
    ("ip", "firmware 10.3.1.88"), ("mac", "from 10:22:45 to 11:05:10"), ("mac", "ratio 12:34:56"), ("phone", "π is 3.14159265358979"),
    ("phone", "{timestamp} in the log"), ("phone", "52.520008, 13.404954"), ("phone", "{date} {time}"), ("phone", "IMG_{compact}_113045.jpg"),
    ("card", "{badcard}"), ("iban", "{badiban}"), ("wallet", "crash at 0x7ffe{hex8}"), ("link", "https://example.com/search?q=secret+garden&page=2"),
    ("link", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"), ("link", "https://en.wikipedia.org/wiki/Token_ring"),
    ("link", "https://shop.example.com/p/red-bicycle-lamp?color=blue&size=2"), ("phone", "1 2 3 4 5 6 7 8 9 10"), ("phone", "2019-2023"),
    ("phone", "{isbn}"), ("phone", "8-12-15-21-33-42"), ("link", "https://example.org/2024/03/why-passwords-fail"), ("phone", "#{order}"),
]

VALUES: dict[str, Callable[[Random], str]] = {
    "sha": lambda draw: "".join(draw.choices("0123456789abcdef", k=40)),
    "short": lambda draw: "".join(draw.choices("0123456789abcdef", k=9)),
    "sha256": lambda draw: "".join(draw.choices("0123456789abcdef", k=64)),
    "hex8": lambda draw: "".join(draw.choices("0123456789abcdef", k=8)),
    "uuid": lambda draw: "-".join("".join(draw.choices("0123456789abcdef", k=n)) for n in (8, 4, 4, 4, 12)),
    "timestamp": lambda draw: f"17{draw.randrange(10**8):08}",
    "compact": lambda draw: f"2024{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}",
    "date": lambda draw: draw.choice([f"{draw.randrange(1, 29):02}.{draw.randrange(1, 13):02}.2024", f"2023-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}", f"{draw.randrange(1, 29)}/{draw.randrange(1, 13)}/2024", f"{draw.randrange(1, 29):02}-{draw.randrange(1, 13):02}-2022"]),
    "time": lambda draw: f"{draw.randrange(24):02}:{draw.randrange(60):02}",
    "order": lambda draw: number(draw, draw.choice(["##########", "########", "4###########", "1##-#######-#######", "0#########"])),
    "tracking": lambda draw: number(draw, draw.choice(["1Z@#####01########", "RR#########DE", "############", "JD0146########"])),
    "price": lambda draw: draw.choice([f"{draw.randrange(1, 99)}.{draw.randrange(100, 999)}.000", f"1 {draw.randrange(100, 999)} 000", f"{draw.randrange(100, 999)},{draw.randrange(10, 99)}", f"{draw.randrange(1, 9)},{draw.randrange(100, 999)},{draw.randrange(100, 999)}"]),
    "version": lambda draw: ".".join(str(draw.randrange(0, 40)) for _ in range(draw.choice([3, 4]))),
    "isbn": lambda draw: number(draw, draw.choice(["978-3-16-######-0", "9780#########", "978 1 4028 #### 7"])),
    "room": lambda draw: str(draw.randrange(100, 9999)),
    "year": lambda draw: str(draw.randrange(1950, 2024)),
    "badcard": lambda draw: (lambda good: good[:-1] + str((int(good[-1]) + draw.randrange(1, 9)) % 10))(luhn(number(draw, "4539###########"))),
    "badiban": lambda draw: "DE" + number(draw, "00" + "#" * 18),
}
"""What is put into sentences of look-alikes."""

DECOY_SENTENCES = {
    "English": ["phone|order {order} has shipped", "phone|tracking number {tracking}", "phone|that cost $1{price}", "birthdate|the meeting is on {date} at {time}", "ip|update to version {version} first", "phone|ISBN {isbn}", "phone|room {room}, third floor", "password|my password is wrong again", "password|I forgot my password", "password|password: see the note on the fridge", "identity|ticket 4{room}{room} is still open", "phone|{room} people came on {date}", "password|the code is hard to read", "name|the mark on the wall", "identity|passport control opens at 9", "phone|score 21-19 21-17 15-11", "birthdate|open since {year}"],
    "German": ["phone|Bestellung {order} ist da", "phone|Sendungsnummer {tracking}", "phone|das kostet {price} €", "birthdate|Termin am {date} um {time}", "ip|erst auf Version {version} gehen", "phone|ISBN {isbn}", "phone|Zimmer {room}, dritter Stock", "password|das Passwort ist falsch", "password|Passwort vergessen, na toll", "password|Passwort: steht am Kühlschrank dran", "identity|Vorgang 4{room}{room} ist offen", "phone|{room} Leute am {date}", "password|der Code ist Murks", "identity|der Ausweis ist abgelaufen", "phone|Rechnung {order}", "birthdate|geöffnet seit {year}"],
    "Hebrew": ["phone|הזמנה {order} יצאה", "phone|מספר משלוח {tracking}", "phone|זה עלה {price} שקל", "birthdate|הפגישה ב-{date} בשעה {time}", "ip|תעדכן לגרסה {version}", "phone|ISBN {isbn}", "phone|חדר {room} קומה שלוש", "password|הסיסמה שגויה", "password|שכחתי את הסיסמה", "phone|באו {room} איש ב-{date}", "phone|קבלה {order}", "identity|תעודת זהות נגמרה לי", "birthdate|פתוח מאז {year}"],
    "Spanish": ["phone|el pedido {order} ya salió", "phone|seguimiento {tracking}", "phone|cuesta {price} €", "birthdate|la reunión es el {date} a las {time}", "ip|actualiza a la versión {version}", "phone|ISBN {isbn}", "phone|habitación {room}, tercer piso", "password|la contraseña es incorrecta", "password|olvidé la contraseña", "phone|vinieron {room} personas el {date}", "phone|factura {order}", "identity|el DNI caducó", "birthdate|abierto desde {year}"],
    "French": ["phone|la commande {order} est partie", "phone|colis {tracking}", "phone|ça coûte {price} €", "birthdate|la réunion est le {date} à {time}", "ip|passe à la version {version}", "phone|ISBN {isbn}", "phone|chambre {room}, troisième étage", "password|le mot de passe est faux", "password|j'ai oublié le mot de passe", "phone|{room} personnes le {date}", "phone|facture {order}", "identity|le passeport est périmé", "birthdate|ouvert depuis {year}"],
    "Italian": ["phone|l'ordine {order} è partito", "phone|spedizione {tracking}", "phone|costa {price} €", "birthdate|la riunione è il {date} alle {time}", "ip|aggiorna alla versione {version}", "phone|ISBN {isbn}", "phone|stanza {room}, terzo piano", "password|la password è sbagliata", "password|ho dimenticato la password", "phone|{room} persone il {date}", "phone|fattura {order}", "identity|il passaporto è scaduto", "birthdate|aperto dal {year}"],
    "Portuguese": ["phone|o pedido {order} saiu", "phone|rastreio {tracking}", "phone|custa R$ {price}", "birthdate|a reunião é dia {date} às {time}", "ip|atualiza para a versão {version}", "phone|ISBN {isbn}", "phone|quarto {room}, terceiro andar", "password|a senha é errada", "password|esqueci a senha", "phone|{room} pessoas em {date}", "phone|fatura {order}", "identity|o passaporte venceu", "birthdate|aberto desde {year}"],
    "Russian": ["phone|заказ {order} отправлен", "phone|посылка {tracking}", "phone|стоит {price} руб", "birthdate|встреча {date} в {time}", "ip|обнови до версии {version}", "phone|ISBN {isbn}", "phone|комната {room}, третий этаж", "password|пароль неверный", "password|забыл пароль", "phone|{room} человек {date}", "phone|счёт {order}", "identity|паспорт просрочен", "birthdate|открыто с {year}"],
    "Arabic": ["phone|الطلب {order} خرج", "phone|شحنة {tracking}", "phone|السعر {price} ريال", "birthdate|الاجتماع يوم {date} الساعة {time}", "ip|حدث إلى الإصدار {version}", "phone|ISBN {isbn}", "phone|غرفة {room} الدور الثالث", "password|كلمة السر خطأ", "password|نسيت كلمة السر", "phone|جاء {room} شخص يوم {date}", "phone|فاتورة {order}", "identity|جواز السفر انتهى", "birthdate|مفتوح منذ {year}"],
    "Turkish": ["phone|sipariş {order} yola çıktı", "phone|kargo takip {tracking}", "phone|fiyatı {price} TL", "birthdate|toplantı {date} saat {time}", "ip|önce sürüm {version} kur", "phone|ISBN {isbn}", "phone|oda {room}, üçüncü kat", "password|şifre yanlış", "password|şifremi unuttum", "phone|{date} günü {room} kişi geldi", "phone|fatura {order}", "identity|pasaport süresi doldu", "birthdate|{year} yılından beri açık"],
}
