"""Sources without pages of their own beside a chat, for packaging/screenshots.py: a slide and a mail that are made up.

The slide is drawn by LibreOffice; where that is not installed it is text, as it is for a person without it.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

TITLE = "Hotels in 2026"
POINTS = (
    "Munich: 165 euros per night, breakfast included.",
    "During trade fairs the limit in Munich is 220 euros.",
    "Book through the travel desk, seven days ahead.",
)
MAIL = (
    "Chairs for the second floor\n\nFrom Facility desk, 2026-05-03\n\nDate: 2026-05-03 09:15 +0200\n\n"
    "From: Facility desk <facility@larkfield.example>\n\n"
    "To: purchasing@larkfield.example, second-floor@larkfield.example\n\n"
    "Subject: Chairs for the second floor\n\nAttached: Offer-2026-118.pdf, Colours.docx\n\nHello all,\n\n"
    "the offer is in: twelve chairs cost 2,940 euros, delivery included. It stands until 15 June.\n\n"
    "I would take the grey ones, as on the first floor.\n\nThe facility desk"
)
OFFER = "twelve chairs cost 2,940 euros, delivery included."


def slide(stage: Any) -> None:
    """The second slide of a deck, with the cited line marked."""
    from app.places import Slide
    from app.workers.calls.documents import RenderPage

    deck = make_deck(stage.parts.home.root / "Travel-Briefing-2026.pptx")
    text = f"{TITLE}\n\n" + "\n".join(f"- {point}" for point in POINTS)
    shown = source(deck, text, POINTS[0], Slide(2), TITLE)
    open_source(stage, shown)
    waiting = stage.world.last("documents").waiting(RenderPage)
    for job in [each for each in waiting if each.call.page == 2]:
        if (image := drawn(deck, stage.parts.home.cache)) is None:
            from app.documents.presentations import NEEDS_OFFICE
            from app.errors import AppError

            job.fail(AppError(NEEDS_OFFICE))
        else:
            job.finish(image)


def mail(stage: Any) -> None:
    """A mail with its header, the cited sentence marked."""
    from app.places import MailPart
    from app.workers.calls.documents import DocumentText, ReadText

    path = stage.parts.home.root / "Chairs.eml"
    path.write_text(MAIL, encoding="utf-8")
    start, heading = MAIL.index("Hello"), "Chairs for the second floor › From Facility desk, 2026-05-03"
    open_source(stage, source(path, MAIL[start:], OFFER, MailPart("2026-05-03"), heading, start))
    for job in stage.world.last("documents").waiting(ReadText):
        job.finish(DocumentText(name=path.name, format="mail", text=MAIL, messages=(0,)))


def source(path: Path, text: str, best: str, place: Any, heading: str, start: int = 0) -> Any:
    from app.types import Passage

    at = text.index(best)
    return Passage(
        id=1, document_id=1, document=path.name, path=str(path), collection_id=1, collection="Larkfield samples",
        place=place, start=start, end=start + len(text), text=text, best=(at, at + len(best)), heading=heading,
    )  # fmt: skip


def open_source(stage: Any, passage: Any) -> None:
    """Beside the first chat."""
    stage.window.show_page("chat")
    stage.settle()
    stage.window.page("chat").sources.open_passage(passage)
    stage.settle()


def make_deck(path: Path) -> Path:
    from pptx import Presentation

    deck = Presentation()
    for layout, title, points in ((0, "Travel briefing", ("Larkfield Components",)), (1, TITLE, POINTS)):
        made = deck.slides.add_slide(deck.slide_layouts[layout])
        made.shapes.title.text = title
        made.placeholders[1].text = "\n".join(points)
    deck.save(str(path))
    return path


def drawn(deck: Path, cache: Path) -> Any:
    """The second slide as the documents process gives it; None without LibreOffice."""
    from app.documents.parse_process import Parser
    from app.documents.presentations import Presentations, office
    from app.workers.calls.documents import PageImage

    if office() is None:
        return None
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE documents (id, sha256)")
    db.execute("INSERT INTO documents VALUES (1, ?)", (hashlib.sha256(deck.read_bytes()).hexdigest(),))
    store: Any = SimpleNamespace(db=db)
    document: Any = SimpleNamespace(id=1, path=str(deck))
    steps: Any = Presentations(cache / "slides").drawn(store, document)
    pdf = str(_result(steps))
    with Parser() as parser:
        page = parser.render_page(pdf, 2, 2.0)
        marks = parser.word_boxes(pdf, 2, POINTS[0])
        faint = parser.word_boxes(pdf, 2, "\n".join((TITLE, *POINTS[1:])))
    png = base64.b64encode(page.png).decode("ascii")
    return PageImage(
        png=png, width=page.width, height=page.height, pages=page.pages, scale=page.scale, marks=marks, faint=faint
    )


def _result(steps: Generator[Any, None, Path]) -> Path:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return Path(end.value)
