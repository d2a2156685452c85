"""Whether a passage says what a sentence says, by its words: nearness of meaning overlooks a wrong number or name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.text.evidence import Piece, pieces_of_passage
from app.text.spelled import spelled
from app.types import Passage, Support

ENOUGH = 0.5
"""The share of a sentence's own words that its passage must hold."""
STRICT = 0.75
"""The same for a small model."""
CLEAR = 0.7
"""The share that will do without the embedder's word for it."""
FEWEST = 2
"""Words of its own that a sentence needs for that."""
STEM = 5
"""Letters that must agree; endings differ. Held against Snowball's stemmers on sentences of real answers and their
passages, English is the same within 1 %, and German, whose words are long, finds 2 % fewer there: so no library."""

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f'’]\d+)*")
_GROUPED = re.compile(r"(?!0)\d{1,3}([.,\u00a0\u202f'’])\d{3}(?:\1\d{3})*(?!\d)")
"""Digits in groups of three, as in 1,500 or 1.500."""
_AMOUNT = re.compile(
    rf"([€$£¥])?\s?((?<![\d.,]){_NUMBER.pattern})(?:[\s\u00a0\u202f-]?([€$£¥%‰°]|[^\W\d_]+\b\.?))?", re.UNICODE
)
_UNIT_WORDS = """
    € eur euro euros | $ usd dollar dollars | £ gbp pound pounds | chf franc franken francs | % percent prozent | ‰
    ¥ jpy yen
    minute minutes minuten min | hour hours stunde stunden std | day days tag tage tagen | week weeks woche wochen
    month months monat monate monaten | year years jahr jahre jahren | km kilometre kilometres kilometer kilometers
    january januar jan | february februar feb | march märz | april apr | may mai | june juni jun | july juli jul
    august aug | september sep sept | october oktober oct okt | november nov | december dezember dec dez
    kg kilogram kilograms kilogramm | g gram grams gramm | gb | mb | tb | metre metres meter meters
"""
_UNITS = {
    word: group.split()[0] for group in re.split(r"\||\n", _UNIT_WORDS) if group.split() for word in group.split()
}
"""Unit → one name for it."""
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_NAME = re.compile(r"(?<![.!?:“\"'*_(-])(?<=[^\s*_]\s)[A-Z][^\W\d_]+")
_TWO_NAMES = re.compile(r"\b([A-ZÀ-Þ][a-zß-ÿ]+) ([A-ZÀ-Þ][a-zß-ÿ]+)\b")

_COMMON_WORDS = {
    "en": "the and of is are was were to for with you your that not it this be can will from by on at or an has have",
    "de": "der die das und ist sind nicht mit für von den dem auf ein eine einen wird werden bei zu im sie oder auch",
    "fr": "le la les des et est sont pas avec pour du une dans sur au aux que qui vous par ce cette",
    "es": "el los las y es son con para por una del al que se su como más no lo",
    "it": "il gli e è sono non con per una della di che nel alla dei si ha da",
    "nl": "het een van en is zijn niet met voor op dat aan bij ook te wordt u",
}
_COMMON = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}
_ALL_COMMON = frozenset(word for words in _COMMON.values() for word in words)


def holds(sentence: str, passage: Passage, enough: float = ENOUGH, question: str = "") -> bool:
    """Whether a piece of the passage can be the source of the sentence, see `source_of`."""
    return source_of(sentence, passage, enough, question) is not None


def source_of(sentence: str, passage: Passage, enough: float = ENOUGH, question: str = "") -> Piece | None:
    """The sentence or table row of the passage that can be the source of the sentence; None where there is none.

    Its numbers with their units, its names and enough of its words stand there together; title and headings say what
    it is about, and for names and words also the sentence before. Words are compared only within one language, so that
    a German answer can cite an English passage. A name that only the question holds does not do: “the limit in Norway
    is 160 EUR” needs a passage about Norway. Of several the one that shares most of its words is meant, and of those
    that share as many, as where the languages differ, the one that answers best (`passage.best`).

    Args:
        sentence: the claim.
        passage: with the header row of its table, if it has one.
        enough: the share of the sentence's own words that must stand there.
        question: what a bare value ("195 €") answers; its words then say which row and column are meant.
    """
    claim = _Claim(sentence, question)
    title = f"{passage.document} {passage.heading}"
    holding = (piece for piece in pieces_of_passage(passage) if claim.stands_in(piece, title, passage, enough))
    return max(holding, key=lambda piece: (claim.shares(piece), (piece.start, piece.end) == passage.best), default=None)


