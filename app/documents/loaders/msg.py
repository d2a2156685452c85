"""Outlook's own messages (MS-OXMSG): an OLE file with a stream for each property of the message."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta
from email.parser import HeaderParser

import olefile

from app.documents.loaders.decode import decode_as
from app.documents.loaders.mail_message import Attached, Body, Mail, field, moment
from app.documents.loaders.mail_parts import header
from app.documents.loaders.rtf_compressed import decompressed
from app.errors import BadFile

MAX_ATTACHED = 500
MAX_NESTED = 4
"""Messages in messages."""
_PROPERTIES = "__properties_version1.0"
_ATTACHED = "__attach_version1.0_#"
_EMBEDDED = "__substg1.0_3701000D"
_SUBJECT, _BODY, _HTML, _RTF = 0x0037, 0x1000, 0x1013, 0x1009
_SENDER, _ADDRESS, _SMTP, _TO, _CC, _HEADERS = 0x0C1A, 0x0C1F, 0x5D01, 0x0E04, 0x0E03, 0x007D
_SENT, _DELIVERED, _TEXT_PAGE, _HTML_PAGE = 0x0039, 0x0E06, 0x3FFD, 0x3FDE
_DATA, _NAME, _SHORT_NAME, _CONTENT_ID = 0x3701, 0x3707, 0x3704, 0x3712
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emz", ".wmz")
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def read_msg(data: bytes) -> Mail:
    """A message of its bytes.

    Raises:
        BadFile: it is no message, or nothing of it can be read (`damaged`).
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _Storage(ole, []).mail(0)
    except (OSError, ValueError, struct.error, IndexError, KeyError, TypeError, RecursionError) as error:
        raise BadFile(
            "The Outlook message is damaged and cannot be opened.",
            "Open it in Outlook, save it again and add that copy.",
            str(error),
        ) from error


class _Storage:
    """A folder of an OLE file that holds the properties of a message or of an attachment."""

    def __init__(self, ole: olefile.OleFileIO, path: list[str]) -> None:
        self._ole = ole
        self._path = path
        self._fixed = self._read_fixed()

    def mail(self, depth: int) -> Mail:
        """The message whose properties these are."""
        head = HeaderParser().parsestr(self.text(_HEADERS))
        address = self.text(_SMTP) or self.text(_ADDRESS)
        name = self.text(_SENDER)
        own = f"{name} <{address}>" if name and "@" in address and address != name else name or address
        sent, at = moment(self._time(_SENT) or self._time(_DELIVERED))
        return Mail(
            subject=field(self.text(_SUBJECT)),
            sender=header(head, "from") or field(own),
            to=header(head, "to") or field(self.text(_TO)),
            cc=header(head, "cc") or field(self.text(_CC)),
            sent=sent,
            at=at,
            bodies=tuple(self._bodies()),
            attached=tuple(self._attached(depth)),
        )

    def _bodies(self) -> list[Body]:
        page = self._stream(_HTML, "0102")
        html = decode_as(page, _codec(self._number(_HTML_PAGE))) if page else self.text(_HTML)
        if html.strip():
            return [Body(True, html)]
        text = self.text(_BODY)
        if text.strip():
            return [Body(False, text)]
        packed = self._stream(_RTF, "0102")
        try:
            return [Body(False, "", decompressed(packed))] if packed else []
        except BadFile:
            return []

    def _attached(self, depth: int) -> list[Attached]:
        below = len(self._path)
        names = sorted(
            {
                entry[below]
                for entry in self._ole.listdir(streams=True, storages=True)
                if entry[:below] == self._path and len(entry) > below and entry[below].startswith(_ATTACHED)
            }
        )
        found = []
        if not self._bodies() and self._stream(_RTF, "0102"):
            found.append(Attached("the text", reason="It is damaged. Save the mail anew in Outlook."))
        for name in names[:MAX_ATTACHED]:
            storage = _Storage(self._ole, [*self._path, name])
            each = storage._attachment(depth)
            if each is not None:
                found.append(each)
        return found

    def _attachment(self, depth: int) -> Attached | None:
        """What these properties attach; None for a picture of the layout."""
        name = field(self.text(_NAME) or self.text(_SHORT_NAME))
        if self._ole.exists([*self._path, _EMBEDDED]):
            if depth >= MAX_NESTED:
                return Attached(name or "a mail", reason="It lies inside of too many other mails.")
            mail = _Storage(self._ole, [*self._path, _EMBEDDED]).mail(depth + 1)
            return Attached(name or mail.subject or "a mail without a subject", mail=mail)
        if self.text(_CONTENT_ID) and name.lower().endswith(_PICTURES):
            return None
        data = self._stream(_DATA, "0102")
        return (
            Attached(name, data) if data else Attached(name or "an attachment", reason="Outlook did not store it here.")
        )

    def text(self, number: int) -> str:
        """A text; "" where there is none."""
        wide = self._stream(number, "001F")
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self._stream(number, "001E")
        try:
            return decode_as(narrow.rstrip(b"\0"), _codec(self._number(_TEXT_PAGE))) if narrow else ""
        except BadFile:
            return ""

    def _stream(self, number: int, kind: str) -> bytes:
        path = [*self._path, f"__substg1.0_{number:04X}{kind}"]
        if not self._ole.exists(path):
            return b""
        try:
            return bytes(self._ole.openstream(path).read())
        except OSError:  # cut or damaged: the rest of the message goes on
            return b""

    def _read_fixed(self) -> dict[int, bytes]:
        """Numbers and times: 16 bytes each, behind a head whose length depends on whose they are."""
        path = [*self._path, _PROPERTIES]
        data = bytes(self._ole.openstream(path).read()) if self._ole.exists(path) else b""
        head = 32 if not self._path else 24 if self._path[-1] == _EMBEDDED else 8
        found = {}
        for at in range(head, len(data) - 15, 16):
            found[struct.unpack_from("<H", data, at + 2)[0]] = data[at + 8 : at + 16]
        return found

    def _number(self, number: int) -> int:
        return int(struct.unpack("<I", self._fixed[number][:4])[0]) if number in self._fixed else 0

    def _time(self, number: int) -> datetime | None:
        ticks = struct.unpack("<Q", self._fixed[number])[0] if number in self._fixed else 0
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None


def _codec(page: int) -> str:
    """Python's name of one of Windows' code pages."""
    return {0: "", 65001: "utf-8", 20866: "koi8-r", 28591: "cp1252", 50220: "iso2022_jp", 54936: "gb18030"}.get(
        page, f"cp{page}"
    )
