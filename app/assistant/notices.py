"""What stands beside an answer's evidence, in words and for programs: newer versions, documents that disagree, text
that speaks to an assistant, and the date of each document."""

from __future__ import annotations

import time
from typing import Any, Literal

import msgspec
from msgspec import Struct

from app.cited import is_by_model, where
from app.formats import is_paged
from app.types import Answer, Passage

Kind = Literal["newer", "disagree", "by_model", "unsure", "flagged"]
LONGEST = 160
"""Characters of a document's text to an assistant that are repeated."""
FILE = "file of"
"""Said before the date of a file, where the document itself has none."""
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


class Notice(Struct, frozen=True):
    """A sentence for the reader, and the passage that it is about."""

    kind: Kind
    text: str
    passage: Passage


def notices(answer: Answer) -> list[Notice]:
    """What a reader of the answer should know about its documents."""
    return [*_newer(answer), *_disagreeing(answer), *_by_model(answer), *_unsure(answer), *_flagged(answer)]


def date_text(passage: Passage) -> str:
    """ "valid from 1 January 2026", "2026" from the name, "file of 12 January 2026"; "" where nothing is known."""
    if passage.date:
        return f"{passage.date_words} {date_words(passage.date)}".strip()
    if not passage.modified:
        return ""
    return f"{FILE} {date_words(time.strftime('%Y-%m-%d', time.localtime(passage.modified)))}"


def date_words(date: str) -> str:
    """ "1 January 2026" of "2026-01-01", "January 2026" of "2026-01"."""
    year, *rest = date.split("-")
    month = _MONTHS[int(rest[0]) - 1] if rest else ""
    day = str(int(rest[1])) if len(rest) > 1 else ""
    return " ".join(part for part in (day, month, year) if part)


def flagged_texts(passage: Passage) -> list[str]:
    """What of it speaks to an assistant, each on one line."""
    return [" ".join(passage.text[start:end].split()) for start, end in passage.flagged]


def unsure_texts(passage: Passage) -> list[str]:
    """The words of its best sentence, or of all of it, that were hard to make out in the picture of the page."""
    first, last = passage.best or (0, len(passage.text))
    return [passage.text[start:end] for start, end in passage.unsure if start < last and end > first]


def shortened(text: str) -> str:
    """Its beginning, where it is long."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def trust_json(passage: Passage) -> dict[str, Any]:
    """Date, newer version and flagged text of a passage for programs; every field stands there, also where empty."""
    modified = time.strftime("%Y-%m-%d", time.gmtime(passage.modified)) if passage.modified else None
    source = ("text" if passage.date_words else "name") if passage.date else "file" if modified else None
    newer = passage.newer
    return {
        "date": passage.date or modified,
        "date_from": source,
        "recognised": passage.sure,
        "by_model": is_by_model(passage),
        "unsure": unsure_texts(passage),
        "newer": {"document_id": newer.document_id, "document": newer.document, "date": newer.date or None}
        if newer
        else None,
        "flagged": [{"start": start, "end": end, "text": passage.text[start:end]} for start, end in passage.flagged],
    }


def answer_trust_json(answer: Answer) -> dict[str, Any]:
    """The same of an answer: text to an assistant that was found and left out, and the two sources that disagree."""
    return {
        "flagged": [
            {
                "document_id": passage.document_id,
                "document": passage.document,
                "page": passage.page,
                "place": where(passage),
                "text": text,
            }
            for passage in answer.flagged
            for text in flagged_texts(passage)
        ],
        "disagree": list(answer.disagree) if answer.disagree else None,
        "notices": [notice.text for notice in notices(answer)],
    }


def _newer(answer: Answer) -> list[Notice]:
    said: dict[int, Notice] = {}
    for source in answer.sources:
        passage, newer = source.passage, source.passage.newer
        if newer is not None and not any(each.passage.document_id == newer.document_id for each in answer.sources):
            date = f" ({date_words(newer.date)})" if newer.date else ""
            text = f"There is a newer version of {passage.document}: {newer.document}{date}."
            start = msgspec.structs.replace(
                passage, id=0, document_id=newer.document_id, document=newer.document, path=newer.path, start=0, end=0,
                page=1 if is_paged(newer.document) else None, heading="", header="", text="", best=None,
                boxes=(), date="", date_words="", newer=None, sure=None, unsure=(), flagged=(), indexed_at=0.0,
                modified=0.0,
            )  # fmt: skip
            said.setdefault(newer.document_id, Notice("newer", text, start))
    return list(said.values())


def _disagreeing(answer: Answer) -> list[Notice]:
    if answer.disagree is None:
        return []
    passages = {source.n: source.passage for source in answer.sources}
    if any(n not in passages or not passages[n].document for n in answer.disagree):
        return []
    said = " and ".join(
        f"{passages[n].document} ({date_text(passages[n]) or 'no date'}) [{n}]" for n in answer.disagree
    )
    return [Notice("disagree", f"Two documents disagree: {said} give different figures.", passages[answer.disagree[1]])]


def _by_model(answer: Answer) -> list[Notice]:
    said: dict[int, Notice] = {}
    for source in answer.sources:
        passage = source.passage
        if passage.document and is_by_model(passage):
            text = f"An AI model wrote what {passage.document} says here, so it is no evidence of its own [{source.n}]"
            said.setdefault(passage.document_id, Notice("by_model", text, passage))
    return list(said.values())


def _unsure(answer: Answer) -> list[Notice]:
    said = []
    for source in answer.sources:
        if words := unsure_texts(source.passage):
            short = shortened("”, “".join(words))
            text = f"Hard to read in the picture, so compare it with the page: “{short}” [{source.n}]"
            said.append(Notice("unsure", text, source.passage))
    return said


def _flagged(answer: Answer) -> list[Notice]:
    said = []
    for passage in answer.flagged:
        short = shortened(" … ".join(flagged_texts(passage)))
        text = f"{passage.document} holds text that speaks to an AI assistant. It was left out: “{short}”"
        said.append(Notice("flagged", text, passage))
    return said
