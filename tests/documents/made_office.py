"""Small presentations and OpenDocument files written by hand: no library that reads them has made them."""

from __future__ import annotations

import io
import struct
import zipfile

_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.presentationml"
NAMESPACES = f'xmlns:a="{_A}" xmlns:p="{_P}" xmlns:r="{_R}"'
_TREE = "<p:spTree><p:nvGrpSpPr><p:cNvPr id='1' name=''/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>"
MAIN = f"{_TYPES}.presentation.main+xml"


def packed(members: dict[str, str | bytes]) -> bytes:
    """A ZIP of these members, in order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return stream.getvalue()


def shape(
    *paragraphs: str, at: tuple[int, int, int, int] | None = None, role: str = "", name: str = "", run: str = ""
) -> str:
    """A text box at left, top, width and height in hundredths of the slide; `role` makes it a placeholder, `name` goes
    into its non-visual properties, `run` into those of its text."""
    place = f'<p:nvPr><p:ph type="{role}"/></p:nvPr>' if role else "<p:nvPr/>"
    form = ""
    if at:
        x, y, w, h = (each * 90_000 for each in at)
        form = f'<a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{w}" cy="{h}"/></a:xfrm>'
    body = "".join(
        text if text.startswith("<a:p>") else f"<a:p><a:r><a:rPr {run}/><a:t>{text}</a:t></a:r></a:p>"
        for text in paragraphs
    )
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="7" name="x" {name}/><p:cNvSpPr/>{place}</p:nvSpPr><p:spPr>{form}</p:spPr>'
        f"<p:txBody><a:bodyPr/>{body}</p:txBody></p:sp>"
    )


def pptx(*slides: str, notes: dict[int, str] | None = None, parts: dict[str, str] | None = None) -> bytes:
    """A presentation with these shapes on its slides; one that begins with `show="0"` and a space is hidden.
    `parts` are more members, related to the first slide by the name of their file."""
    override, members = [], {}
    ids = links = ""
    for n, content in enumerate(slides, 1):
        hidden, _, content = content.partition(" ") if content.startswith("show=") else ("", "", content)
        override.append((f"/ppt/slides/slide{n}.xml", f"{_TYPES}.slide+xml"))
        members[f"ppt/slides/slide{n}.xml"] = (
            f"<p:sld {NAMESPACES} {hidden}><p:cSld>{_TREE}{content}</p:spTree></p:cSld></p:sld>"
        )
        ids += f'<p:sldId id="{255 + n}" r:id="s{n}"/>'
        links += _link(f"s{n}", f"{_R}/slide", f"slides/slide{n}.xml")
        more = ""
        if notes and n in notes:
            more += _link("n", f"{_R}/notesSlide", f"../notesSlides/notes{n}.xml")
            override.append((f"/ppt/notesSlides/notes{n}.xml", f"{_TYPES}.notesSlide+xml"))
            members[f"ppt/notesSlides/notes{n}.xml"] = (
                f"<p:notes {NAMESPACES}><p:cSld>{_TREE}{shape(notes[n], role='body')}</p:spTree></p:cSld></p:notes>"
            )
        for name in parts or {} if n == 1 else {}:
            kind = "chart" if "chart" in name else "diagramData"
            more += _link(name.rpartition("/")[2].partition(".")[0], f"{_R}/{kind}", f"/{name}")
        members[f"ppt/slides/_rels/slide{n}.xml.rels"] = _links(more)
    chart = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
    override += [(f"/{name}", chart) for name in parts or {} if "chart" in name]
    return packed(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/ppt/presentation.xml" ContentType="{MAIN}"/>'
            + "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in override)
            + "</Types>",
            "_rels/.rels": _links(_link("d", f"{_R}/officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f"<p:presentation {NAMESPACES}><p:sldIdLst>{ids}</p:sldIdLst>"
            '<p:sldSz cx="9000000" cy="9000000"/></p:presentation>',
            "ppt/_rels/presentation.xml.rels": _links(links),
            **members,
            **(parts or {}),
        }
    )


def _link(key: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{key}" Type="{kind}" Target="{target}"/>'


def _links(content: str) -> str:
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{content}</Relationships>'
    )


def xlsb(
    rows: dict[int, dict[int, str | float]], hidden_row: int = -1, hidden_column: int = -1, state: int = 0
) -> bytes:
    """A binary workbook with one sheet, "Prices", of these cells by row and column from 0 ([MS-XLSB] 2.1.7)."""

    def record(kind: int, body: bytes = b"") -> bytes:
        size = len(body)
        number = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return number + (bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])) + body

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    cells = b""
    for at, row in rows.items():
        cells += record(0, struct.pack("<IIHHBI", at, 0, 300, 0x1000 * (at == hidden_row), 0, 0))
        for column, value in row.items():
            head = struct.pack("<II", column, 0)
            text = isinstance(value, str)
            cells += record(
                6 if text else 5, head + (wide(value) if isinstance(value, str) else struct.pack("<d", value))
            )
    last = max(max(row) for row in rows.values())
    size = record(148, struct.pack("<IIII", min(rows), max(rows), 0, last))
    columns = record(60, struct.pack("<IIIIH", hidden_column, hidden_column, 2048, 0, 1)) if hidden_column >= 0 else b""
    columns = record(390) + columns + record(391) if columns else b""
    sheet = record(129) + size + columns + record(145) + cells + record(146) + record(130)
    bundle = record(156, struct.pack("<II", state, 1) + wide("s1") + wide("Prices"))
    return packed(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "xl/workbook.bin": record(131) + record(143) + bundle + record(144) + record(132),
            "xl/_rels/workbook.bin.rels": _links(_link("s1", f"{_R}/worksheet", "worksheets/sheet1.bin")),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def odf(kind: str, body: str, styles: str = "") -> bytes:
    """An OpenDocument file: "text", "spreadsheet" or "presentation", its body and its automatic styles."""
    names = ["office", "text", "table", "drawing", "style", "presentation"]
    known = " ".join(f'xmlns:{name[:5]}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    known += "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}-compatible:1.0"'
        for short, name in (("svg", "svg"), ("fo", "xsl-fo"))
    )
    known += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    content = (
        f"<offic:document-content {known}><offic:automatic-styles>{styles}</offic:automatic-styles><offic:body>"
        f"<offic:{kind}>{body}</offic:{kind}></offic:body></offic:document-content>"
    )
    return packed({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content})
