"""Gathers what a person chose to learn from into a run's input files; documents come from the documents process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from app.chats.records import Feedback
from app.chats.store import ChatStore
from app.errors import AppError
from app.finetune.plan import Wizard
from app.finetune.runs import Run
from app.finetune.sources import READABLE, Rated, document_of, from_chat, from_ratings
from app.gui.worker_client import Job, WorkerClient
from app.types import Document
from app.workers.protocol import AnyData, Documents, DocumentText, ListDocuments, ReadText
from trainer.spec import Input, TextDocument

Done = Callable[[tuple[Input, ...]], None]
Failed = Callable[[AppError], None]


class Gathering(QObject):
    """One gathering. Exactly one of `done` and `failed` is called, unless it was cancelled."""

    def __init__(
        self,
        run: Run,
        wizard: Wizard,
        store: ChatStore,
        documents: WorkerClient,
        done: Done,
        failed: Failed,
        moved: Callable[[int, int], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._run, self._wizard, self._store, self._documents = run, wizard, store, documents
        self._done, self._failed, self._moved = done, failed, moved
        self._inputs: list[Input] = []
        self._collections = list(wizard.collections) if wizard.goal in ("teach", "read") else []
        self._waiting: list[Document] = []
        self._texts: list[TextDocument] = []
        self._collection = ""
        self._read = self._total = 0
        self._job: Job | None = None
        self.active = False

    def start(self) -> None:
        """Begin; small things first, then document by document."""
        self.active = True
        try:
            self._run.remove("inputs")
            self._add_files()
            self._add_chats()
        except AppError as error:
            self._fail(error)
            return
        self._next_collection()

    def cancel(self) -> None:
        """Forget it; a request under way ends in its own time."""
        self.active = False
        if self._job is not None:
            self._job.cancel(insist=False)

    def _add_files(self) -> None:
        for path in self._wizard.files:
            self._inputs.append(Input(kind="file", path=path, name=Path(path).name))

    def _add_chats(self) -> None:
        wizard = self._wizard
        rated = [_rated(each) for each in self._store.feedback()]
        if wizard.thumbs and wizard.goal in ("teach", "prefer"):
            rows = from_ratings(rated, pairs=wizard.goal == "prefer")
            if rows:
                path = self._run.write_input("feedback", rows)
                self._inputs.append(Input(kind="feedback", path=str(path), name="Rated answers"))
        if wizard.chats and wizard.goal == "teach":
            disliked = {each.answer for each in rated if not each.up}
            chosen = [row for key in wizard.chats for row in from_chat(key, self._store.history(key), disliked)]
            if chosen:
                path = self._run.write_input("chats", chosen)
                self._inputs.append(Input(kind="chats", path=str(path), name="Chats"))

    def _next_collection(self) -> None:
        if not self.active:
            return
        if not self._collections:
            self._finish()
            return
        self._collection = self._collections.pop(0)
        self._texts = []

        def take(data: AnyData) -> None:
            assert isinstance(data, Documents)
            self._waiting = [each for each in data.documents if each.status in READABLE]
            self._total += len(self._waiting)
            self._next_document()

        call = ListDocuments(collection=self._collection)
        self._job = self._documents.request(call, done=take, failed=self._fail)

    def _next_document(self) -> None:
        if not self.active:
            return
        self._moved(self._read, self._total)
        if not self._waiting:
            self._write_collection()
            return
        document = self._waiting.pop(0)

        def take(data: AnyData) -> None:
            assert isinstance(data, DocumentText)
            self._read += 1
            if data.text.strip():
                self._texts.append(document_of(document, self._collection, data.text, data.pages))
            self._next_document()

        self._job = self._documents.request(ReadText(document_id=document.id), done=take, failed=self._fail)

    def _write_collection(self) -> None:
        if self._texts:
            number = sum(each.kind == "documents" for each in self._inputs) + 1
            try:
                path = self._run.write_input(f"documents-{number}", self._texts)
            except AppError as error:
                self._fail(error)
                return
            self._inputs.append(Input(kind="documents", path=str(path), name=self._collection))
        self._next_collection()

    def _finish(self) -> None:
        self.active = False
        if not self._inputs:
            self._failed(AppError("There is nothing to learn from.", "Choose a collection that has documents."))
            return
        self._done(tuple(self._inputs))

    def _fail(self, error: AppError) -> None:
        if self.active:
            self.active = False
            self._failed(error)


def _rated(feedback: Feedback) -> Rated:
    return Rated(
        id=feedback.turn_id,
        history=feedback.history,
        question=feedback.question,
        answer=feedback.answer.text,
        up=feedback.rating == "up",
        corrected=feedback.corrected,
    )


def count_ratings(feedback: Sequence[Feedback]) -> tuple[int, int]:
    """Liked and corrected answers."""
    return sum(each.rating == "up" for each in feedback), sum(bool(each.corrected.strip()) for each in feedback)
