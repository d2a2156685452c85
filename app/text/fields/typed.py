"""Reads the value of a field out of passages by labels, phrases and kinds: only where it is sure, and word for word.

Three grounds, of which the first that gives something decides: a label whose words are the field's; a phrase of running
text; the head of the document. Where a ground gives two different values neither is taken.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct

from app.text.fields.field import Field
from app.text.fields.labels import field_keys, label_key, lines_of, pairs
from app.text.fields.values import CLOSED, same_value, trimmed, value_at, value_pattern
from app.text.fold import fold
from app.text.sentences import sentences
from app.types import Passage

BY_LABEL, BY_PHRASE, BY_HEAD, UNSURE = 0.97, 0.93, 0.9, 0.4
"""The chance that a value answers, by its ground; UNSURE where others contradict it. An order, not a fit."""
SURE = 0.75
"""The chance from which a value is shown."""
HEAD, HEAD_LINES = 600, 5
"""Code points and lines of a document that are its head."""

_ELSEWHERE = re.compile(
    r"(?<![\w@.])(?:previous|previously|former|formerly|prior|earlier|old|expired|superseded|replaced|draft|example|sample|specimen"
    r"|unlike|until now|reference|references|referee|referees|emergency contact|bisher\w*|fruher\w*|ehemal\w*|muster"
    r"|beispiel|vorlage|entwurf|referenz\w*|notfallkontakt)(?![\w@]|\.\w)"
)
"""Of what else a heading or a sentence speaks."""
_IS = (
    r"(?:\s+(?:is|are|of|shall be|will be|is set at|is fixed at|is agreed at|amounts to|runs to|lasts"
    r"|beträgt|ist|lautet|sind|von)\s+(?:(?:the|hereby|currently|fixed at|set at|agreed at|at|from|now)\s+)?)"
)


_DETERMINER = r"(?:the|this|our|your|der|die|das|unser|unsere)"
_QUALIFIED = re.compile(
    r"(?i)(?<![\w-])(?!(?:the|this|our|your|and|der|die|das|und)\s+$)"
    r"[^\W\d][\w-]*(?<!\d)(?<!\b(?:AG|SE|KG))(?<!\b(?:Ltd|LLC))(?<!\bGmbH)\s$"
)
"""A word right before a label that makes another one of it, “delivery date”, or any of many, “a fee”."""


class Reading(Struct, frozen=True):
    """A value in one of the passages, word for word."""

    n: int  # passage, counted from 1
    start: int  # span in its text
    end: int
    chance: float  # that this answers


def readings(field: Field, passages: Sequence[Passage], lone: Sequence[tuple[int, str]] = ()) -> tuple[Reading, ...]:
    """The values that these passages of one document give, best first; none where they say nothing.

    `lone` are the document's headings that no mark shows, see `lone_headings`.
    """
    for ground, chance in ((_by_label, BY_LABEL), (_by_phrase, BY_PHRASE), (_by_head, BY_HEAD)):
        found = [
            Reading(n, *span, chance)
            for n, each in enumerate(passages, 1)
            for span in _widest(ground(field, each))
            if not _speaks_of_others(_section(each, span[0], lone))
        ]
        if found:
            values = {same_value(field, passages[each.n - 1].text[each.start : each.end]) for each in found}
            chance = chance if len(values) == 1 else UNSURE
            return tuple(Reading(each.n, each.start, each.end, chance) for each in found)
    return ()


def _widest(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those that are a part of another one."""
    found = list(dict.fromkeys(spans))
    return [(a, b) for a, b in found if not any(c <= a and b <= d and (a, b) != (c, d) for c, d in found)]


def head_passage(passage: Passage, text: str) -> Passage:
    """The first lines of a document as a passage of their own: its title stands in no other."""
    lines = lines_of(text[:HEAD])[:HEAD_LINES]
    end = lines[-1].end if lines else 0
    return msgspec.structs.replace(
        passage, start=0, end=end, text=text[:end], heading="", page=passage.page and 1, place=None, boxes=()
    )


