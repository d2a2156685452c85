"""How likely a pair is good, as measured by hand: what the review shows, and what the default approval decides by."""

from __future__ import annotations

from functools import cache

import msgspec

from app.paths import RESOURCES

CHANCES_FILE = RESOURCES / "prepare" / "chances.json"


@cache
def chances() -> dict[str, tuple[int, int]]:
    """ "cell plain" → (good ones, labelled ones), of the half of the labels that nothing is reported on."""
    return msgspec.json.decode(CHANCES_FILE.read_bytes(), type=dict[str, tuple[int, int]])


def of(kind: str, form: str) -> float:
    """The chance that a pair of this kind of fact and form is good, 0 to 1.

    The share of good ones among those labelled, drawn towards the share of its kind, and that towards one half
    (Laplace): few labels say little.
    """
    found = chances()
    of_kind = [counted for key, counted in found.items() if key.split(" ")[0] == kind]
    prior = (sum(good for good, _ in of_kind) + 1) / (sum(labelled for _, labelled in of_kind) + 2)
    good, labelled = found.get(f"{kind} {form}", (0, 0))
    return round((good + 4 * prior) / (labelled + 4), 3)
