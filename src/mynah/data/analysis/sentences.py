"""What the analysis says in words: as much as the numbers bear out, and no more.

Names are shown as text, apart from the direction of the words around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from mynah.core.pages import count, pause, signed
from mynah.data.analysis.contents import Analysis
from mynah.data.analysis.copies import LONG
from mynah.data.analysis.people import busiest
from mynah.data.analysis.words import Marks

if TYPE_CHECKING:
    from markupsafe import Markup

ENOUGH = 100
"""Messages from which shares are told in percent."""
ALIKE = 0.1
"""Two people write about as much as each other where the difference is no larger a share of what both write."""


def name(text: str) -> Markup:
    """A name or a word of the chat inside a sentence."""
    from markupsafe import Markup

    return Markup("<bdi>{}</bdi>").format(text)


def _says(template: str, *values: object) -> Markup:
    from markupsafe import Markup

    return Markup(template).format(*values)


def _joined(sentences: Iterable[Markup | str]) -> Markup:
    from markupsafe import Markup

    return Markup(" ").join(each for each in sentences if each)


def percent(share: float) -> str:
    """A share as people read it; never 0 % or 100 % where it is not."""
    if 0 < share < 0.005:
        return "under 1\N{NO-BREAK SPACE}%"
    return f"{min(100 * share, 99.4) if share < 1 else 100:.0f}\N{NO-BREAK SPACE}%"


def things(n: int, word: str) -> str:
    """`1 message`, `1,204 messages`."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def headline(found: Analysis) -> Markup:
    """Who writes how much, and when, in one sentence."""
    when = _mostly(found)
    return _says("{}{}.", _who(found), f"; {when}" if when else "")


def _who(found: Analysis) -> Markup:
    names = [name(each.name) for each in found.speakers[:2]]
    if found.people == 1:
        return _says("{} writes alone: {}", names[0], things(found.messages, "message"))
    if found.messages < ENOUGH:
        return _says("{} of {}: too few to tell much", things(found.messages, "message"),
                     things(found.people, "person").replace("persons", "people"))  # fmt: skip
    first, second = found.speakers[:2]
    alike = first.messages - second.messages <= ALIKE * (first.messages + second.messages)
    shares = percent(first.share), percent(second.share)
    if found.people == 2:
        if alike:
            return _says("{} and {} write about as much as each other, {} and {}", *names, *shares)
        return _says("{} writes {} of the messages", names[0], shares[0])
    if alike:
        both = percent(first.share + second.share)
        return _says("{} and {} write most: {} of the messages of {} people", *names, both, count(found.people))
    return _says("{} writes most: {} of the messages of {} people", names[0], shares[0], count(found.people))


def _mostly(found: Analysis) -> str:
    """In which part of the day more is written than in any other; nothing where that may be chance."""
    times = found.times
    if not times or times.timed < ENOUGH or not times.part:
        return ""
    return f"{'mostly' if times.mostly else 'most often'} {times.part} ({percent(times.part_share)})"


def lede(found: Analysis) -> str:
    """What was looked at."""
    people = things(found.people, "person").replace("persons", "people")
    said = f"{things(found.messages, 'message')} of {people} in {things(found.conversations, 'conversation')}"
    said += f" and {found.chats:,} chats" if found.chats > 1 else ""
    if found.times:
        said += f", from {found.times.first[:10]} to {found.times.last[:10]}"
    return said + "."


def warnings(found: Analysis) -> list[str]:
    """What must be known before the rest is read."""
    said = []
    if not found.sample.whole:
        said.append(
            f"Who writes, when, how long, and equal messages are counted over all {found.messages:,} messages. Words, "
            f"sentiment, topics, languages and personal data are taken from a sample of {found.sample.messages:,}."
        )
    if found.messages < ENOUGH:
        said.append(f"{things(found.messages, 'message')}: too few to tell habits from chance.")
    if not found.times:
        said.append("The messages have no times: nothing can be told about when they were written.")
    return said


def when(found: Analysis) -> Markup:
    """Over the years and the days."""
    times = found.times
    if not times:
        return _says("The messages have no times.")
    said = [f"Messages on {things(times.days, 'day')}."]
    if times.timed < found.messages:
        said.append(f"{found.messages - times.timed:,} messages without a time are left out here.")
    if times.timed >= ENOUGH and times.days > 1:
        said.append(f"The busiest day was {times.busiest[0]}, with {things(times.busiest[1], 'message')}.")
    if len(times.years) > 2:
        year = max(times.years, key=lambda each: times.years[each])
        said.append(f"The most were written in {year}: {percent(times.years[year] / times.timed)}.")
    said.append(_weekday(found))
    return _joined(said)


def _weekday(found: Analysis) -> str:
    """The day of the week on which more is written than on any other; nothing where that may be chance."""
    times = found.times
    if not times or times.timed < ENOUGH or not times.weekday:
        return ""
    sums = [sum(day) for day in times.week]
    return f"More on {times.weekday}s than on any other day of the week ({percent(max(sums) / times.timed)})."


