"""The passages beside a question, as a search would lay them out: the one that answers, and near ones that do not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.text.bm25 import Index
from app.types import Passage
from trainer.prepare import passages, values
from trainer.spec import Example, TextDocument

OWN_CHARACTERS, OTHER_CHARACTERS = 600, 320
"""Of the passage that holds the answer, and of those beside it: reading them is most of the time it takes."""
NEAR = 12
"""Passages that are looked through for some that do not answer."""


class Shelf:
    """Documents cut into passages, searched by their words."""

    def __init__(self, texts: Sequence[TextDocument]) -> None:
        cut = [(text, passage) for n, text in enumerate(texts) for passage in passages.cut(text, n)]
        self.passages = [passage.shown(text, OTHER_CHARACTERS) for text, passage in cut]
        self._index = Index([passage.searched for _, passage in cut])

    def found(self, question: str, most: int) -> list[Passage]:
        """The best passages for a question, whatever they say."""
        return [self.passages[n] for n in self._index.search(question, most)]

    def others(self, example: Example, most: int, elsewhere: bool = False) -> list[Passage]:
        """Passages near a question that do not answer it; with `elsewhere` none of its own document."""
        own = re.sub(r"\s+", " ", example.source.text)
        needed = values.without(values.find(example.answer), values.find(example.question))
        found = []
        for passage in self.found(example.question, NEAR):
            if re.sub(r"\s+", " ", passage.text)[:80] in own:
                continue
            if elsewhere and passage.document == example.source.document:
                continue
            if needed and not values.without(needed, values.find(f"{passage.heading}\n{passage.text}")):
                continue
            found.append(passage)
        return found[:most]


def own_passage(example: Example) -> Passage:
    """The passage that a question was made from."""
    source = example.source
    return passages.shown_passage(source.text[:OWN_CHARACTERS], source.document, page=source.page)
