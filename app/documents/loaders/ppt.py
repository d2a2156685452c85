"""PPT of PowerPoint 97 to 2003: each slide's title, texts and tables, and its notes. Hidden slides are left out.

No kept library under a permissive licence reads it; what stands where is in [MS-PPT].
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from app.documents.loaders.builder import Builder
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean, squeeze
from app.documents.loaders.ooxml import damaged, left_out
from app.documents.loaders.ppt_binary import SLIDE_LIST, SLIDE_PERSIST, Presentation, Record, Shape, Text, opened
from app.documents.loaders.reading_order import in_reading_order
from app.documents.loaders.slides import headed, item
from app.places import Slide
from app.text.parsed import BlockKind, Parsed
from app.text.tables import write_row

_TITLES, _LISTS, _NOTES = (0, 6), (1, 7, 8), 2
_FURNITURE = (7, 8, 9, 10)  # date, number, footer and header ([MS-PPT] 2.13.24)


def load_ppt(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a presentation of PowerPoint 97 to 2003; `password` is unused.

    Raises:
        BadFile: damaged, locked (`unsupported`), or without text (`empty`).
    """
    deck, builder, unseen, hidden = opened(data), Builder(), Counter[str](), HiddenTexts(read_hidden)
    try:
        lists = {each.instance: each for each in deck.children(deck.document) if each.kind == SLIDE_LIST}
        notes = {deck.slide_of(note): note for _, note, _ in _listed(deck, lists.get(2))}
        for number, (key, slide, outline) in enumerate(_listed(deck, lists.get(0)), 1):
            shapes = list(deck.shapes(slide, outline))
            if deck.is_hidden(slide) and not hidden.take("slide", " ".join(_words(shapes)), number):
                unseen["hidden slide"] += 1
                continue
            builder.enter(Slide(number))
            _write(builder, shapes, number)
            if key in notes:
                builder.enter(Slide(number, notes=True))
                for text in _notes(deck.shapes(notes[key], [])):
                    hidden.take("notes", text, number)  # read, cited as notes, and told of
                    builder.add("paragraph", text)
    except (struct.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise damaged("presentation", f"{type(error).__name__}: {error}") from error
    return msgspec.structs.replace(builder.build("ppt", hidden.found()), note=left_out(unseen))


def _notes(shapes: Iterator[Shape]) -> list[str]:
    return [line for each in shapes if each.text and each.text.kind == _NOTES for line in _lines(each.text)]


def _words(shapes: Iterable[Shape]) -> Iterator[str]:
    """All that is written on a slide, as a person is told of it."""
    for each in shapes:
        yield from [squeeze(each.text.text)] if each.text else []
        yield from _words(each.inside)


def _listed(deck: Presentation, known: Record | None) -> Iterator[tuple[int, Record, list[Text]]]:
    """Id, record and outline of each slide, in the order of the show."""
    if known is None:
        return
    head: Record | None = None
    atoms: list[Record] = []
    for record in deck.children(known):
        if record.kind == SLIDE_PERSIST:
            if head is not None:
                yield deck.number(head, 12), deck.object(deck.number(head)), deck.texts(atoms)
            head, atoms = record, []
        else:
            atoms.append(record)
    if head is not None:
        yield deck.number(head, 12), deck.object(deck.number(head)), deck.texts(atoms)


def _write(builder: Builder, shapes: list[Shape], number: int) -> None:
    shown = [each for each in shapes if (each.text or each.inside) and each.placeholder not in _FURNITURE]
    titles = [each for each in shown if each.text is not None and each.text.kind in _TITLES]
    title = squeeze(" ".join(each.text.text for each in titles if each.text))
    rest = in_reading_order((each, each.box) for each in shown if each not in titles)
    body = [block for each in rest for block in _blocks(each) if block[1]]
    builder.title = builder.title or title
    for kind, text in headed(body, title, number):
        builder.add(kind, text, 1 if kind == "heading" else 0)


def _blocks(shape: Shape) -> Iterator[tuple[BlockKind, str]]:
    if shape.text is not None:
        for text in _lines(shape.text):
            yield ("list", item("-", text)) if shape.text.kind in _LISTS and text else ("paragraph", text)
    rows = _rows(shape)
    for row in rows:
        yield "row", write_row(row)
    for each in () if rows else shape.inside:
        yield from _blocks(each)


def _rows(group: Shape) -> list[list[str]]:
    """A table is a group whose texts stand in rows of the same columns; [] where it is none."""
    by_top: defaultdict[float, list[tuple[float, str]]] = defaultdict(list)
    for each in group.inside:
        if each.text is not None and each.box is not None:
            by_top[each.box.top].append((each.box.left, squeeze(each.text.text)))
    columns = sorted({left for row in by_top.values() for left, _ in row})
    if len(by_top) < 2 or len(columns) < 2 or any(len(row) < 2 for row in by_top.values()):
        return []
    rows = [dict(row) for _, row in sorted(by_top.items())]
    return [[row.get(left, "") for left in columns] for row in rows]


def _lines(text: Text) -> list[str]:
    return [clean(line).strip() for line in text.text.replace("\x0b", "\n").split("\r")]
