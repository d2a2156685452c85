"""Compare two models as a person uses it: nothing to compare, keys, names after the vote, skipping, resuming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.calls import bench as c
from app.core.requests import Job
from app.errors import AppError
from app.evaluation.arena import Vote, standing
from app.gui.arena.controller import OWN, ArenaController
from app.gui.arena.page import ArenaPage
from app.gui.theme import Theme
from app.types import InstalledModel

MODELS = [InstalledModel(id=id_, name=f"Model {id_.upper()}", path=f"/{id_}.gguf", file_bytes=1) for id_ in "ab"]


class PlayedCore:
    """Answers what is asked at once; a play goes on until the test ends it."""

    def __init__(self) -> None:
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
        else:
            assert isinstance(call, c.PlayArena)
            self.played.append(call)
            self.event, self.over, self.failed = event, done, failed
        return _Job(self)

    def pair(self, question: str, **more: Any) -> None:
        pair_id = "" if more else question
        self.event(c.PairPlayed(pair_id=pair_id, question=question, left="One.", right="Two.", done=1, **more))


class _Job(Job):
    def __init__(self, core: PlayedCore) -> None:
        self._core = core

    def cancel(self, *, insist: bool = True) -> None:
        self._core.over(None)


class Desk:
    def __init__(self, qtbot: QtBot, models: list[InstalledModel]) -> None:
        self.core = PlayedCore()
        self.controller = ArenaController(self.core)  # type: ignore[arg-type]
        self.page = ArenaPage(self.controller, lambda: models, lambda: ())
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
    shown = " ".join(box.text.text() + box.name.text() for box in page.vote.answers.boxes)
    assert "Model" not in shown and not page.revealed.isVisible()
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
    page.typed.setPlainText("Mine?\n\nMine?\nYours?")
    page.start.begin.click()
    assert core.played[0].questions == ("Mine?", "Yours?")
    core.pair("Mine?")
    desk.controller.stop()
    assert page.vote.isVisible() and not desk.controller.is_playing, "what is there stays to be judged"
    QTest.keyClick(page.vote, Qt.Key.Key_2)
    page.start.begin.click()
    core.failed(AppError("There is no room.", "Close other programs."))
    assert page.start.begin.isVisible() and page._messages.count() == 1
