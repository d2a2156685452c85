"""The Models page: what is installed, which one answers, and importing a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.models.card import Card
from app.gui.models.catalogue_area import CatalogueArea
from app.gui.models.controller import ModelsController
from app.gui.models.embedder_card import EmbedderRows
from app.gui.models.found_area import FoundArea, FoundDialog, title_of
from app.gui.models.hardware_facts import HardwareFacts
from app.gui.models.import_area import ImportArea
from app.gui.models.model_words import removal_text
from app.gui.models.reader_card import ReaderRows
from app.gui.models.row import ModelRow
from app.gui.models.server_dialog import ServerArea, ServerDialog
from app.gui.shell.rename_dialog import RenameDialog
from app.gui.theme import theme
from app.gui.widgets import (
    Banner,
    ConfirmDialog,
    EmptyState,
    IconButton,
    Label,
    empty_layout,
)
from app.gui.widgets.file_dialogs import ask_for_file
from app.gui.widgets.page_frame import PageFrame, ScrollColumn
from app.models.model_files import is_missing
from app.models.servers import host_of
from app.paths import Home
from app.types import InstalledModel

NARROW = 920
"""Below this width of the page the speed and the origin of a model are left out."""
TIGHT = 640
"""Below this one, as with very large text, the chip of a model stands below its name."""


class ModelsPage(PageFrame):
    """Shows the controller's models and passes wishes on."""

    listed = Signal()
    """There are other rows, or another message: Tab has to be told."""

    def __init__(self, models: ModelsController, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Models"), parent)
        self._models = models
        self._rows: list[ModelRow] = []
        self._banner: Banner | None = None
        self._facts = HardwareFacts(home.models)
        self.bar.add_trailing(self._facts)
        folder = IconButton("folder-open", self.tr("Open the folder of the models"))
        folder.clicked.connect(lambda: self._open_folder(str(home.models / "x")))
        self.bar.add_trailing(folder)
        self.scroller = ScrollColumn()
        self._column = self.scroller.column
        self.body.addWidget(self.scroller)
        self._build_installed()
        self._build_sources()
        self.readers = ReaderRows(models.readers)
        self.embedders = EmbedderRows(models.embedders)
        for rows in (self.readers, self.embedders):
            self._column.addSpacing(24)
            self._column.addWidget(rows)
        self._column.addStretch(1)
        self._connect()
        self.refresh()

    def _build_installed(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Installed"), "heading"))
        measured = Label(self.tr("Speed measured on this computer"), "caption", "text2", wrap=True)
        measured.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(measured, 1)
        self._column.addLayout(head)
        self._column.addSpacing(12)
        self._messages = QVBoxLayout()
        self._column.addLayout(self._messages)
        self._card = Card()
        self._column.addWidget(self._card)
        self._column.addSpacing(20)

    def _build_sources(self) -> None:
        """Where another model can come from: the hub, a file, another program, a server."""
        self.catalogue = CatalogueArea(self._models)
        self.catalogue.import_asked.connect(self.choose_file)
        self._column.addWidget(self.catalogue)
        self.drop = ImportArea()
        self.drop.choose.clicked.connect(self.choose_file)
        self.drop.cancel.clicked.connect(self._models.files.cancel_import)
        self.drop.dropped.connect(self.import_file)
        self.found = FoundArea(self._models.found)
        self.found.asked.connect(self.choose_found)
        self.server = ServerArea()
        self.server.asked.connect(self._add_server)
        for place, source in enumerate((self.drop, self.found, self.server)):
            self._column.addSpacing(12 if place else 0)
            self._column.addWidget(source)

    def _connect(self) -> None:
        models = self._models
        for moved in (models.models_changed, models.engine_ready):
            moved.connect(self.refresh)
        models.switching.connect(self._switching)
        models.switch_failed.connect(self._switch_failed)
        models.refused.connect(lambda error: self._say("danger", error.message, error.hint))
        models.files.importing.connect(self.drop.show_progress)
        models.files.import_ended.connect(self._import_ended)
        models.found.changed.connect(self._found_others)
        models.found.ended.connect(self._linked)
        models.servers.added.connect(self._server_added)
        for part in (models.readers, models.embedders):
            part.failed.connect(lambda error: self._say("danger", error.message, error.hint))

    def shown(self) -> None:
        """Numbers that change while the page is away."""
        self.refresh()
        self._models.catalogue.load()
        self._models.found.look()

    def regions(self) -> list[QWidget]:
        return [self.bar, self._card, self.catalogue, self.drop, self.found, self.server, self.readers, self.embedders]

    def first_focus(self) -> QWidget:
        return self.drop.choose

    def refresh(self, *_: object) -> None:
        """Build the rows again from what is installed."""
        self._facts.show_info(self._models.info)
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
        self.listed.emit()

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

    def choose_found(self) -> None:
        """Ask which models of other programs to list."""
        dialog = FoundDialog(self._models.found, self)
        dialog.exec()
        dialog.deleteLater()

    def _row(self, model: InstalledModel, *, primary: bool) -> ModelRow:
        active = self._models.active
        in_use = active is not None and active.name == model.name
        info = self._models.info if in_use else None
        context, missing = info.context if info is not None else 0, is_missing(model)
        fit = self._models.fit(model)
        row = ModelRow(model, fit, in_use=in_use, missing=missing, context=context, primary=primary)
        row.use_asked.connect(self._models.switch_to)
        row.remove_asked.connect(self._remove)
        row.rename_asked.connect(self._rename)
        row.folder_asked.connect(self._open_folder)
        self._rows.append(row)
        return row

    def _empty(self) -> EmptyState:
        title, found = self.tr("No model yet"), self._models.found.files
        if found:
            said = self.tr("{0}. They can be used from there, without a copy.").format(title_of(found))
            empty = EmptyState("box", title, said, self.tr("Choose models"), action_icon="hard-drive")
            empty.acted.connect(self.choose_found)
            return empty
        said = self.tr("Import a GGUF file that you have on this computer.")
        empty = EmptyState("box", title, said, self.tr("Choose file"), action_icon="file-box")
        empty.acted.connect(self.choose_file)
        return empty

    def _found_others(self) -> None:
        if not self._rows:
            self.refresh()

    def _remove(self, name: str) -> None:
        active, model = self._models.active, self._models.find(name)
        if active is not None and active.name == name:
            self._say("info", self.tr("“{0}” is in use.").format(name), self.tr("Use another model first."))
            return
        title, detail = self.tr("Remove “{0}”?").format(name), removal_text(model) if model is not None else ""
        if ConfirmDialog.ask(self, title, detail, self.tr("Remove model")):
            self._models.remove(name)

    def _rename(self, name: str) -> None:
        dialog = RenameDialog(self.tr("Rename “{0}”").format(name), self.tr("Name of the model"), name, self)
        dialog.check = lambda text: self._models.rename(name, text)
        dialog.exec()
        dialog.deleteLater()

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

    def _linked(self, models: tuple[InstalledModel, ...]) -> None:
        if not models:
            return
        said = self.tr("“{1}” is ready to use.") if len(models) == 1 else self.tr("{0} models are ready to use.")
        ready = said.format(len(models), models[0].name)
        self._say("success", ready, self.tr("Linked, not copied: the files stay where they are."))
        if self.isVisible():
            self._focus_model(models[0].name)

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
        self._messages.addWidget(banner)
        self._messages.addSpacing(12)
        self._banner = banner
        self.listed.emit()

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
