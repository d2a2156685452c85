"""The Models page: what is installed, which one answers, and importing a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.formats import MODEL_SUFFIXES
from app.gui.hardware import disk_free_bytes, fit_of, memory_bytes, processor, size_text
from app.gui.models.card import Card
from app.gui.models.catalogue_area import CatalogueArea
from app.gui.models.controller import ModelsController
from app.gui.models.embedder_card import EmbedderRows
from app.gui.models.reader_card import ReaderRows
from app.gui.models.row import ModelRow
from app.gui.models.server_dialog import ServerArea, ServerDialog
from app.gui.shell.rename_dialog import RenameDialog
from app.gui.theme import theme
from app.gui.widgets import (
    Banner,
    Button,
    ConfirmDialog,
    EmptyState,
    IconButton,
    IconLabel,
    Label,
    ProgressBar,
    ThemedWidget,
    empty_layout,
    paint_box,
)
from app.gui.widgets.file_dialogs import ask_for_file
from app.gui.widgets.page_frame import PageFrame, ScrollColumn
from app.models.model_files import first_file, is_missing
from app.models.servers import host_of
from app.paths import Home
from app.types import InstalledModel

NARROW = 920
"""Below this width of the page the speed and the origin of a model are left out."""
TIGHT = 640
"""Below this one, as with very large text, the chip of a model stands below its name."""


class ModelsPage(PageFrame):
    """Shows the controller's models and passes wishes on."""

    def __init__(self, models: ModelsController, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Models"), parent)
        self._models, self._home = models, home
        self._memory = memory_bytes()
        self._rows: list[ModelRow] = []
        self._banner: Banner | None = None
        self._build_bar()
        self.scroller = ScrollColumn()
        self._column = self.scroller.column
        self.body.addWidget(self.scroller)
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Installed"), "heading"))
        head.addStretch(1)
        head.addWidget(Label(self.tr("Speed measured on this computer"), "caption", "text2"))
        self._column.addLayout(head)
        self._column.addSpacing(12)
        self._messages = QVBoxLayout()
        self._column.addLayout(self._messages)
        self._card = Card()
        self._column.addWidget(self._card)
        self._column.addSpacing(20)
        self.catalogue = CatalogueArea(models)
        self.catalogue.import_asked.connect(self.choose_file)
        self._column.addWidget(self.catalogue)
        self.drop = ImportArea()
        self.drop.choose.clicked.connect(self.choose_file)
        self.drop.cancel.clicked.connect(models.files.cancel_import)
        self.drop.dropped.connect(self.import_file)
        self._column.addWidget(self.drop)
        self._column.addSpacing(12)
        self.server = ServerArea()
        self.server.asked.connect(self._add_server)
        self._column.addWidget(self.server)
        self._column.addSpacing(24)
        self.readers = ReaderRows(models.readers)
        self._column.addWidget(self.readers)
        self._column.addSpacing(24)
        self.embedders = EmbedderRows(models.embedders)
        self._column.addWidget(self.embedders)
        self._column.addStretch(1)
        models.models_changed.connect(self.refresh)
        models.engine_ready.connect(self.refresh)
        models.switching.connect(self._switching)
        models.switch_failed.connect(self._switch_failed)
        models.refused.connect(lambda error: self._say("danger", error.message, error.hint))
        models.files.importing.connect(self.drop.show_progress)
        models.files.import_ended.connect(self._import_ended)
        models.servers.added.connect(self._server_added)
        for part in (models.readers, models.embedders):
            part.failed.connect(lambda error: self._say("danger", error.message, error.hint))
        self.refresh()

    def shown(self) -> None:
        """Numbers that change while the page is away."""
        self._show_hardware()
        self.refresh()
        self._models.catalogue.load()

    def regions(self) -> list[QWidget]:
        return [self.bar, self._card, self.catalogue, self.drop, self.server, self.readers, self.embedders]

    def first_focus(self) -> QWidget:
        return self.drop.choose

    def refresh(self, *_: object) -> None:
        """Build the rows again from what is installed."""
        self._show_hardware()
        if self._banner is not None and self._banner.property("about") and not self._models.switching_to:
            self._clear_banner()
        focused = self._focused_model()
        self._card.clear()
        self._rows = []
        installed = self._models.models()
        previous = self._models.previous()
        for model in installed:
            self._card.add(self._row(model, primary=previous is not None and model.name == previous.name))
        if not installed:
            self._card.add(self._empty())
        self._fit_width()
        self._focus_model(focused)

    def _focused_model(self) -> str:
        """The name of the model whose row has the keyboard, "" for none."""
        focused = QApplication.focusWidget()
        row = next((row for row in self._rows if focused is not None and row.isAncestorOf(focused)), None)
        return row.model.name if row is not None else ""

    def _focus_model(self, name: str) -> None:
        """The rows were built anew: the keyboard goes back to this model's."""
        row = next((row for row in self._rows if row.model.name == name), None)
        if row is not None:
            row.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def choose_file(self) -> None:
        """Ask for a GGUF file and import it."""
        kinds = self.tr("Model files (*.gguf *.inhouse);;All files (*)")
        path = ask_for_file(self, self.tr("Import a model"), kinds)
        if path:
            self.import_file(path)

    def import_file(self, path: str) -> None:
        self._clear_banner()
        self._models.files.import_file(Path(path))

    def _build_bar(self) -> None:
        self._processor = _Fact("cpu")
        self._disk = _Fact("hard-drive")
        self.bar.add_trailing(self._processor)
        self.bar.add_trailing(self._disk)
        folder = IconButton("folder-open", self.tr("Open the folder of the models"))
        folder.clicked.connect(lambda: self._open_folder(str(self._home.models / "x")))
        self.bar.add_trailing(folder)

    def _show_hardware(self) -> None:
        info = self._models.info
        device = info.device if info is not None and info.device and info.backend != "server" else processor()
        self._processor.set_text(f"{device}, {size_text(self._memory)}")
        free = disk_free_bytes(self._home.models)
        self._disk.set_text(self.tr("{0} free").format(size_text(free)))

    def _row(self, model: InstalledModel, *, primary: bool) -> ModelRow:
        active = self._models.active
        in_use = active is not None and active.name == model.name
        info = self._models.info if in_use else None
        fit = fit_of(model, self._models.fit(model), info)
        context = info.context if info is not None else 0
        missing = is_missing(model)
        row = ModelRow(model, fit, in_use=in_use, missing=missing, context=context, primary=primary)
        row.use_asked.connect(self._models.switch_to)
        row.remove_asked.connect(self._remove)
        row.rename_asked.connect(self._rename)
        row.folder_asked.connect(self._open_folder)
        self._rows.append(row)
        return row

    def _empty(self) -> EmptyState:
        empty = EmptyState(
            "box",
            self.tr("No model yet"),
            self.tr("Import a GGUF file that you have on this computer."),
            self.tr("Choose file"),
            action_icon="file-box",
        )
        empty.acted.connect(self.choose_file)
        return empty

    def _remove(self, name: str) -> None:
        active = self._models.active
        if active is not None and active.name == name:
            self._say("info", self.tr("“{0}” is in use.").format(name), self.tr("Use another model first."))
            return
        title = self.tr("Remove “{0}”?").format(name)
        detail = self.tr("Its file in the data folder is deleted. Chats that used it stay, and other models answer.")
        model = self._models.find(name)
        if model is not None and model.origin == "server":
            detail = self.tr("Its address and key are forgotten here. The server itself stays as it is.")
        if not ConfirmDialog.ask(self, title, detail, self.tr("Remove model")):
            return
        self._models.remove(name)

    def _rename(self, name: str) -> None:
        dialog = RenameDialog(self.tr("Rename “{0}”").format(name), self.tr("Name of the model"), name, self)
        dialog.check = lambda text: self._try_rename(name, text)
        dialog.exec()
        dialog.deleteLater()

    def _try_rename(self, name: str, new_name: str) -> str:
        return self._models.rename(name, new_name)

    def _switching(self, name: str, fraction: float) -> None:
        text = self.tr("Switching to {0}, {1} %").format(name, round(fraction * 100))
        answers = self._models.switch_words
        if self._banner is None or self._banner.property("about") != name:
            self._say("info", text, answers, self.tr("Cancel"), about=name)
            if self._banner is not None:
                self._banner.acted.connect(self._models.cancel_switch)
        else:
            self._banner.set_text(text, answers)

    def _switch_failed(self, name: str, error: AppError) -> None:
        active = self._models.active
        stays = self.tr("{0} stays in use.").format(active.name) if active else ""
        title = self.tr("“{0}” could not be used. {1}").format(name, stays)
        self._say("danger", title.strip(), f"{error.message} {error.hint}".strip())

    def _import_ended(self, model: InstalledModel | None, error: AppError | None) -> None:
        self.drop.show_idle()
        if error is not None:
            self._say("danger", error.message, error.hint)
        elif model is not None:
            listed = self._models.find(model.id) is not None  # then what came is its projector
            said = self.tr("“{0}” can see pictures now.") if listed else self.tr("“{0}” is ready to use.")
            self._say("success", said.format(model.name), "")
            if self.isVisible():
                self._focus_model(model.name)

    def _add_server(self) -> None:
        dialog = ServerDialog(self._models.servers, self)
        dialog.exec()
        dialog.deleteLater()

    def _server_added(self, model: InstalledModel) -> None:
        said = self.tr("It is computed on {0}.").format(host_of(model.address))
        self._say("success", self.tr("“{0}” is ready to use.").format(model.name), said)

    def _say(self, kind: str, title: str, detail: str, action: str = "", about: str = "") -> None:
        self._clear_banner()
        banner = Banner(kind, title, detail, action, closable=not action)  # type: ignore[arg-type]
        banner.setProperty("about", about)
        banner.closed.connect(self._clear_banner)
        banner.setContentsMargins(0, 0, 0, 0)
        self._messages.addWidget(banner)
        self._messages.addSpacing(12)
        self._banner = banner

    def _clear_banner(self) -> None:
        self._banner = None
        empty_layout(self._messages)

    def _open_folder(self, path: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_width()

    def _fit_width(self) -> None:
        for row in self._rows:
            row.set_compact(self.width() < theme().px(NARROW))
            row.set_tight(self.width() < theme().px(TIGHT))


class ImportArea(ThemedWidget):
    """Where a model file is dropped or chosen, and how far its import is."""

    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._over = False
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(16)
        row.addWidget(IconLabel("file-box", "text2", 24))
        words = QVBoxLayout()
        words.setSpacing(2)
        self._title = Label("", "uiStrong", wrap=True)
        self._detail = Label("", "caption", "text2", wrap=True)
        self._bar = ProgressBar(self.tr("Import"))
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addWidget(self._bar)
        row.addLayout(words, 1)
        self.choose = Button(self.tr("Choose file"))
        self.cancel = Button(self.tr("Cancel"))
        row.addWidget(self.choose)
        row.addWidget(self.cancel)
        self.show_idle()

    def show_idle(self) -> None:
        self._title.setText(self.tr("Import a GGUF file: drop it here"))
        self._detail.setText(self.tr("It is checked first, then copied into your data folder."))
        self._bar.hide()
        self._trade(self.cancel, self.choose)

    def show_progress(self, name: str, fraction: float, seconds_left: float) -> None:
        left = self.tr("about {0} s left").format(round(seconds_left)) if seconds_left >= 1 else ""
        self._title.setText(self.tr("Importing {0}").format(name))
        self._detail.setText(", ".join(part for part in (f"{fraction:.0%}", left) if part))
        self._bar.set_fraction(fraction)
        self._bar.show()
        self._trade(self.choose, self.cancel)

    @staticmethod
    def _trade(old: Button, new: Button) -> None:
        """One button takes the other's place, and the keyboard with it."""
        focused = old.hasFocus()
        new.show()
        if focused:
            new.setFocus(Qt.FocusReason.OtherFocusReason)
        old.hide()

    def sizeHint(self) -> QSize:
        return QSize(300, max(super().sizeHint().height(), theme().px(64)))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if model_file(event) is not None:
            event.acceptProposedAction()
            self._over = True
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        path = model_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, edge = ("accentSoft", "accent") if self._over else ("subtle", "borderStrong")
        box = QRectF(self.rect())
        paint_box(
            QPainter(self), box, fill=theme().color(fill), edge=theme().color(edge), radius=8, width=2, dashed=True
        )


class _Fact(QWidget):
    """An icon and a few words in the bar."""

    def __init__(self, symbol: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel(symbol, "text2", 16))
        self._label = Label("", "ui", "text2")
        row.addWidget(self._label)

    def set_text(self, text: str) -> None:
        self._label.setText(text)
        self._label.setToolTip(text)


def model_file(event: QDropEvent) -> str | None:
    """The one model that is dragged, by its first file where it comes in several; None where it is anything else."""
    firsts = {first_file(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()}
    only = firsts.pop() if len(firsts) == 1 else ""
    return only if only.lower().endswith(MODEL_SUFFIXES) else None
