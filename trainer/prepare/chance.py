"""How likely a pair is good, as measured by hand: what the review shows, and what the default approval decides by."""

from __future__ import annotations

from functools import cache

import msgspec

from app.paths import RESOURCES

CHANCES_FILE = RESOURCES / "prepare" / "chances.json"
"""Kind of fact → (good ones, labelled ones), of those labels that nothing is reported on; docs/fine-tuning.md."""


@cache
def chances() -> dict[str, tuple[int, int]]:
    """What was labelled by hand."""
    return msgspec.json.decode(CHANCES_FILE.read_bytes(), type=dict[str, tuple[int, int]])


def of(kind: str) -> float:
    """The chance that a pair of this kind is good, 0 to 1: its share among those labelled, drawn towards one half by
    one good and one bad (Laplace), so that what nobody labelled is as likely good as not.
    """
    good, labelled = chances().get(kind, (0, 0))
    return round((good + 1) / (labelled + 2), 3)
