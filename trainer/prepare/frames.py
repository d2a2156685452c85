"""Several phrasings of each fact: a fact is learned from paraphrases, and one that is kept out shows that it was.

They differ in form as people do: plain, with the document's name, polite, indirect, in a hurry, with a slip of the
finger.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trainer.prepare.facts import Fact, lowered
from trainer.prepare.wording import word_lists

Form = Literal["plain", "titled", "polite", "indirect", "curt", "misspelt", "model"]
_TITLE_WORD = r"(?:[A-Z][\w&-]*|\d{4}|of|for|and|the|to|in)"
_TITLE = re.compile(rf"(?!How|What|When|Where|Why|Who){_TITLE_WORD}(?: {_TITLE_WORD}){{1,6}}")
_GENERIC, _PREPOSITIONS = word_lists()["generichead"], word_lists()["prepositions"]
_DOCUMENT = re.compile(r"(?:Policy|Guide|Handbook|Manual|Plan|Standard)\b")
"""What a title names where it can stand with "the" and without quotation marks; "the Rules" would not "say"."""
_NO_PLACE = re.compile(
    r"(?:Figure|Fig\.|Listing) ?\d|The |.*(?:\?|\b(?:is|are|was|were|has|have|does|do|can|cannot|will)\b)"
)
"""A caption, a sentence or a question, which is quoted for no table."""


@dataclass(frozen=True)
class Phrasing:
    """One way to ask, and in which form."""

    text: str
    form: Form


def phrase(fact: Fact, language: str) -> list[Phrasing]:
    """All phrasings that the rules know for a fact, the plainest first; none in a language whose grammar they lack."""
    if language == "de" and fact.kind in ("cell", "column"):
        return list(_german_cell(fact))
    if language != "en":
        return []
    makers = {
        "cell": _cell,
        "column": _column,
        "entry": _entry,
        "sentence": _sentence,
        "definition": _definition,
        "term": _definition,
    }
    return list(makers[fact.kind](fact))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _title(fact: Fact) -> str:
    """The document's name in a sentence: "the Travel Policy 2026", "“How we travel”"."""
    title = fact.passage.title.strip(" :.")
    if _TITLE.fullmatch(title) and _DOCUMENT.search(title):
        return title if title.startswith(("The ", "Our ")) else f"the {title}"
    return f"“{title}”"


def _heading(fact: Fact) -> str:
    """The heading as it can be quoted, or "" where it says nothing by itself: "Technical data"."""
    heading = fact.passage.heading.strip(" :.")
    words = heading.casefold().split()
    return "" if not 1 <= len(words) <= 9 or _NO_PLACE.match(heading) or _GENERIC.issuperset(words) else heading


def _place(fact: Fact) -> str:
    """What a table or a listing is called: its heading, one of a single word behind the document's name, which is
    enough where a row says among what it is, or the name has the word."""
    heading, title = _heading(fact), fact.passage.title.strip(" :.")
    if " " in heading:
        return heading
    return title if not heading or fact.among or heading.casefold() in title.casefold() else f"{title}, {heading}"


def _for(name: str, among: str = "") -> str:
    """ "for Munich", "for “Cell phone plan”", "from 2,500 €"; "for the ticket “Year”" where it is known among what."""
    if name.split()[0].casefold() in _PREPOSITIONS:
        return name[0].lower() + name[1:]
    if among:
        return f"for the {among} “{name}”"
    return f"for {_name(name)}"


def _name(name: str) -> str:
    """A row's or an entry's name in a sentence: quoted where it is no name of its own."""
    words = name.split()
    return f"“{name}”" if len(words) > 1 and any(word.islower() for word in words) else name


