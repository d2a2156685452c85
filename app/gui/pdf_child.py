"""The helper that lays HTML out as PDF: from its input to its output, without a window and without the network."""

from __future__ import annotations

import sys
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QUrl
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPdfWriter,
    QTextDocument,
)

from app.cited import SOURCE_TYPE
from app.paths import RESOURCES
from app.workers.offline import forbid_network

POINTS = 10
_XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Inhouse"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
"""The properties of a PDF that a model wrote (IPTC Photo Metadata Standard, Digital Source Type)."""


class _Text(QTextDocument):
    """Opens nothing that a text names: an empty picture stands for it."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        return QImage(1, 1, QImage.Format.Format_ARGB32)


def pdf_of(html: str) -> bytes:
    """The pages, A4; needs a QGuiApplication."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setCreator("Inhouse")
    if SOURCE_TYPE in html.partition("<body>")[0]:
        writer.setDocumentXmpMetadata(_XMP.encode())
    margins = QMarginsF(0, 0, 0, 0)  # a text that is printed has 2 cm of its own
    size = QPageSize(QPageSize.PageSizeId.A4)
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter))
    text = _Text()
    text.setDefaultFont(QFont("Inter", POINTS))
    text.setHtml(html)
    text.print_(writer)
    del writer
    buffer.close()
    return bytes(data.data())


def main() -> int:
    """HTML in, PDF out."""
    forbid_network()
    app = QGuiApplication(sys.argv[:1])
    for path in sorted((RESOURCES / "fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))
    sys.stdout.buffer.write(pdf_of(sys.stdin.buffer.read().decode()))
    del app
    return 0
