"""How much of a document's hidden text a person should be told of."""

from __future__ import annotations

from collections.abc import Sequence

from app.text.addressed import addressed
from app.text.hidden import ASIDE, HiddenText


def warned_of(found: Sequence[HiddenText]) -> int:
    """Pieces that are no ordinary notes beside the text, and notes that speak to an assistant."""
    return sum(each.count for each in found if each.kind not in ASIDE or addressed(each.text))