def silences(found: Analysis) -> str:
    """How long nobody writes, and what cut that suggests."""
    silence = found.silences
    if silence["middle"] is None:
        return "There are no two messages with a time in a row."
    said = f"Half of the messages come within {pause(silence['middle'])} after the one before. "
    if silence["how"] == "auto":
        said += f"{_capital(silence['why'])}. They suggest that a conversation ends after {pause(silence['cut'])}"
    else:
        said += f"No cut can be measured: {silence['why']}. Usual is {pause(silence['cut'])}"
    if found.cut is None or found.cut == silence["cut"]:
        return said + "."
    return said + f"; here it ended after {pause(found.cut)}. With --gap auto, ingest takes what is measured."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def lengths(found: Analysis) -> Markup:
    """How long messages are, of all and of the two who write most."""
    low, _, middle, _, high = found.lengths.all
    said: list[Markup | str] = [
        f"The middle message has {middle:,.0f} characters, nine of ten have {low:,.0f} to {high:,.0f}, and the longest "
        f"has {found.lengths.longest:,}."
    ]
    if len(found.lengths.boxes) > 1:
        ranked = sorted(found.lengths.boxes.items(), key=lambda each: -each[1][2])
        (longest, its), (shortest, other) = ranked[0], ranked[-1]
        if its[2] > other[2]:
            said.append(_says("In the middle, {}\N{RIGHT SINGLE QUOTATION MARK}s have {} characters and "
                              "{}\N{RIGHT SINGLE QUOTATION MARK}s have {}.", name(longest), f"{its[2]:,.0f}",
                              name(shortest), f"{other[2]:,.0f}"))  # fmt: skip
    return _joined(said)


def words(found: Analysis) -> str:
    """How many words, and how often emoji."""
    lexicon = found.lexicon
    said = f"{lexicon.words:,} words, {lexicon.different:,} different ones, of which {lexicon.once:,} stand only once."
    if lexicon.emoji:
        return f"{said} {_capital(percent(lexicon.with_emoji))} of the messages hold an emoji."
    return f"{said} No message holds an emoji."


def marked(marks: Marks, who: str, what: str) -> str:
    """Why there are no words that mark this speaker; nothing where there are."""
    if who in marks.why or "" in marks.why:
        return marks.why.get(who, marks.why.get("", "")) + "."
    return "" if marks.by_speaker.get(who) else f"No {what} more often than chance would have it."


def sentiment(found: Analysis) -> Markup:
    """How friendly it sounds, and whether anybody sounds different."""
    felt = found.sentiment
    if felt.why or not felt.all:
        return _says("{}", felt.why)
    n = felt.scored
    neutral = n - felt.positive - felt.negative
    parts = {"positive": felt.positive, "negative": felt.negative, "neutral": neutral}
    most = max(parts, key=lambda part: parts[part])
    start = "Most messages sound" if parts[most] > n / 2 else "The largest part of the messages sounds"
    rest = " and ".join(f"{percent(k / n)} {part}" for part, k in parts.items() if part != most)
    said: list[Markup | str] = [
        f"{start} {most} ({percent(parts[most] / n)}), {rest}; the mean is {signed(felt.all.value)}, between "
        f"{signed(felt.all.low)} and {signed(felt.all.high)}. {percent(felt.unknown / n)} hold no word that it "
        f"knows. Scored are {n:,} messages in English."
    ]
    means = sorted((felt.by_speaker or {}).items(), key=lambda each: -each[1].value)
    if len(means) > 1:
        (first, high), (last, low) = means[0], means[-1]
        if high.low > low.high:
            said.append(_says("{} sounds friendlier than {}: {} against {}.", name(first), name(last),
                              signed(high.value), signed(low.value)))  # fmt: skip
        else:
            said.append("Nobody sounds friendlier than the others by more than may be chance.")
    return _joined(said)


def topics(found: Analysis) -> str:
    """How many topics, and how their number came about."""
    told = found.topics
    if told.why:
        return told.why
    tried = ", ".join(map(str, told.quality or ()))
    loose = " Their words hardly come together more often than chance would have it." if told.coherence < 0.05 else ""
    return (
        f"{len(told.topics)} topics in {told.documents:,} stretches of talk. Of {tried} topics this number "
        f"holds together best and repeats itself least (NPMI {signed(told.coherence)}).{loose}"
    )


def languages(found: Analysis) -> str:
    """The language of most messages."""
    told = found.languages
    sure = {code: n for code, n in told.messages.items() if code != "not sure"}
    if not sure:
        return "Too little text to tell the language."
    language = max(sure, key=lambda each: sure[each])
    share = percent(sure[language] / told.looked_at)
    return f"{share} of {things(told.looked_at, 'message')} looked at are in {language}."


def copies(found: Analysis) -> str:
    """What is repeated."""
    told = found.copies
    long = f"Of {things(told.long, 'message')} of {LONG} characters and more"
    said = f"{long}, {told.again:,} repeat word for word one that stood before."
    sample = "" if found.sample.whole else " of the sample"
    return f"{said} {told.near:,} of {told.looked_at:,} different ones{sample} are nearly equal to another."


def personal(found: Analysis) -> str:
    """Whether personal data stands in the messages."""
    told = found.personal
    if not told.kinds:
        return f"None was found in {things(told.looked_at, 'message')}. That is no proof that there is none."
    return (
        f"{told.messages:,} of {things(told.looked_at, 'message')} hold some. The stage pseudonymize replaces what is "
        "found before anything is learned."
    )


def answers(found: Analysis) -> Markup:
    """Who answers whom most."""
    if not found.answers:
        return _says("")
    pairs: Sequence[tuple[str, str, int]] = busiest(found.answers)
    said: list[Markup | str] = [f"{things(found.answers.all, 'answer')}: {found.answers.how}."]
    if pairs and pairs[0][2] >= ENOUGH:
        who, whom, n = pairs[0]
        said.append(_says("{} answers {} most often, {} times.", name(who), name(whom), count(n)))
    return _joined(said)


SECTIONS: dict[str, Callable[[Analysis], Markup | str]] = {
    "when": when, "silences": silences, "lengths": lengths, "words": words, "sentiment": sentiment, "topics": topics,
    "languages": languages, "copies": copies, "personal": personal, "answers": answers,
}  # fmt: skip
"""What each part of the page says above its pictures."""
