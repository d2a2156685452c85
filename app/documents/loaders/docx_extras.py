"""What stands beside a Word file's running text: comments, descriptions of pictures, charts, headers and footers."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from app.documents.loaders.charts import chart_blocks, diagram_blocks
from app.documents.loaders.docx_package import Package, W
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.ooxml import alt_text
from app.text.parsed import BlockKind

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_VML = "{urn:schemas-microsoft-com:vml}"
_MAX_RUNNING = 300  # characters of a header: longer ones are forms and letters, whose text the body has too


def comments_of(package: Package) -> dict[str, str]:
    """Id of a comment → its words, named as such."""
    root = package.related("/comments")
    found: dict[str, str] = {}
    for comment in root.findall(f"{W}comment") if root is not None else ():
        text = squeeze(" ".join("".join(_texts(each)) for each in comment.iter(f"{W}p")))
        author = squeeze(comment.get(f"{W}author", ""))
        if text:
            found[comment.get(f"{W}id", "")] = f"Comment{f' by {author}' if author else ''}: {text}"
    return found


def running_of(package: Package) -> list[str]:
    """What headers and footers say, each once and named as such; page numbers alone say nothing."""
    found: list[str] = []
    for kind in ("header", "footer"):
        for root in package.all_related(f"/{kind}"):
            text = squeeze(" ".join("".join(_texts(each)) for each in root.iter(f"{W}p")))
            if any(map(str.isalpha, text)) and len(text) <= _MAX_RUNNING:
                found.append(f"{kind.capitalize()}: {text}")
    return list(dict.fromkeys(found))


def beside(package: Package, drawing: Element) -> Iterator[tuple[BlockKind, str]]:
    """What a drawing says that is no text of its own: a description, a chart as a table, the texts of SmartArt."""
    for named in drawing.iter(_DRAWING):
        yield "paragraph", alt_text(named.get("descr"))
    for shape in drawing.iter(f"{_VML}shape"):
        yield "paragraph", alt_text(shape.get("alt"))
    for chart in drawing.iter(_CHART):
        root = package.by_id(chart.get(f"{_RELATION}id", ""))
        yield from chart_blocks(root) if root is not None else ()
    for diagram in drawing.iter(_DIAGRAM):
        root = package.by_id(diagram.get(f"{_RELATION}dm", ""))
        yield from diagram_blocks(root) if root is not None else ()


def _texts(paragraph: Element) -> Iterator[str]:
    """The text of a paragraph without what is deleted; the instructions of fields are no `w:t`."""
    for child in paragraph:
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag in (f"{W}tab", f"{W}br"):
            yield " "
        elif child.tag not in (f"{W}del", f"{W}moveFrom", f"{W}pPr", f"{W}rPr"):
            hidden = child.find(f"{W}rPr/{W}vanish") if child.tag == f"{W}r" else None
            if hidden is None:
                yield from _texts(child)
