"""What Settings shows besides settings: what is stored where, the data folder, and what this program is made of."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.hardware import memory_bytes, processor, size_text
from app.gui.settings.licences_dialog import LicencesDialog
from app.gui.widgets import Banner, Button, ElidedLabel, IconLabel, Label
from app.gui.widgets.page_frame import Separator
from app.licences import LIBRARIES
from app.models.hub_access import HUB, hub_address, hub_host
from app.packages import own_version, version_of
from app.paths import Home
from app.runtimes import placed_text
from app.types import ModelInfo
from app.vector_server import read


class PrivacySection(QWidget):
    """What is kept, where, and that nothing leaves."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        column = _column(self)
        server = read(home.vector_server)
        if server is None:
            title = self.tr("Nothing leaves this computer.")
            said = self.tr("No account, no usage data, no network connection while you ask or add documents.")
        else:
            title = self.tr("Only vectors leave this computer, to {0}.").format(server.host)
            said = self.tr("The text and the names of your documents stay here. No account, no usage data.")
        banner = Banner("info", title, said)
        column.addWidget(banner)
        column.addSpacing(8)
        for symbol, what, how, path in (
            ("message-square", self.tr("Chats"), self.tr("Questions, answers, thumbs and corrections"), home.chats_db),
            (
                "folder-open",
                self.tr("Documents"),
                self.tr("The text of your documents in passages; the files stay where they are"),
                home.documents_db,
            ),
            ("search", self.tr("Search index"), self.tr("Made from the documents, can be rebuilt"), home.vectors),
            ("box", self.tr("Models"), self.tr("Imported model files"), home.models),
            ("sliders-horizontal", self.tr("Settings"), self.tr("What differs from the defaults"), home.settings_file),
            ("file-text", self.tr("Log"), self.tr("Errors and starts, no questions and no answers"), home.logs),
        ):
            column.addWidget(_StoredRow(symbol, what, how, path))
            column.addWidget(Separator())


class _StoredRow(QWidget):
    def __init__(self, symbol: str, what: str, how: str, path: Path) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 10)
        row.setSpacing(16)
        row.addWidget(IconLabel(symbol, "text2", 20))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(what, "uiStrong"))
        words.addWidget(Label(how, "caption", "text2", wrap=True))
        place = ElidedLabel(str(path), "caption", "text3")
        words.addWidget(place)
        row.addLayout(words, 1)
        self.size_label = Label(size_text(stored_bytes(path)), "ui", "text2")
        row.addWidget(self.size_label)


class DataSection(QWidget):
    """The data folder and what can be done with it."""

    def __init__(
        self,
        home: Home,
        chats: Callable[[], int],
        export: Callable[[], None],
        bring: Callable[[], None],
        delete: Callable[[], None],
        take_out: Callable[[], None],
    ) -> None:
        """`chats` counts the chats; `export`, `bring` (an import), `delete` and `take_out` ask and then do it."""
        super().__init__()
        self._chats = chats
        column = _column(self)
        folder = Button(self.tr("Open folder"), "secondary", "folder-open")
        folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(home.root))))
        size = size_text(stored_bytes(home.root))
        where = self.tr("{0}, {1}. Copy this folder while Inhouse is closed, and you have a backup.")
        column.addWidget(_Action(self.tr("Data folder"), where.format(home.root, size), folder))
        column.addWidget(Separator())
        save = Button(self.tr("Export chats"), "secondary", "share-2")
        save.clicked.connect(export)
        column.addWidget(
            _Action(self.tr("Export chats"), self.tr("All chats in one file that Inhouse can read again."), save)
        )
        column.addWidget(Separator())
        take = Button(self.tr("Import chats"), "secondary", "download")
        take.clicked.connect(bring)
        said = self.tr("An export of Inhouse, ChatGPT (its ZIP), Open WebUI or LM Studio. Nothing is overwritten.")
        column.addWidget(_Action(self.tr("Import chats"), said, take))
        column.addWidget(Separator())
        whole = Button(self.tr("Save everything"), "secondary", "download")
        whole.clicked.connect(take_out)
        said = self.tr(
            "Chats, tables, assistants, settings, votes and the data of trainings in one ZIP that other programs read. "
            "It is not encrypted."
        )
        column.addWidget(_Action(self.tr("Save everything"), said, whole))
        column.addWidget(Separator())
        self._delete = Button(self.tr("Delete all chats"), "danger", "trash-2")
        self._delete.clicked.connect(delete)
        self._delete.clicked.connect(self.refresh)
        self._count = _Action(self.tr("Delete all chats"), "", self._delete)
        column.addWidget(self._count)
        self.refresh()

    def refresh(self) -> None:
        count = self._chats()
        self._count.detail.setText(
            self.tr("{0} chats. Documents, models and settings stay.").format(f"{count:,}")
            if count
            else self.tr("There are no chats.")
        )
        if count:
            self._delete.enable()
        else:
            self._delete.disable(self.tr("There are no chats."))


