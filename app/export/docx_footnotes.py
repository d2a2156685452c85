"""Footnotes of a DOCX file, which python-docx does not make: a part of their own, and a mark in the text for each."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from app.export.saving import clean

_PART = "/word/footnotes.xml"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SMALL = '<w:rPr><w:sz w:val="18"/></w:rPr>'
_RAISED = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
_LINES = (
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
)
"""What Word draws between text and notes; it wants both (ECMA-376, part 1, 17.11)."""


class Footnotes:
    """Collects the notes of one document; `finish` puts them into it."""

    def __init__(self) -> None:
        self._notes: list[str] = []

    def add(self, paragraph: Any, text: str, *, behind: bool = False) -> None:
        """A raised number at the end of the paragraph as it stands, with this note at the foot of its page; `behind`
        another number."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        self._notes.append(text)
        run = paragraph.add_run(", " if behind else "")
        run.font.superscript = True
        mark = OxmlElement("w:footnoteReference")
        mark.set(qn("w:id"), str(len(self._notes)))
        run._r.append(mark)

    def finish(self, document: Any) -> None:
        """Nothing where there are no notes."""
        if not self._notes:
            return
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        notes = "".join(_note(number, text) for number, text in enumerate(self._notes, 1))
        head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        blob = f'{head}<w:footnotes xmlns:w="{_W}">{_LINES}{notes}</w:footnotes>'.encode()
        document.part.relate_to(Part(PackURI(_PART), _TYPE, blob, document.part.package), _RELATION)


def _note(number: int, text: str) -> str:
    said = escape(" ".join(clean(text).split()))
    return (
        f'<w:footnote w:id="{number}"><w:p><w:r>{_RAISED}<w:footnoteRef/></w:r>'
        f'<w:r>{_SMALL}<w:t xml:space="preserve"> {said}</w:t></w:r></w:p></w:footnote>'
    )
