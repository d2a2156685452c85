"""Finds what rules can ask for in good English: cells under clear headers, named entries, definitions, and amounts
whose subject is named. What they cannot ask for is left to the model, or to a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from app.text.sentences import sentence_texts
from app.text.structure import bare_item
from trainer.prepare import faq, markup, personal, quality, values, wording
from trainer.prepare.passages import Part, Passage

Kind = Literal[
    "cell", "column", "composed", "words", "entry", "listed",
    "sentence", "definition", "term", "faq", "contact", "valid",
]  # fmt: skip
"""What was measured apart: a composed cell is named by its heading and its column, one of words holds no figure, a
listed entry is a single word among others of its kind."""
MOST_COLUMNS = 8
_NOISE_HEADING = re.compile(
    r"^(?:(?:table of )?contents|inhalt|index|(?:change|version|revision|document)s? (?:record|log|history|control)|"
    r"history|changelog|.*\bexamples?\b.*|references|archive.*|agenda|notes?)$",
    re.I,
)
_LISTS = wording.word_lists()
_GENERIC = _LISTS["generic"]
"""Columns whose name says nothing: the row's name does."""
_NO_NAMES = _LISTS["nonames"]
"""First words that name nothing by themselves: a row "Total", an entry "Note"."""
_PLAIN_HEADER = re.compile(r"[A-Z][a-z]+(?: [A-Za-z]+){0,2}")
"""A column's name that can be quoted where it is no noun to ask for: "Standard", "Trade fair", "Begins"."""
_SURE = ("money", "percent", "quantity", "time", "date")
_NO_VALUE = re.compile(
    r"(?:[-–—?✓xX]|tbd|tba|n/?a|none|yes|no|link\b.*|see\b.*|.*\btbd\b.*|same\b.*|varies|null)$", re.I
)
_NUMBERED = re.compile(r"0x[\da-f]+|(?:pre-)?v?\d+(?:\.\d+)+", re.I)
"""An address or a version: of what, nobody knows by it."""
_AMONG = re.compile(r"[A-Z]?[a-z]+(?: [a-z]+)?")
_NAME = re.compile(r"[^\W_][\w .,'’&/+%€$£–—()-]{1,60}")
_AMOUNT = re.compile(
    r"(?:(?:at least|at most|up to|no more than|about|around|from)\s+)?(?=[\d€$£~<>≥≤]|EUR|USD|GBP|CHF)", re.I
)
_RANGE = re.compile(r"[\d.,:]+(?: ?[€$£%])? ?(?:to|bis|[-–]) ?\d")
_WORDS = re.compile(r"[A-Z0-9][\w .'’&/+-]{1,40}")
_PER = re.compile(r"(?P<noun>(?:[\w-]+ ){0,2}?[\w-]+?)s?(?P<per> per [a-z]+)?(?: (?:by|for|in) .+)?")
_CONTACT = re.compile(
    r"\b(?P<who>[Tt]he (?:[\w-]+ ){0,3}?[\w-]+?)(?:,|,? (?:is|are) reached (?:at|under)| answers? (?:at|under))"
    r" extension (?P<number>\d{3,6})\b"
)
_VALID = re.compile(r"\bvalid\b[^.;:]{0,70}?\bfrom (?P<rest>.{4,40})", re.I)
_DEFINED = re.compile(
    r"(?P<x>[A-Z][\w./&+-]*(?: [A-Z(][\w./&+)-]*){0,4}) (?P<verb>is|stands for|means) "
    r"(?P<what>(?:an? |the )?[\w“\"].{15,200})$"
)
_NO_DEFINITION = re.compile(
    r"\b(?:not|currently|also|still|now|one of|where|here|this|these|it|they|you|your|we|our|step|great|good|best|key|"
    r"powerful|important|critical|new|big|only|first|next|perfect|ideal|incredibly|valuable|must|should|same|major|most|famous|example|default|popular|his|her|who|deputy|director|actor|actress|"
    r"singer|politician|manager|officer|engineer|author|writer|player|character|founder|president|minister)\b",
    re.IGNORECASE,
)
"""What is said of a thing rather than what it is."""
_ODD_NAME = re.compile(r"^[^(]*\)|\([^)]*$|(?<=.)\bThe\b|\b(\w+)\b.*\b\1\b|^\w+ \w+ation$")
"""A heading that ran into the sentence behind it, or half a bracket."""
_PARTS = frozenset(
    ("january", "february", "part", "step", "phase", "day", "week", "note", "example", "option", "section")
)


