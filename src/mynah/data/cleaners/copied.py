"""Copied text: what somebody passed on by hand, chain letters, the same long text by several people.

Where the messenger says so, it is called `forwarded`. An organizer who writes "please forward this to all" wrote it.

dropped: ---------- Forwarded message ----------\\nFrom: Mo\\nthe boat leaves at six
dropped: Begin forwarded message:\\n\\nthe boat leaves at six
dropped: Forwarded from Harbor News:\\nthe boat leaves at six
dropped: (3 fold) The moon will be green tonight. Send this to ten friends and a wish comes true!
dropped: (3 times, 2 fold, by Ida|Otto|Mo) From Monday on each goat needs a white light in front and a red one behind.
kept: forwarded message? i never got one
kept: did you send this to ten friends?
kept: please forward this to the whole team: the meeting on Thursday moves to room nine, as the painters are in ours
kept: (3 times, 2 fold) From Monday on each goat needs a white light in front and a red one behind.
kept: (2 times, 2 fold, by Ida|Otto) From Monday on each goat needs a white light in front and a red one behind.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from mynah.core import options as core_options
from mynah.core.options import option
from mynah.core.types import Message
from mynah.data.near_identical import normal

# What stands above a text that was passed on, in a line of its own.
WORDS = (
    "forwarded message|original message|begin forwarded message|forwarded many times|forwarded as received|"
    "weitergeleitete nachricht|ursprüngliche nachricht|mensaje reenviado|message transféré|début du message transféré|"
    "messaggio inoltrato|mensagem encaminhada|doorgestuurd bericht|пересланное сообщение|הודעה שהועברה|转发的消息"
)
FROM = r"(?:forwarded (?:message )?from|weitergeleitet von|reenviado de|transféré de|inoltrato da|переслано от)"
HEADER = re.compile(rf"\W*(?:(?:{WORDS})[^\w\n]*|{FROM} [^\n:\]]{{1,60}}[:\])][^\S\n]*)\n", re.IGNORECASE)

# How chain letters ask to be sent on. Each names a number, all contacts or a reward.
PEOPLE = r"(?:friends|people|persons|contacts|others|groups|chats)"
MANY = r"(?:\d+|five|seven|ten|twelve|fifteen|twenty|all (?:of )?your|everyone (?:on|in) your)"
CHAIN = re.compile(
    rf"(?:send|forward|pass|share|copy) (?:this|it)(?: message| text| letter| post)?(?: on)? (?:to|with) {MANY} "
    rf"(?:other |of your |best |closest |whatsapp )*(?:{PEOPLE}|contact list|list)|"
    r"copy and paste this (?:on|in|into|to) your (?:wall|status|profile)|do(?:n't| not) break (?:the|this) chain|"
    r"(?:schicke?|sende?|leite) (?:das|dies|diese nachricht|es) an (?:\d+|zehn|alle deine) (?:freunde|leute|kontakte)|"
    r"(?:envía|manda|reenvía) (?:esto|este mensaje) a (?:\d+|diez|todos tus) (?:amigos|personas|contactos)|"
    r"(?:envie|mande|repasse) (?:isto|isso|esta mensagem) (?:para|a) (?:\d+|dez|todos os seus) "
    r"(?:amigos|pessoas|contatos)|"
    r"(?:envoie|envoyez|transfère|transférez) (?:ce message|ceci|ça) à (?:\d+|dix|tous (?:tes|vos)) "
    r"(?:amis|personnes|contacts)|"
    r"(?:invia|manda|inoltra) questo messaggio a (?:\d+|dieci|tutti i tuoi) (?:amici|persone|contatti)",
    re.IGNORECASE,
)


class Options(core_options.Options):
    """What counts as copied."""

    people: int = option(3, "people who sent the same long text, from which nobody of them wrote it", ge=2)
    shortest: int = option(120, "characters below which a text is never taken for copied by that, or a chain", ge=40)


DEFAULTS = Options()


def find(messages: Sequence[Message], options: Options = DEFAULTS) -> Iterator[int]:
    """The indices of messages that were passed on."""
    senders: defaultdict[str, set[str]] = defaultdict(set)
    forms = {}
    for index, message in enumerate(messages):
        if message.kind == "text" and len(message.text) >= options.shortest:
            forms[index] = normal(message.text)
            senders[forms[index]].add(message.speaker)
    common = {form for form, names in senders.items() if len(names) >= options.people}
    for index, message in enumerate(messages):
        if message.kind == "text" and (
            HEADER.match(message.text) or (index in forms and (forms[index] in common or CHAIN.search(message.text)))
        ):
            yield index
