"""The chat: top bar, transcript, composer, and the source panel beside or over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.chats.records import Chat, Turn
from app.errors import AppError
from app.gui.chat.chat_bar import CollectionButton
from app.gui.chat.composer import Composer
from app.gui.chat.controller import ChatController
from app.gui.chat.engine_banner import EngineBanner
from app.gui.chat.side_panel import SidePanelHost
from app.gui.chat.sources import SourceReader
from app.gui.chat.start_page import StartPage
from app.gui.chat.writing import Progress
from app.gui.icons import icon
from app.gui.models.controller import ModelsController
from app.gui.theme import theme
from app.gui.widgets import ConfirmDialog, IconButton, Label, Toast
from app.gui.widgets.page_frame import TopBar
from app.late import Late
from app.types import Collection, Passage

if TYPE_CHECKING:
    from app.gui.chat import markdown, source_panel
    from app.gui.chat import transcript as transcripts
    from app.gui.chat.answer_view import AnswerView
    from app.gui.chat.source_panel import SourcePanel
    from app.gui.chat.transcript import Transcript
else:  # an empty chat shows none of them
    markdown = Late("app.gui.chat.markdown")
    transcripts = Late("app.gui.chat.transcript")
    source_panel = Late("app.gui.chat.source_panel")

NARROW = 700
"""Below this width of the chat the bar leaves the number of documents out."""
NARROWER = 560
"""Below this one it leaves out what the model runs on too."""


class Drafts(Protocol):
    """Half-typed questions, kept across a crash."""

    def draft(self, chat_id: int) -> str:
        """What was typed in this chat, 0 for a new one."""
        ...

    def set_draft(self, chat_id: int, text: str) -> None: ...


class ChatPage(QWidget):
    """The page that chats. What other pages do it asks for by signal or callback."""

    attach_asked = Signal(str)
    """The collection that the files go into, "" where none is chosen."""
    narrowed = Signal(bool)
    """Whether the chat's bar has room for little more than names."""
    rename_asked = Signal(int)
    delete_asked = Signal(int)

    def __init__(
        self,
        controller: ChatController,
        models: ModelsController,
        *,
        model_button: QWidget | None = None,
        collections: Callable[[], Sequence[Collection]] = lambda: (),
        samples: Callable[[], Sequence[str]] = lambda: (),
        drafts: Drafts | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`model_button` opens the switcher; `samples` are questions for an empty chat."""
        super().__init__(parent)
        self._controller, self._models, self._drafts = controller, models, drafts
        self._answer: AnswerView | None = None  # whose sources are open
        self.reader = SourceReader(controller.documents, self)
        self.start_page = StartPage(samples)
        self.composer = Composer()
        self.banner = EngineBanner()
        self.collection_button = CollectionButton(collections)
        self._main = self._make_main(model_button)
        self.host = SidePanelHost(self._main, lambda: self.panel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.host)
        self._connect_controller()
        self._connect_views()
        self._add_shortcuts()
        self.setAccessibleName(self.tr("Chat"))
        self._chat_opened(controller.chat)
        self.composer.set_collection(controller.collection)
        self._engine_changed(controller.engine_state)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _make_main(self, model_button: QWidget | None) -> QWidget:
        main = _Main()
        main.resized.connect(lambda width: self.collection_button.set_short(width < NARROW))
        main.resized.connect(lambda width: self.narrowed.emit(width < NARROWER))
        column = QVBoxLayout(main)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.bar = TopBar()
        if model_button is not None:
            self.bar.add_leading(model_button)
        self.more = IconButton("ellipsis", self.tr("More about this chat"), side=32)
        self.bar.add_trailing(self.collection_button)
        self.bar.add_trailing(self.more)
        column.addWidget(self.bar)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.start_page)
        column.addWidget(self._stack, 1)
        column.addLayout(self._make_foot())
        return main

    def _make_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 0, 24, 12)
        foot.setSpacing(0)
        self._foot = QWidget()
        column = QVBoxLayout(self._foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self.composer)
        warning = Label(self.tr("Answers can be wrong. Open the source before you rely on one."), "caption", "text3")
        warning.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(warning)
        foot.addStretch(1)
        foot.addWidget(self._foot, 1000)
        foot.addStretch(1)
        self._size_foot()
        theme().changed.connect(self._size_foot)
        return foot

    def _size_foot(self) -> None:
        self._foot.setMaximumWidth(theme().px(theme().size("column")))

    def _connect_controller(self) -> None:
        controller = self._controller
        controller.chat_opened.connect(self._chat_opened)
        controller.turns_changed.connect(self._show_turns)
        controller.question_added.connect(self._question_added)
        controller.answer_restarted.connect(self._answer_restarted)
        controller.progressed.connect(self._progressed)
        controller.token_arrived.connect(self._token_arrived)
        controller.answer_finished.connect(self._answer_finished)
        controller.turn_changed.connect(self._turn_changed)
        controller.collection_changed.connect(self._collection_changed)
        controller.engine_state_changed.connect(self._engine_changed)
        controller.meter_changed.connect(self.composer.show_meter)
        controller.failed.connect(self._failed)

    def _connect_views(self) -> None:
        controller, composer = self._controller, self.composer
        composer.sent.connect(self._send)
        composer.stop_asked.connect(controller.stop)
        composer.text_changed.connect(self._typed)
        composer.attach_asked.connect(lambda: self.attach_asked.emit(controller.collection))
        composer.collection_removed.connect(lambda: controller.choose_collection(""))
        composer.edit_last_asked.connect(self.edit_last)
        self.start_page.question_chosen.connect(self._ask_sample)
        self.collection_button.chosen.connect(controller.choose_collection)
        self.more.clicked.connect(self._open_menu)
        self.banner.restart_asked.connect(controller.restart_engine)

    @cached_property
    def transcript(self) -> Transcript:
        """The conversation; it is built with the first turn that it shows."""
        controller = self._controller
        transcript = transcripts.Transcript(controller.turns)
        transcript.source_opened.connect(self.open_source)
        transcript.passage_opened.connect(self.open_passage)
        transcript.link_clicked.connect(self._open_link)
        transcript.regenerate_asked.connect(controller.regenerate)
        transcript.search_all_asked.connect(controller.search_all)
        transcript.model_asked.connect(controller.ask_without_documents)
        transcript.version_asked.connect(controller.choose_version)
        transcript.rated.connect(controller.rate)
        transcript.question_edited.connect(controller.edit)
        self._stack.addWidget(transcript)
        return transcript

    @property
    def _is_blank(self) -> bool:
        """Whether no turn was ever shown, so that there is no transcript to bring up to date."""
        return self._controller.chat is None and "transcript" not in self.__dict__

    @cached_property
    def panel(self) -> SourcePanel:
        """The source panel; it is built with the first source that it shows."""
        panel = source_panel.SourcePanel(self.reader)
        panel.closed.connect(self.close_source)
        panel.open_file_asked.connect(self._open_file)
        panel.source_changed.connect(self._source_changed)
        panel.set_covering(self.host.is_narrow)
        self.host.covering_changed.connect(panel.set_covering)
        return panel

    def _add_shortcuts(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "Escape": self.escape,
            "Ctrl+[": lambda: self.panel.step(-1) if self.host.is_open else None,
            "Ctrl+]": lambda: self.panel.step(1) if self.host.is_open else None,
            "Ctrl+Shift+C": self.copy_last_answer,
        }
        for number in range(1, 10):
            keys[f"Alt+{number}"] = partial(self.open_nth_source, number)
        for key, action in keys.items():
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    # --- what a person does -------------------------------------------------------------------------------------------

    def focus_input(self) -> None:
        """Go to the input, through an open panel that covers it."""
        if self.host.covers:
            self.close_source()
        self.composer.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def escape(self) -> None:
        """Stop the answer, else close the panel."""
        if self._controller.writing() is not None:
            self._controller.stop()
        elif self.host.is_open:
            self.close_source()

    def edit_last(self) -> None:
        """Turn the last question into a field."""
        questions = self.transcript.questions()
        if questions:
            questions[-1].start_edit()

    def copy_last_answer(self) -> None:
        answers = self.transcript.answers()
        if answers:
            answers[-1].copy()

    def open_nth_source(self, number: int) -> None:
        """Open source n of the answer whose sources are open, else of the last one."""
        answers = self.transcript.answers()
        answer = self._answer if self._answer in answers else (answers[-1] if answers else None)
        if answer is not None and number in answer.citations.sources:
            self.open_source(answer, number)

    def open_source(self, answer: AnswerView, number: int) -> None:
        """Show the passage behind a citation."""
        if number not in answer.citations.sources:
            return
        self._leave_answer()
        self._answer = answer
        at = sorted(answer.citations.sources).index(number)
        self.host.set_open(True)
        self.panel.show_passages(answer.passages(), at)

    def open_passage(self, passage: Passage) -> None:
        """Show a passage that no number stands for."""
        self._leave_answer()
        self.host.set_open(True)
        self.panel.show_passages([passage], 0, numbered=False)

    def close_source(self) -> None:
        self._leave_answer()
        self.host.set_open(False)
        self.composer.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def regions(self) -> list[QWidget]:
        """The stops of F6."""
        panel = [self.panel] if self.host.is_open else []
        return [self.bar, self.start_page if self._is_blank else self.transcript, *panel, self.composer.edit]

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Turns that came since join Qt's chain at its end: they are put between the bar and the input first."""
        turns = [] if self._is_blank else [stop for view in self.transcript.views() for stop in _stops(view)]
        panel = _stops(self.panel) if self.host.is_open else []
        for before, after in pairwise([self.more, *turns, *panel, *_stops(self.composer)]):
            QWidget.setTabOrder(before, after)
        return super().focusNextPrevChild(forward)

    def refresh_collections(self) -> None:
        """The collections or their counts changed."""
        self.reader.forget()
        self.collection_button.show_name(self._controller.collection)

    def _send(self, text: str) -> None:
        chat_id = self._controller.chat_id
        if self._controller.ask(text):
            self._keep_draft(chat_id, "")
            self.composer.clear()

    def _ask_sample(self, text: str) -> None:
        """What is half typed stays, and goes along into the chat that begins."""
        if self._controller.ask(text):
            self._keep_draft(0, "")
            self._typed(self.composer.text())

    def _typed(self, text: str) -> None:
        self._keep_draft(self._controller.chat_id, text)
        self._controller.count(text)

    def _keep_draft(self, chat_id: int, text: str) -> None:
        if self._drafts is not None:
            self._drafts.set_draft(chat_id, text)

    # --- the chat -----------------------------------------------------------------------------------------------------

    def _chat_opened(self, chat: Chat | None) -> None:
        self._leave_answer()
        self.host.set_open(False)
        self.more.setEnabled(chat is not None)
        self._show_turns()
        draft = self._drafts.draft(chat.id if chat else 0) if self._drafts is not None else ""
        self.composer.set_text(draft)
        if self.isVisible():
            self.composer.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_turns(self) -> None:
        """Build the open chat anew, with the answer under way if there is one."""
        self._leave_answer()
        if self.host.is_open:
            self.host.set_open(False)
        if not self._is_blank:
            self.transcript.show_chat()
        self._show_stack()
        writing = self._controller.writing()
        if writing is not None:
            view = self.transcript.answer(writing.turn.id)
            if view is not None:
                view.catch_up(writing.progress, writing.thinking, writing.text)
                self._progressed(writing.turn.id, writing.progress)
        self._show_streaming()

    def _show_stack(self) -> None:
        empty = self._is_blank or not self.transcript.has_turns
        if empty:
            self.start_page.refresh()
        self._stack.setCurrentWidget(self.start_page if empty else self.transcript)

    def _question_added(self, question: Turn, answer: Turn) -> None:
        self.transcript.add_turns([question, answer])
        self.more.setEnabled(True)
        self._show_stack()
        self._show_streaming()

    def _answer_restarted(self, turn: Turn) -> None:
        self._leave_answer()
        if self.host.is_open:
            self.host.set_open(False)
        self.transcript.replace_answer(turn)
        self._show_streaming()

    def _progressed(self, turn_id: int, progress: Progress) -> None:
        view = self.transcript.answer(turn_id)
        if view is not None:
            view.show_progress(progress, self._controller.model_name or self.tr("the model"))
        self._show_streaming()

    def _token_arrived(self, turn_id: int, piece: str, thinking: bool) -> None:
        view = self.transcript.answer(turn_id)
        if view is not None:
            view.feed(piece, thinking)

    def _answer_finished(self, turn: Turn) -> None:
        view = self.transcript.answer(turn.id)
        if view is not None:
            view.finish(turn)
        self._show_streaming()

    def _turn_changed(self, turn: Turn) -> None:
        view = self.transcript.answer(turn.id)
        if view is not None:
            view.update_turn(turn)

    def _show_streaming(self) -> None:
        streaming = self._controller.writing() is not None
        self.composer.set_streaming(streaming)
        if not self._is_blank:
            self.transcript.set_editable(not streaming)

    def _collection_changed(self, name: str) -> None:
        self.composer.set_collection(name)
        self.collection_button.show_name(name)

    # --- the engine ---------------------------------------------------------------------------------------------------

    def _engine_changed(self, state: str) -> None:
        failed = state == "failed"
        self.composer.set_blocked(self.tr("The model stopped. Restart it to ask.") if failed else "")
        self.banner.show_state(state, self._controller.engine_error)

    # --- sources ------------------------------------------------------------------------------------------------------

    def _source_changed(self, number: int) -> None:
        if self._answer is not None:
            self._answer.set_active(number)

    def _leave_answer(self) -> None:
        if self._answer is not None:
            answer, self._answer = self._answer, None
            if answer in self.transcript.answers():
                answer.set_active(0)

    def _open_file(self, path: str) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(path)):
            self._failed(AppError("The file could not be opened.", "Open it from its folder.", path))

    def _open_link(self, href: str) -> None:
        """Links come from a model: the person sees where one leads before it opens."""
        address = markdown.link_target(href)
        if address and ConfirmDialog.ask(
            self, self.tr("Open this link?"), address, self.tr("Open in the browser"), danger=False
        ):
            QDesktopServices.openUrl(QUrl(address))

    # --- the menu -----------------------------------------------------------------------------------------------------

    def make_menu(self) -> QMenu:
        """Rename, export, copy, delete."""
        menu = QMenu(self)
        chat_id = self._controller.chat_id
        menu.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename_asked.emit(chat_id))
        menu.addAction(icon("copy"), self.tr("Copy chat"), self._copy_chat)
        menu.addAction(icon("download"), self.tr("Export as Markdown"), self._export)
        menu.addSeparator()
        menu.addAction(icon("trash-2", "danger"), self.tr("Delete chat"), lambda: self.delete_asked.emit(chat_id))
        return menu

    def _open_menu(self) -> None:
        menu = self.make_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        at = self.more.mapToGlobal(QPoint(self.more.width() - menu.sizeHint().width(), self.more.height() + 4))
        menu.popup(at)

    def _copy_chat(self) -> None:
        QGuiApplication.clipboard().setText(self._controller.as_text())
        self._say(self.tr("The chat was copied."))

    def _export(self) -> None:
        chat = self._controller.chat
        if chat is None:
            return
        name = "".join(char for char in chat.title if char.isalnum() or char in " -_").strip() or "chat"
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Export chat"), f"{name}.md", "Markdown (*.md)")
        if not path:
            return
        try:
            Path(path).write_text(self._controller.as_text(), encoding="utf-8")
        except OSError as error:
            self._failed(AppError("The chat could not be exported.", "Choose another folder.", str(error)))
        else:
            self._say(self.tr("The chat was exported."))

    def _failed(self, error: AppError) -> None:
        self._say(str(error))

    def _say(self, text: str) -> None:
        Toast(text, parent=self).show_at_bottom()


def _stops(widget: QWidget) -> list[QWidget]:
    """What the Tab key stops at in it, in the order it was built."""
    each = widget.findChildren(QWidget)
    return [child for child in each if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible()]


class _Main(QWidget):
    """The chat without the panel; it is as wide as the panel lets it be."""

    resized = Signal(int)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit(event.size().width())
