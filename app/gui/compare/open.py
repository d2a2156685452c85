"""How the Documents page opens a comparison: two rows of the table, by a button or the menu."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.gui.compare.controller import CompareController
from app.gui.compare.dialog import CompareDialog
from app.gui.core_client import CoreClient
from app.gui.documents.page import DocumentsPage
from app.gui.documents.row import Row


def add_comparing(page: DocumentsPage, core: CoreClient) -> None:
    """Let two documents that are selected be compared."""
    table, button = page.table, page.toolbar.compare

    def follow(*_: object) -> None:
        button.setVisible(can_compare(table.selected_rows()))

    table.selectionModel().selectionChanged.connect(follow)
    table.model().modelReset.connect(follow)
    table.compare_wanted.connect(lambda rows: open_comparison(page, core, rows))
    button.clicked.connect(lambda: open_comparison(page, core, table.selected_rows()))


def can_compare(rows: Sequence[Row]) -> bool:
    """Whether these are two documents with a text."""
    return len(rows) == 2 and all(row.id is not None and row.passages for row in rows)


def open_comparison(page: DocumentsPage, core: CoreClient, rows: Sequence[Row]) -> CompareDialog | None:
    """Show two documents side by side, the older one first as far as the names tell: "2025" before "2026"."""
    if not can_compare(rows):
        return None
    return show_comparison(page, core, [(row.id, row.name) for row in rows if row.id is not None])


def show_comparison(parent: QWidget, core: CoreClient, documents: Sequence[tuple[int, str]]) -> CompareDialog:
    """Show two documents, by id and name, side by side, the older one first."""
    (left, _), (right, _) = sorted(documents, key=lambda each: _by_number(each[1]))
    dialog = CompareDialog(CompareController(core, left, right), parent)
    dialog.show()
    return dialog


def _by_number(name: str) -> list[tuple[int, str]]:
    """So that "v2" comes before "v10"."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name.casefold())]
