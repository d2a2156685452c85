"""Mail: each message with its header fields, its text, quoted history once, and what is attached, by its own loader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import PurePath

from app.documents.loaders.builder import Builder
from app.documents.loaders.html import load_html
from app.documents.loaders.hygiene import clean
from app.documents.loaders.inside import Inside, Members, Within, member
from app.documents.loaders.mail_message import Attached, Body, Mail
from app.documents.loaders.mail_parts import read_mail
from app.documents.loaders.mail_quotes import Stretch, Told, in_html, in_text
from app.documents.loaders.msg import read_msg
from app.documents.loaders.rtf import load_rtf
from app.documents.loaders.sniff import OLE
from app.documents.loaders.text import load_text
from app.errors import BadFile
from app.places import MailPart, Place
from app.text.parsed import Parsed

_BETWEEN = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S+[^\n]*\d{4}[^\n]*\n")
_STUFFED = re.compile(rb"^>(>*From )", re.M)
_ROOM = 1_000_000
"""Code points that are kept free: a mailbox ends where the next message might not fit."""


def load_mail(data: bytes, name: str, inside: Inside) -> Parsed:
    """Read a message (RFC 5322, or Outlook's own), or a mailbox of them (mbox, RFC 4155).

    Raises:
        BadFile: `empty`, `damaged` or `too_large`.
    """
    builder = Builder()
    writer = _Writer(builder, inside)
    if data.startswith(OLE):
        writer.write(read_msg(data))
        return writer.build()
    messages = list(_messages(data))
    for number, raw in enumerate(messages, 1):
        room = builder.room() > _ROOM + len(raw)
        if why := inside.spent() or ("" if room else "It holds more text than Inhouse can index of one file."):
            writer.members.unread(f"{len(messages) - number + 1:,} of {len(messages):,} messages", f"left out. {why}")
            break
        writer.write(read_mail(raw), number if len(messages) > 1 else 0)
    if len(messages) > 1:
        builder.title = PurePath(name).stem
    return writer.build()


def _messages(data: bytes) -> Iterator[bytes]:
    starts = [match.span() for match in _BETWEEN.finditer(data)] if data.startswith(b"From ") else []
    if not starts:
        yield data
        return
    for at, (_, begin) in enumerate(starts):
        end = starts[at + 1][0] if at + 1 < len(starts) else len(data)
        yield _STUFFED.sub(rb"\1", data[begin:end])


class _Writer:
    """Writes messages one after the other; what one says is not repeated where another quotes it."""

    def __init__(self, builder: Builder, inside: Inside) -> None:
        self._builder = builder
        self._read_hidden = inside.read_hidden
        self._told = Told()
        self.members = Members(builder, inside)

    def write(self, mail: Mail, number: int = 0) -> None:
        """Append a message with all that it holds."""
        self._write(mail, MailPart(mail.sent, number), 1)

    def build(self) -> Parsed:
        """
        Raises:
            BadFile: nothing was written (`empty`).
        """
        return self._builder.build("mail", note=self.members.note())

    def _write(self, mail: Mail, place: MailPart, level: int) -> None:
        builder = self._builder
        builder.enter(place)
        builder.add("heading", mail.subject or "Mail without a subject", min(level, 5))
        person, address = parseaddr(mail.sender)
        by = ", ".join(part for part in (mail.sender and f"From {person or address or mail.sender}", mail.sent) if part)
        builder.add("heading", by, min(level + 1, 6))
        names = ", ".join(each.name for each in mail.attached if not each.reason)
        said = (
            ("Date", f"{mail.sent} {mail.at}".strip()), ("From", mail.sender), ("To", mail.to), ("Cc", mail.cc),
            ("Subject", mail.subject), ("Attached", names),
        )  # fmt: skip
        for label, value in said:
            if value:
                builder.add("paragraph", f"{label}: {value}")
        for body in mail.bodies:
            self._body(body, level + 1)
        self._told.end()
        for each in mail.attached:
            self._attached(each, place, level + 2)

    def _body(self, body: Body, level: int) -> None:
        if body.rtf:
            try:
                written = load_rtf(body.rtf, "", self._read_hidden)
            except BadFile:
                return  # nothing but space, or pictures
            self._builder.hide(written.hidden)
            body = Body(False, written.text)
        try:
            stretches = list(in_html(body.text) if body.html else in_text(body.text))
        except RecursionError:
            stretches = [Stretch(body.text, False)]
        for stretch in stretches:
            try:
                read = (load_html if body.html else load_text)(_utf8(stretch.text), "", self._read_hidden)
            except BadFile:
                continue  # nothing but space, or pictures
            self._builder.hide(read.hidden)
            for kind, text, under in self._told.new(read, stretch.quoted):
                self._builder.add(kind, text, min(under + level, 6) if kind == "heading" else under)

    def _attached(self, each: Attached, place: MailPart, level: int) -> None:
        if each.mail is not None:
            self._write(each.mail, MailPart(place.sent, place.message, each.name), min(level, 5))
        elif each.reason:
            self.members.unread(each.name, each.reason)
        else:
            self.members.add(each.data, each.name, _within(each.name, place), min(level, 6))


def _utf8(text: str) -> bytes:
    return b"\xef\xbb\xbf" + clean(text).encode("utf-8", "replace")


def _within(name: str, place: MailPart) -> Within:
    """What is attached stands in its mail; a page or a place in it, in the file of that name."""

    def at(page: int | None, inner: Place | None) -> Place:
        if page is None and inner is None:
            return MailPart(place.sent, place.message, name)
        return member(name, page, inner)

    return at
