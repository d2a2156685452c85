"""Where a passage stands, in words and cut to what is cited: "page 3", "slide 4", "sheet Prices, B7:D12"."""

from __future__ import annotations

from msgspec.structs import replace

from app.types import Cells, MailPart, Member, Passage, Place, Slide


def lines_of(place: Place | None, text: str, start: int, end: int) -> Place | None:
    """The place of `text[start:end]`, where `place` is that of the whole text: of cells, the rows of those lines."""
    if isinstance(place, Member):
        return replace(place, place=lines_of(place.place, text, start, end))
    if not isinstance(place, Cells):
        return place
    first = text.count("\n", 0, start)
    return replace(place, rows=place.rows[first : first + text.count("\n", start, end) + 1])


def narrowed(passage: Passage) -> Place | None:
    """The place of the sentence or row that answers best, else of the whole passage."""
    return lines_of(passage.place, passage.text, *passage.best) if passage.best else passage.place


def where(passage: Passage) -> str:
    """Where a passage's answer stands, to follow the document's name; "" where the format has no places."""
    return f"page {passage.page}" if passage.page is not None else place_words(narrowed(passage))


def cited_as(passage: Passage) -> str:
    """How a passage is cited: "Prices.xlsx, sheet Prices, B7:D12"."""
    return ", ".join(part for part in (passage.document, where(passage)) if part)


def place_label(passage: Passage) -> str:
    """The same place on its own: "Sheet Prices, B7:D12"."""
    words = where(passage)
    return words[:1].upper() + words[1:]


def recognised_words(passage: Passage) -> str:
    """ "recognised from a picture, 93 % sure"; "" of what was text already."""
    return "" if passage.sure is None else f"recognised from a picture, {sure_text(passage.sure)} sure"


def sure_text(sure: float) -> str:
    """ "93 %"; never more than it is."""
    return f"{int(sure * 100)} %"


def place_words(place: Place | None) -> str:
    """A place in words: "sheet Prices, B7:D12", "slide 4", "mail of 2025-05-03, attachment Offer.pdf"."""
    if isinstance(place, Slide):
        return f"slide {place.number}" + (", notes" if place.notes else "")
    if isinstance(place, Cells):
        return _cells(place)
    if isinstance(place, MailPart):
        return _mail(place)
    if isinstance(place, Member):
        inside = f"page {place.page}" if place.page is not None else place_words(place.place)
        return place.path + (f", {inside}" if inside else "")
    return ""


def cell_range(cells: Cells) -> str:
    """ "B7:D12", one row as "B7:D7", one cell as "B7"; "" where none of the lines is a row."""
    rows = [row for row in cells.rows if row]
    if not rows:
        return ""
    first = f"{column_name(cells.columns[0])}{min(rows)}"
    last = f"{column_name(cells.columns[1])}{max(rows)}"
    return first if first == last else f"{first}:{last}"


def column_name(number: int) -> str:
    """The letters of a column, from 1: 1 → "A", 27 → "AA"."""
    letters = ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def _cells(place: Cells) -> str:
    """A file that is one table has rows; a sheet has cells."""
    if place.sheet:
        cells = cell_range(place)
        return f"sheet {place.sheet}" + (f", {cells}" if cells else "")
    rows = [row for row in place.rows if row]
    if not rows:
        return ""
    return f"row {rows[0]}" if min(rows) == max(rows) else f"rows {min(rows)} to {max(rows)}"


def _mail(place: MailPart) -> str:
    message = f"message {place.message}" if place.message else ""
    if place.sent:
        message += f" of {place.sent}" if message else f"mail of {place.sent}"
    return ", ".join(part for part in (message, f"attachment {place.attachment}" if place.attachment else "") if part)
