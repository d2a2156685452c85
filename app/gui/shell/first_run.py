"""The welcome: what this computer has, the model that is ready, where the data lives, and samples to try."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.hardware import disk_free_bytes, memory_bytes, processor, size_text
from app.gui.models.controller import ModelsController
from app.gui.shell.logo import Logo
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, IconLabel, Label, ThemedWidget, empty_layout, paint_box
from app.gui.widgets.choices import CheckBox, ChoiceCard
from app.gui.widgets.file_dialogs import ask_for_file
from app.gui.widgets.page_frame import ScrollColumn, Separator
from app.paths import Home
from app.types import InstalledModel, ModelInfo

PANEL_WIDTH = 400
STACK_BELOW = 900
ICONS = {
    ".pdf": "file-text",
    ".docx": "file-text",
    ".md": "file-text",
    ".html": "file-text",
    ".xlsx": "file-spreadsheet",
    ".csv": "file-spreadsheet",
}


class FirstRun(QWidget):
    """`started` carries the chosen model's name and the sample files to add."""

    started = Signal(str, list)

    def __init__(
        self, models: ModelsController, home: Home, samples: Sequence[Path], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._models, self._samples = models, list(samples)
        self.setAccessibleName(self.tr("Welcome"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._panel = Found(home)
        row.addWidget(self._panel)
        right = QVBoxLayout()
        right.setSpacing(0)
        scroll = ScrollColumn((56, 48, 56, 24))
        self._scroll = scroll
        self._build_choices(scroll.column, home)
        right.addWidget(scroll, 1)
        right.addWidget(Separator())
        right.addLayout(self._build_foot())
        row.addLayout(right, 1)
        models.engine_ready.connect(self._panel.show_engine)
        models.files.importing.connect(self._importing)
        models.files.import_ended.connect(self._import_ended)
        if models.info is not None:
            self._panel.show_engine(models.info)

    @property
    def widget(self) -> QWidget:
        """See `app.gui.shell.page.Page`."""
        return self

    def shown(self) -> None:
        """It is shown once."""

    def foot_height(self) -> int:
        return 80

    def regions(self) -> list[QWidget]:
        return [self._scroll, self.start]

    def first_focus(self) -> QWidget:
        return self.start

    def _build_choices(self, column: QVBoxLayout, home: Home) -> None:
        column.addWidget(Label(self.tr("Choose a starter model"), "heading"))
        column.addWidget(Label(self.tr("You can change it later. It runs on this computer."), "ui", "text2"))
        column.addSpacing(12)
        self._messages = QVBoxLayout()
        column.addLayout(self._messages)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        column.addLayout(self._cards)
        self._show_models("")
        column.addSpacing(32)
        column.addWidget(Label(self.tr("Where your data lives"), "heading"))
        column.addSpacing(8)
        place = QLineEdit(str(home.root))
        place.setReadOnly(True)
        place.setFont(theme().font("mono"))
        place.setAccessibleName(self.tr("Data folder"))
        column.addWidget(place)
        column.addSpacing(6)
        note = self.tr("Chats, documents and models stay in this folder.")
        column.addWidget(Label(note, "caption", "text2", wrap=True))
        if self._samples:
            column.addSpacing(32)
            head = QHBoxLayout()
            head.addWidget(Label(self.tr("Try it with sample documents"), "heading"))
            head.addStretch(1)
            head.addWidget(Label(self.tr("Delete them any time"), "caption", "text2"))
            column.addLayout(head)
            column.addSpacing(8)
            self._sample_list = Samples(self._samples)
            column.addWidget(self._sample_list)
        column.addStretch(1)

    def _show_models(self, chosen: str) -> None:
        empty_layout(self._cards)
        self._choices: dict[str, ChoiceCard] = {}
        for model in self._models.models():
            card = _model_card(model)
            card.setChecked(model.name == chosen or (not chosen and not self._choices))
            self._choices[model.name] = card
            self._cards.addWidget(card)
        if not self._choices:
            title = self.tr("No model came with this installation.")
            self._cards.addWidget(Banner("warning", title, self.tr("Choose a GGUF file that you have.")))

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        self._foot = foot
        foot.setSpacing(12)
        self.own = Button(self.tr("I have a model file"), "secondary", "file-box", large=True)
        self.own.clicked.connect(self._choose_file)
        foot.addWidget(self.own)
        foot.addStretch(1)
        self._state = Label(self.tr("Ready now, no download"), "ui", "text2")
        foot.addWidget(self._state)
        self.start = Button(self.tr("Start"), "primary", large=True)
        self.start.setDefault(True)
        self.start.clicked.connect(self._start)
        foot.addWidget(self.start)
        return foot

    def _start(self) -> None:
        chosen = next((name for name, card in self._choices.items() if card.isChecked()), "")
        files = self._sample_list.chosen() if self._samples else []
        self.started.emit(chosen, [str(path) for path in files])

    def _choose_file(self) -> None:
        kinds = self.tr("Model files (*.gguf *.inhouse);;All files (*)")
        path = ask_for_file(self, self.tr("Import a model"), kinds)
        if path:
            empty_layout(self._messages)
            self._models.files.import_file(Path(path))

    def _importing(self, name: str, fraction: float, _: float) -> None:
        self._state.setText(self.tr("Importing {0}, {1} %").format(name, round(fraction * 100)))
        self.own.disable(self.tr("A model is being imported."))

    def _import_ended(self, model: InstalledModel | None, error: AppError | None) -> None:
        self.own.enable()
        self._state.setText(self.tr("Ready now, no download"))
        if error is not None:
            self._messages.addWidget(Banner("danger", error.message, error.hint))
            self._messages.addSpacing(12)
        elif model is not None:
            self._show_models(model.name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < STACK_BELOW
        self._panel.setFixedWidth(min(theme().px(PANEL_WIDTH), self.width() * (30 if narrow else 40) // 100))
        self._panel.set_narrow(narrow)
        side = 24 if narrow else 56
        self._foot.setContentsMargins(side, 20, side, 20)
        self._scroll.column.setContentsMargins(side, 24 if narrow else 48, side, 24)


class Found(ThemedWidget):
    """The panel with the promise and the hardware."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 1, 0)
        outer.setSpacing(0)
        self._scroll = ScrollColumn((40, 48, 40, 16))
        outer.addWidget(self._scroll, 1)
        column = self._scroll.column
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Logo())
        head.addWidget(Label("Inhouse", "heading"))
        head.addStretch(1)
        column.addLayout(head)
        column.addSpacing(44)
        self._promise = Label(self.tr("Ask your company documents. On this computer."), "verdict", wrap=True)
        self._grow_promise()
        column.addWidget(self._promise)
        column.addSpacing(16)
        said = self.tr("Inhouse reads your files, answers with the page it used, and works without internet.")
        column.addWidget(Label(said, "body", "text2", wrap=True))
        column.addSpacing(40)
        column.addWidget(Label(self.tr("What we found"), "uiStrong"))
        column.addSpacing(8)
        self._gpu = _Found("zap", self.tr("Graphics card"), self.tr("Looking"), known=False)
        rows = (
            self._gpu,
            _Found("cpu", self.tr("Processor"), processor()),
            _Found("memory-stick", self.tr("Memory"), size_text(memory_bytes())),
            _Found("hard-drive", self.tr("Free disk space"), size_text(disk_free_bytes(home.root))),
        )
        for i, row in enumerate(rows):
            if i:
                column.addWidget(Separator())
            column.addWidget(row)
        column.addStretch(1)
        foot = QHBoxLayout()
        self._foot = foot
        foot.setContentsMargins(40, 8, 16, 32)
        foot.setSpacing(8)
        foot.addWidget(IconLabel("shield-check", "text2", 16))
        foot.addWidget(Label(self.tr("No account. No usage data is sent."), "caption", "text2", wrap=True), 1)
        outer.addLayout(foot)

    def set_narrow(self, narrow: bool) -> None:
        """Less air in a small window."""
        side = 24 if narrow else 40
        self._scroll.column.setContentsMargins(side, 24 if narrow else 48, side, 16)
        self._foot.setContentsMargins(side, 8, 16, 20 if narrow else 32)

    def show_engine(self, info: ModelInfo) -> None:
        """The graphics card as the engine sees it."""
        if info.backend == "server":
            return  # it says nothing of this computer
        if info.backend == "CPU":
            self._gpu.show_value(self.tr("None found, the processor is used"), good=None)
        else:
            self._gpu.show_value(info.device, good=True)

    def _theme_changed(self) -> None:
        self._grow_promise()
        super()._theme_changed()

    def _grow_promise(self) -> None:
        font = theme().font("verdict")
        font.setPixelSize(round(28 * theme().scale))
        self._promise.setFont(font)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("window"))
        x = 0 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else self.width() - 1
        painter.fillRect(x, 0, 1, self.height(), theme().color("border"))


class _Found(QWidget):
    def __init__(self, symbol: str, name: str, value: str, *, known: bool = True) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 10)
        row.setSpacing(16)
        row.addWidget(IconLabel(symbol, "text2", 20))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(name, "caption", "text2"))
        self._value = Label(value, "uiStrong", wrap=True)
        words.addWidget(self._value)
        row.addLayout(words, 1)
        self._mark = IconLabel("circle-check" if known else "circle-dashed", "success" if known else "text3", 16)
        row.addWidget(self._mark)

    def show_value(self, value: str, *, good: bool | None) -> None:
        self._value.setText(value)
        self._mark.set_icon("circle-check" if good else "circle-minus", "success" if good else "text3")


class Samples(ThemedWidget):
    """The sample documents, two beside each other, each with a box to tick."""

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__()
        self._boxes: list[tuple[Path, CheckBox]] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(1, 1, 1, 1)
        grid.setSpacing(0)
        self._lines = (len(files) + 1) // 2
        for i, path in enumerate(files):
            cell = QWidget()
            cell.setMinimumHeight(theme().px(44))
            row = QHBoxLayout(cell)
            row.setContentsMargins(16, 0, 16, 0)
            row.setSpacing(12)
            box = CheckBox("", checked=True, name=path.name)
            row.addWidget(box)
            row.addWidget(IconLabel(ICONS.get(path.suffix.lower(), "file-text")))
            row.addWidget(Label(path.name, "ui"), 1)
            row.addWidget(Label(kind_of(path), "caption", "text2"))
            self._boxes.append((path, box))
            grid.addWidget(cell, i // 2, i % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)

    def chosen(self) -> list[Path]:
        return [path for path, box in self._boxes if box.isChecked()]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        paint_box(painter, box, fill=theme().color("surface"), edge=theme().color("border"), radius=8)
        border = theme().color("border")
        painter.fillRect(self.width() // 2, 1, 1, self.height() - 2, border)
        for line in range(1, self._lines):
            painter.fillRect(1, self.height() * line // self._lines, self.width() - 2, 1, border)


def kind_of(path: Path) -> str:
    """ "PDF", "Word", …"""
    names = {".docx": "Word", ".md": "Markdown", ".html": "HTML", ".xlsx": "Excel", ".txt": "Text"}
    return names.get(path.suffix.lower(), path.suffix.lstrip(".").upper())


def sample_files(folder: Path) -> list[Path]:
    """The sample documents that came with Inhouse, by name."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ICONS)


def _model_card(model: InstalledModel) -> ChoiceCard:
    starter = model.origin == "starter"
    detail = _tr("Short, quick answers on any computer") if starter else _tr("From your own file")
    chip = _tr("Ready now, no download")
    facts = [size_text(model.file_bytes), model.quantization]
    return ChoiceCard(model.name, detail, chip=chip, facts=[fact for fact in facts if fact], height=76)


def _tr(text: str) -> str:
    return QCoreApplication.translate("FirstRun", text)
