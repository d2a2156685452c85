"""Questions over the tables of twenty-five office files and a handbook: the right cell or none, never a neighbour's.

Every passage of every file is asked, as the worst search would: an answer that any of them gives must be the right one.
"""

from __future__ import annotations

from pathlib import Path

import handbook_questions as handbook
import office_tables
import pytest
import table_questions

from app.documents.embed import Counter
from app.documents.loaders import load
from app.embedder.prepared import prepared
from app.formats import BY_SUFFIX
from app.paths import RESOURCES, home
from app.text.cell_answer import TableAnswer, cell_answer
from app.text.passages import cut
from app.text.tables import tables_of


class Read:
    """A passage as search gives it."""

    def __init__(self, document: str, text: str, heading: str, header: str) -> None:
        self.document, self.text, self.heading, self.header = document, text, heading, header


def read(paths: list[Path]) -> list[Read]:
    found, counter = [], Counter(prepared(home().cache))
    for path in paths:
        parsed = load(str(path))
        found += [
            Read(path.name, parsed.text[piece.start : piece.end], piece.heading, piece.header)
            for piece in cut(parsed, counter, path.stem)
        ]
    return found


@pytest.fixture(scope="module")
def passages(tmp_path_factory: pytest.TempPathFactory) -> list[Read]:
    samples = [path for path in (RESOURCES / "samples").iterdir() if path.suffix in BY_SUFFIX]
    folder = tmp_path_factory.mktemp("office")
    return read([*sorted(samples), *office_tables.write_all(folder), *table_questions.write_all(folder)])


def judge(question: table_questions.Question, passages: list[Read]) -> tuple[str, str]:
    """ "right", "refused" or "wrong", and what was said; a refusal is right where no cell answers."""
    asked, document, right = question
    given = [(p, r) for p in passages if isinstance(r := cell_answer(asked, p.text, p.heading, p.header), TableAnswer)]
    said = "; ".join(f"{p.document}: {r.text}" for p, r in given)
    for passage, result in given:
        assert all(cell.text in passage.text[result.start : result.end] for cell in result.cells)
        if passage.document != document or tuple(cell.text for cell in result.cells) not in right:
            return "wrong", said
    return ("right" if bool(given) == bool(right) else "refused"), said


def right_of(questions: tuple[table_questions.Question, ...], passages: list[Read]) -> int:
    """How many are right, none being wrong."""
    verdicts = {question[0]: judge(question, passages) for question in questions}
    wrong = {asked: said for asked, (verdict, said) in verdicts.items() if verdict == "wrong"}
    assert not wrong
    return sum(verdict == "right" for verdict, _ in verdicts.values())


@pytest.mark.parametrize(
    ("half", "least"),
    [(office_tables.DEVELOPMENT, 30), (office_tables.HELD_OUT, 28)],
    ids=["development", "held out"],
)
def test_no_wrong_cell_and_most_are_right(
    half: tuple[office_tables.Question, ...], least: int, passages: list[Read]
) -> None:
    assert len(half) == 30
    questions = tuple((asked, document, (cells,) if cells else ()) for asked, document, cells in half)
    assert right_of(questions, passages) >= least


@pytest.mark.parametrize(
    ("questions", "least"),
    [(table_questions.LOOKED_AT, 43), (table_questions.COUNTED, 40), (table_questions.FRESH, 22)],
    ids=["looked at", "counted", "fresh"],
)
def test_natural_questions_get_no_wrong_cell(
    questions: tuple[table_questions.Question, ...], least: int, passages: list[Read]
) -> None:
    assert right_of(questions, passages) >= least


@pytest.mark.parametrize("questions", [handbook.LOOKED_AT, handbook.COUNTED], ids=["looked at", "counted"])
def test_questions_over_a_real_handbook(
    questions: tuple[handbook.Question, ...], passages: list[Read], shared_data: Path
) -> None:
    folder = shared_data / handbook.HANDBOOK
    asked = tuple(handbook.asked_of(folder, question) for question in questions)
    assert right_of(asked, [*passages, *read([folder / path for path in handbook.FILES])]) >= 9


def test_a_header_of_two_rows_names_its_columns_in_full() -> None:
    rows = "Room | 1 € | 2 € | 3 € | 4 €\nBed | 5 € | 6 € | 7 € | 8 €"
    text = f"Cover | Staff |  | Guests\nCover | Day | Night | Day | Night\n{rows}"
    (table,) = tables_of(text, "Cover | Staff |  | Guests")
    assert table.headers == ("Cover", "Staff, Day", "Staff, Night", "Guests, Day", "Guests, Night")
    assert [row.label for row in table.rows] == ["Room", "Bed"]


LADDER = "Order value | Discount\nFrom 2,500 € | 4 %\nFrom 10,000 € | 9 %"


@pytest.mark.parametrize(
    ("asked", "text", "cell"),
    [
        ("What discount does an order of 12,000 euros get?", LADDER, "9 %"),
        ("What discount does an order of 10,000 € get?", LADDER, "9 %"),
        ("What discount does an order of 2,499 € get?", LADDER, None),
        ("What discount does an order of 12,000 dollars get?", LADDER, None),
        ("What discount do orders of 3,000 € and 12,000 € get?", LADDER, None),
        ("What discount does an order over 3,000 € get?", LADDER, None),
        ("What discount does an order of 12,000 € get?", f"{LADDER}\nFrom 20,000 € | {'a gift, ' * 20}", "9 %"),
        ("What discount does an order of 30,000 € get?", f"{LADDER}\nFrom 20,000 € | {'a gift, ' * 20}", None),
        ("Which discount has an order of 40 €?", "Order | Discount\nUp to 50 € | 1 %\n50 € to 90 € | 2 %", "1 %"),
        ("Which discount has an order of 50 €?", "Order | Discount\nUp to 50 € | 1 %\n50 € to 90 € | 2 %", None),
        ("Which discount has an order of 40 €?", "Up to 50 € | 1 %\nUp to 90 € | 2 %", None),
    ],
)
def test_an_amount_stands_in_exactly_one_range_or_in_none(asked: str, text: str, cell: str | None) -> None:
    """The last row of a longer passage may go on in the next one, the first may come from the one before."""
    result = cell_answer(
        asked, text, "Discounts", text.split("\n", maxsplit=1)[0] if "Discount\n" in text else "Order | Discount"
    )
    said = [each.text for each in result.cells] if isinstance(result, TableAnswer) else []
    assert said == ([cell] if cell else [])
