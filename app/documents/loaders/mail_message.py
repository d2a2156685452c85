"""A mail as what people see of it: header fields, bodies and attachments, whatever file it came in."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from app.documents.loaders.hygiene import squeeze

MAX_FIELD = 1_000
"""Characters of a header field that are shown: a list of all employees says nothing."""


class Body(Struct, frozen=True):
    """A text of a mail."""

    html: bool
    text: str
    rtf: bytes = b""  # instead of both


class Attached(Struct, frozen=True):
    """Something that was sent along: a file, another mail, or the reason why it cannot be read."""

    name: str
    data: bytes = b""
    mail: Mail | None = None
    reason: str = ""


class Mail(Struct, frozen=True, kw_only=True):
    """One message."""

    subject: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    sent: str = ""  # ISO date
    at: str = ""  # "12:08 -0600"
    bodies: tuple[Body, ...] = ()
    attached: tuple[Attached, ...] = ()


def field(text: str) -> str:
    """A header field on one line, cut where it is too long to be of use."""
    line = squeeze(text[: 4 * MAX_FIELD])
    return line if len(line) <= MAX_FIELD else line[: line.rfind(" ", 0, MAX_FIELD)] + " …"


def moment(when: datetime | None) -> tuple[str, str]:
    """The date and the time of day of a moment, as its sender's clock showed it."""
    if when is None:
        return "", ""
    return when.strftime("%Y-%m-%d"), when.strftime("%H:%M %z").strip()
