"""The welcome: what this computer has, the model that is ready, where the data lives, and samples to try."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.models.catalogue_words import offer_size
from app.gui.models.controller import ModelsController
from app.gui.shell.first_run_models import larger_models, model_card, offer_card
from app.gui.shell.found_panel import Found
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, ElidedLabel, IconLabel, Label, ThemedWidget, empty_layout, paint_box
from app.gui.widgets.choices import CheckBox, ChoiceCard
from app.gui.widgets.file_dialogs import ask_for_file
from app.gui.widgets.page_frame import ScrollColumn, Separator
from app.hub import Offer
from app.paths import Home
from app.types import InstalledModel

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
    """`started` carries the installed model's name, the sample files to add, and the Offer to fetch or None."""

    started = Signal(str, list, object)

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
        self._state = Label("", "ui", "text2", wrap=True)
        self._state.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self.start = Button(self.tr("Start"), "primary", large=True)
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
        models.catalogue.offered.connect(self._offered)  # a method: it is not called once this page is gone
        models.catalogue.load()
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
        """What is here first, then what could be fetched; `chosen` is a model's name, "" for the first."""
        empty_layout(self._cards)
        self._choices: dict[str, ChoiceCard] = {}
        self._offers: dict[str, Offer] = {}
        for model in self._models.models():
            self._add_card(model.name, model_card(model))
        if not self._choices:
            title = self.tr("No model came with this installation.")
            self._cards.addWidget(Banner("warning", title, self.tr("Choose a GGUF file that you have.")))
        if blocked := self._models.catalogue.blocked:
            self._cards.addSpacing(8)
            how = self.tr("A larger model can be brought as a file: fetch it elsewhere, then choose it below.")
            self._cards.addWidget(Label(f"{blocked} {how}", "ui", "text2", wrap=True))
        offers = larger_models(self._models.catalogue.catalogue)
        if offers:
            self._cards.addSpacing(8)
            said = self.tr("Larger models answer better. They are downloaded once, over the internet.")
            self._cards.addWidget(Label(said, "ui", "text2", wrap=True))
        for offer in offers:
            self._offers[offer.model.name] = offer
            self._add_card(offer.model.name, offer_card(offer))
        wanted = self._choices.get(chosen) or next(iter(self._choices.values()), None)
        if wanted is not None:
            wanted.setChecked(True)
        self._chosen_changed()

    def _offered(self) -> None:
        self._show_models(self._chosen())

    def _add_card(self, name: str, card: ChoiceCard) -> None:
        if name not in self._choices:
            self._choices[name] = card
            card.toggled.connect(self._chosen_changed)
            self._cards.addWidget(card)

    def _chosen(self) -> str:
        return next((name for name, card in self._choices.items() if card.isChecked()), "")

    def _chosen_changed(self, *_: object) -> None:
        """The button names what it does, and the words beside it what that costs."""
        offer = self._offers.get(self._chosen())
        self.start.setText(self.tr("Start") if offer is None else self.tr("Download and start"))
        if offer is None:
            self._state.setText(self.tr("Ready now, no download"))
        elif offer_size(offer):
            self._state.setText(self.tr("{0}. You can chat meanwhile.").format(offer_size(offer)))
        else:
            self._state.setText(self.tr("You can chat meanwhile."))

    def _build_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        self._foot = foot
        foot.setSpacing(12)
        self.own = Button(self.tr("I have a model file"), "secondary", "file-box", large=True)
        self.own.clicked.connect(self._choose_file)
        foot.addWidget(self.own)
        foot.addWidget(self._state, 1)
        self.start.setDefault(True)
        self.start.clicked.connect(self._start)
        foot.addWidget(self.start)
        return foot

    def _start(self) -> None:
        chosen = self._chosen()
        offer = self._offers.get(chosen)
        files = self._sample_list.chosen() if self._samples else []
        self.started.emit("" if offer is not None else chosen, [str(path) for path in files], offer)

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
        self._chosen_changed()
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
            row.addWidget(ElidedLabel(path.name, "ui", mode=Qt.TextElideMode.ElideMiddle), 1)
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
