"""Text of a document that its readers do not see: the kinds there are, what they are called, which are a warning."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

HiddenKind = Literal[
    "colour", "tiny", "transparent", "invisible", "covered", "clipped", "off_page", "layer", "replaced", "vanish",
    "not_displayed", "characters", "row", "column", "sheet", "cell", "slide", "shape",
    "notes", "remark", "comment", "metadata", "alternative", "not_spoken",
]  # fmt: skip

REASONS: dict[HiddenKind, str] = {
    "colour": "In the colour of its background",
    "tiny": "Too small to read",
    "transparent": "Transparent",
    "invisible": "Drawn without ink",
    "covered": "Covered by something",
    "clipped": "Cut off by its frame",
    "off_page": "Outside the page",
    "layer": "On a layer that is switched off",
    "replaced": "Stands in the file in place of the words on the page",
    "vanish": "Formatted as hidden text",
    "not_displayed": "Not displayed",
    "characters": "Written in characters that have no shape",
    "row": "In a hidden row",
    "column": "In a hidden column",
    "sheet": "On a hidden sheet",
    "cell": "In a cell that shows nothing",
    "slide": "On a hidden slide",
    "shape": "In a hidden shape",
    "notes": "Notes of a slide: they are read, and cited as notes",
    "remark": "A comment: it is read, and named as one",
    "comment": "A comment in the file's code",
    "metadata": "A property of the file",
    "alternative": "Description of a picture",
    "not_spoken": "Marked as decoration",
}
"""Why it counts as hidden, for people."""

ASIDE: frozenset[HiddenKind] = frozenset({"notes", "remark", "comment", "metadata", "alternative", "not_spoken"})
"""Places beside the text that many honest documents use: they warn of nothing, unless what stands there speaks to an
assistant."""


class HiddenText(Struct, frozen=True):
    """A piece of hidden text, shortened where it is long. `count` says how many pieces of the file it was made of."""

    kind: HiddenKind
    text: str
    page: int | None = None
    count: int = 1
