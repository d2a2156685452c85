"""One small file a format, and one entry here. A loader is imported only when a file of its kind comes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from app.documents.loaders.inside import MAX_DEPTH, Container, Inner, Listing
from app.documents.loaders.shelf import Shelf
from app.documents.loaders.sniff import format_of
from app.members import depth_of
from app.text.parsed import Parsed
from app.text.personal.kinds import PersonalKind

if TYPE_CHECKING:
    from app.documents.loaders.scan import Scans

Loader = Callable[[bytes, str, bool], Parsed]
"""A file's bytes, its password ("" for none), and whether hidden text is to be read too → its text. It raises BadFile
and nothing else."""

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


def _mail() -> Container:
    from app.documents.loaders.mail import attached_files, load_mail

    return Container(load_mail, attached_files)


def _archive() -> Container:
    from app.documents.loaders.archive import archived_files, load_archive

    return Container(load_archive, archived_files)


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

CONTAINERS: dict[str, Callable[[], Container]] = {
    "mail": _mail,
    "zip": _archive,
}
"""The same of formats that hold files, each of which is a document of its own."""

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
    data = bytes_of(path)
    name = PurePath(path).name
    key = format_of(data, name).key
    if key in CONTAINERS:
        parsed = _holder(data, name, CONTAINERS[key](), read_hidden, depth_of(path))
    elif scans and key in SCANNED:
        parsed = SCANNED[key]()(data, password, read_hidden, scans)
    else:
        parsed = LOADERS[key]()(data, password, read_hidden)
    if mask:
        from app.text.personal.masking import masked  # loads tables of phone numbers: only where something is masked

        parsed = masked(parsed, mask)
    return msgspec.structs.replace(parsed, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def bytes_of(path: str) -> bytes:
    """The content of a file, of its own or inside of another (app/members.py).

    Raises:
        BadFile: why it cannot be had.
    """
    return _shelf().read(path)


@functools.cache
def _shelf() -> Shelf:
    """One a process, which reads one file after the other."""
    return Shelf(_files)


def _files(data: bytes, name: str) -> Iterator[Inner]:
    """The files inside of a file; none where it is no container by now."""
    key = format_of(data, name).key
    return CONTAINERS[key]().files(data, name) if key in CONTAINERS else iter(())


def _holder(data: bytes, name: str, container: Container, read_hidden: bool, depth: int) -> Parsed:
    """A container's own text with the files that lie in it, unless it lies too deep itself."""
    listing = Listing()
    if depth >= MAX_DEPTH:
        listing.stop(f"What lies inside of more than {MAX_DEPTH} files is not read.")
    parsed = container.load(data, name, listing, read_hidden)
    return msgspec.structs.replace(parsed, files=tuple(listing.held), note=listing.note())
