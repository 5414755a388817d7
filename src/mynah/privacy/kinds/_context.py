"""What stands before and behind a number tells what it is: words for that, in the languages of chats."""

from __future__ import annotations

import re

FAR = 48  # characters before a number in which a word for it may stand
BETWEEN = r"""is|was|are|now|still|the|my|our|your|his|her|its|to|at|on|for|new|no|n|nº|n°|№|nr|num|number|ist|war|
    lautet|die|
    der|das|mein|meine|
    neue|unter|nummer|von|es|el|la|mi|tu|su|número|numero|nuevo|est|le|mon|ma|notre|numéro|nouveau|è|il|mio|mia|
    nuovo|é|o|a|meu|
    minha|novo|это|мой|моя|номер|новый|שלי|שלו|שלה|הוא|היא|זה|מספר|החדש|هو|هي|رقم|رقمي|numaram|numarası|numarasi|yeni"""
"""Words that may stand between a word and the number it is about."""


def before(words: str, between: str = BETWEEN, most: int = 3) -> re.Pattern[str]:
    """Finds one of `words` (patterns, parted by |) at the end of what stands before a number, with at most so many
    small words between; Hebrew and Arabic ones also with what is attached to their front."""
    flat = "|".join(_prefixed(word.strip()) for word in words.split("|"))
    small = "|".join(word.strip() for word in between.split("|"))
    return re.compile(rf"(?<![^\W_])(?:{flat})(?:\W{{1,3}}(?:{small})){{0,{most}}}[^\w+(]{{0,4}}$", re.IGNORECASE)


def _prefixed(word: str) -> str:
    if "א" <= word[:1] <= "ת":
        return "[ובהלכמש]{0,2}" + word
    return "[وبلف]?(?:ال|ل)?" + word if "ء" <= word[:1] <= "ي" else word


OTHER = before(
    r"""order|orders|invoice|inv|ticket|case|ref|reference|tracking|parcel|shipment|build|version|ver|rev|revision|
    isbn|ean|sku|
    item|serial|model|article|room|gate|flight|bus|line|page|chapter|section|row|seat|score|bug|issue|commit|pr|port|
    batch|
    lottery|account id|timestamp|pid|uid|checksum|part|customer|booking|bestellung|bestellnummer|bestellnr|rechnung|
    rechnungsnummer|auftrag|auftragsnummer|sendung|sendungsnummer|paket|artikel|artikelnummer|zimmer|raum|kundennummer|
    vorgang|aktenzeichen|pedido|factura|fatura|nota fiscal|seguimiento|rastreio|referencia|referência|habitación|quarto|
    encomenda|envío|commande|facture|colis|suivi|référence|dossier|chambre|ordine|fattura|pacco|spedizione|stanza|
    pratica|
    заказ|заказа|счёт|счет|накладная|посылка|трек|кабинет|комната|версия|הזמנה|ההזמנה|חשבונית|משלוח|חבילה|מעקב|חדר|
    גרסה|קבלה|
    طلب|الطلب|طلبية|فاتورة|الفاتورة|شحنة|الشحنة|غرفة|sipariş|siparişi|fatura|kargo|takip|oda|sürüm"""
)
"""Words for numbers that are nobody's."""
UNIT = re.compile(
    r"\s?(?:[€$£₪₽₺%°]|(?:eur|euros?|usd|dollars?|bucks|pounds?|shekels?|nis|chf|rubles?|tl|lira|km|kg|mb|gb|ms|px|steps|people|"
    r"users|views|views|schritte|leute|pasos|personas|pas|passi|passos|рублей|руб|шагов|человек|шекелей|שקל|שקלים|צעדים|"
    r"خطوة|دولار|ريال|adım|kişi)\b)",
    re.IGNORECASE,
)  # fmt: skip
"""What stands behind an amount."""


def told(pattern: re.Pattern[str], text: str, start: int) -> bool:
    """Does a word of the pattern stand before this place?"""
    return bool(pattern.search(text[max(0, start - FAR) : start]))