class _Claim:
    """A sentence of an answer, taken apart once for all pieces that could support it."""

    def __init__(self, text: str, question: str) -> None:
        text = spelled(text)
        self._numbers = numbers_of(text)
        self._amounts = amounts_of(text)
        self._language = language_of(text)
        self._names = self._named(text, question)
        self._own = {stem(word) for word in words_of(text)}
        bare = len(self._own) < FEWEST
        self._meant = self._own | {stem(word) for word in words_of(question)} if bare else self._own

    def _named(self, text: str, question: str) -> list[str]:
        """Names of the sentence. Where all nouns have a capital, two words with one in a row are taken for a name; what
        begins the sentence is one where the question has it inside."""
        if self._language == "en":
            found: list[str] = _NAME.findall(text)
        else:
            found = [word for pair in _TWO_NAMES.findall(text) for word in pair if not is_common(word)]
        first = _WORD.search(text)
        asked = _NAME.findall(question)
        return [*found, first[0]] if first and first[0] in asked else found

    def stands_in(self, piece: Piece, title: str, passage: Passage, enough: float) -> bool:
        """Whether this piece says it."""
        said = f"{title} {self._cells(piece)}"
        if not self._numbers <= numbers_of(said) or not _agree(self._amounts, amounts_of(said)):
            return False
        if piece.row is not None and not self._means(piece):
            return False
        if not self._language or self._language != language_of(passage.text):
            return True
        there = {stem(word) for word in _WORD.findall(f"{title} {piece.before} {spelled(piece.text)}")}
        if any(stem(name) not in there for name in self._names):
            return False
        return not self._own or len(self._own & there) >= enough * len(self._own)

    def shares(self, piece: Piece) -> int:
        """How many of its own words the piece holds."""
        return len(self._own & {stem(word) for word in _WORD.findall(piece.text)})

    def _cells(self, piece: Piece) -> str:
        """What a number of the claim may stand in: of a row only the columns that the claim names, if it names any."""
        if piece.row is None:
            return piece.text
        cells = piece.row.cells
        common = set[str]().union(*(_stems(a.header) & _stems(b.header) for a in cells for b in cells if a is not b))
        named = [c for c in cells if (_stems(c.header) - common) & self._meant and c.text != piece.row.label]
        kept = [c for c in cells if not named or c in named or c.text == piece.row.label]
        return " ".join(f"{cell.header} {cell.text}" for cell in kept)

    def _means(self, piece: Piece) -> bool:
        """Whether no other row of the table is named more clearly than this one."""
        assert piece.row is not None and piece.table is not None
        labels = [_stems(row.label) & self._meant for row in piece.table.rows]
        own = _stems(piece.row.label) & self._meant
        return len(own) >= max(map(len, labels))


def by_words(sentence: str, passages: Sequence[Passage]) -> Support:
    """The passage that clearly says this, found by words alone: for an answer that was stopped, or when the documents
    process is gone."""
    own = {stem(word) for word in words_of(sentence)}
    best = Support(n=None, score=CLEAR)
    for n, passage in enumerate(passages, 1):
        there = {stem(word) for word in _WORD.findall(passage.text)}
        share = len(own & there) / len(own) if len(own) >= FEWEST else 0.0
        if share >= best.score and (best.n is None or share > best.score) and holds(sentence, passage):
            best = Support(n=n, score=share)
    return best


def language_of(text: str) -> str:
    """The language whose common words it holds most of; "" where none or several do."""
    words = [word.casefold() for word in _WORD.findall(text)]
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    best = max(counts.values())
    leading = [language for language, count in counts.items() if count == best]
    return leading[0] if best and len(leading) == 1 else ""


def is_common(word: str) -> bool:
    """Whether every text of a language holds the word."""
    return word.casefold() in _ALL_COMMON


def words_of(text: str) -> list[str]:
    """Its words without the commonest, which every text holds."""
    return [word for word in _WORD.findall(text) if word.casefold() not in _ALL_COMMON and len(word) > 1]


def numbers_of(text: str) -> set[str]:
    """Numbers in one spelling: 1,500 and 1.500 and 1500 are one, and so are 1,5 and 1.5, but not 1.5 and 15.

    Words for numbers count as numbers, see app/text/spelled.py.
    """
    return {_one_spelling(number) for number in _NUMBER.findall(spelled(text))}


def amounts_of(text: str) -> set[tuple[str, str]]:
    """Numbers with their units or months, in one spelling: "15 percent" and "15 %" are one; "" where none is known."""
    found = set()
    for match in _AMOUNT.finditer(spelled(text)):
        before, number, after = match.groups()
        unit = _UNITS.get((before or after or "").casefold().rstrip("."), "")
        found.add((_one_spelling(number), unit))
    return found


def stem(word: str) -> str:
    """Its first letters, in lower case."""
    return word.casefold()[:STEM]


def _stems(text: str) -> set[str]:
    return {stem(word) for word in words_of(text)}


def _agree(said: set[tuple[str, str]], known: set[tuple[str, str]]) -> bool:
    """Whether each amount is known with its unit, or without one."""
    return all(not unit or (number, unit) in known or (number, "") in known for number, unit in said)


def _one_spelling(number: str) -> str:
    """Marks that group digits go; those that split a number stay, as points."""
    grouped = _GROUPED.match(number)
    end = grouped.end() if grouped else 0
    return re.sub(r"\D", "", number[:end]) + re.sub(r"\D", ".", number[end:])
