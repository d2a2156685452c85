"""What stands beside words to say whose they are: how a passage is cited, and how a model's text is marked."""

from __future__ import annotations

from app.members import origin
from app.places import Place, lines_of, place_words
from app.types import Passage

MARK = "Written by an AI model with Inhouse. Check it before you rely on it."
"""The line that says so to people and programs, in every format that is exported."""
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's name for what a trained model made (cv.iptc.org/newscodes/digitalsourcetype): the mark in the properties of a
file, for programs."""
BY_MODEL = "written by a model"
"""What is said of a source of that kind, behind its place."""
ALL_COLLECTIONS, ATTACHED_FILES = "All collections", "Attached files"
"""What is called so where no collection is named, and what the hidden collection of a chat's own files is called."""


def is_by_model(passage: Passage) -> bool:
    """Whether what answers in a passage, or most of it, is text that a model wrote: no evidence of its own."""
    first, last = passage.best or (0, len(passage.text))
    held = sum(min(end, last) - max(start, first) for start, end in passage.by_model if start < last and first < end)
    return held > 0 and 2 * held >= last - first


def narrowed(passage: Passage) -> Place | None:
    """The place of the sentence or row that answers best, else of the whole passage."""
    return lines_of(passage.place, passage.text, *passage.best) if passage.best else passage.place


def where(passage: Passage) -> str:
    """Where a passage's answer stands, to follow the document's name; "" where the format has no places."""
    return f"page {passage.page}" if passage.page is not None else place_words(narrowed(passage))


def document_words(passage: Passage) -> str:
    """Its document, with what that lies in: "contract.docx in offers.zip"."""
    within = origin(passage.path)
    named = f"{passage.document} in {within}" if within and passage.document else passage.document
    return f"{named} (also {', '.join(passage.also)})" if passage.also else named


def cited_as(passage: Passage) -> str:
    """How a passage is cited: "Prices.xlsx, sheet Prices, B7:D12", "contract.docx in offers.zip, page 3"."""
    return ", ".join(part for part in (document_words(passage), where(passage)) if part)


def place_label(passage: Passage) -> str:
    """The same place below the document's name: "Sheet Prices, B7:D12", "Page 3, in offers.zip"."""
    within = origin(passage.path)
    also = f"also {', '.join(passage.also)}" if passage.also else ""
    words = ", ".join(part for part in (where(passage), f"in {within}" if within else "", also) if part)
    return words[:1].upper() + words[1:]


def recognised_words(passage: Passage) -> str:
    """ "recognised from a picture, 93 % sure"; "" of what was text already."""
    return "" if passage.sure is None else f"recognised from a picture, {sure_text(passage.sure)} sure"


def sure_text(sure: float) -> str:
    """ "93 %"; never more than it is."""
    return f"{int(sure * 100)} %"
