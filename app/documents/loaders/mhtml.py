"""Web archives (MHTML, RFC 2557): a page that a browser saved into one file, as a mail that holds its parts."""

from __future__ import annotations

from msgspec import structs

from app.documents.loaders.builder import no_text
from app.documents.loaders.html import load_html
from app.documents.loaders.mail_parts import read_mail
from app.text.parsed import Parsed


def load_mhtml(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a saved page; `password` is unused.

    Raises:
        BadFile: without text (`empty`) or too long (`too_large`).
    """
    saved = read_mail(data)
    page = next((body for body in saved.bodies if body.html), None) or next(iter(saved.bodies), None)
    if page is None:
        raise no_text("The file holds no page.")
    parsed = load_html(b"\xef\xbb\xbf" + page.text.encode("utf-8", "replace"), read_hidden=read_hidden)
    return structs.replace(parsed, format="mhtml", title=parsed.title or saved.subject)
