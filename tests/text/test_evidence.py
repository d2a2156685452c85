"""A claim is supported by one sentence or one row: never by figures that stand apart, never by a neighbour's."""

from __future__ import annotations

import pytest

from app.text.citations import with_best
from app.text.evidence import pieces_of
from app.text.plain import mark_of, plain, shown
from app.text.support import holds
from app.text.tables import rows_of, show_row, split_cells, tables_of, write_row
from app.types import Passage

LIMITS = """Hotels are booked through the travel desk.

| City | Standard | During trade fairs |
|---|---|---|
| Hamburg | 155 € | 195 € |
| Munich | 165 € | 220 € |
"""
SHIFTS = "Shift | Begins | Ends | Supplement\nEarly | 05:45 | 13:45 | none\nLate | 13:45 | 21:45 | 8 %"


def passage(text: str, document: str = "Travel-Policy.md", **more: object) -> Passage:
    values = {"id": 1, "document_id": 1, "path": f"/{document}", "collection": "HR", "start": 0, "end": len(text)}
    return Passage(document=document, text=text, **(values | {"heading": "Limits per night"} | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("The limit per night in Munich is 165 €.", True),
        ("The limit per night in Munich is 195 €.", False),
        ("The limit per night in Hamburg is 165 €.", False),
        ("The standard limit in Munich is 165 €.", True),
        ("The standard limit in Munich is 220 €.", False),
        ("During trade fairs the limit in Munich is 220 €.", True),
        ("The limits in Munich are 165 € and 220 € during trade fairs.", False),
        ("Munich: standard 165 €, during trade fairs 220 €", True),
        ("In Munich the limit is 165 %.", False),
        ("The limit in Munich is 165 euros.", True),
        ("Hotels in Munich are booked through the travel desk.", False),
        ("Hotels are booked through the travel desk.", True),
    ],
)
def test_a_row_supports_what_it_says_under_its_own_headers(claim: str, supported: bool) -> None:
    assert holds(claim, passage(LIMITS)) is supported


def test_a_bare_value_is_what_the_question_asks_for() -> None:
    asked = "What is the hotel limit per night in Munich?"
    assert not holds("195 €", passage(LIMITS), question=asked)
    assert holds("165 €", passage(LIMITS), question=asked)
    assert holds("220 €", passage(LIMITS), question="And in Munich during trade fairs?")
    assert not holds("165 €", passage(LIMITS), question="And in Munich during trade fairs?")


def test_figures_of_two_sentences_are_no_evidence_together() -> None:
    text = "Everyone has 30 days of leave a year. Five of them may be carried over to 31 March of the next year."
    assert holds("You have 30 days of leave a year.", passage(text))
    assert not holds("You have 31 days of leave a year.", passage(text))
    assert not holds("30 days of leave may be carried over to 31 March.", passage(text))
    assert holds("Stand-by pays 210 € a week.", passage("Stand-by is for the team. It pays 210 € a week."))


def test_rows_of_a_cut_table_know_their_headers() -> None:
    whole, cut = (
        rows_of(SHIFTS, "Shift | Begins | Ends | Supplement"),
        rows_of("Late | 13:45 | 21:45 | 8 %", SHIFTS[:34]),
    )
    assert [show_row(row) for row in whole][1:] == [show_row(row) for row in cut]
    assert show_row(cut[0]) == "Shift: Late · Begins: 13:45 · Ends: 21:45 · Supplement: 8 %"
    assert holds("The late shift ends at 21:45.", passage("Late | 13:45 | 21:45 | 8 %", header=SHIFTS[:34]))
    assert not holds("The late shift begins at 21:45.", passage("Late | 13:45 | 21:45 | 8 %", header=SHIFTS[:34]))
    assert not holds("The late shift begins at 05:45.", passage(SHIFTS, header=SHIFTS[:34]))


def test_spans_of_cells_are_places_in_the_text() -> None:
    for text in (LIMITS, SHIFTS, "City | Limit\nCity: Munich; Limit: 165 €\nCity: Bonn"):
        for row in rows_of(text):
            assert all(split_cells(text[cell.start : cell.end]) == [cell.text] for cell in row.cells)
            assert row.start <= row.cells[0].start and row.cells[-1].end <= row.end
    assert rows_of("City | Limit\nCity: Munich; Limit: 165 €")[0].cells[1].header == "Limit"