def _cell(fact: Fact) -> Iterator[Phrasing]:
    row, aspect, title = _for(fact.subject, fact.among), lowered(fact.aspect), _title(fact)
    table = _place(fact)
    verb = "are" if re.search(r"[^su]s$", aspect) and " " not in aspect else "is"
    alone = any(c.isdigit() for c in row) and any(c.isupper() for c in row)  # "V-25": no table need be named
    yield Phrasing(
        f"What {verb} the {aspect} {row}?" if alone else f"Under “{table}”, what {verb} the {aspect} {row}?", "plain"
    )
    yield Phrasing(f"According to {title}, what {verb} the {aspect} {row}?", "titled")
    yield Phrasing(f"Could you please tell me the {aspect} {row}, as listed under “{table}”?", "polite")
    yield Phrasing(f"I am looking for the {aspect} {row}. Do you know what {title} says?", "indirect")
    yield Phrasing(f"{table}, {row.removeprefix('for ').removeprefix('the ')}: what {verb} the {aspect}?", "curt")
    yield Phrasing(_slip(f"In the table “{table}”, which {aspect} is given {row}?", row), "misspelt")
    yield Phrasing(f"Someone wants to know the {aspect} {row} under “{table}”. Can you help?", "indirect")
    yield Phrasing(f"I need the {aspect} {row} from {title}, please.", "polite")


def _column(fact: Fact) -> Iterator[Phrasing]:
    row, column, title, table = _for(fact.subject), fact.aspect, _title(fact), _place(fact)
    yield Phrasing(f"In “{table}”, what is listed {row} under “{column}”?", "plain")
    yield Phrasing(f"According to {title}, what is listed {row} under “{column}” ({table})?", "titled")
    yield Phrasing(f"Could you please look up “{column}” {row} in the table “{table}”?", "polite")
    yield Phrasing(f"I am looking for “{table}” {row}, column “{column}”. Do you know the figure?", "indirect")
    yield Phrasing(f"{table}, {row.removeprefix('for ')}, {lowered(column)}: what applies", "curt")
    yield Phrasing(
        _slip(f"Do you know which figure {title} gives {row} under “{column}” in “{table}”?", row), "misspelt"
    )
    yield Phrasing(f"I need the figure under “{column}” {row} from “{table}”, please.", "polite")


def _german_cell(fact: Fact) -> Iterator[Phrasing]:
    """Names are quoted, so that no gender or case has to be known."""
    row, aspect, place = fact.subject, fact.aspect, _place(fact)
    yield Phrasing(f"Was steht unter „{place}“ für „{row}“ in der Spalte „{aspect}“?", "plain")
    yield Phrasing(f"Welche Angabe („{aspect}“) gilt laut „{place}“ für „{row}“?", "titled")
    yield Phrasing(f"Kannst du mir bitte sagen, was in „{place}“ für „{row}“ als „{aspect}“ angegeben ist?", "polite")
    yield Phrasing(f"{place}, {row}, {aspect}: Was gilt?", "curt")
    yield Phrasing(f"Ich suche „{aspect}“ zu „{row}“. Weißt du, was „{place}“ dazu sagt?", "indirect")


def _entry(fact: Fact) -> Iterator[Phrasing]:
    """An entry's name is asked for by its chapter; one that is a noun of its own, "Duration", is asked for itself."""
    if fact.subject.casefold() in word_lists()["headers"]:
        yield from _attribute(fact)
        return
    title, place, name = _title(fact), _place(fact), _for(fact.subject)
    told = name.startswith("for ")
    plain = f"What does “{place}” say about {name[4:]}?" if told else f"What is given {name} under “{place}”?"
    yield Phrasing(plain, "plain")
    heading = _heading(fact)
    under = f" under “{heading}”" if heading and heading not in title else ""
    yield Phrasing(f"Which figure does {title} give {name}{under}?", "titled")
    yield Phrasing(f"Could you please tell me what {title} says {name}{under}?", "polite")
    yield Phrasing(f"I am not sure what applies {name}. Can you look under “{place}”?", "indirect")
    yield Phrasing(f"what is listed {name} under {place}".replace("“", "").replace("”", ""), "curt")
    yield Phrasing(_slip(f"Do you know what is listed {name} under “{place}”?", name), "misspelt")
    yield Phrasing(f"I have forgotten what “{place}” says {name}. Can you remind me?", "indirect")