def evidence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence or row of a passage that the value stands in, with its label where that stands in the line above."""
    lines = lines_of(text)
    at = next((i for i, each in enumerate(lines) if each.start <= start < each.end), None)
    if at is None:
        return start, end
    line = lines[at]
    first = line.start
    if not re.search(r"\w", text[line.start : start]) and at and end >= line.end - 1:
        first = lines[at - 1].start
    span = next((each for each in sentences(text) if each[0] <= start and end <= each[1]), (first, max(end, line.end)))
    if first < line.start:
        return first, max(end, line.end)
    return max(span[0], first) if "\n" not in text[start:end] else span[0], min(span[1], max(end, line.end))


def _by_label(field: Field, passage: Passage) -> Iterator[tuple[int, int]]:
    keys, text = field_keys(field), passage.text
    for pair in pairs(text):
        if label_key(pair.label) in keys and (span := value_at(field, text, pair.start, pair.end)):
            yield span
    for match in _inline(field).finditer(text):
        before = text[_sentence_start(text, match.start()) : match.start()]
        if _QUALIFIED.search(before) or _speaks_of_others(before) or not _begins(field, before, match.group()):
            continue
        if span := trimmed(field, text, match.start(1), match.end(1)):
            yield span


def _by_phrase(field: Field, passage: Passage) -> Iterator[tuple[int, int]]:
    text = passage.text
    for pattern in _phrases(field):
        for match in pattern.finditer(text):
            before = text[_sentence_start(text, match.start()) : match.start()]
            if _speaks_of_others(f"{before} {match.group()}") or not (
                match.start() == match.start(1) or _is_subject(field, before)
            ):
                continue
            if field.kind == "reference" and _QUALIFIED.search(before):
                continue
            if span := trimmed(field, text, match.start(1), match.end(1)):
                yield span


def _by_head(field: Field, passage: Passage) -> Iterator[tuple[int, int]]:
    """A name that is the first line of the document; an address of mail or a phone number in its first lines."""
    if not field.head or passage.start or passage.heading:
        return
    for line in lines_of(passage.text):
        start, end = _bare(passage.text, line.start, line.end)
        if field.kind in ("email", "phone"):
            for match in free_value(field).finditer(passage.text, start, end):
                if span := trimmed(field, passage.text, *match.span(1)):
                    yield span
        elif start < end:
            if free_value(field).fullmatch(passage.text, start, end):
                yield start, end
            return


_TITLE = re.compile(
    r"(?i)[#*_\s]*(?:(?:curriculum vitae|cv|résumé|resume|lebenslauf)\b(?:\s+(?:of|von)\b)?\s*[:–—-]?\s*)?"
)


_IT = re.compile(r"(?i)\b(?:it|they|which|we|i|er|sie|es|wir|ich)\b")


def _begins(field: Field, before: str, found: str) -> bool:
    """Whether a label with its value begins a sentence, or one that speaks of what the field is about.

    A label that is set apart from what stands before it, by a colon or a gap, begins by itself.
    """
    alone = re.fullmatch(rf"(?i){_DETERMINER}?", before.strip(' \t*_-•"“'))
    return alone is not None or not found[:1].isalpha() or (bool(field.subjects) and _is_subject(field, before))


def _is_subject(field: Field, before: str) -> bool:
    """Whether a sentence speaks of what the field is about, by what stands in it before the phrase."""
    if not field.subjects or not before.strip(' \t*_-•"“'):
        return True
    return _IT.search(before) is not None or _subjects(field).search(fold(before)) is not None


@lru_cache(maxsize=512)
def _subjects(field: Field) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(re.escape(fold(each)) for each in field.subjects)})\b")


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A line without the marks of a heading and the words for what the document is."""
    found = _TITLE.match(text, start, end)
    start = found.end() if found else start
    while end > start and text[end - 1] in "*_ ":
        end -= 1
    return start, end


def _speaks_of_others(words: str) -> bool:
    return _ELSEWHERE.search(fold(words)) is not None


