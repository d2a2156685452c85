"""Several phrasings of each fact: a fact is learned from paraphrases, and one that is kept out shows that it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trainer.prepare.facts import Fact, lowered
from trainer.prepare.passages import Passage
from trainer.prepare.wording import VERBS

NATURAL, FRAMED, CLOZE = 0.95, 0.85, 0.7
"""Quality of a plain question, of one in a frame, and of a sentence to complete, before other rules lower it."""


@dataclass(frozen=True)
class Phrasing:
    """One way to ask, and how natural it is (0 to 1)."""

    text: str
    quality: float


def phrase(fact: Fact, language: str) -> list[Phrasing]:
    """All phrasings that the rules know for a fact, the most natural first."""
    if language == "en":
        makers = {"cell": _cell, "entry": _entry, "sentence": _sentence}
        return list(makers[fact.kind](fact))
    return list(_other(fact, language))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _the(title: str) -> str:
    """ "the Travel Policy 2026"; nothing doubled."""
    return title if title.casefold().startswith(("the ", "our ")) else f"the {title}"


def _topic(passage: Passage) -> str:
    return passage.heading or passage.title


_NO_NOUNS = frozenset(("where", "when", "who", "how", "why", "by", "to", "from", "of", "in", "at", "for", "until"))
"""A column that ends so is quoted: "the where of 08:30" is no English, "“Where” of 08:30" can be understood."""


def _cell(fact: Fact) -> Iterator[Phrasing]:
    row, aspect, title = fact.subject, fact.aspect, _the(fact.passage.title)
    topic = _topic(fact.passage)
    words = aspect.casefold().split()
    long = len(words) > 3 and not aspect[:1].islower()
    thing = f"“{aspect}”" if long or words[-1] in _NO_NOUNS or words[-1] in VERBS else lowered(aspect)
    ask = f"the {thing}" if not thing.startswith("“") else thing
    about = f"{row} ({lowered(topic)})" if _vague(row) else row
    yield Phrasing(f"What is {ask} for {about}?", NATURAL)
    yield Phrasing(f"{_upper(topic)}: what does the table give as {thing} for {row}?", FRAMED)
    yield Phrasing(f"I look for {ask} of {about}. What does {title} say?", FRAMED)
    yield Phrasing(f"{row}: what is listed under {thing} in “{topic}”?", FRAMED)
    yield Phrasing(f"According to {title}, which {thing} goes with {about}?", FRAMED)
    yield Phrasing(f"Please look up “{row}” under {lowered(topic)} and tell me {ask}.", FRAMED)
    yield Phrasing(f"A colleague needs {ask} that applies to {about}.", FRAMED)
    yield Phrasing(f"Do you know which {thing} we have for {about}?", FRAMED)
    yield Phrasing(f"{_upper(thing)} of {about}?", FRAMED)
    yield Phrasing(f"Can you tell me what {title} lists as {thing} in the row of {row}?", FRAMED)
    yield Phrasing(f"Complete this entry of “{topic}”: {row}, {thing}: …", CLOZE)


def _vague(row: str) -> bool:
    """A row's name that says little by itself: "A", "Basic", "2"."""
    return len(row.split()) == 1 and not any(c.isdigit() for c in row)


def _entry(fact: Fact) -> Iterator[Phrasing]:
    name, title, topic = lowered(fact.subject), _the(fact.passage.title), _topic(fact.passage)
    yield Phrasing(f"{_upper(topic)}: what applies to {name}?", NATURAL)
    yield Phrasing(f"What does {title} say about {name}?", NATURAL)
    yield Phrasing(f"Which rule or figure is set for “{fact.subject}” under {lowered(topic)}?", FRAMED)
    yield Phrasing(f"I need to know about {lowered(topic)}, in particular {name}.", FRAMED)
    yield Phrasing(f"{fact.subject}: what is written in {title}?", FRAMED)
    yield Phrasing(f"Please tell me our {lowered(topic)} for {name}.", FRAMED)
    yield Phrasing(f"A colleague asks: {name}, how is it with us?", FRAMED)
    yield Phrasing(f"How do we handle {name}? I mean the part on {lowered(topic)}.", FRAMED)
    yield Phrasing(f"Could you look up {name} in {title} for me?", FRAMED)
    yield Phrasing(f"{_upper(topic)} again: I forgot what it says on {name}.", FRAMED)
    yield Phrasing(f"Complete this entry of “{topic}”: {fact.subject}: …", CLOZE)