class AboutSection(QWidget):
    """Versions and licences, and all of it for a mail to the people in IT."""

    def __init__(self, home: Home, info: Callable[[], ModelInfo | None]) -> None:
        super().__init__()
        self._home, self._info = home, info
        column = _column(self)
        copy = Button(self.tr("Copy diagnostics"), "secondary", "copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.diagnostics()))
        said = self.tr("Version {0}. Licence: Apache-2.0.").format(own_version())
        column.addWidget(_Action("Inhouse", said, copy))
        column.addWidget(Separator())
        made = Button(self.tr("Show licences"), "secondary", "file-text")
        made.clicked.connect(lambda: LicencesDialog(self.window()).exec())
        said = self.tr("Its libraries, models, fonts and icons, each with its licence.")
        column.addWidget(_Action(self.tr("Made with"), said, made))

    def diagnostics(self) -> str:
        """Versions, hardware and paths; no questions, no answers, no file names."""
        info = self._info()
        lines = [
            f"Inhouse {own_version()}",
            f"{platform.platform()}, Python {platform.python_version()}, Qt {qVersion()}",
            f"{processor()}, {size_text(memory_bytes())} memory",
            f"Data folder: {self._home.root}, {size_text(stored_bytes(self._home.root))}",
        ]
        if info is not None:
            lines.append(
                f"Model: {info.architecture} {info.quantization}, {info.backend} ({info.device}), "
                f"{info.gpu_layers} of {info.layers + 1} layers on the GPU, context {info.context}"
            )
            lines += [text for text in (placed_text(info.placed), info.placed.note) if text]
        return "\n".join(lines + [f"{name} {_version(name)}" for name in LIBRARIES])


class HardwareSection(QWidget):
    """What the engine runs on, as it says itself."""

    def __init__(self, info: Callable[[], ModelInfo | None], *below: QWidget) -> None:
        """`below` says what it could run on, and what can be fetched for it."""
        super().__init__()
        column = _column(self)
        column.addSpacing(8)
        loaded = info()
        backend = loaded.backend if loaded else self.tr("known when the model is loaded")
        device = loaded.device if loaded and loaded.device else processor()
        column.addWidget(_Fact(self.tr("Runs on"), backend))
        column.addWidget(_Fact(self.tr("Device"), device))
        column.addWidget(_Fact(self.tr("Memory"), size_text(memory_bytes())))
        if loaded and loaded.backend != "server":
            column.addWidget(_Fact(self.tr("Memory of the loaded model"), size_text(loaded.memory_bytes)))
            layers = self.tr("{0} of {1}").format(loaded.gpu_layers, loaded.layers + 1)
            column.addWidget(_Fact(self.tr("Layers on the graphics card"), layers))
            for text in (placed_text(loaded.placed), loaded.placed.note):
                if text:
                    column.addWidget(Label(text[:1].upper() + text[1:], "caption", "text2", wrap=True))
        column.addWidget(_Fact(self.tr("Models are downloaded from"), hub_text()))
        for part in below:
            column.addWidget(part)


def hub_text() -> str:
    """ "hub.example", and who has named it where it is a mirror."""
    if hub_address() == HUB:
        return hub_host()
    return QCoreApplication.translate("Settings", "{0}, set by HF_ENDPOINT").format(hub_host())


class _Action(QWidget):
    def __init__(self, title: str, detail: str, button: Button) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 10)
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(title, "uiStrong"))
        self.detail = Label(detail, "caption", "text2", wrap=True)
        words.addWidget(self.detail)
        row.addLayout(words, 1)
        row.addWidget(button)


class _Fact(QWidget):
    def __init__(self, name: str, value: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 3, 0, 3)
        row.addWidget(Label(name, "ui", "text2", wrap=True), 1)
        said = Label(value, "ui", wrap=True)
        said.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(said, 1)


def stored_bytes(path: Path) -> int:
    """What a file with its companions (the write-ahead log), or a folder, takes on the disk."""
    if path.is_dir():
        return sum(_file_bytes(file) for file in path.rglob("*"))
    return sum(_file_bytes(file) for file in path.parent.glob(f"{path.name}*")) if path.parent.is_dir() else 0


def _file_bytes(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def _version(name: str) -> str:
    return version_of(name) or QCoreApplication.translate("Settings", "unknown version")


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 4, 0, 0)
    column.setSpacing(0)
    return column
