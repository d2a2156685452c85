"""A list of documents as a file: a row each, with the sentence that says it and a link to the file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app.cited import where
from app.export.content import Value
from app.export.tables import write_table
from app.text.find.plan import in_words
from app.text.find.result import Findings, Hit
from app.text.find.words import BY_MEANING
from app.text.plain import shown

PASSAGE_CHARS = 400


def save_findings(path: Path, found: Findings) -> None:
    """Write it in the format of the file's ending: XLSX, DOCX or Markdown.

    Raises:
        AppError: another ending, or a file that cannot be replaced.
        NoSpace: the disk is full.
    """
    mentions = [f"Mentions of {mention}" for mention in found.plan.must]
    columns = ["No.", "Document", "Date", *mentions, "Place", "Section", "Sentence", "Path"]
    rows = [_row(number, hit) for number, hit in enumerate(found.hits, 1)]
    links = {(n, 1): Path(hit.path).as_uri() for n, hit in enumerate(found.hits) if Path(hit.path).is_absolute()}
    write_table(path, in_words(found.plan) or "Documents", columns, rows, links)


def _row(number: int, hit: Hit) -> list[Value]:
    counts: list[Value] = [BY_MEANING if hit.by_meaning and not count else count for count in hit.counts]
    date = f"{datetime.fromtimestamp(hit.modified):%Y-%m-%d}" if hit.modified else None
    sentence = shown(hit.passage, PASSAGE_CHARS)
    return [number, hit.name, date, *counts, where(hit.passage), hit.passage.heading, sentence, hit.path]