def _sentence(fact: Fact) -> Iterator[Phrasing]:
    title, topic = _the(fact.passage.title), _topic(fact.passage)
    if fact.gap:
        direct, indirect = fact.gap.direct, fact.gap.indirect
        if direct and not fact.context_needed:
            yield Phrasing(f"{_upper(direct)}?", NATURAL)
        if direct:
            yield Phrasing(f"I have a question about {lowered(topic)}: {direct}?", FRAMED)
        yield Phrasing(f"{_upper(topic)}: do you know {indirect}?", FRAMED)
        if not fact.context_needed:
            yield Phrasing(f"Please tell me {indirect}.", FRAMED)
        if direct:
            yield Phrasing(f"According to {title}, {direct}?", FRAMED)
        yield Phrasing(f"What does {title} say under “{topic}”, {indirect}?", FRAMED)
        yield Phrasing(f"{_upper(indirect)}? It is about {lowered(topic)}.", FRAMED)
        yield Phrasing(f"About {lowered(topic)}, a colleague wants to know {indirect}.", FRAMED)
        yield Phrasing(f"Could you look up in {title} {indirect}?", FRAMED)
        yield Phrasing(f"I forgot the rule on {lowered(topic)}. Remind me {indirect}.", FRAMED)
        if fact.context_needed:  # what stands for itself was asked in two more ways above
            yield Phrasing(f"It is about {lowered(topic)}. Who knows {indirect}?", FRAMED)
            yield Phrasing(f"Under “{topic}” in {title}: can you check {indirect}?", FRAMED)
    yield Phrasing(f"{_upper(topic)}. Complete the rule: {fact.subject}", CLOZE)
    yield Phrasing(f"Which word or figure is missing here: “{fact.subject}”?", CLOZE)
    yield Phrasing(f"Fill in what {title} says: {fact.subject}", CLOZE)
    yield Phrasing(
        f"A colleague half remembers this rule on {lowered(topic)}: “{fact.subject}” How does it read in full?", CLOZE
    )
    yield Phrasing(f"How does the sentence go on or what belongs in its gap? “{fact.subject}” ({topic})", CLOZE)
    yield Phrasing(f"“{fact.subject}” — what stands in place of the dots, according to {title}?", CLOZE)
    yield Phrasing(f"In {title} I read about {lowered(topic)}: {fact.subject} What belongs there?", CLOZE)


_OTHER = {
    "de": (
        "{topic}: Was gilt für „{subject}“?",
        "Was steht in „{title}“ zu {subject}?",
        "Ergänze: {subject}",
        "{topic}. Vervollständige den Satz: {subject}",
        "Ein Kollege fragt nach {topic}: {subject} Was gehört in die Lücke?",
        "Welche Angabe fehlt hier? „{subject}“",
        "Laut „{title}“: {subject} Was steht an Stelle der Punkte?",
        "Bitte sag mir, was bei {topic} fehlt: {subject}",
    ),
}
_NEUTRAL = (
    "{topic}: {subject}?",
    "{title}, {topic}: {subject}",
    "{subject} → ?",
    "{topic} / {subject} = ?",
    "({title}) {subject} …?",
    "? {subject} ({topic})",
    "{title}: {subject} (?)",
)
"""For languages whose grammar the rules do not know."""


def _other(fact: Fact, language: str) -> Iterator[Phrasing]:
    subject = fact.subject if fact.kind == "sentence" else ", ".join(filter(None, (fact.subject, fact.aspect)))
    for frame in _OTHER.get(language, _NEUTRAL):
        text = frame.format(topic=_topic(fact.passage), title=fact.passage.title, subject=subject)
        yield Phrasing(text, CLOZE)