@dataclass(frozen=True)
class Fact:
    """Something that can be asked for. `answer` is what the model shall say, `value` what must stand in it."""

    kind: Kind
    passage: Passage
    answer: str
    value: str
    subject: str = ""  # cell: the row; entry and definition: the name; sentence: the clause with a gap
    aspect: str = ""  # cell: the column; definition: its verb
    gap: wording.Gap | None = None
    among: str = ""  # cell: what the first column names, where one word of it is no name by itself: "ticket"

    @property
    def key(self) -> str:
        """The same on each run."""
        return f"{self.passage.document}:{self.passage.start}:{self.kind}:{self.answer}:{self.value}"


def find(passage: Passage) -> list[Fact]:
    """The facts of a passage, the most telling first."""
    if any(_NOISE_HEADING.match(name.strip()) for name in (passage.heading, passage.title)):
        return []
    found = [Fact("faq", passage, answer, answer, asks) for asks, answer in faq.pairs(passage)]
    entries = dict(_entries(passage))
    for number, part in enumerate(passage.parts):
        if part.kind == "table":
            found += _cells(passage, part.rows)
        elif number in entries:
            found.append(entries[number])
        elif not quality.complaint(part.text, least_words=3):
            text = bare_item(part.text) if part.kind == "list" else part.text
            found += [fact for sentence in sentence_texts(text) for fact in _of_sentence(passage, sentence)]
    return found


def _cells(passage: Passage, table: Sequence[Sequence[str]]) -> Iterator[Fact]:
    """Cells with a value, each by its row and column; a first column without repeats names the rows."""
    header, *rows = table
    if not rows or not 2 <= len(header) <= MOST_COLUMNS or any(len(row) != len(header) for row in rows):
        return
    names = [row[0] for row in rows]
    if len(set(names)) < len(names) or not all(names):
        return
    for row in rows:
        for column in range(1, len(header)):
            aspect, value = header[column], row[column].rstrip(" .")
            if is_name(row[0]) and _are_words(value, aspect):
                yield Fact("words", passage, f"{row[0]}, {lowered(aspect)}: {value}.", value, row[0], aspect)
            if not is_name(row[0]) or not _is_clear_value(value, aspect):
                continue
            if is_clear_header(aspect):
                among = _among(header[0], row[0])
                yield Fact(
                    "cell", passage, f"{row[0]}, {lowered(aspect)}: {value}.", value, row[0], aspect, among=among
                )
            elif aspect.casefold() not in _GENERIC and (composed := _composed(passage.heading, aspect, value)):
                told = lowered(aspect) if composed.endswith(" time") else composed  # as the table itself has it
                yield Fact("composed", passage, f"{row[0]}, {told}: {value}.", value, row[0], composed)
            elif len(header) == 2 and aspect.casefold() in _GENERIC:
                yield from filter(None, [_named(passage, row[0], value)])
            elif _PLAIN_HEADER.fullmatch(aspect) and passage.heading and values.find(value)[0].kind in _SURE:
                yield Fact("column", passage, f"{row[0]}, {lowered(aspect)}: {value}.", value, row[0], aspect)


def _among(header: str, name: str) -> str:
    """What a row's name is one of, where it is a single word: "Year" among tickets, "Log" among backup types."""
    known = _AMONG.fullmatch(header) and header.casefold() not in _GENERIC | _NO_NAMES
    return lowered(header) if known and name.isalpha() else ""


