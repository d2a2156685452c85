"""MIME (RFC 2045 to 2047): takes a message apart, and loses nothing where encodings or boundaries are broken.

The old policy of `email` is used on purpose: the new one parses header fields into trees, which fails on some real ones
and takes quadratic time on hostile ones.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from app.documents.loaders.decode import decode, decode_as
from app.documents.loaders.mail_message import MAX_FIELD, Attached, Body, Mail, field, moment
from app.errors import BadFile

MAX_PARTS = 1_000
"""Parts of one message; the rest is left out, and said so."""
MAX_BOUNDARIES = 400
"""Nested and repeated boundaries that a mail may declare: the parser tries each of them on each line."""
MAX_NESTED = 4
"""Messages in messages."""
_BOUNDARY = re.compile(rb"boundary\s*=", re.I)
_BLANK = re.compile(rb"\r?\n\r?\n")
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_LOCKED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_BASE64_LINES = re.compile(r"(?:^[A-Za-z0-9+/=]{60,}\s*$\n?){3,}", re.M)
_FOLD = re.compile(r"\r?\n[ \t]*")


def read_mail(data: bytes, depth: int = 0) -> Mail:
    """A message of its bytes; anything that is broken costs that part at most."""
    if len(_BOUNDARY.findall(data)) > MAX_BOUNDARIES:
        return _unparsed(data)
    try:
        return mail_of(message_from_bytes(data), depth)
    except (RecursionError, MessageError, ValueError, LookupError, IndexError, AttributeError, TypeError):
        return _unparsed(data)


def mail_of(message: Message, depth: int = 0) -> Mail:
    """What people see of a parsed message."""
    bodies: list[Body] = []
    attached: list[Attached] = []
    for part in _parts(message):
        found = _part(part, depth)
        if isinstance(found, Body):
            bodies.append(found)
        elif found is not None:
            attached.append(found)
    sent, at = moment(_date(message))
    return Mail(
        subject=header(message, "subject"),
        sender=header(message, "from") or header(message, "sender"),
        to=header(message, "to"),
        cc=header(message, "cc"),
        sent=sent,
        at=at,
        bodies=tuple(bodies),
        attached=tuple(attached),
    )


def header(message: Message, name: str) -> str:
    """A header field in plain words; "" where there is none."""
    for key, value in message.raw_items():
        if key.lower() == name:
            return field(_words(str(value)[: 8 * MAX_FIELD]))
    return ""


def _words(raw: str) -> str:
    """Encoded words (RFC 2047) as text; bytes that nobody declared by what they look like."""
    text = _FOLD.sub(" ", raw)
    if not text.isascii():
        text = decode_short(text.encode("utf-8", "surrogateescape"))
    if "=?" not in text:
        return text
    try:
        return "".join(
            word if isinstance(word, str) else decode_as(word, charset or "latin-1")
            for word, charset in decode_header(text)
        )
    except (HeaderParseError, ValueError):
        return text


def decode_short(data: bytes) -> str:
    """Text of a header; never fails."""
    try:
        return decode(data)
    except BadFile:
        return data.decode("latin-1")


def _date(message: Message) -> datetime | None:
    value = header(message, "date")
    try:
        return parsedate_to_datetime(value) if value else None
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def _parts(message: Message) -> Iterator[Message]:
    """Leaves in their order: of alternatives only the one that a mail program shows."""
    waiting = [message]
    left = MAX_PARTS
    while waiting and left > 0:
        part = waiting.pop()
        left -= 1
        payload = part.get_payload()
        if part.get_content_maintype() != "multipart" or not isinstance(payload, list):
            yield part
            continue
        parts = [each for each in payload if isinstance(each, Message)]
        if part.get_content_subtype() == "alternative":
            parts = _shown(parts)
        waiting.extend(reversed(parts))


def _shown(parts: list[Message]) -> list[Message]:
    """The best alternative that can be read: HTML, alone or with its pictures, else the last with text. It is what
    a person saw; a plain text beside it may say anything."""
    for wanted in ("text/html", "multipart/", "text/"):
        for part in reversed(parts):
            if part.get_content_type().startswith(wanted) and _holds_something(part):
                calendars = [each for each in parts if each.get_content_type() == "text/calendar" and each is not part]
                return [part, *calendars]
    return parts


def _holds_something(part: Message) -> bool:
    payload = part.get_payload()
    return bool(payload.strip()) if isinstance(payload, str) else bool(payload)


def _part(part: Message, depth: int) -> Body | Attached | None:
    kind = part.get_content_type()
    payload = part.get_payload()
    if kind in _SIGNATURES:
        return None
    if kind in _LOCKED:
        return Attached(
            _name(part, kind) or "the message", reason="It is encrypted, and only its addressee can read it."
        )
    if isinstance(payload, list):
        inner = next((each for each in payload if isinstance(each, Message)), None)
        return _nested(part, inner, depth) if inner is not None else None
    name = _name(part, kind)
    data = _bytes(part)
    if part.get_content_disposition() != "attachment" and _is_body(kind, name):
        text = _text(part, data)
        if part.get_content_maintype() == "multipart":  # its boundary is nowhere: what it holds stands here as it is
            text = _BASE64_LINES.sub("\n", text)
        return Body(kind == "text/html", text)
    if not data or (part.get_content_maintype() == "image" and part.get("content-id")):
        return None  # a logo or a picture of the layout
    return Attached(name or f"attachment{mimetypes.guess_extension(kind) or ''}", data)


def _is_body(kind: str, name: str) -> bool:
    return (kind in ("text/plain", "text/html", "text/enriched") or kind.startswith("multipart/")) and not name


def _nested(part: Message, inner: Message, depth: int) -> Attached:
    name = _name(part, "message/rfc822")
    if depth >= MAX_NESTED:
        return Attached(name or "a mail", reason="It lies inside of too many other mails.")
    mail = mail_of(inner, depth + 1)
    return Attached(name or mail.subject or "a mail without a subject", mail=mail)


def _name(part: Message, kind: str) -> str:
    """The file name of a part, or the ending that its kind would have."""
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError, IndexError):
        name = ""
    return field(_words(name))[-200:]


def _bytes(part: Message) -> bytes:
    """What a part holds, decoded as far as that goes."""
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        data = None
    if isinstance(data, bytes):
        return data
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _text(part: Message, data: bytes) -> str:
    try:
        charset = part.get_content_charset("") or ""
    except (ValueError, LookupError, TypeError):
        charset = ""
    try:
        return decode_as(data, charset)
    except BadFile:
        return data.decode("latin-1")


def _unparsed(data: bytes) -> Mail:
    """A message that no parser takes apart in time: its head, and the rest as it stands."""
    parted = _BLANK.search(data)
    at = parted.start() if parted else min(len(data), 100_000)
    head = message_from_bytes(data[: min(at, 1_000_000)] + b"\n\n")
    for name in ("content-type", "content-transfer-encoding"):
        del head[name]
    mail = mail_of(head)
    text = _BASE64_LINES.sub("\n", decode_short(data[at:]))
    reason = "Its parts are nested too deep or too many; they are read as plain text."
    return Mail(
        subject=mail.subject, sender=mail.sender, to=mail.to, cc=mail.cc, sent=mail.sent, at=mail.at,
        bodies=(Body(False, text),), attached=(Attached("the mail", reason=reason),),
    )  # fmt: skip
