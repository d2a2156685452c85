"""Charts and SmartArt (ECMA-376 part 1, DrawingML): the table that a chart draws, the texts of a drawing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.sheet_values import show
from app.text.parsed import BlockKind
from app.text.tables import write_row

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_NO_NODES = ("doc", "pres", "parTrans", "sibTrans")
_MAX_POINTS = 20_000
"""Points of a series; the row of a spreadsheet has no more columns."""
_KIND = re.compile(r"\{.*\}([a-z]+)\w*Chart$")  # "bar3DChart", "pieChart"
_LABELS = ("cat", "xVal")
_VALUES = ("val", "yVal")


def chart_blocks(space: Element) -> Iterator[tuple[BlockKind, str]]:
    """A chart's title and its values, as they were when it was drawn last.

    Args:
        space: the root of a chart part (`c:chartSpace`).
    """
    chart = space.find(f"{_C}chart")
    if chart is None:
        return
    plot = chart.find(f"{_C}plotArea")
    title = _words(chart.find(f"{_C}title"))
    yield "paragraph", f"{_kind(plot)}: {title}" if title else _kind(plot)
    series = list(plot.iter(f"{_C}ser")) if plot is not None else []
    names = [_words(each.find(f"{_C}tx")) for each in series]
    labels: dict[int, str] = {}
    for each in series:
        labels = labels or _points(each, _LABELS)
    columns = [_points(each, _VALUES) for each in series]
    if any(names):
        yield "header_row", write_row([_axis(plot), *names])
    for at in sorted({at for column in (labels, *columns) for at in column}):
        yield "row", write_row([labels.get(at, ""), *(column.get(at, "") for column in columns)])


def diagram_blocks(model: Element) -> Iterator[tuple[BlockKind, str]]:
    """The texts of a SmartArt drawing, in the order in which they were typed.

    Args:
        model: the root of its data part (`dgm:dataModel`).
    """
    for point in model.iter(f"{_DIAGRAM}pt"):
        if point.get("type", "node") not in _NO_NODES:
            text = squeeze(" ".join(each.text or "" for each in point.iter(f"{_A}t")))
            if text:
                yield "list", f"- {text}"


def _kind(plot: Element | None) -> str:
    """ "Bar chart"."""
    for child in plot if plot is not None else ():
        if found := _KIND.match(child.tag):
            return f"{found[1].capitalize()} chart"
    return "Chart"


def _axis(plot: Element | None) -> str:
    """The title of the axis of categories."""
    for axis in ("catAx", "dateAx", "valAx"):
        found = plot.find(f"{_C}{axis}/{_C}title") if plot is not None else None
        if found is not None:
            return _words(found)
    return ""


def _words(parent: Element | None) -> str:
    """What is written there, or what it was when it was last read from a cell."""
    if parent is None:
        return ""
    written = " ".join(text.text or "" for text in parent.iter(f"{_A}t"))
    return squeeze(written or " ".join(value.text or "" for value in parent.iter(f"{_C}v")))


def _points(series: Element, tags: Iterable[str]) -> dict[int, str]:
    """Index → what the point shows; of labels in several levels, all of them, the outermost first."""
    found: dict[int, str] = {}
    for tag in tags:
        data = series.find(_C + tag)
        if data is None:
            continue
        levels = list(data.iter(f"{_C}lvl")) or [data]
        for level in levels:
            held = ""
            texts = dict(_texts(level))
            for at in range(max(texts, default=-1) + 1) if len(levels) > 1 else texts:
                held = texts.get(at, held)
                found[at] = squeeze(f"{held} {found.get(at, '')}")
    return found


def _texts(level: Element) -> Iterator[tuple[int, str]]:
    code = next((each.text or "" for each in level.iter(f"{_C}formatCode")), "General")
    numeric = next(level.iter(f"{_C}numCache"), next(level.iter(f"{_C}numLit"), None)) is not None
    for point in level.iter(f"{_C}pt"):
        at, text = point.get("idx", ""), point.findtext(f"{_C}v", "")
        if at.isascii() and at.isdigit() and int(at) < _MAX_POINTS:
            yield int(at), _number(text, point.get("formatCode", code)) if numeric else text


def _number(text: str, code: str) -> str:
    try:
        return show(float(text), code) or text
    except ValueError:
        return text
