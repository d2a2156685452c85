"""Helpers of the tests of the index."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from app.documents.migrations import MIGRATIONS
from app.paths import RESOURCES

SAMPLES = tuple(
    RESOURCES / "samples" / name
    for name in ("Travel-Policy-2026.pdf", "Working-Time-Rules.md", "Car-Fleet-Rules.md", "Expense-Guide.docx")
)
"""What ``sampled`` of the fixtures holds in its collection "Policies"."""

UNDONE = {
    6: ("ALTER TABLE collections DROP COLUMN hidden",),
    7: ("ALTER TABLE passages DROP COLUMN place",),
    8: ("DROP TABLE next_vectors", "ALTER TABLE embedders DROP COLUMN background"),
    9: ("DROP TABLE hidden_texts",),
    10: ("DROP TABLE folders", "DROP TABLE excluded", "DROP TABLE seen", "DROP TABLE trash", "DROP TABLE changes"),
    11: (
        "DROP TABLE scans", "ALTER TABLE documents DROP COLUMN merged", "ALTER TABLE passages DROP COLUMN sure",
        "ALTER TABLE passages DROP COLUMN unsure",
    ),
    12: (),
    13: ("DROP TABLE published", "DROP TABLE shared", "DROP TABLE shared_documents"),
    14: ("DROP TABLE vector_queue",),
    15: ("DROP TABLE masking", "DROP TABLE personal_data"),
    16: ("DROP TABLE model_texts",),
}  # fmt: skip
"""Version of an index → what takes back that it came to it: how tests make an older one of it."""


def set_back(db: sqlite3.Connection, version: int) -> None:
    """Make of an index what `version` (5 or later) wrote, as far as its tables go."""
    assert max(UNDONE) == len(MIGRATIONS), "the newest migration can be taken back too"
    for later in sorted((each for each in UNDONE if each > version), reverse=True):
        for statement in UNDONE[later]:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {version}")


def files_holding(folder: Path, needle: bytes) -> list[str]:
    """Every file below a folder that holds these bytes."""
    return [str(file) for file in sorted(folder.rglob("*")) if file.is_file() and needle in file.read_bytes()]
