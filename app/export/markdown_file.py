"""A report as Markdown (CommonMark with GitHub's tables and strikethrough)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from app.cited import SOURCE_TYPE
from app.export.content import Block, Heading, Paragraph, Run, Runs, Table, notes_of
from app.export.saving import clean

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")
_LINE_START = re.compile(r"^(\s*)([#+-]|\d+[.)])(?=\s|$)")
_AROUND = {"": "", "strong": "**", "em": "*", "code": "`", "added": "**", "removed": "~~", "faint": ""}
_BEFORE = {"": "", "quote": "> ", "code": "", "bullet": "- ", "number": "{}. "}


def markdown_text(title: str, blocks: Sequence[Block], *, by_model: bool = False) -> str:
    """The whole file as text, ending in a newline; `by_model`: see `write_report`."""
    notes = notes_of(blocks)
    told = [f"[^{number}]: {_escaped(note)}" for note, number in notes.items()]
    mark = [f"<!-- {SOURCE_TYPE} -->"] if by_model else []
    return "\n\n".join([f"# {_escaped(title)}", *mark, *(_block(block, notes) for block in blocks), *told]) + "\n"


def _block(block: Block, notes: Mapping[str, int]) -> str:
    match block:
        case Heading():
            return f"{'#' * (1 + max(1, min(4, block.level)))} {_escaped(block.text)}"
        case Paragraph():
            if block.style == "code":
                return "\n".join(f"    {line}" for line in clean("".join(run.text for run in block.runs)).split("\n"))
            text = _LINE_START.sub(r"\1\\\2", _runs(block.runs, notes).replace("<br>", "  \n"))
            return "    " * max(0, block.level - 1) + _BEFORE[block.style].format(block.number) + text
        case Table():
            return "\n".join(_rows(block, notes))


def _rows(table: Table, notes: Mapping[str, int]) -> Iterator[str]:
    width = max([len(table.columns), *(len(row) for row in table.rows)])
    names = [*map(_escaped, table.columns), *[""] * width][:width]
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * width}"
    for row in table.rows:
        yield f"| {' | '.join(_runs(cell, notes) for cell in row)} |"


def _runs(runs: Runs, notes: Mapping[str, int]) -> str:
    return "".join(_run(run) + (f"[^{notes[run.note]}]" if run.note else "") for run in runs)


def _run(run: Run) -> str:
    """Marks stand at the word: Markdown knows none with a space inside."""
    bare = run.text.strip()
    if not bare:
        return run.text.replace("\n", "<br>")
    left, right = run.text[: len(run.text) - len(run.text.lstrip())], run.text[len(run.text.rstrip()) :]
    around = _AROUND[run.mark]
    text = f"{around}{clean(bare) if run.mark == 'code' else _escaped(bare)}{around}"
    if run.link:
        text = f"[{text}](<{quote(run.link, safe='/:?&=#%+,;@!$()~*._-')}>)"
    return left.replace("\n", "<br>") + text + right.replace("\n", "<br>")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", clean(text)).replace("\n", "<br>")
