"""What one mention of a plan stands for: alternatives, of which some count to the letter."""

from __future__ import annotations

from app.text.exact import phrases


def options(mention: str) -> tuple[str, ...]:
    """The things of which one is enough: “surety or "bank guarantee"” → both, the second still in its marks."""
    parts = [mention]
    for word in (" or ", " oder "):
        parts = [piece for part in parts for piece in _outside_quotes(part, word)]
    return tuple(piece.strip() for piece in parts if piece.strip())


def is_exact(option: str) -> bool:
    """Whether it counts to the letter: it stands in quotation marks as a whole."""
    quoted = phrases(option)
    return len(quoted) == 1 and len(quoted[0]) >= len(option.strip()) - 2


def _outside_quotes(text: str, word: str) -> list[str]:
    """A text cut at a word, but not inside of a quotation."""
    quoted = phrases(text)
    if not any(word.strip() in phrase.casefold().split() for phrase in quoted):
        return _cut(text, word)
    marks = {phrase: chr(0xE100 + n) for n, phrase in enumerate(quoted)}
    for phrase, mark in marks.items():
        text = text.replace(phrase, mark)
    pieces = _cut(text, word)
    for phrase, mark in marks.items():
        pieces = [piece.replace(mark, phrase) for piece in pieces]
    return pieces


def _cut(text: str, word: str) -> list[str]:
    """Cut at a word, case aside."""
    folded, at, pieces = text.casefold(), 0, []
    if len(folded) != len(text):
        return text.split(word)
    while (found := folded.find(word, at)) >= 0:
        pieces.append(text[at:found])
        at = found + len(word)
    return [*pieces, text[at:]]
