"""Small PDF and DOCX files written by hand, so that a test knows every byte that it asks about."""

from __future__ import annotations

import hashlib
import io
import zipfile

PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def text_at(x: float, y: float, text: str, size: float = 11, font: str = "F1", extra: str = "") -> str:
    """A line of text as page content; `extra` goes before it (a colour, a rendering mode)."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"q {extra} BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET Q\n"


def chinese_at(x: float, y: float, text: str) -> str:
    """A line of Chinese as page content; letters are 11 points wide."""
    return f"q BT /F4 11 Tf 1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET Q\n"


def pdf(
    pages: list[str],
    box: str = "0 0 595 842",
    more: str = "",
    password: str = "",
    picture: bool = False,
    resources: str = "",
    catalog: str = "",
    objects: dict[int, bytes] | None = None,
) -> bytes:
    """A PDF of these page contents in Helvetica (F1), Helvetica-Bold (F2), Helvetica with the ligature "fi" at byte 1
    (F3) and a Chinese font that is not embedded (F4, see `chinese_at`); /Im is a grey picture.

    `more` goes into each page's dictionary, `resources` into its resources, `catalog` into the catalogue; `objects` are
    further ones, from 100. A password encrypts with 40-bit RC4 (ISO 32000-1, 7.6.3, revision 2).
    """
    key, encryption = _encryption(password) if password else (b"", "")
    resources += " /Font << /F1 3 0 R /F2 4 0 R /F3 6 0 R /F4 7 0 R >>"
    resources += " /XObject << /Im 5 0 R >>" if picture else ""
    objects = {
        **(objects or {}),
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        4: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        5: _stream(
            5,
            b"\x80",
            key,
            "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8",
        ),
        6: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding "
        b"<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [1 /fi] >> >>",
        7: b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H "
        b"/DescendantFonts [8 0 R] >>",
        8: b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>",
    }
    kids = []
    for at, content in enumerate(pages):
        page, stream = 10 + 2 * at, 11 + 2 * at
        kids.append(f"{page} 0 R")
        entries = f"/MediaBox [{box}] /Resources << {resources} >> /Contents {stream} 0 R {more}"
        objects[page] = f"<< /Type /Page /Parent 2 0 R {entries} >>".encode()
        objects[stream] = _stream(stream, content.encode("cp1252"), key)
    objects[2] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    return _assemble(objects, encryption)


def _stream(number: int, data: bytes, key: bytes, entries: str = "") -> bytes:
    if key:
        data = rc4(hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10], data)
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode() + data + b"\nendstream"


def _assemble(objects: dict[int, bytes], encryption: str) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    size = max(objects) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    for number in range(1, size):
        out += f"{places[number]:010} 00000 n \n".encode() if number in places else b"0000000000 65535 f \n"
    out += f"trailer\n<< /Size {size} /Root 1 0 R {encryption} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def _encryption(password: str) -> tuple[bytes, str]:
    user = (password.encode("latin-1") + PAD)[:32]
    owner = rc4(hashlib.md5(user).digest()[:5], user)
    rights = -4
    key = hashlib.md5(user + owner + rights.to_bytes(4, "little", signed=True) + b"id").digest()[:5]
    check = rc4(key, PAD)
    entries = f"/Filter /Standard /V 1 /R 2 /P {rights} /O <{owner.hex()}> /U <{check.hex()}>"
    return key, f"/Encrypt << {entries} >> /ID [<6964> <6964>]"


def rc4(key: bytes, data: bytes) -> bytes:
    """The cipher of old PDF files."""
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"


def docx(body: str, **parts: str) -> bytes:
    """A Word file with this body; parts are "styles", "numbering", "footnotes" with their inner XML."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("_rels/.rels", _relations({"officeDocument": "word/document.xml"}))
        file.writestr("word/document.xml", f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>')
        file.writestr("word/_rels/document.xml.rels", _relations({name: f"{name}.xml" for name in parts}))
        for name, inner in parts.items():
            file.writestr(f"word/{name}.xml", f'<w:{name} xmlns:w="{W}">{inner}</w:{name}>')
    return buffer.getvalue()


def _relations(targets: dict[str, str]) -> str:
    items = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="{_RELS}">{items}</Relationships>'


def paragraph(text: str, properties: str = "", run: str = "") -> str:
    """A paragraph of one run."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """A table of plain cells."""
    cells = ("".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"
