"""A report as HTML, which Qt lays out as PDF: no address, picture or script in it, and every text escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from app.cited import SOURCE_TYPE
from app.export.content import Block, Heading, Mark, Paragraph, Runs, Table, notes_of
from app.export.saving import clean

_AROUND: dict[Mark, tuple[str, str]] = {
    "strong": ("<b>", "</b>"),
    "em": ("<i>", "</i>"),
    "code": ('<span style="font-family:monospace">', "</span>"),
    "added": ("<b><u>", "</u></b>"),
    "removed": ("<s>", "</s>"),
    "faint": ('<span style="color:#6b6b6b">', "</span>"),
}
_INDENT = "&nbsp;" * 4
"""A level: Qt takes pixels for those of the printer."""


def html_text(title: str, blocks: Sequence[Block], *, by_model: bool = False) -> str:
    """The whole text; footnotes stand numbered at its end, since Qt knows no foot of a page. `by_model`: see
    `write_report`."""
    notes = notes_of(blocks)
    told = [f'<p style="font-size:8pt">{number}. {_words(note)}</p>' for note, number in notes.items()]
    body = [
        f"<h1>{_words(title)}</h1>",
        *(_block(block, notes) for block in blocks),
        *(["<hr/>", *told] if told else []),
    ]
    head = f'<head><meta name="digital-source-type" content="{SOURCE_TYPE}"/></head>' if by_model else ""
    return f"<html>{head}<body>{''.join(body)}</body></html>"


def _block(block: Block, notes: Mapping[str, int]) -> str:
    match block:
        case Heading():
            level = 1 + max(1, min(4, block.level))
            return f"<h{level}>{_words(block.text)}</h{level}>"
        case Paragraph():
            return _paragraph(block, notes)
        case Table():
            rows = "".join(_rows(block, notes))
            return f'<table border="1" cellspacing="0" cellpadding="4">{rows}</table><p></p>'


def _paragraph(block: Paragraph, notes: Mapping[str, int]) -> str:
    text = _runs(block.runs, notes)
    if block.style == "code":
        return f'<pre style="background-color:#f2f2f2; white-space:pre-wrap">{text}</pre>'
    before = {"bullet": "\u2022 ", "number": f"{block.number}. "}.get(block.style, "")
    indent = _INDENT * (block.level + (block.style == "quote"))
    return f"<p>{indent}{before}{text}</p>"


def _rows(table: Table, notes: Mapping[str, int]) -> Iterator[str]:
    if table.columns:
        yield f"<tr>{''.join(f'<th>{_words(name)}</th>' for name in table.columns)}</tr>"
    for row in table.rows:
        yield f"<tr>{''.join(f'<td>{_runs(cell, notes)}</td>' for cell in row)}</tr>"


def _runs(runs: Runs, notes: Mapping[str, int]) -> str:
    parts = []
    noted = False  # whether the run before ended with a number: two are not to look like one
    for run in runs:
        before, after = _AROUND.get(run.mark, ("", ""))
        parts.append(f"{before}{_words(run.text)}{after}")
        parts += [f"<sup>{', ' if noted and not run.text else ''}{notes[run.note]}</sup>"] if run.note else []
        noted = bool(run.note)
    return "".join(parts)


def _words(text: str) -> str:
    return escape(clean(text)).replace("\n", "<br/>")