def _attribute(fact: Fact) -> Iterator[Phrasing]:
    title, place, name = _title(fact), fact.passage.heading.strip(" :."), lowered(fact.subject)
    yield Phrasing(f"According to {title}, what is the {name} for “{place}”?", "titled")
    yield Phrasing(f"Which {name} does {title} give under “{place}”?", "titled")
    yield Phrasing(f"Could you please tell me the {name} for “{place}” in {title}?", "polite")
    yield Phrasing(f"I am not sure about the {name} in “{place}”. What does {title} say?", "indirect")
    yield Phrasing(f"{fact.passage.title}, {place}: what is the {name}?", "curt")
    yield Phrasing(
        _slip(f"I have forgotten the {name} that {title} lists for “{place}”. Can you remind me?", place), "misspelt"
    )


def _definition(fact: Fact) -> Iterator[Phrasing]:
    name, title, verb = fact.subject, _title(fact), fact.aspect
    direct = {"is": f"what is {name}", "means": f"what does {name} mean", "stands for": f"what does {name} stand for"}[
        verb
    ]
    yield Phrasing(f"{_upper(direct)}?", "plain")
    yield Phrasing(f"According to {title}, {direct}?", "titled")
    yield Phrasing(f"Could you please explain what {name} {verb}?", "polite")
    yield Phrasing(f"A new colleague asked me what {name} {verb}. How would you answer?", "indirect")
    yield Phrasing(f"{direct} again", "curt")
    yield Phrasing(_slip(f"Can you explain briefly what {name} {verb}?", name), "misspelt")
    yield Phrasing(f"I came across {name} but do not know the meaning. Can you help?", "indirect")


def _sentence(fact: Fact) -> Iterator[Phrasing]:
    if fact.gap is None:
        return
    title = _title(fact)
    direct, indirect = _asked(fact.gap.direct), _asked(fact.gap.indirect)
    yield Phrasing(f"{_upper(direct)}?", "plain")
    yield Phrasing(f"According to {title}, {direct}?", "titled")
    yield Phrasing(f"Could you please tell me {indirect}?", "polite")
    yield Phrasing(f"I am not sure {indirect}. What does {title} say?", "indirect")
    if _curt(direct) != direct:
        yield Phrasing(_curt(direct), "curt")
    yield Phrasing(_slip(f"Quick question about {title}: {direct}?", fact.subject), "misspelt")
    yield Phrasing(f"Regarding {title}, I would like to know {indirect}.", "polite")
    yield Phrasing(f"Does anyone remember {indirect}?", "indirect")
    yield Phrasing(f"Can you look up in {title} {indirect}?", "titled")


def _asked(text: str) -> str:
    """From the reader's side: "you must" is asked as "I must"."""
    text = re.sub(r"\b(are|were) you\b", lambda m: "am I" if m[1] == "are" else "was I", text)
    text = re.sub(r"\byou (are|were)\b", lambda m: "I am" if m[1] == "are" else "I was", text)
    text = re.sub(r"\b(to|for|with|by|from|of|at|on|give|gives|pay|pays|send|sends) you\b|\byou$", r"\1 me", text)
    return re.sub(r"\byour\b", "my", re.sub(r"\byou\b", "I", text))


def _curt(direct: str) -> str:
    """As typed in a hurry: without articles and the question mark."""
    return re.sub(r"\b(?:the|an?) ", "", direct)


def _slip(text: str, seed: str) -> str:
    """The text with one slip of the finger in a longer word: two letters change places. The same each time."""
    words = text.split(" ")
    long = [n for n, word in enumerate(words) if n and len(word) > 4 and word.isalpha() and word.islower()]
    if not long:
        return text
    chosen = long[zlib.crc32(f"{text}{seed}".encode()) % len(long)]
    word = words[chosen]
    at = 1 + zlib.crc32(word.encode()) % (len(word) - 3)
    words[chosen] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