def is_clear_header(header: str) -> bool:
    """Whether a column's name is a noun that can be asked for: "Price", "Cost per person"; not "Why?" or "Not this"."""
    words = re.sub(r"\([^()]*\)", "", header).casefold().split()
    if not 1 <= len(words) <= 4 or not re.fullmatch(r"[\w /()€$£%.-]+", header):
        return False
    head = re.split(r"\b(?:per|of|in|for|to|without|with|from|a|an|each|at)\b", " ".join(words))[0].split()
    return bool(head) and head[-1].removesuffix("s") in _LISTS["headers"]


def _composed(heading: str, header: str, value: str) -> str:
    """What a column that is no noun tells of: "Delivery" beside "5 days" a delivery time, "Standard" below "Limits per
    night" a limit per night (standard); "" where it cannot be named."""
    found = values.find(value)[0]
    if header.casefold() in _LISTS["lasting"]:
        return f"{lowered(header)} time" if found.kind == "quantity" else ""
    match = _PER.fullmatch(heading.strip(" :."))
    if match is None or found.kind not in _SURE or not _PLAIN_HEADER.fullmatch(header):
        return ""
    noun = match["noun"]
    return f"{lowered(noun)}{match['per'] or ''} ({header.lower()})" if is_clear_header(noun) else ""


def _are_words(value: str, header: str) -> bool:
    """Whether a cell names a place, a month or whom to ask."""
    return (
        header.casefold().split()[-1:] != []
        and header.casefold().split()[-1] in _LISTS["wordheaders"]
        and is_plain_name(value)
        and not values.without(values.find(value), [])
        and not _NO_VALUE.match(value)
    )


def is_plain_name(text: str) -> bool:
    """Whether a text names something in at most five words, and is no person."""
    return bool(_WORDS.fullmatch(text)) and len(text.split()) <= 5 and not personal.find(text)


def is_name(name: str) -> bool:
    """Whether a row's or an entry's name names something: "Munich", "V-25"; not "1", "Total" or a whole sentence."""
    words = name.split()
    if not words or len(words) > 6 or not _NAME.fullmatch(name) or markup.is_marked(name):
        return False
    if _NUMBERED.fullmatch(name):
        return False
    return any(len(word) > 1 and any(c.isalpha() for c in word) for word in words) and (
        words[0].casefold().strip(".,") not in _NO_NAMES and words[0].casefold() not in wording.IMPERATIVES
    )


def _is_clear_value(value: str, header: str) -> bool:
    if not value or len(value.split()) > 6 or _NO_VALUE.match(value) or markup.is_marked(value):
        return False
    if personal.find(value) or value.casefold() == header.casefold():
        return False
    return bool(values.find(value))


def _entries(passage: Passage) -> Iterator[tuple[int, Fact]]:
    """Lines "Deliveries on time: at least 96 %.", each with its place among the passage's parts."""
    for _, run in groupby(enumerate(passage.parts), lambda entry: entry[1].kind):
        halves = [(number, *_halves(part)) for number, part in run if part.kind != "table"]
        amounts = [found[0].kind for _, _, rest in halves if _AMOUNT.match(rest) and (found := values.find(rest))]
        is_listing = len(amounts) >= 3 and len(set(amounts)) == 1 and len(amounts) >= 0.6 * len(halves)
        for number, name, rest in halves:
            if rest and (fact := _named(passage, name, rest, is_listing)):
                yield number, fact


def _halves(part: Part) -> tuple[str, str]:
    """What stands before and behind the colon of a line; "" and "" where it has none, or is none."""
    name, colon, rest = bare_item(part.text).partition(": ")
    return (name, rest.strip().rstrip(".")) if colon and "\n" not in part.text.strip() else ("", "")


