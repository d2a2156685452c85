"""Mail: each message with its header fields, its text and quoted history once; what is attached is listed with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parseaddr
from functools import partial
from pathlib import PurePath

from app.documents.loaders.builder import Builder
from app.documents.loaders.html import load_html
from app.documents.loaders.hygiene import clean
from app.documents.loaders.inside import Inner, Listing, too_large
from app.documents.loaders.mail_message import Body, Mail
from app.documents.loaders.mail_parts import read_mail
from app.documents.loaders.mail_quotes import Stretch, Told, in_html, in_text
from app.documents.loaders.msg import read_msg
from app.documents.loaders.rtf import load_rtf
from app.documents.loaders.sniff import OLE
from app.documents.loaders.text import load_text
from app.errors import BadFile
from app.places import MailPart
from app.text.parsed import Parsed

_BETWEEN = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S+[^\n]*\d{4}[^\n]*\n")
_STUFFED = re.compile(rb"^>(>*From )", re.M)
_ROOM = 1_000_000
"""Code points that are kept free: a mailbox ends where the next message might not fit."""


def load_mail(data: bytes, name: str, listing: Listing, read_hidden: bool = False) -> Parsed:
    """Read a message (RFC 5322, or Outlook's own), or a mailbox of them (mbox, RFC 4155).

    Raises:
        BadFile: `empty`, `damaged` or `too_large`.
    """
    builder = Builder()
    writer = _Writer(builder, read_hidden)
    messages = 0
    for number, length, mail in _mails(data):
        full = builder.room() < _ROOM + length
        if full or listing.late:
            why = "It holds more text than Inhouse can index of one file." if full else "Reading took too long."
            listing.unread(f"What follows message {number - 1:,}", why)
            break
        messages = max(messages, number)
        writer.write(mail, number)
        for inner in _attached(mail, f"{number}/" if number else ""):
            listing.add(inner)
        for refused, reason in _refused(mail):
            listing.unread(refused, reason)
    if messages:
        builder.title = PurePath(name).stem
    return builder.build("mail")


def attached_files(data: bytes, name: str) -> Iterator[Inner]:
    """What is attached to the messages of a file, in their order: below the number of its message in a mailbox, below
    the name of a mail that was attached itself.

    Raises:
        BadFile: the mail is damaged.
    """
    for number, _, mail in _mails(data):
        yield from _attached(mail, f"{number}/" if number else "")


def _mails(data: bytes) -> Iterator[tuple[int, int, Mail]]:
    """Each message with its number in a mailbox (0 of one by itself) and its bytes."""
    if data.startswith(OLE):
        yield 0, len(data), read_msg(data)
        return
    waiting: bytes | None = None
    number = 0
    for raw in _messages(data):  # one is held back, to know whether it is the only one
        if waiting is not None:
            number += 1
            yield number, len(waiting), read_mail(waiting)
        waiting = raw
    if waiting is not None:
        yield number + 1 if number else 0, len(waiting), read_mail(waiting)


def _attached(mail: Mail, folder: str) -> Iterator[Inner]:
    for each in mail.attached:
        name = each.name.replace("/", "-").replace("\\", "-")
        if each.mail is not None:
            yield from _attached(each.mail, f"{folder}{name}/")
        elif not each.reason:
            yield Inner(f"{folder}{name}", partial(_content, each.data))


def _content(data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise too_large()
    return data


def _refused(mail: Mail) -> Iterator[tuple[str, str]]:
    """What was attached and is not there, with the reason."""
    for each in mail.attached:
        if each.mail is not None:
            yield from _refused(each.mail)
        elif each.reason:
            yield each.name, each.reason


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

    def __init__(self, builder: Builder, read_hidden: bool) -> None:
        self._builder = builder
        self._read_hidden = read_hidden
        self._told = Told()

    def write(self, mail: Mail, number: int = 0) -> None:
        """Append a message with all that it holds."""
        self._write(mail, MailPart(mail.sent, number), 1)

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
            if each.mail is not None:
                self._write(each.mail, MailPart(place.sent, place.message, each.name), min(level + 2, 5))

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


def _utf8(text: str) -> bytes:
    return b"\xef\xbb\xbf" + clean(text).encode("utf-8", "replace")
