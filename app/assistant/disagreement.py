"""Whether another document gives another figure for what an answer says.

Two sentences disagree where their words are the same and their figures are not: the same row and column of two tables,
or one sentence of two handbooks. A figure that answers another question of the same shape has other words round it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from app.text.citations import with_best
from app.text.evidence import Piece, pieces_of_passage
from app.text.plain import shown
from app.text.support import amounts_of, numbers_of, stem, words_of
from app.types import Passage, Source

SAME_WORDS = 0.75
"""The share of words that two sentences must have in common to be about one thing."""
_NAMES = re.compile(
    r"\S+://\S+|<[^>]*>|\[[^\]]*\]\([^)]*\)|[^\W\d_]+[-/#_.]?\d[\w/.-]*|#\d+|(?:^|\n)\W*\d{1,3}[.)]|\n\s*\d+\W*$"
    r"|\b(?:step|section|chapter|page|figure|table|appendix|version|level|part|phase|week|day|quarter|schritt|abschnitt"
    r"|seite|kapitel|anlage|stufe|phase|woche|tag)\W{0,4}\d+",
    re.IGNORECASE,
)
"""Addresses, marks, and numbers that count or name things: "Step 7", "CI-100"."""
FEWEST = 3
"""Words that they must share at least: "Total: 20" stands in every table."""


def disagreement(
    question: str, sources: Sequence[Source], passages: Sequence[Passage]
) -> tuple[int, Passage, str] | None:
    """The source (its number) that another document speaks against, that passage with its sentence marked, and the
    sentence as it is shown; None where all agree.

    A version that is older or newer than the source is no other voice: see `Passage.newer`.
    """
    asked, named = {stem(word) for word in words_of(question)}, numbers_of(question)
    for source in sources:
        own = _piece(source.passage, question)
        if own is None or not numbers_of(own.text):
            continue
        for passage in passages:
            if passage.document_id == source.passage.document_id or _versions(passage, source.passage):
                continue
            for piece in pieces_of_passage(passage):
                if _against(own, piece, asked) and not _differ(own, piece) & named:
                    marked = msgspec.structs.replace(passage, best=(piece.start, piece.end))
                    return source.n, marked, shown(marked)
    return None


def _piece(passage: Passage, question: str) -> Piece | None:
    """The sentence or row that a passage is cited for."""
    best = with_best(passage, question).best
    return next((piece for piece in pieces_of_passage(passage) if (piece.start, piece.end) == best), None)


def _against(own: Piece, other: Piece, asked: set[str]) -> bool:
    if (own.row is None) != (other.row is None) or not (_states(own) and _states(other)):
        return False
    ours, theirs = _words(own), _words(other)
    shared = ours & theirs
    if len(shared) < FEWEST or len(shared) < SAME_WORDS * len(ours | theirs) or (asked and not asked & shared):
        return False
    if own.row is not None and other.row is not None and own.row.label != other.row.label:
        return False
    return bool(_differ(own, other))


def _states(piece: Piece) -> bool:
    """Whether it is a row or a whole sentence: headings and captions of one shape number different things."""
    text = piece.text.strip("*_\"'”») \n")
    return piece.row is not None or (text[-1:] in ".!?。！？" and not text.startswith(("#", ">", "|", "`")))


def _differ(own: Piece, other: Piece) -> set[str]:
    """The one number that is another, in both; where several are, these are two things that each have a number."""
    ours, theirs = amounts_of(_NAMES.sub(" ", own.text)), amounts_of(_NAMES.sub(" ", other.text))
    if len(ours - theirs) != 1 or len(theirs - ours) != 1:
        return set()
    (number, unit), (instead, other_unit) = *(ours - theirs), *(theirs - ours)
    return {number, instead} if unit == other_unit else set()


def _words(piece: Piece) -> set[str]:
    return {stem(word) for word in words_of(piece.text)}


def _versions(passage: Passage, other: Passage) -> bool:
    """Whether one of them is known to be older than the other."""
    return any(
        one.newer is not None and one.newer.document_id == two.document_id
        for one, two in ((passage, other), (other, passage))
    )
