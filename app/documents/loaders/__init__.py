"""One small file a format, and one entry here. A loader is imported only when a file of its kind comes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from app.documents.loaders.inside import Inside
from app.documents.loaders.sniff import format_of
from app.documents.loaders.source import read_source
from app.text.parsed import Parsed
from app.text.personal.kinds import PersonalKind

if TYPE_CHECKING:
    from app.documents.loaders.scan import Scans

Loader = Callable[[bytes, str, bool], Parsed]
"""A file's bytes, its password ("" for none), and whether hidden text is to be read too → its text. It raises BadFile
and nothing else."""

ContainerLoader = Callable[[bytes, str, Inside], Parsed]
"""A file's bytes, its name and what reads the files inside of it → the text of all of them."""

ScanLoader = Callable[[bytes, str, bool, "Scans | None"], Parsed]
"""The same, with what was recognised on its pages."""


def _pdf() -> Loader:
    from app.documents.loaders.pdf import load_pdf

    return load_pdf


def _docx() -> Loader:
    from app.documents.loaders.docx import load_docx

    return load_docx


def _markdown() -> Loader:
    from app.documents.loaders.markdown import load_markdown

    return load_markdown


def _text() -> Loader:
    from app.documents.loaders.text import load_text

    return load_text


def _html() -> Loader:
    from app.documents.loaders.html import load_html

    return load_html


def _table() -> Loader:
    from app.documents.loaders.table import load_table

    return load_table


def _xlsx() -> Loader:
    from app.documents.loaders.xlsx import load_xlsx

    return load_xlsx


def _mail() -> ContainerLoader:
    from app.documents.loaders.mail import load_mail

    return load_mail


def _archive() -> ContainerLoader:
    from app.documents.loaders.archive import load_archive

    return load_archive


def _epub() -> Loader:
    from app.documents.loaders.epub import load_epub

    return load_epub


def _mhtml() -> Loader:
    from app.documents.loaders.mhtml import load_mhtml

    return load_mhtml


def _json() -> Loader:
    from app.documents.loaders.json_data import load_json

    return load_json


def _xml() -> Loader:
    from app.documents.loaders.xml_data import load_xml

    return load_xml


def _code() -> Loader:
    from app.documents.loaders.source_code import load_code

    return load_code


def _pptx() -> Loader:
    from app.documents.loaders.pptx import load_pptx

    return load_pptx


def _xls() -> Loader:
    from app.documents.loaders.xls import load_xls

    return load_xls


def _xlsb() -> Loader:
    from app.documents.loaders.xls import load_xlsb

    return load_xlsb


def _odt() -> Loader:
    from app.documents.loaders.odt import load_odt

    return load_odt


def _ods() -> Loader:
    from app.documents.loaders.ods import load_ods

    return load_ods


def _odp() -> Loader:
    from app.documents.loaders.odt import load_odp

    return load_odp


def _rtf() -> Loader:
    from app.documents.loaders.rtf import load_rtf

    return load_rtf


def _doc() -> Loader:
    from app.documents.loaders.doc import load_doc

    return load_doc


def _ppt() -> Loader:
    from app.documents.loaders.ppt import load_ppt

    return load_ppt


def _image() -> Loader:
    from app.documents.loaders.image import load_image

    return load_image


def _scanned_pdf() -> ScanLoader:
    from app.documents.loaders.pdf import load_pdf

    return load_pdf


def _scanned_image() -> ScanLoader:
    from app.documents.loaders.image import load_image

    return load_image


LOADERS: dict[str, Callable[[], Loader]] = {
    "pdf": _pdf,
    "docx": _docx,
    "markdown": _markdown,
    "text": _text,
    "html": _html,
    "csv": _table,
    "xlsx": _xlsx,
    "epub": _epub,
    "mhtml": _mhtml,
    "json": _json,
    "xml": _xml,
    "code": _code,
    "xls": _xls,
    "xlsb": _xlsb,
    "pptx": _pptx,
    "odt": _odt,
    "ods": _ods,
    "odp": _odp,
    "ppt": _ppt,
    "doc": _doc,
    "rtf": _rtf,
    "image": _image,
}
"""Key of a format (app/formats.py) → what imports the loader and returns it."""

CONTAINERS: dict[str, Callable[[], ContainerLoader]] = {
    "mail": _mail,
    "zip": _archive,
}
"""The same of formats that hold files of their own."""

SCANNED: dict[str, Callable[[], ScanLoader]] = {"pdf": _scanned_pdf, "image": _scanned_image}
"""The same of formats whose pages may be pictures."""


def load(
    path: str,
    password: str = "",
    read_hidden: bool = False,
    scans: Scans | None = None,
    mask: Sequence[PersonalKind] = (),
) -> Parsed:
    """Read a document of any supported kind in this process; `parse_process.Parser` does it in a disposable one.

    `scans` is what was recognised on pages that are pictures; `mask` are the kinds of personal data that are not to be
    in what is returned. The hash and the size are those of the very bytes that were parsed.

    Raises:
        BadFile: why the file cannot be used; its `code` is one of `parse_process.CODES`.
    """
    data = read_source(path)
    name = PurePath(path).name
    key = format_of(data, name).key
    if scans and key in SCANNED:
        parsed = SCANNED[key]()(data, password, read_hidden, scans)
    else:
        parsed = _read(data, name, password, Inside(_read, read_hidden=read_hidden))
    if mask:
        from app.text.personal.masking import masked  # loads tables of phone numbers: only where something is masked

        parsed = masked(parsed, mask)
    return msgspec.structs.replace(parsed, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def _read(data: bytes, name: str, password: str, inside: Inside) -> Parsed:
    """The text of a file whose bytes are at hand."""
    key = format_of(data, name).key
    if key in CONTAINERS:
        return CONTAINERS[key]()(data, name, inside)
    return LOADERS[key]()(data, password, inside.read_hidden)
