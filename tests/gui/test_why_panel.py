"""Why this answer: the panel beside the chat, what it says, and how it is reached and left."""

from __future__ import annotations

import time

import msgspec
from chat_world import MUNICH, World, cited, passage
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from app.errors import AppError
from app.gui.chat.page import ChatPage
from app.gui.chat.source_cards import SourceCard, day_words
from app.gui.chat.why_rows import PassedRow, TimeRow, UnsupportedBox, UsedRow
from app.types import (
    Answer,
    AnswerSettings,
    Candidate,
    LookedAt,
    Outcome,
    SearchResult,
    SearchTrace,
    Source,
    Trace,
)
from app.workers.calls.documents import Read, Search, Searched


def looked(n: int, outcome: Outcome, source: int = 0, document: str = "Travel-Policy.pdf") -> LookedAt:
    return LookedAt(
        passage_id=n, document_id=n, document=document, page=8, words=0.9, meaning=0.4, outcome=outcome, source=source
    )


def trace(*looked_at: LookedAt) -> Trace:
    return Trace(
        asked="What is the limit?",
        searched_as="limit hotel",
        documents=21,
        passages=96,
        looked_at=looked_at,
        read=3,
        wording="model",
        statements=2,
        search_ms=300,
        read_ms=1400,
        write_ms=4300,
        settings=AnswerSettings(only_from_documents=True, passages=6, temperature=0.2, seed=4127, context=8192),
    )


LOOKED_AT = (
    looked(1, "used", 1),
    looked(3, "older", 1, "Travel-Policy-2025.pdf"),
    looked(4, "same", 1, "Guide.docx"),
    looked(5, "unneeded", document="Rates.pdf"),
    looked(6, "weaker", document="Canteen.pdf"),
)
ADDED = "Booking early saves money."
EXPLAINED = msgspec.structs.replace(cited(f"{MUNICH} [1] {ADDED}"), unsupported=(ADDED,), trace=trace(*LOOKED_AT))


def open_page(world: World, qtbot, answer: Answer = EXPLAINED, size: tuple[int, int] = (1032, 820)) -> ChatPage:
    world.chats.open_chat(world.stored("What is the limit?", answer))
    return world.page(qtbot, size=size)


def explained(world: World, qtbot, answer: Answer = EXPLAINED) -> ChatPage:
    page = open_page(world, qtbot, answer)
    page.transcript.answers()[-1].bar.why.click()
    assert page.why.is_open and page.host.panel is page.why.panel
    return page


def words(widget: QWidget) -> str:
    shown = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    return " | ".join([*shown, *(each.accessibleName() for each in widget.findChildren(QWidget) if each.isVisible())])


def test_the_panel_says_what_was_searched_used_passed_over_checked_and_how_long_it_took(qtbot) -> None:
    panel = explained(World(), qtbot).why.panel
    said = words(panel)
    for part in (
        "Travel, 21 documents",
        "You asked: What is the limit?",
        "Searched as: limit hotel",
        "96 passages, 5 looked at, 3 read, 1 used",
        "Source 1, Travel-Policy.pdf, Page 8, Words Strong, Meaning Medium",
        "Travel-Policy-2025.pdf, Page 8, Older version of source 1",
        "Guide.docx, Page 8, Says the same as source 1",
        "Rates.pdf, Page 8, Read, but no sentence of the answer needs it",
        "1 of 2 statements are in a passage",
        f"Not from your documents: {ADDED}",
        "Only from documents, 6 passages",
        "Context 8k, temperature 0.20, seed 4127",
        "6.0 s",
    ):
        assert part in said, part
    assert [row.accessibleName() for row in panel.findChildren(TimeRow)] == [
        "Searching: 0.3 s", "Reading: 1.4 s", "Writing: 4.3 s",
    ]  # fmt: skip
    assert len(panel.findChildren(UnsupportedBox)) == 1
    assert "0.9" not in said, "raw scores are in the copy only"


def test_a_follow_up_is_shown_in_the_forms_that_were_searched(qtbot) -> None:
    forms = trace(*LOOKED_AT)
    forms = msgspec.structs.replace(forms, searched_also=(forms.asked,), rewritten_by="model", rewrite_ms=800.0)
    panel = explained(World(), qtbot, msgspec.structs.replace(EXPLAINED, trace=forms)).why.panel
    said = words(panel)
    assert "Searched as: Rewritten by the model: limit hotel" in said and said.count("What is the limit?") > 1
    assert panel.findChildren(TimeRow)[0].accessibleName() == "Rewriting: 0.8 s"


def test_the_rest_of_the_passages_comes_on_demand(qtbot) -> None:
    panel = explained(World(), qtbot).why.panel
    assert len(panel.findChildren(PassedRow)) == 3
    more = next(b for b in panel.findChildren(QAbstractButton) if b.text() == "Show all 4")
    more.setFocus()
    qtbot.keyClick(more, Qt.Key.Key_Return)
    assert len(panel.findChildren(PassedRow)) == 4 and not more.isVisible()


def test_a_used_passage_opens_as_its_citation_does(qtbot) -> None:
    world = World()
    page = explained(world, qtbot)
    (row,) = page.why.panel.findChildren(UsedRow)
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_Return)
    assert page.sources.is_open and page.panel.number == 1 and not page.why.is_open
    answer = page.transcript.answers()[-1]
    assert answer.citations.active == 1 and not answer.bar.why.isChecked()
    answer.bar.why.click()
    assert page.why.is_open and answer.citations.active == 0 and not page.panel.isVisible()


