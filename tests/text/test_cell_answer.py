"""Sixty questions over the tables of eighteen office files: the right cell or none, and never a neighbour's.

Every passage of every file is asked, as the worst search would: an answer that any of them gives must be the right one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from office_tables import DEVELOPMENT, HELD_OUT, Question, write_all

from app.documents.embed import Counter
from app.documents.loaders import LOADERS, load
from app.embedder.prepared import prepared
from app.paths import RESOURCES, home
from app.text.cell_answer import TableAnswer, cell_answer
from app.text.passages import cut


class Read:
    """A passage as search gives it."""

    def __init__(self, document: str, text: str, heading: str, header: str) -> None:
        self.document, self.text, self.heading, self.header = document, text, heading, header


@pytest.fixture(scope="module")
def passages(tmp_path_factory: pytest.TempPathFactory) -> list[Read]:
    samples = [path for path in (RESOURCES / "samples").iterdir() if path.suffix in LOADERS]
    found, counter = [], Counter(prepared(home().cache))
    for path in [*sorted(samples), *write_all(tmp_path_factory.mktemp("office"))]:
        parsed = load(str(path))
        found += [
            Read(path.name, parsed.text[piece.start : piece.end], piece.heading, piece.header)
            for piece in cut(parsed, counter, Path(path).stem)
        ]
    return found


def judge(question: Question, passages: list[Read]) -> tuple[str, str]:
    """ "right", "refused" or "wrong", and what was said; a refusal is right where no cell answers."""
    asked, document, cells = question
    given = [(p, r) for p in passages if isinstance(r := cell_answer(asked, p.text, p.heading, p.header), TableAnswer)]
    said = "; ".join(f"{p.document}: {r.text}" for p, r in given)
    for passage, result in given:
        assert all(cell.text in passage.text[result.start : result.end] for cell in result.cells)
        if passage.document != document or tuple(cell.text for cell in result.cells) != cells:
            return "wrong", said
    return ("right" if bool(given) == bool(cells) else "refused"), said


@pytest.mark.parametrize(("half", "least"), [(DEVELOPMENT, 30), (HELD_OUT, 28)], ids=["development", "held out"])
def test_no_wrong_cell_and_most_are_right(half: tuple[Question, ...], least: int, passages: list[Read]) -> None:
    assert len(half) == 30
    verdicts = {question[0]: judge(question, passages) for question in half}
    wrong = {asked: said for asked, (verdict, said) in verdicts.items() if verdict == "wrong"}
    assert not wrong
    refused = [asked for asked, (verdict, _) in verdicts.items() if verdict == "refused"]
    assert len(half) - len(refused) >= least, refused
