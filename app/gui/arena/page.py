"""Compare two models: both answer the same questions, and a person votes without seeing the names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.core.calls.bench import VoteCast
from app.errors import AppError
from app.gui.arena.answers import CitedAnswers
from app.gui.arena.controller import ALL, ALONE, OWN, ArenaController
from app.gui.arena.own_questions import OwnQuestions
from app.gui.arena.pair_source import PairSource
from app.gui.arena.result import ResultPanel
from app.gui.arena.votes import VotesTable
from app.gui.chat.sources import SourceReader
from app.gui.finetune.parts import NARROW, Panel
from app.gui.finetune.vote_panel import VotePanel
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, ComboBox, ConfirmDialog, EmptyState, IconLabel, Label, empty_layout
from app.gui.widgets.page_frame import PageFrame, ScrollColumn
from app.types import Collection, InstalledModel


class ArenaPage(PageFrame):
    """Which models and questions stands above, then what the votes say, then the pair, then the last votes."""

    closed = Signal()
    models_asked = Signal()

    def __init__(
        self,
        controller: ArenaController,
        models: Callable[[], Sequence[InstalledModel]],
        collections: Callable[[], Sequence[Collection]],
        reader: SourceReader,
    ) -> None:
        super().__init__("")
        self.setAccessibleName(self.tr("Compare models"))
        self._controller, self._models, self._collections = controller, models, collections
        self._names: dict[str, str] = {}
        self._build_bar()
        self._scroll = ScrollColumn()
        column = self._scroll.column
        column.setSpacing(12)
        self.empty = EmptyState(
            "columns-2",
            self.tr("Two models are compared"),
            self.tr("Only one is installed. Import or download another one."),
            self.tr("Manage models"),
        )
        self.empty.acted.connect(self.models_asked)
        column.addWidget(self.empty)
        self.content = QWidget()
        self._fill_content()
        column.addWidget(self.content)
        column.addStretch(1)
        self.source = PairSource(self.answers, self._scroll, reader, self)
        self.source.closed.connect(self.vote.setFocus)
        self.source.host.panel_changed.connect(self._fit)
        self.source.host.width_changed.connect(self._fit)
        self.body.addWidget(self.source.host)
        controller.changed.connect(self._show)
        controller.failed.connect(self._complain)
        controller.voted.connect(self._reveal)

    # --- what it is built of ------------------------------------------------------------------------------------------

    def _build_bar(self) -> None:
        self.bar.add_leading(Label(self.tr("Compare models"), "title"))
        self.bar.set_lead(24)
        self._blind = Label(self.tr("You vote without seeing the names"), "ui", "text2")
        self.bar.add_leading(self._blind)
        close = Button(self.tr("Close"), "quiet", "x")
        close.clicked.connect(self.closed)
        self.bar.add_trailing(close)

    def _fill_content(self) -> None:
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(self._chooser())
        self._messages = QVBoxLayout()
        column.addLayout(self._messages)
        self.result = ResultPanel()
        column.addWidget(self.result)
        self.own = OwnQuestions(self._controller.type_own)
        column.addWidget(self.own)
        self.start = _StartPanel()
        self.start.begin.clicked.connect(self._begin)
        self.start.stop.clicked.connect(self._controller.stop)
        column.addWidget(self.start)
        self.answers = CitedAnswers()
        self.vote = VotePanel(self.answers, both_wrong=True)
        self._at = Label("", "caption", "text2")
        skip = Button(self.tr("Skip"), "quiet")
        skip.clicked.connect(self._controller.skip)
        self.vote.head.addWidget(self._at, 1)
        self.vote.head.addWidget(skip)
        self.vote.chosen.connect(self._vote)
        column.addWidget(self.vote)
        self.revealed = Label("", "ui", wrap=True)
        column.addWidget(self.revealed)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(IconLabel("eye-off", "text2", 16))
        note = self.tr(
            "Names and speed appear after your vote. Both answers use the same passages and are shown only when both "
            "are finished."
        )
        foot.addWidget(Label(note, "caption", "text2", wrap=True), 1)
        column.addLayout(foot)
        self.votes = VotesTable()
        self.votes.clear_asked.connect(self._clear)
        column.addWidget(self.votes)

    def _chooser(self) -> QBoxLayout:
        self.first, self.second = ComboBox(self.tr("First model")), ComboBox(self.tr("Second model"))
        self.places = ComboBox(self.tr("Questions"))
        pair = QHBoxLayout()
        pair.setSpacing(8)
        pair.addWidget(self.first, 1)
        pair.addWidget(Label(self.tr("and"), "ui", "text2"))
        pair.addWidget(self.second, 1)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addLayout(pair)
        self._row.addStretch(1)
        self._row.addWidget(self.places)
        for box in (self.first, self.second):
            box.activated.connect(self._choose_models)
        self.places.activated.connect(self._choose_place)
        return self._row

    # --- what the window asks -----------------------------------------------------------------------------------------

    def shown(self) -> None:
        self._fill_models()
        self._fill_places()
        self._choose_models()
        if self._controller.pair is None and not self._controller.is_playing:
            self._controller.open(self.places.currentData())
        self._show()

    def first_focus(self) -> QWidget:
        if not self.content.isVisible():
            return self.empty.button or self
        return self.vote if self._controller.pair is not None else self.start.begin

    def regions(self) -> list[QWidget]:
        """The stops of F6."""
        stops: list[QWidget] = [self.first_focus(), *([self.source.panel] if self.source.host.is_open else [])]
        return [stop for stop in stops if stop.isVisibleTo(self)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.source.host.is_open:
            self.source.host.leave()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """What stands beside each other stands below where the page is narrow, or its source takes of its width."""
        taken = self.source.panel.width() if self.source.host.is_open and not self.source.host.covers else 0
        narrow = self.width() - taken < theme().px(NARROW)
        self.result.set_narrow(narrow)
        self._blind.setVisible(not narrow)
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._row.setDirection(direction)

    # --- choosing -----------------------------------------------------------------------------------------------------

    def _fill_models(self) -> None:
        models = self._models()
        self._names = {model.id: model.name for model in models}
        for box, wanted, otherwise in (
            (self.first, self._controller.models[0], 0),
            (self.second, self._controller.models[1], 1),
        ):
            box.clear()
            for model in models:
                box.addItem(" ".join(filter(None, (model.name, model.quantization))), model.id)
            at = box.findData(wanted) if wanted else -1
            box.setCurrentIndex(at if at >= 0 else min(otherwise, box.count() - 1))
        several = len(models) > 1
        self.empty.setVisible(not several)
        self.content.setVisible(several)

    def _fill_places(self) -> None:
        places = [
            (self.tr("Questions from all chats"), ALL),
            *((self.tr("Questions on {0}").format(each.name), each.id) for each in self._collections()),
            (self.tr("Questions without documents"), ALONE),
            (self.tr("Questions of your own…"), OWN),
        ]
        self.places.clear()
        for name, place in places:
            self.places.addItem(name, place)
        self.places.setCurrentIndex(max(self.places.findData(self._controller.place), 0))
        self.places.updateGeometry()

    def _choose_models(self) -> None:
        self.revealed.setText("")
        self._controller.choose(self.first.currentData() or "", self.second.currentData() or "")

    def _choose_place(self) -> None:
        self._controller.open(self.places.currentData())
        if self._controller.place == OWN:
            self.own.typed.setFocus()

    # --- showing ------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        found = self._controller
        first, second = (self._names.get(id_, id_) for id_ in found.models)
        pair = found.pair
        self.own.setVisible(found.place == OWN and not found.is_playing and pair is None)
        self.result.setVisible(found.standing is not None)
        if found.standing is not None:
            self.result.show_standing(found.standing, first, second)
        had_keys = self.start.begin.hasFocus() or self.start.stop.hasFocus() or self.start.hasFocus()
        self.vote.setVisible(pair is not None)
        if pair is None:
            self.source.close()
        if pair is not None:
            if pair.question != self.vote.question.text():
                self.source.close()
            self.vote.question.setText(pair.question)
            self.answers.show_pair(pair.left, pair.right)
            self._at.setText(self.tr("Question {0} of {1}").format(found.place_in_all, found.total))
            if had_keys:
                self.vote.setFocus()
        self.start.show_state(found, same=found.models[0] == found.models[1])
        self.revealed.setVisible(bool(self.revealed.text()))
        self.votes.show_votes(found.votes)

    def _begin(self) -> None:
        empty_layout(self._messages)
        self.revealed.setText("")
        if self._controller.questions:
            self._controller.play()
        else:
            self._controller.again()

    def _vote(self, choice: str) -> None:
        empty_layout(self._messages)
        self._controller.vote(choice)

    def _reveal(self, cast: VoteCast) -> None:
        vote = cast.vote
        a, b = _named(vote.left_name, vote.left_speed), _named(vote.right_name, vote.right_speed)
        self.revealed.setText(self.tr("A was {0}, B was {1}.").format(a, b))
        self.revealed.show()

    def _complain(self, error: AppError) -> None:
        empty_layout(self._messages)
        self._messages.addWidget(Banner("danger", error.message, error.hint))

    def _clear(self) -> None:
        title = self.tr("Delete your votes on these two models?")
        if ConfirmDialog.ask(self, title, self.tr("The result begins anew."), self.tr("Delete the votes")):
            self._controller.clear()


class _StartPanel(Panel):
    """The one button, what is being done, or why nothing can be."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout()
        row.setSpacing(12)
        self.said = Label("", "ui", "text2", wrap=True)
        row.addWidget(self.said, 1)
        self.stop = Button(self.tr("Stop"))
        self.begin = Button(self.tr("Let both answer"), "primary")
        row.addWidget(self.stop)
        row.addWidget(self.begin)
        self.column.addLayout(row)

    def show_state(self, found: ArenaController, *, same: bool) -> None:
        self.stop.setVisible(found.is_playing)
        self.begin.setVisible(not found.is_playing)
        self.setVisible(found.is_playing or found.pair is None)
        self.begin.setEnabled(not same and bool(found.total))
        again = bool(found.total) and not found.questions
        self.begin.setText(self.tr("Ask them again") if again else self.tr("Let both answer"))
        self.said.setText(self._words(found, same=same, again=again))

    def _words(self, found: ArenaController, *, same: bool, again: bool) -> str:
        if same:
            return self.tr("Choose two different models.")
        if found.is_playing:
            return " ".join(filter(None, (found.lasting, found.note))) or self.tr("The models answer…")
        if not found.total and found.place == OWN:
            return self.tr("Ask as you would ask a colleague.")
        if not found.total:
            return self.tr("No chat has begun with a question here yet. Choose others, or type your own.")
        if again and found.alike:
            same_words = self.tr(
                "To {0} of {1} questions both gave the same answer, so that there was nothing to choose."
            )
            return same_words.format(found.alike, found.total)
        if again:
            return self.tr("You have judged all {0} questions.").format(found.total)
        return self.tr("{0} of {1} questions are not judged yet.").format(len(found.questions), found.total)


def _named(name: str, speed: float) -> str:
    return f"{name} ({speed:.0f} tok/s)" if speed else name
