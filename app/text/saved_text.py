"""Small text files as the usual programs save them: in which encoding, and what parts the columns of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

DELIMITERS = ",;\t"
"""Excel writes a CSV with semicolons where a comma stands in numbers."""


def decode(data: bytes) -> str:
    """Text that is UTF-8, UTF-16 with its mark, or else what Windows saves in Western Europe.

    Raises:
        ValueError: it is no text (a workbook, say): zeros stand in it.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise ValueError("zeros stand in it")
    return text


def delimiter_of(text: str, among: str = DELIMITERS) -> str:
    """What parts the columns of a table, by its first line."""
    return max(among, key=text.partition("\n")[0].count)


def table_rows(text: str) -> Iterator[list[str]]:
    """Cells of each row that is not empty; a quoted cell may hold lines.

    Raises:
        csv.Error: a quotation mark is missing or misplaced.
    """
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True):
        if any(cell.strip() for cell in row):
            yield row