def test_escape_the_cross_and_the_button_itself_close_it(qtbot) -> None:
    page = explained(World(), qtbot)
    button = page.transcript.answers()[-1].bar.why
    assert button.isChecked()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.host.is_open and not button.isChecked() and page.composer.edit.hasFocus()
    button.click()
    next(b for b in page.why.panel.findChildren(QAbstractButton) if b.accessibleName() == "Close").click()
    assert not page.host.is_open and not button.isChecked()
    button.click()
    button.click()
    assert not page.host.is_open and not button.isChecked()


def test_tab_and_f6_reach_it(qtbot) -> None:
    page = explained(World(), qtbot)
    assert page.why.panel in page.regions()
    page.transcript.answers()[-1].bar.why.setFocus()
    for _ in range(6):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if page.why.panel.isAncestorOf(QApplication.focusWidget()):
            return
    raise AssertionError("Tab does not come to the panel")


def test_it_is_copied_as_text_with_the_scores(qtbot) -> None:
    page = explained(World(), qtbot)
    page.why.panel.copy.click()
    text = QApplication.clipboard().text()
    assert "[1] Travel-Policy.pdf, page 8: words 0.90, meaning 0.40" in text and ADDED in text


def test_it_covers_a_narrow_chat_and_back_leads_out(qtbot) -> None:
    page = open_page(World(), qtbot, size=(632, 560))
    page.transcript.answers()[-1].bar.why.click()
    assert page.host.covers and page.why.panel.geometry() == page.host.rect()
    next(b for b in page.why.panel.findChildren(QAbstractButton) if b.text() == "Back").click()
    assert not page.host.is_open and page.frame.isVisible()


def test_another_chat_closes_it_and_its_next_answer_is_another_one(qtbot) -> None:
    world = World()
    page = explained(world, qtbot)
    world.chats.new_chat()
    assert not page.host.is_open
    other = msgspec.structs.replace(EXPLAINED, trace=trace(looked(1, "used", 1)), unsupported=())
    world.chats.open_chat(world.stored("And now?", other))
    page.transcript.answers()[-1].bar.why.click()
    assert "2 of 2 statements" in words(page.why.panel) and "Rates.pdf" not in words(page.why.panel)


def test_only_answers_with_a_trace_offer_it(qtbot) -> None:
    page = open_page(World(), qtbot, cited())
    assert not page.transcript.answers()[-1].bar.why.isVisible()


def test_an_answer_that_was_asked_here_can_be_explained(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    world.chats.ask("What is the hotel limit in Munich?")
    call = world.documents.last(Search).call
    assert isinstance(call, Search) and call.trace
    candidate = Candidate(passage_id=1, document_id=1, document="Travel-Policy.pdf", page=8, share=0.8, meaning=0.7)
    found = SearchTrace(documents=21, passages=96, candidates=(candidate,))
    result = SearchResult(passages=(passage(),), found=True, elapsed_ms=3.0, trace=found)
    world.documents.last(Search).finish(Searched(result=result))
    for job in world.documents.waiting(Read):
        job.fail(AppError("Nothing can be read."))
    world.complete()
    page.transcript.answers()[-1].bar.why.click()
    assert "Source 1, Travel-Policy.pdf, Page 8" in words(page.why.panel)
    assert "1 of 1 statement is in a passage" in words(page.why.panel)


def test_what_was_not_found_can_be_explained_and_counts_its_documents(qtbot) -> None:
    missing = msgspec.structs.replace(trace(looked(5, "no_answer")), wording="none", statements=0, write_ms=0.0)
    nothing = Answer(text="", not_found=True, nearest=(passage(5),), searched="Travel", trace=missing)
    page = explained(World(), qtbot, nothing)
    card = page.transcript.answers()[-1].not_found
    assert card is not None and "None of the 21 documents in Travel answers this." in words(card)
    assert "No passage answers the question" in words(page.why.panel)


def test_the_ways_on_stand_below_each_other_where_the_chat_is_narrow(qtbot) -> None:
    nothing = Answer(text="", not_found=True, nearest=(passage(5),), searched="Travel")
    page = open_page(World(), qtbot, nothing, size=(420, 700))
    card = page.transcript.answers()[-1].not_found
    assert card is not None
    qtbot.waitUntil(lambda: card.alone.y() > card.everywhere.y())
    assert card.width() <= 372 and card.alone.width() >= card.alone.sizeHint().width()
    assert "may be wrong" in card.alone.text()


def test_a_card_carries_the_date_of_its_file(qtbot) -> None:
    now = time.time()
    dated = msgspec.structs.replace(passage(), modified=now)
    page = open_page(World(), qtbot, Answer(text="A [1].", sources=(Source(n=1, passage=dated),)), size=(900, 700))
    (card,) = page.transcript.findChildren(SourceCard)
    assert f"Version of {day_words(now)}" in card.accessibleDescription()
    assert card.width() > 480 and card.height() < 60, "a single source has a line of its own"
    assert day_words(0.0) == "" and str(time.localtime(0).tm_year) in day_words(86_400.0)
