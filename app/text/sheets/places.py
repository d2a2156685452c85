"""Which mentions of a question have their place already."""

from __future__ import annotations

from app.text.sheets.mentions import Mention, Reading
from app.text.sheets.plan import Column, Sheet
from app.text.sheets.vocabulary import LIGHT, Word


class Unsure(Exception):
    """Why no figure can be given, in words for the user."""


class Places:
    """The mentions of a question; `used` are those that have their place."""

    def __init__(self, reading: Reading, sheet: Sheet, mentions: list[Mention]) -> None:
        self.tokens, self.sheet, self.mentions = reading.tokens, sheet, mentions
        self.used: list[Mention] = []

    def of(self, *words: Word) -> list[Mention]:
        """Words of these kinds that have no place yet."""
        return [each for each in self.mentions if each.what == "word" and each.word in words and each not in self.used]

    def free(self, what: str) -> list[Mention]:
        """Mentions of a kind that have no place yet."""
        return [each for each in self.mentions if each.what == what and each not in self.used]

    def column(self, name: str) -> Column:
        """The column of this name."""
        column = self.sheet.column(name)
        assert column is not None
        return column

    def at(self, what: str, place: int) -> Mention | None:
        """The mention of a kind that begins at a token."""
        return next((each for each in self.free(what) if each.start == place), None)

    def only_light(self, start: int, end: int) -> bool:
        """Whether words that say nothing stand there."""
        return all(token in LIGHT for token in self.tokens[start:end])