@pytest.mark.parametrize("cells", [("", "Standard", "Fair"), ("a|b", "", "c"), ("a",), ("Munich", "165 €")])
def test_an_empty_cell_keeps_its_place(cells: tuple[str, ...]) -> None:
    assert tuple(split_cells(write_row(cells))) == cells


@pytest.mark.parametrize("text", ["Either a||b or c.", "x|y", "---", "No table here.\nNone at all."])
def test_text_with_bars_is_no_table(text: str) -> None:
    assert tables_of(text) == []


def test_a_row_is_one_piece_and_never_half_a_table() -> None:
    pieces = pieces_of(LIMITS + "\nAsk the travel desk. It answers.")
    assert [piece.text for piece in pieces] == [
        "Hotels are booked through the travel desk.",
        "City Hamburg Standard 155 € During trade fairs 195 €",
        "City Munich Standard 165 € During trade fairs 220 €",
        "Ask the travel desk.",
        "It answers.",
    ]
    assert pieces[-1].before == "Ask the travel desk."


def test_people_read_rows_and_no_marks() -> None:
    row = rows_of(LIMITS)[1]
    marked = passage(LIMITS, best=(row.start, row.end))
    assert shown(marked) == "City: Munich · Standard: 165 € · During trade fairs: 220 €"
    assert mark_of(marked) == (row.start, row.end)
    assert mark_of(passage(LIMITS)) == (0, len(LIMITS))
    assert shown(with_best(passage(LIMITS), "limit Munich")) == shown(marked)
    text = (
        "## 4 Leave\n\n**Everyone** has [30 days](https://x.example/a_(b)) of `leave`.\n\n- one\n- two *2*\n---\n5 * 3"
    )
    said = "4 Leave\n\nEveryone has 30 days of leave.\n\n• one\n• two 2\n\n5 * 3"
    assert plain(text, markdown=True).text == said
    assert plain("## 4 **x**", markdown=False).text == "## 4 **x**"


def test_places_lead_from_the_text_to_what_is_shown() -> None:
    text = f"# Limits\n\nSee **below**.\n\n{LIMITS}\nThe end."
    whole = plain(text, markdown=True)
    for word in ("Limits", "See", "below", "Hotels", "155 €", "Munich", "220 €", "The end"):
        assert whole.text[whole.place(text.index(word)) :].startswith(word)
    assert whole.place(len(text)) == len(whole.text)


@pytest.mark.parametrize(
    ("claim", "text", "supported"),
    [
        ("The notice period is three months.", "The notice period for employees is two months.", False),
        ("The notice period is three months.", "The notice period for employees is 3 months.", True),
        ("The notice period is 2 months.", "The notice period for employees is three months.", False),
        ("Employees get twenty-five days of leave.", "Employees get 30 days of leave a year.", False),
        ("Die Frist beträgt drei Monate.", "Die Frist beträgt zwei Monate zum Quartalsende.", False),
        ("The fee is USD 45 per month.", "The monthly fee per space is 45 EUR per month.", False),
        ("The fee is EUR 45 per month.", "The monthly fee per space is 45 € per month.", True),
        ("The plant made 2 million parts.", "The plant made 2,000,000 parts in total.", True),
        ("The plant made 2 million parts.", "The plant made 2 thousand parts in total.", False),
        ("The contract begins on 3 March 2026.", "The contract begins on 2026-03-03.", True),
        ("The contract begins on March 3, 2026.", "The contract begins on 3 March 2026.", True),
        ("The contract begins on 3 April 2026.", "The contract begins on 2026-03-03.", False),
        ("The contract begins on 3 March 2026.", "Der Vertrag beginnt am 03.03.2026.", True),
        ("Das Team wird von Anna Berger geleitet.", "Das Team wird von Jonas Keller geleitet und tagt oft.", False),
        ("Das Team wird von Jonas Keller geleitet.", "Das Team wird von Jonas Keller geleitet und tagt oft.", True),
        ("One of the employees has 30 days of leave.", "Employees get 30 days of leave a year.", True),
    ],
)
def test_words_for_numbers_dates_currencies_and_names_must_stand_there(claim: str, text: str, supported: bool) -> None:
    assert holds(claim, passage(text, heading="")) is supported


def test_a_name_that_the_question_asks_for_must_stand_there_too() -> None:
    limits = passage("The limit in Hamburg is 165 EUR.", heading="")
    assert not holds("Munich has a limit of 165 EUR.", limits, question="What is the limit in Munich?")
    assert holds("Hamburg has a limit of 165 EUR.", limits, question="What is the limit in Hamburg?")
