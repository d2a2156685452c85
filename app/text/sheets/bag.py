"""The mentions of a question that have no place yet."""

from __future__ import annotations

from app.text.sheets.mentions import Mention, Reading
from app.text.sheets.plan import Column, Sheet
from app.text.sheets.vocabulary import Word


class Bag:
    """What a question mentions of a sheet; whoever gives a mention its place takes it out."""

    def __init__(self, reading: Reading, sheet: Sheet) -> None:
        self.reading, self.sheet = reading, sheet
        self.mentions = list(reading.mentions)

    def column(self, mention: Mention) -> Column:
        """The column that a mention names."""
        column = self.sheet.column(mention.column)
        assert column is not None
        return column

    def words(self, *words: Word) -> list[Mention]:
        """The words of these kinds."""
        return [each for each in self.mentions if each.what == "word" and each.word in words]

    def drop(self, *mentions: Mention) -> None:
        """These have their place."""
        for each in mentions:
            self.mentions.remove(each)

    def said(self, mention: Mention) -> str:
        """A mention as the question has it."""
        return " ".join(self.reading.tokens[mention.start : mention.end])

    def measured(self) -> list[Mention]:
        """The columns of figures that are named."""
        return [each for each in self.mentions if each.what == "column" and self.column(each).measures]
