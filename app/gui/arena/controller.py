"""A blind comparison as the window holds it: which models, which questions, the pairs that wait, and the votes."""

from __future__ import annotations

from collections import deque
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.calls import bench as c
from app.core.calls.documents import DocumentsRemoved
from app.core.requests import Job
from app.errors import AppError
from app.evaluation.arena import Standing, Vote
from app.gui.core_client import CoreClient

OWN, ALONE, ALL = -2, -1, 0
"""Where the questions come from, besides a collection's id: typed ones, chats with a model alone, all chats."""
MOST = 20


class ArenaController(QObject):
    """One comparison at a time. The core keeps the votes; what is not voted on is asked again after a restart."""

    changed = Signal()
    voted = Signal(object)
    """VoteCast: with the names."""
    failed = Signal(object)
    """AppError."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.models = ("", "")
        self.place = ALL
        self.own: tuple[str, ...] = ()
        self.questions: tuple[str, ...] = ()
        """Those of the place that are not voted on yet."""
        self.total = 0
        self.votes: tuple[Vote, ...] = ()
        self.standing: Standing | None = None
        self.note = ""
        self.lasting = ""
        """Why it takes the way that it takes: memory does not hold both."""
        self._found: tuple[str, ...] = ()
        self._pairs: deque[c.PairPlayed] = deque()
        self._skipped: set[str] = set()
        self.alike = 0
        """Questions to which both gave the same answer, word for word."""
        self._round = 0  # what an earlier choice still sends counts no more
        self._job: Job | None = None
        core.told.connect(self._told)

    @property
    def pair(self) -> c.PairPlayed | None:
        """The one to be judged now."""
        return self._pairs[0] if self._pairs else None

    @property
    def is_playing(self) -> bool:
        return self._job is not None

    @property
    def place_in_all(self) -> int:
        """Which question the pair answers, from 1."""
        return self.total - len(self.questions) + 1

    # --- what is compared ---------------------------------------------------------------------------------------------

    def choose(self, first: str, second: str) -> None:
        """These two models; the votes on them are asked for."""
        if (first, second) == self.models and self.standing is not None:
            return
        self._begin_anew()
        self.models, self.votes, self.standing = (first, second), (), None
        if first and second and first != second:
            self._core.request(c.ListVotes(models=self.models), done=self._listed, failed=self.failed.emit)
        self.changed.emit()

    def open(self, place: int) -> None:
        """Questions from here: a collection's id, or one of OWN, ALONE, ALL."""
        self._begin_anew()
        self.place = place
        if place == OWN:
            self._take_questions(self.own)
            return
        wanted = {ALL: None, ALONE: 0}.get(place, place)
        self._core.request(
            c.ListQuestions(collection_id=wanted),
            done=lambda found: self._take_questions(found.questions[:MOST]) if place == self.place else None,
            failed=self.failed.emit,
        )

    def _begin_anew(self) -> None:
        self.stop()
        self._round += 1
        self.alike = 0
        self._pairs.clear()
        self._skipped.clear()

    def type_own(self, lines: str) -> None:
        """Questions that the person has typed, one a line."""
        self.own = tuple(dict.fromkeys(line.strip() for line in lines.splitlines() if line.strip()))
        self.open(OWN)

    def _take_questions(self, questions: tuple[str, ...]) -> None:
        self._found = questions
        self._count()
        self.changed.emit()

    def _count(self) -> None:
        done = {vote.question for vote in self.votes} | self._skipped
        self.questions = tuple(question for question in self._found if question not in done)
        self.total = len(self._found)

    def _listed(self, found: c.VotesListed) -> None:
        self.votes, self.standing, self.note = found.votes, found.standing, found.note
        self._count()
        self.changed.emit()

    # --- playing ------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Let both models answer the questions that are left."""
        if self.is_playing or not self.questions:
            return
        self.note, self.lasting, self.alike = "", "", 0
        begun = self._round
        collections = (self.place,) if self.place > 0 else ()
        call = c.PlayArena(
            models=self.models, questions=self.questions, collections=collections, alone=self.place == ALONE
        )
        self._job = self._core.request(
            call,
            event=lambda data: self._event(data) if begun == self._round else None,
            done=lambda _: self._over(),
            failed=self._broken,
            cancelled=self._over,
        )
        self.changed.emit()

    def again(self) -> None:
        """Ask the questions once more, those that were voted on too."""
        self.questions = self._found
        self.play()

    def stop(self) -> None:
        """The pairs that are there stay to be judged."""
        if self._job is not None:
            self._job.cancel(insist=False)

    def vote(self, choice: Any) -> None:
        """Judge the pair that is shown."""
        if (pair := self.pair) is None:
            return
        self._pairs.popleft()
        self._drop(pair.question)
        self._core.request(c.CastVote(pair_id=pair.pair_id, choice=choice), done=self._cast, failed=self._not_cast)
        self.changed.emit()

    def skip(self) -> None:
        """Say nothing of this pair."""
        if (pair := self.pair) is not None:
            self._pairs.popleft()
            self._skipped.add(pair.question)
            self._drop(pair.question)
            self.changed.emit()

    def clear(self) -> None:
        """Delete the votes on these two models."""
        self._core.request(c.ClearVotes(models=self.models), done=self._listed, failed=self.failed.emit)

    def _drop(self, question: str) -> None:
        self.questions = tuple(each for each in self.questions if each != question)

    def _cast(self, cast: c.VoteCast) -> None:
        self.voted.emit(cast)
        # asked for anew, since what the core says is of the models by their ids
        self._core.request(c.ListVotes(models=self.models), done=self._recounted, failed=self.failed.emit)

    def _not_cast(self, error: AppError) -> None:
        """The question is to be judged still."""
        self._count()
        self.changed.emit()
        self.failed.emit(error)

    def _recounted(self, found: c.VotesListed) -> None:
        self.votes, self.standing = found.votes, found.standing
        self.changed.emit()

    def _event(self, data: object) -> None:
        if isinstance(data, c.LineupNoted):
            if data.lasting:
                self.lasting = data.text
            else:
                self.note = data.text
        elif isinstance(data, c.PairPlayed) and data.pair_id:
            self._pairs.append(data)
        elif isinstance(data, c.PairPlayed):
            self._skipped.add(data.question)
            self._drop(data.question)
            self.alike += data.alike
            if data.failure is not None:
                self.failed.emit(AppError(data.failure.message, data.failure.hint, data.failure.detail))
        self.changed.emit()

    def _over(self) -> None:
        self._job, self.note = None, ""
        self.changed.emit()

    def _broken(self, error: AppError) -> None:
        self._over()
        self.failed.emit(error)

    def _told(self, data: object) -> None:
        """A removed document goes from here too: what cites it is asked again."""
        if isinstance(data, DocumentsRemoved):
            gone = frozenset(data.ids)
            self._pairs = deque(pair for pair in self._pairs if gone.isdisjoint(_cited(pair)))
            self.changed.emit()


def _cited(pair: c.PairPlayed) -> set[int]:
    return {source.passage.document_id for answer in (pair.left, pair.right) for source in answer.sources}
