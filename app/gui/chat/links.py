"""Which addresses of a model's text may be opened."""

from __future__ import annotations

import re

SAFE_LINK = re.compile(r"(?:https?://[^/\s]|mailto:[^\s])", re.IGNORECASE)


def link_target(href: str) -> str:
    """The address if it may be opened, else "": no files, no network shares, nothing that runs."""
    return href if SAFE_LINK.match(href) else ""
