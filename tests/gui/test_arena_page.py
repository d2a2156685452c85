"""Compare two models as a person uses it: nothing to compare, keys, names after the vote, skipping, resuming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.calls import bench as c
from app.core.calls.documents import DocumentsRemoved
from app.core.requests import Job
from app.errors import AppError
from app.evaluation.arena import Vote, standing
from app.gui.arena.controller import OWN, ArenaController
from app.gui.arena.page import ArenaPage
from app.gui.chat.rich_text import RichText
from app.gui.chat.sources import SourceReader
from app.gui.theme import Theme
from app.types import InstalledModel, Passage, Source
from app.workers.calls.documents import DocumentText, ReadText

MODELS = [InstalledModel(id=id_, name=f"Model {id_.upper()}", path=f"/{id_}.gguf", file_bytes=1) for id_ in "ab"]
TEXT = "The limit in Munich is 165 EUR."
PASSAGE = Passage(
    id=1, document_id=7, document="travel.md", path="/travel.md", collection="Rules", start=0, end=len(TEXT), text=TEXT
)


class PlayedCore(QObject):
    """Answers what is asked at once; a play goes on until the test ends it."""

    told = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.votes: list[Vote] = []
        self.questions: tuple[str, ...] = ("How long?", "How much?")
        self.played: list[c.PlayArena] = []
        self.event: Callable[[Any], object] = lambda _: None
        self.over: Callable[[Any], object] = lambda _: None
        self.failed: Callable[[AppError], object] = lambda _: None

    def request(
        self, call: Any, *, done: Any = None, event: Any = None, failed: Any = None, cancelled: Any = None
    ) -> Any:
        if isinstance(call, c.ListQuestions):
            done(c.QuestionsListed(questions=self.questions))
        elif isinstance(call, c.ListVotes | c.ClearVotes):
            if isinstance(call, c.ClearVotes):
                self.votes = []
            done(c.VotesListed(votes=tuple(self.votes[::-1]), standing=standing(self.votes, *call.models)))
        elif isinstance(call, c.CastVote):
            vote = Vote(
                question=call.pair_id, left="b", right="a", left_name="Model B", right_name="Model A",
                choice=call.choice, at=1.0, left_speed=12.0,
            )  # fmt: skip
            self.votes.append(vote)
            done(c.VoteCast(vote=vote, standing=standing(self.votes, "a", "b")))
        elif isinstance(call, ReadText):
            done(DocumentText(text=TEXT, name="travel.md", format="markdown"))
        else:
            assert isinstance(call, c.PlayArena), call
            self.played.append(call)
            self.event, self.over, self.failed = event, done, failed
        return _Job(self)

    def pair(self, question: str, **more: Any) -> None:
        pair_id = "" if "alike" in more else question
        told: dict[str, Any] = {"left": c.PairAnswer("One."), "right": c.PairAnswer("Two."), "done": 1, **more}
        self.event(c.PairPlayed(pair_id=pair_id, question=question, **told))


class _Job(Job):
    def __init__(self, core: PlayedCore) -> None:
        self._core = core

    def cancel(self, *, insist: bool = True) -> None:
        self._core.over(None)


class Desk:
    def __init__(self, qtbot: QtBot, models: list[InstalledModel]) -> None:
        self.core = PlayedCore()
        self.controller = ArenaController(self.core)  # type: ignore[arg-type]
        self.page = ArenaPage(self.controller, lambda: models, lambda: (), SourceReader(self.core))  # type: ignore[arg-type]
        qtbot.addWidget(self.page)
        self.page.resize(1032, 820)
        self.page.show()
        qtbot.waitExposed(self.page)
        self.page.shown()


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> None:
    Theme(qapp, mode="light")


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot, MODELS)


def test_with_one_model_the_page_says_what_is_missing(qtbot: QtBot) -> None:
    page = Desk(qtbot, MODELS[:1]).page
    assert page.empty.isVisible() and not page.content.isVisible() and page.first_focus() is page.empty.button


def test_a_pair_is_judged_by_keys_and_the_names_come_after(desk: Desk) -> None:
    page, core = desk.page, desk.core
    assert "No clear winner yet" in page.result.chip.text() and "2 of 2" in page.start.said.text()
    page.start.begin.click()
    assert core.played[0].models == ("a", "b") and core.played[0].questions == core.questions
    assert page.start.stop.isVisible() and not page.vote.isVisible()
    core.pair("How long?")
    assert page.vote.isVisible() and page.vote.question.text() == "How long?"
    shown = " ".join(box.accessibleName() for box in page.answers.boxes)
    assert shown == "A: One. B: Two." and not page.revealed.isVisible()
    QTest.keyClick(page.vote, Qt.Key.Key_3)
    assert page.revealed.text() == "A was Model B (12 tok/s), B was Model A."
    assert core.votes[0].choice == "right" and not page.vote.isVisible()
    core.pair("How much?")
    QTest.keyClick(page.vote, Qt.Key.Key_4)
    core.over(None)
    assert [vote.choice for vote in core.votes] == ["right", "wrong"]
    assert page.start.begin.text() == "Ask them again" and page.votes.isVisible()
    assert [count.number.text() for count in page.result.counts] == ["1", "0", "1"]


def test_what_was_voted_on_is_not_asked_again_and_what_is_alike_is_left_out(desk: Desk) -> None:
    page, core = desk.page, desk.core
    page.start.begin.click()
    core.pair("How long?", alike=True)
    assert not page.vote.isVisible()
    core.pair("How much?")
    QTest.keyClick(page.vote, Qt.Key.Key_1)
    core.over(None)
    fresh = ArenaController(core)  # type: ignore[arg-type]
    fresh.choose("a", "b")
    fresh.open(0)
    assert fresh.questions == ("How long?",), "after a restart"


def test_own_questions_stopping_and_a_failure(desk: Desk) -> None:
    page, core = desk.page, desk.core
    page.places.setCurrentIndex(page.places.findData(OWN))
    page.places.activated.emit(page.places.currentIndex())
    assert page.own.isVisible() and not page.start.begin.isEnabled()
    page.own.typed.setPlainText("Mine?\n\nMine?\nYours?")
    page.start.begin.click()
    assert core.played[0].questions == ("Mine?", "Yours?")
    core.pair("Mine?")
    desk.controller.stop()
    assert page.vote.isVisible() and not desk.controller.is_playing, "what is there stays to be judged"
    QTest.keyClick(page.vote, Qt.Key.Key_2)
    page.start.begin.click()
    core.failed(AppError("There is no room.", "Close other programs."))
    assert page.start.begin.isVisible() and page._messages.count() == 1


def test_citations_open_their_source_beside_the_pair_and_go_with_a_removed_document(desk: Desk) -> None:
    page, core = desk.page, desk.core
    page.start.begin.click()
    core.pair("How much?", left=c.PairAnswer("It is **165 EUR** [1].", (Source(n=1, passage=PASSAGE),)))
    view = page.answers.boxes[0].body.views()[0]
    assert isinstance(view, RichText) and "165 EUR" in view.toPlainText() and "**" not in view.toPlainText()
    view.chip_clicked.emit(1)
    assert page.source.panel.isVisible() and page.source.panel.passage == PASSAGE
    assert page.answers.boxes[0].citations.active == 1 and page.source.panel in page.regions()
    QTest.keyClick(page.source.panel, Qt.Key.Key_Escape)
    assert not page.source.host.is_open and page.answers.boxes[0].citations.active == 0 and page.vote.isVisible()
    view.chip_clicked.emit(1)
    core.told.emit(DocumentsRemoved(ids=(PASSAGE.document_id,)))
    assert desk.controller.pair is None and not page.vote.isVisible() and not page.source.host.is_open
    assert "How much?" in desk.controller.questions, "it is asked again"


def test_the_same_model_twice_and_answers_that_are_all_alike_are_said(desk: Desk) -> None:
    page, core = desk.page, desk.core
    page.second.setCurrentIndex(0)
    page.second.activated.emit(0)
    assert "two different" in page.start.said.text() and not page.start.begin.isEnabled()
    page.second.setCurrentIndex(1)
    page.second.activated.emit(1)
    page.start.begin.click()
    for question in core.questions:
        core.pair(question, alike=True)
    core.over(None)
    assert "both gave the same answer" in page.start.said.text() and not core.votes


def test_what_an_earlier_choice_still_sends_is_not_judged(desk: Desk) -> None:
    desk.page.start.begin.click()
    late = desk.core.event
    desk.controller.open(OWN)
    late(c.PairPlayed(pair_id="x", question="How long?", left=c.PairAnswer("1"), right=c.PairAnswer("2"), done=1))
    assert desk.controller.pair is None