_LONE_LINE = re.compile(r"(?:\A|\n[^\S\n]*\n)[ \t#*_]*([^\W\d_][^\n.:;,|\d]{2,40}?)[ \t*_]*(?=\n[^\S\n]*\n)")
"""What reads as a heading in a text that marks none."""


def lone_headings(text: str) -> list[tuple[int, str]]:
    """Where each of them stands in a document, and what it says."""
    return [(match.start(1), match[1]) for match in _LONE_LINE.finditer(text)]


def is_of_others(passage: Passage, span: tuple[int, int], lone: Sequence[tuple[int, str]] = ()) -> bool:
    """Whether a sentence, or the headings above it, speak of something else: an earlier version, a reference."""
    return _speaks_of_others(passage.text[slice(*span)]) or _speaks_of_others(_section(passage, span[0], lone))


def _section(passage: Passage, place: int, lone: Sequence[tuple[int, str]]) -> str:
    """The headings above a place of a passage."""
    at = bisect.bisect_right(lone, passage.start + place, key=lambda each: each[0])
    return f"{lone[at - 1][1] if at else ''} › {passage.heading.rsplit('›', 1)[-1]}"


def _sentence_start(text: str, place: int) -> int:
    """Where the sentence begins that this place stands in; a line ends one too."""
    return max(text.rfind(mark, 0, place) + 1 for mark in (". ", "\n", "; ", "! ", "? "))


@lru_cache(maxsize=512)
def free_value(field: Field) -> re.Pattern[str]:
    """A value of the field's kind, wherever it stands; group 1 is the value."""
    return re.compile(rf"(?<![\w@.])({value_pattern(field)})(?![\w@])")


@lru_cache(maxsize=512)
def _inline(field: Field) -> re.Pattern[str]:
    """The label with the value behind it in running text: “Invoice no. 2024-118”, “the notice period is 3 months”."""
    labels = "|".join(_spaced(label) for label in sorted((field.name, *field.labels), key=len, reverse=True))
    value, bounds = value_pattern(field), r"(?![\w@])"
    begin = rf"(?:^|(?<=[\d.,;|)\t])\s*|(?<=\s\s)|(?:{CLOSED})\s+)"
    if field.kind in ("text", "name"):
        stops = ";(" if field.kind == "name" else ";"
        bounds += rf"(?:(?=\s*(?:\.(?:[ \n][A-Z]|\s*$)|[{stops}|\n]|$|\s[A-Z][\w.-]{{1,20}}:\s))|(?:{CLOSED})(?=\s))"
        lead = (
            rf"(?<![\w-])(?i:(?:{labels})\s+(?:is|ist|lautet)\s+)|{begin}[*_]*(?i:{labels})(?:[*_]*:[*_]*\s+|\s{{3,}})"
        )
        return re.compile(rf"(?:{lead})({value}){bounds}", re.MULTILINE)
    joined = rf"{begin}[*_]*(?i:{labels})[.:*_]*\s+|(?<![\w-])(?i:(?:{labels}){_IS})"
    return re.compile(rf"(?:{joined})({value}){bounds}", re.MULTILINE)


@lru_cache(maxsize=512)
def _phrases(field: Field) -> tuple[re.Pattern[str], ...]:
    value = value_pattern(field)
    made = []
    for pattern in field.patterns:
        before, _, after = pattern.partition("{}")
        bounds = rf"(?![\w@])(?i:{_spaced(after)})(?!\w)" if after.strip() else r"(?![\w@])"
        if field.kind == "text" and not after.strip():
            bounds += r"(?=\s*(?:[.,;()|\n]|$|\b(?:and\s+[a-z]|(?:without|excluding|under|for|with|unter|ohne)\b)))"
        lead = rf"(?<!\w)(?i:{_spaced(before)})" if before.strip() else r"(?<!\w)"
        made.append(re.compile(rf"{lead}({value}){bounds}"))
    return tuple(made)


def _spaced(words: str) -> str:
    """Words as a pattern: any white space between them, * for up to four more."""
    whole = re.escape(words).replace(r"\ ", r"\s+")
    return whole.replace(r"\*\s+", r"(?:\S+\s+){0,4}?")