def _named(passage: Passage, name: str, rest: str, is_listing: bool = False) -> Fact | None:
    """An entry whose name is followed by one value, or a range; a heading says of what."""
    found, heading = values.find(rest), passage.heading.strip(" :.")
    if not is_name(name) or personal.find(name) or len(rest.split()) > 6 or not _AMOUNT.match(rest):
        return None
    if len(found) != 1 + bool(_RANGE.match(rest)) or found[-1].kind in ("number", "code", "day"):
        return None
    alone = " " not in name and (name.islower() or name[1:].islower()) and name.casefold() not in _LISTS["headers"]
    if ((alone or "(" in rest) and not is_listing) or not heading or not _can_stand_in_for(heading):
        return None
    if (" " not in name or name.isupper()) and " " not in heading and name.casefold() not in _LISTS["headers"]:
        return None  # "AU" under "Shipping"
    whole = f"{heading}, {lowered(name)}" if name.casefold() in _LISTS["headers"] else name
    return Fact("listed" if alone else "entry", passage, f"{whole}: {rest}.", rest, name)


def _can_stand_in_for(heading: str) -> bool:
    """Whether a heading can be named in a question."""
    return 1 <= len(heading.split()) <= 9 and not re.search(r"[?:!]", heading) and not markup.is_marked(heading)


def _of_sentence(passage: Passage, sentence: str) -> Iterator[Fact]:
    """A definition, or the one amount that a sentence states."""
    sentence = re.sub(r"^(?:[-*•–]|\d{1,3}[.)])\s+", "", sentence)
    if not sentence.endswith(".") or quality.language(f"{passage.text} {sentence}") != "en":
        return
    if fact := _definition(passage, sentence[:-1]) or _validity(passage, sentence):
        yield fact
        return
    yield from _contacts(passage, sentence)
    found = values.find(sentence)
    if len(found) == 1 and (gap := wording.clear_gap(sentence[:-1], found[0])):
        value = found[0]
        blank = f"{sentence[: value.start]}…{sentence[value.end :]}".strip()
        yield Fact("sentence", passage, sentence, sentence[value.start : value.end], blank, "", gap)


def _contacts(passage: Passage, sentence: str) -> Iterator[Fact]:
    """Whom to call: "… ordered by the fleet office, extension 4460"."""
    for match in _CONTACT.finditer(sentence):
        who, number = match["who"][0].lower() + match["who"][1:], match["number"]
        answer = f"{who[0].upper()}{who[1:]}: extension {number}."
        yield Fact("contact", passage, answer, number, who, "extension")


def _validity(passage: Passage, sentence: str) -> Fact | None:
    """From when a document is valid, as it says before its first chapter."""
    match = None if passage.heading else _VALID.search(sentence)
    dates = values.find(match["rest"]) if match else []
    if match is None or not dates or dates[0].kind != "date" or dates[0].start > 4:
        return None
    if re.match(r"\s*(?:to|until|till|[-–])\s", match["rest"][dates[0].end :]):
        return None
    date = match["rest"][dates[0].start : dates[0].end]
    return Fact("valid", passage, f"{passage.title}: valid from {date}.", date, passage.title)


def _definition(passage: Passage, sentence: str) -> Fact | None:
    """ "SCIP is a code indexing format"; only names that are no ordinary word are asked for."""
    match = _DEFINED.match(sentence)
    if match is None or _NO_DEFINITION.search(match["what"]):
        return None
    name, first = match["x"], match["x"].split()[0].casefold()
    telling = sum(word[:1].isupper() for word in name.split()) > 1 or sum(c.isupper() for c in name) > 1
    if not telling or first in _NO_NAMES | _PARTS or first in personal.given_names() or _ODD_NAME.search(name):
        return None
    if re.match(r"(?:an? |the )?(?:[A-Z]\w+ ){2}", match["what"]):
        return None  # a rank or an office
    if match["verb"] == "is" and not re.match(r"(?:an?|the) ", match["what"]):
        return None
    coined = bool(re.search(r"\b\w*[a-z][A-Z]|\b[A-Z]{3,}\b", name))  # "CMake", "SCIP": an ordinary word is not meant
    return Fact("term" if coined else "definition", passage, f"{sentence}.", match["what"], name, match["verb"])


def lowered(text: str) -> str:
    """Lower case, acronyms and names with a capital inside aside."""
    return " ".join(word.lower() if word[:1].isupper() and word[1:].islower() else word for word in text.split(" "))
