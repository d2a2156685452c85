"""Training, in Settings and on the Fine-tune page: whether it is here, what it costs, and how it comes and goes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.calls.component import ComponentShown
from app.gui.hardware import size_text
from app.gui.settings.training_component import TrainingComponent
from app.gui.widgets import Banner, Button, Label, ProgressBar
from app.gui.widgets.file_dialogs import ask_for_folder


class TrainingSection(QWidget):
    """Shows the state that the core tells; nothing where training is part of the installation."""

    def __init__(
        self, component: TrainingComponent, confirm: Callable[[str, str, str], bool], *, until_installed: bool = False
    ) -> None:
        """`confirm` asks a question: title, text, button. `until_installed`: it goes where training is installed."""
        super().__init__()
        self._component, self._confirm, self._until_installed = component, confirm, until_installed
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 8)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Training"), "uiStrong"))
        self.problem = Banner("warning", self.tr("Training could not be installed."))
        column.addWidget(self.problem)
        self.text = Label("", "ui", "text2", wrap=True)
        column.addWidget(self.text)
        self.bar = ProgressBar(self.tr("Installation of training"))
        column.addWidget(self.bar)
        column.addLayout(self._build_buttons())
        component.changed.connect(self._show)
        self._show()
        component.look()

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.install = Button(self.tr("Install"), "secondary", "download")
        self.install.clicked.connect(self._install)
        self.from_folder = Button(self.tr("From a folder…"), "secondary", "folder-open")
        self.from_folder.clicked.connect(self._from_folder)
        self.repair = Button(self.tr("Repair"), "secondary", "refresh-cw")
        self.repair.clicked.connect(self._repair)
        self.remove = Button(self.tr("Remove"), "quiet", "trash-2")
        self.remove.clicked.connect(self._remove)
        self.cancel = Button(self.tr("Cancel"), "quiet")
        self.cancel.clicked.connect(self._cancel)
        for button in (self.install, self.from_folder, self.repair, self.remove, self.cancel):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _show(self) -> None:
        shown = self._component.shown
        state = shown.state if shown is not None else "built-in"
        self.setVisible(state != "built-in" and not (self._until_installed and state == "installed"))
        if shown is None:
            return
        doing = bool(shown.doing)
        self.problem.setVisible(bool(shown.problem) and not doing)
        if shown.problem:
            self.problem.set_text(shown.problem, shown.advice)
        self.text.setText(self._words(shown))
        self.bar.setVisible(shown.doing == "fetching")
        self.bar.set_fraction(shown.done / shown.total if shown.total else 0.0)
        lacks = state in ("none", "unfinished", "outdated") and not doing
        self.install.setVisible(lacks)
        self.install.setText(self.tr("Continue") if state == "unfinished" else self.tr("Install"))
        if shown.blocked:
            self.install.disable(shown.blocked)
        else:
            self.install.enable()
        self.from_folder.setVisible(lacks)
        self.repair.setVisible(state == "installed" and not doing)
        self.remove.setVisible(state in ("installed", "unfinished", "outdated") and not doing)
        self.cancel.setVisible(doing and shown.doing not in ("removing", "stopping"))

    def _words(self, shown: ComponentShown) -> str:
        """A sentence or two about how it stands."""
        if shown.doing == "fetching":
            left = "" if shown.seconds_left is None else self.tr(", {0} left").format(_left(shown.seconds_left))
            text = self.tr("Fetching from {0}: {1} of {2}{3}. The window may be closed.")
            return text.format(shown.source, size_text(shown.done), size_text(shown.total), left)
        doing = {
            "placing": self.tr("All has come. It is tried…"),
            "repairing": self.tr("Each file is compared with its hash…"),
            "removing": self.tr("Removing…"),
            "stopping": self.tr("Stopping…"),
        }
        if shown.doing:
            return doing[shown.doing]
        size = next(iter(shown.offered), None)
        room = ""
        if size is not None:
            room = self.tr("{0} to fetch, {1} on the disk.").format(size_text(size.fetched), size_text(size.on_disk))
            if size.backend == "cuda":
                room += " " + self.tr("It is for your NVIDIA card, and was not tried on one yet.")
        if shown.blocked:
            room += " " + self.tr("{0} A folder of wheels needs no network.").format(shown.blocked)
        states = {
            "absent": self.tr("Training is not part of this installation."),
            "none": self.tr("What trains models does not come with Inhouse: {0}").format(room),
            "unfinished": self.tr("The installation is unfinished; what has come is kept. In all {0}").format(room),
            "outdated": self.tr("It is of another version of Inhouse. For this one: {0}").format(room),
            "installed": self._installed(shown),
        }
        return states.get(shown.state, "")

    def _installed(self, shown: ComponentShown) -> str:
        on_disk = next((size_text(each.on_disk) for each in shown.offered if each.backend == shown.backend), "")
        where = self.tr("an NVIDIA card") if shown.backend == "cuda" else self.tr("the processor")
        text = shown.said or self.tr("Training is installed.")
        return f"{text} " + self.tr("It takes {0} and computes on {1}.").format(on_disk, where)

    def _install(self) -> None:
        self._component.install()

    def _from_folder(self) -> None:
        if folder := ask_for_folder(self, self.tr("The folder with the wheels")):
            self._component.install(folder)

    def _repair(self) -> None:
        self._component.repair()

    def _remove(self) -> None:
        title, text = self.tr("Remove training?"), self.tr("Models that were trained stay. You can install it again.")
        if self._confirm(title, text, self.tr("Remove")):
            self._component.remove()

    def _cancel(self) -> None:
        self._component.cancel()


def _left(seconds: float) -> str:
    minutes = round(seconds / 60)
    return "less than a minute" if seconds < 60 else f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
