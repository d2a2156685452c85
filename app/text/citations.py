"""Makes citations true: what the model claims is dropped, what the documents support is cited, the rest is marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from app.text.evidence import Piece, pieces_of_passage
from app.text.sentences import sentences
from app.text.support import ENOUGH, source_of, stem, words_of
from app.types import Passage, Source, Support

_MARK = re.compile(r"(?<![ \t])[ \t]*(?:\[\s*\^?\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\s*\](?!\()|【\d{1,3}[^】]{0,12}】)")
_FENCE = re.compile(r"^\s{0,3}(```|~~~)")
_LINE_START = re.compile(r"^\s*(?:>\s*)*(?:[-*+•]\s+|\d{1,3}[.)]\s+)?")
_ONLY_NUMBER = re.compile(r"^[ \t]*\[?\d{1,2}\]?(?:(?:[ \t,;]+|(?<=\])(?=\[))\[?\d{1,2}\]?)*[ \t,;]*$")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s")
_NUMBER = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{2,}")
_REFUSAL = re.compile(
    r"\b(?:passages?|documents?|texts?|context|sources?|information|answer)\b[^.!?\n]{0,60}"
    r"(?:\bnot\b|n['’]t\b|\bno\b|\bcannot\b)[^.!?\n]{0,40}"
    r"\b(?:answer|contain|hold|mention|provide|specif|state|include|information|find|found|say|give|address|about)"
    r"|\b(?:I|we)\b[^.!?\n]{0,20}(?:\bnot\b|n['’]t\b|\bcannot\b|\bunable\b)[^.!?\n]{0,30}"
    r"\b(?:find|found|answer|know|determine|see|tell)"
    r"|\bno (?:information|answer|mention|details?)\b"
    r"|^\W*(?:it|that|this) (?:is|was) (?:not (?:specified|stated|mentioned|given|provided|known|clear)\b|unknown\b)"
    r"|\b(?:Dokument\w*|Unterlagen|Passagen?|Texte?|Quellen?)\b[^.!?\n]{0,60}\b(?:nicht|keine?)\b"
    r"|\bnicht in (?:den|diesen|der|dem|Ihren) (?:Dokumenten?|Unterlagen|Passagen?|Texten?|Quellen?)\b"
    r"|\b(?:ich|wir)\b[^.!?\n]{0,40}\bnicht (?:\w+ ){0,2}(?:finden|beantworten|sagen|wissen)\b"
    r"|\bich weiß (?:es |das )?nicht\b"
    r"|\bkeine (?:Angaben?|Informationen?|Antwort)\b",
    re.IGNORECASE,
)
"""What a model says instead of an answer, in English and German; a negated fact ("lunch is not included") is none."""
_FULL_STOPS = tuple(".!?…。！")
_CLOSERS = "*_\"'”’»)"
SHORTEST_CLAIM = 2
"""Words that a sentence needs to say something that could be right or wrong."""


@dataclass(frozen=True)
class Claim:
    """A sentence of an answer that documents can support: its text and its span in the cleaned answer."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Cited:
    """An answer with citations that hold."""

    text: str
    sources: tuple[Source, ...]
    unsupported: tuple[str, ...]


def clean(text: str) -> str:
    """The answer without the model's own citation marks, outside code; a weak model's numbers mean nothing."""
    lines, fenced = [], False
    for line in text.strip().split("\n"):
        if not fenced and _ONLY_NUMBER.match(line):
            continue
        if _FENCE.match(line):
            fenced = not fenced
        lines.append(line if fenced or _FENCE.match(line) else _outside_code(line))
    return "\n".join(lines)


def claims(text: str) -> list[Claim]:
    """The sentences of a cleaned answer that state something: no code, table, heading, question, lead-in or refusal."""
    found: list[Claim] = []
    start, fenced = 0, False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and not _HEADING.match(line) and not line.lstrip().startswith("|"):
            begin = _LINE_START.match(line)
            offset = begin.end() if begin else 0
            for left, right in sentences(line[offset:]):
                sentence = line[offset + left : offset + right]
                if _is_claim(sentence):
                    found.append(Claim(sentence, start + offset + left, start + offset + right))
        start += len(line) + 1
    return found


def cite(
    text: str,
    stated: Sequence[Claim],
    support: Sequence[Support],
    passages: Sequence[Passage],
    enough: float = ENOUGH,
    question: str = "",
) -> Cited:
    """Put a citation after each supported sentence, numbered by first use; the others are unsupported.

    `support` has one entry a claim and counts the passages from 1. A passage that lacks what the sentence says
    does not count as support, however near it is; `enough` is the share of words that it must hold, and `question` says
    what a bare value answers. The `best` of a source is what supports the first sentence that cites it.
    """
    numbers: dict[int, int] = {}
    sources: list[Source] = []
    unsupported: list[str] = []
    pieces: list[str] = []
    at = 0
    for claim, backing in zip(stated, support, strict=True):
        index = _real(claim.text, backing.n, passages, enough, question)
        passage = passages[index - 1] if index is not None and 1 <= index <= len(passages) else None
        piece = source_of(claim.text, passage, enough, question) if passage is not None else None
        if index is None or passage is None or piece is None:
            unsupported.append(claim.text)
            continue
        if index not in numbers:
            numbers[index] = len(numbers) + 1
            sources.append(Source(n=numbers[index], passage=replace(passage, best=(piece.start, piece.end))))
        place = claim.start + place_mark(text[claim.start : claim.end])
        pieces += [text[at:place], f" [{numbers[index]}]"]
        at = place
    pieces.append(text[at:])
    return Cited("".join(pieces), tuple(sources), tuple(unsupported))


def _real(claim: str, n: int | None, passages: Sequence[Passage], enough: float, question: str) -> int | None:
    """The passage that supports a sentence, counted from 1; in its place another that no model wrote, if one does."""
    if n is None or not 1 <= n <= len(passages) or not passages[n - 1].by_model:
        return n
    for other, passage in enumerate(passages, 1):
        if not passage.by_model and source_of(claim, passage, enough, question) is not None:
            return other
    return n


def refuses(text: str) -> bool:
    """Whether the model says that the passages hold no answer."""
    return bool(_REFUSAL.search(text))


def with_best(passage: Passage, question: str) -> Passage:
    """The passage with the sentence or row that answers best; where none was marked, the one with most of the
    question's words."""
    words = {stem(word) for word in words_of(question)}

    def shared(piece: Piece) -> int:
        return len(words & {stem(word) for word in words_of(piece.text)})

    pieces = pieces_of_passage(passage)
    if passage.best is None and pieces:
        best = max(pieces, key=shared)
        passage = replace(passage, best=(best.start, best.end))
    return passage


def place_mark(sentence: str) -> int:
    """Where its citation stands: before the full stop, as in “160 EUR [1].”; after it where something closes it."""
    end = len(sentence)
    return end - 1 if sentence[-1:] in _FULL_STOPS and sentence[-2:-1] not in _CLOSERS else end


def _outside_code(line: str) -> str:
    """Drop marks from a line, but not from `inline code`."""
    parts = re.split(r"(`[^`]*`)", line)
    return "".join(part if part.startswith("`") else _MARK.sub("", part) for part in parts)


def _is_claim(sentence: str) -> bool:
    if sentence.rstrip("*_ ").endswith((":", "?", "：", "？")) or refuses(sentence):
        return False
    return len(_WORD.findall(sentence)) >= SHORTEST_CLAIM or bool(_NUMBER.search(sentence))
