"""Where in its document a passage stands, and that in words: "slide 4", "sheet Prices, B7:D12"."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace


class Slide(Struct, frozen=True, tag="slide"):
    """A slide of a presentation."""

    number: int
    notes: bool = False  # what the speaker's notes say, not the slide


class Cells(Struct, frozen=True, tag="cells"):
    """Rows of a sheet: numbers from 1, as the program that wrote it shows them."""

    sheet: str
    columns: tuple[int, int]  # first and last
    rows: tuple[int, ...]  # the row of each line of the text; 0 for a line that is no row


class MailPart(Struct, frozen=True, tag="mail"):
    """A message of a mail file, or something attached to it."""

    sent: str = ""  # ISO date
    message: int = 0  # its number in a file of several, from 1
    attachment: str = ""  # its name


class Member(Struct, frozen=True, tag="member"):
    """A file inside an archive, or attached to a mail."""

    path: str  # in the archive: "offers/2025.pdf"
    page: int | None = None
    place: Slide | Cells | MailPart | None = None  # inside of it


Place = Slide | Cells | MailPart | Member
"""Where in its document a passage stands, where that is no page of a document as it is printed."""


def lines_of(place: Place | None, text: str, start: int, end: int) -> Place | None:
    """The place of `text[start:end]`, where `place` is that of the whole text: of cells, the rows of those lines."""
    if isinstance(place, Member):
        return replace(place, place=lines_of(place.place, text, start, end))
    if not isinstance(place, Cells):
        return place
    first = text.count("\n", 0, start)
    return replace(place, rows=place.rows[first : first + text.count("\n", start, end) + 1])


def cells_of(place: Place | None) -> Cells | None:
    """The cells of a place: its own, or those inside a member of an archive."""
    if isinstance(place, Member):
        return cells_of(place.place)
    return place if isinstance(place, Cells) else None


def slide_of(place: Place | None) -> int | None:
    """The number of the slide that a place of a presentation is; None for what is not to be seen on one."""
    return place.number if isinstance(place, Slide) and not place.notes else None


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
