"""Updates, in Settings: which version runs, which one is offered, and how one is taken, started and gone back from."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.core.calls.updates import UpdateShown
from app.gui.hardware import size_text
from app.gui.settings.updates import Updates
from app.gui.widgets import Banner, Button, Label, ProgressBar
from app.gui.widgets.file_dialogs import ask_for_file
from app.gui.widgets.wrap import WrapLayout
from app.release_feed import Release


class UpdateSection(QWidget):
    """Shows the state that the core tells."""

    def __init__(
        self,
        updates: Updates,
        confirm: Callable[[str, str, str], bool],
        restart: Callable[[], object],
        go_back: Callable[[], object],
    ) -> None:
        """`confirm` asks a question: title, text, button. `restart` and `go_back` close the window, and start the
        version that counts next, or the one before."""
        super().__init__()
        self._updates, self._confirm, self._restart, self._go_back = updates, confirm, restart, go_back
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 10)
        column.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = Label(self.tr("Updates"), "uiStrong", wrap=True)
        words.addWidget(self.title)
        self.text = Label("", "caption", "text2", wrap=True)
        words.addWidget(self.text)
        column.addLayout(words)
        self.notes = Label("", "caption", "text2", wrap=True)
        column.addWidget(self.notes)
        self.problem = Banner("warning", self.tr("The newer version could not be taken."))
        column.addWidget(self.problem)
        self.bar = ProgressBar(self.tr("Taking a newer version"))
        column.addWidget(self.bar)
        column.addWidget(self._build_buttons())
        updates.changed.connect(self._show)
        self._show()
        updates.refresh()

    def _build_buttons(self) -> QWidget:
        self.take = Button("", "secondary", "download")
        self.take.clicked.connect(self._take)
        self.start = Button(self.tr("Restart now"), "secondary", "refresh-cw")
        self.start.clicked.connect(self._start)
        self.look = Button(self.tr("Look now"), "secondary", "search")
        self.look.clicked.connect(self._updates.look)
        self.file = Button(self.tr("Choose a file…"), "secondary", "file-plus")
        self.file.clicked.connect(self._choose_file)
        self.back = Button("", "quiet", "undo-2")
        self.back.clicked.connect(self._ask_to_go_back)
        self.cancel = Button(self.tr("Cancel"), "quiet")
        self.cancel.clicked.connect(self._updates.cancel)
        holder = QWidget()
        row = WrapLayout(holder)
        for button in (self.take, self.start, self.look, self.file, self.back, self.cancel):
            row.addWidget(button)
        return holder

    def _show(self) -> None:
        shown = self._updates.shown
        self.setVisible(shown is not None)
        if shown is None:
            return
        doing, may = bool(shown.doing), not shown.cannot
        self.problem.setVisible(bool(shown.problem) and not doing)
        if shown.problem:
            self.problem.set_text(shown.problem, shown.advice)
        self.text.setText(self._words(shown))
        offered = shown.offered if not doing and not shown.following else None
        self.notes.setText(offered.notes.strip() if offered else "")
        self.notes.setVisible(bool(self.notes.text()))
        self.bar.setVisible(shown.doing in ("fetching", "unpacking", "stopping"))
        self.bar.set_fraction(shown.done / shown.total if shown.total else 0.0)
        self.take.setVisible(offered is not None and may)
        if offered is not None:
            self.take.setText(self.tr("Update to {0}").format(offered.version))
        if shown.blocked:
            self.take.disable(shown.blocked)
            self.look.disable(shown.blocked)
        else:
            self.take.enable()
            self.look.enable()
        self.start.setVisible(bool(shown.following) and not doing)
        self.look.setVisible(bool(shown.source) and not doing)
        self.file.setVisible(may and not doing)
        self.back.setVisible(bool(shown.before) and may and not doing)
        self.back.setText(self.tr("Go back to {0}").format(shown.before))
        self.cancel.setVisible(doing and shown.doing != "stopping")

    def _words(self, shown: UpdateShown) -> str:
        """A sentence or two about how it stands."""
        amount = f"{size_text(shown.done)} of {size_text(shown.total)}"
        doing = {
            "looking": self.tr("Asking {0}…").format(shown.source),
            "fetching": self.tr("Fetching from {0}: {1}. The window may be closed.").format(shown.source, amount),
            "unpacking": self.tr("Unpacking and trying it: {0}. The window may be closed.").format(amount),
            "stopping": self.tr("Stopping…"),
        }
        if shown.doing:
            return doing[shown.doing] if shown.total or shown.doing != "fetching" else self.tr("Fetching…")
        parts = [self.tr("Version {0} is in use.").format(shown.version)]
        if shown.following:
            parts.append(self._followed(shown))
        elif shown.offered is not None:
            parts.append(self._offered(shown, shown.offered))
        elif shown.unreachable:
            parts.append(self.tr("The last look for a newer one failed. {0}").format(shown.unreachable))
        elif shown.looked:
            parts.append(self.tr("Nothing newer at {0} on {1}.").format(shown.source, _when(shown.looked)))
        elif shown.source and shown.blocked:
            parts.append(shown.blocked)
        elif not shown.source:
            parts.append(self.tr("No place is set above, so nothing is looked for."))
        if shown.cannot:
            parts.append(f"{shown.cannot} {shown.who}")
        return " ".join(parts)

    def _followed(self, shown: UpdateShown) -> str:
        unchecked = self.tr("Its file came without a checksum to compare with.")
        text = self.tr("Version {0} is used from the next start on.").format(shown.following)
        return text if shown.checked else f"{text} {unchecked}"

    def _offered(self, shown: UpdateShown, offered: Release) -> str:
        text = self.tr("Version {0} is at {1}, {2} to fetch.")
        said = text.format(offered.version, shown.source, size_text(offered.bytes))
        if shown.cannot:
            return said
        return f"{said} " + self.tr("This one stays beside it, and your data is copied before it is changed.")

    def _take(self) -> None:
        self._updates.take()

    def _choose_file(self) -> None:
        if path := ask_for_file(self, self.tr("A newer version"), "Inhouse (*.tar.zst *.tar.xz *.tar.gz)"):
            self._updates.take(path)

    def _start(self) -> None:
        self._restart()

    def _ask_to_go_back(self) -> None:
        shown = self._updates.shown
        if shown is None:
            return
        title = self.tr("Go back to version {0}?").format(shown.before)
        text = self.tr(
            "Inhouse closes and starts again as version {0}. What that cannot read of your data is put back as it was "
            "before the update; the newer data is kept in the folder “backups”."
        )
        if self._confirm(title, text.format(shown.before), self.tr("Go back to {0}").format(shown.before)):
            self._updates.make_way(self._go_back)


def _when(seconds: float) -> str:
    moment = QDateTime.fromSecsSinceEpoch(int(seconds))
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)
