"""Graphics card and runtimes, in Settings below the hardware: devices, why not more, and which build runs what."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.calls.runtimes import RuntimesShown
from app.gui.hardware import size_text
from app.gui.settings.runtimes import LlamaRuntimes
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, ComboBox, Label, empty_layout
from app.gui.widgets.file_dialogs import ask_for_file, ask_for_folder
from app.gui.widgets.lock_note import LockNote, lock
from app.gui.widgets.page_frame import Separator
from app.gui.widgets.tab_order import order_tabs
from app.release_feed import RuntimeBuild
from app.runtimes import BUILT_IN, Device, Runtime, RuntimeRole
from app.units import in_gb

WARNED = (
    "A runtime is a program that runs on this computer with your rights. Add only what you or your company built, or "
    "got from somebody you trust."
)


class RuntimeSection(QWidget):
    """Shows the state that the core tells."""

    def __init__(self, runtimes: LlamaRuntimes, confirm: Callable[[str, str, str], bool], locked: str = "") -> None:
        """`confirm` asks a question: title, text, button; `locked`: why nobody here may change any of it."""
        super().__init__()
        self._runtimes, self._confirm, self._locked = runtimes, confirm, locked
        self._listed: tuple[tuple[str, str, bool], ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 8)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Graphics card and runtimes"), "uiStrong"))
        if locked:
            column.addWidget(LockNote(self.tr("Graphics card and runtimes"), locked))
        self.problem = Banner("warning", self.tr("A runtime does not work."))
        column.addWidget(self.problem)
        self.why = Label("", "ui", "text2", wrap=True)
        column.addWidget(self.why)
        self._devices = QVBoxLayout()
        self._devices.setSpacing(4)
        column.addLayout(self._devices)
        column.addWidget(Separator())
        self.boxes: dict[RuntimeRole, ComboBox] = {}
        column.addLayout(self._build_choice("engine", self.tr("Chats run on")))
        column.addLayout(self._build_choice("embedder", self.tr("A GGUF embedder runs on")))
        column.addWidget(Separator())
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        column.addLayout(self._list)
        column.addLayout(self._build_progress())
        column.addLayout(self._build_buttons())
        runtimes.changed.connect(self._show)
        self._show()
        runtimes.look()

    def _build_choice(self, role: RuntimeRole, text: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        label = Label(text, "ui", wrap=True)
        row.addWidget(label, 1)
        box = self.boxes[role] = ComboBox(text)
        label.setBuddy(box)  # a screen reader of Linux takes the name from there
        box.setMinimumWidth(theme().px(220))
        box.activated.connect(lambda at: self._runtimes.use(role, box.itemData(at)))
        row.addWidget(box)
        return row

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.add_file = Button(self.tr("Add a file"), "secondary", "file-plus")
        self.add_file.clicked.connect(self._add_file)
        self.add_folder = Button(self.tr("Add a folder"), "secondary", "folder-plus")
        self.add_folder.clicked.connect(self._add_folder)
        for button in (self.add_file, self.add_folder):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _build_progress(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.doing = Label("", "caption", "text2", wrap=True)
        self.stop = Button(self.tr("Stop"), "quiet")
        self.stop.clicked.connect(self._runtimes.cancel)
        row.addWidget(self.doing, 1)
        row.addWidget(self.stop)
        return row

    def _show(self) -> None:
        shown, doing = self._runtimes.shown, self._runtimes.doing
        self.doing.setText(doing)
        self.doing.setVisible(bool(doing))
        self.stop.setVisible(bool(doing))
        for button in (self.add_file, self.add_folder):
            button.setEnabled(not doing)
            if self._locked:
                lock(button, self._locked)
        self.problem.setVisible(shown is not None and bool(shown.problems))
        if shown is None:
            return
        if shown.problems:
            self.problem.set_text(self.tr("A runtime does not work."), "\n".join(shown.problems))
        self.why.setText(shown.why or self._runtimes.doing)
        empty_layout(self._devices)
        for device in shown.devices:
            self._devices.addWidget(Label(device_text(device), "caption", "text2", wrap=True))
        self._show_choices(shown, enabled=not doing)
        self._show_list(shown)

    def _show_list(self, shown: RuntimesShown) -> None:
        """Built anew only where it is another one: whoever tests with the keyboard stays on the button."""
        used = {each.id for each in shown.chosen.values() if not each.failed}
        listed = tuple((runtime, runtime.id in used) for runtime in shown.runtimes)
        names = (
            *((each.id, each.name, in_use) for each, in_use in listed),
            *((b.file, "", False) for b in shown.offered),
        )
        if names == self._listed:
            return
        self._listed = names
        empty_layout(self._list)
        for runtime, in_use in listed:
            self._list.addWidget(self._row(runtime, used=in_use))
        for build in shown.offered:
            self._list.addWidget(self._offer(build))
        order_tabs(self)

    def _show_choices(self, shown: RuntimesShown, *, enabled: bool) -> None:
        for role, box in self.boxes.items():
            box.clear()
            box.addItem(self.tr("Built-in"), BUILT_IN)
            for runtime in shown.runtimes:
                box.addItem(runtime.name, runtime.id)
            box.setCurrentIndex(max(0, box.findData(shown.chosen[role].id)))
            box.setEnabled(enabled and bool(shown.runtimes))
            if self._locked:
                lock(box, self._locked)

    def _row(self, runtime: Runtime, *, used: bool) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(runtime.name, "uiStrong", wrap=True))
        about = f"{' + '.join(runtime.backends)}, llama.cpp {runtime.version}, {size_text(runtime.bytes)}"
        words.addWidget(Label(f"{about}. {runtime.warning}".strip(), "caption", "text2", wrap=True))
        row.addLayout(words, 1)
        test = Button(self.tr("Test"), "secondary")
        test.clicked.connect(partial(self._test, runtime.id))
        remove = Button(self.tr("Remove"), "quiet", "trash-2")
        remove.clicked.connect(partial(self._remove, runtime))
        if self._locked:
            remove.disable(self._locked)
        elif used:
            remove.disable(self.tr("It is in use. Choose another one first."))
        for button in (test, remove):
            button.setAccessibleName(f"{button.text()} {runtime.name}")
            row.addWidget(button)
        return widget

    def _offer(self, build: RuntimeBuild) -> QWidget:
        """One that the place of the updates has."""
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(self.tr("{0}, of your updates").format(build.backend), "uiStrong", wrap=True))
        about = self.tr("Made of llama-cpp-python {0}, {1} to fetch.").format(build.llama, size_text(build.bytes))
        words.addWidget(Label(about, "caption", "text2", wrap=True))
        row.addLayout(words, 1)
        fetch = Button(self.tr("Fetch"), "secondary", "download")
        fetch.setAccessibleName(f"{fetch.text()} {build.backend}")
        fetch.clicked.connect(partial(self._fetch, build.file))
        if self._locked:
            lock(fetch, self._locked)
        row.addWidget(fetch)
        return widget

    def _fetch(self, file: str, *_: object) -> None:
        if self._confirm(self.tr("Fetch a runtime?"), self.tr(WARNED), self.tr("Fetch")):
            self._runtimes.fetch(file)

    def _test(self, runtime_id: str, *_: object) -> None:
        self._runtimes.test(runtime_id)

    def _remove(self, runtime: Runtime, *_: object) -> None:
        title = self.tr("Remove “{0}”?").format(runtime.name)
        if self._confirm(title, self.tr("Its files are deleted. You can add it again."), self.tr("Remove")):
            self._runtimes.remove(runtime.id)

    def _add_file(self) -> None:
        if self._warned():
            self._add(ask_for_file(self, self.tr("Add a runtime"), self.tr("Archives (*.zip *.tar.gz *.tgz *.tar.xz)")))

    def _add_folder(self) -> None:
        if self._warned():
            self._add(ask_for_folder(self, self.tr("Add a runtime")))

    def _warned(self) -> bool:
        return self._confirm(self.tr("Add a runtime?"), self.tr(WARNED), self.tr("Choose"))

    def _add(self, path: str) -> None:
        if path:
            self._runtimes.add(path)


def device_text(device: Device) -> str:
    """ "CUDA: NVIDIA RTX 3060, 10.2 of 12.0 GB free"."""
    whole = in_gb(device.total)
    room = f"{in_gb(device.free)} of {whole} GB free" if device.is_gpu else f"{whole} GB"
    return f"{device.kind}: {device.name}, {room}"
