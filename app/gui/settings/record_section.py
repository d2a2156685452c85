"""The record of what was done, in Settings: its newest lines, whether each byte is as it was written, and a copy."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.audit.chain import Record
from app.core.calls.audit import ExportRecord, ReadRecord, RecordRead, RecordVerified, VerifyRecord
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.widgets import Button, ElidedLabel, Label, empty_layout
from app.gui.widgets.file_dialogs import ask_where_to_save
from app.gui.widgets.page_frame import Separator

SHOWN = 30


class RecordSection(QWidget):
    """Reads when it is shown, and when somebody asks."""

    def __init__(self, core: CoreClient) -> None:
        super().__init__()
        self._core = core
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(self.tr("Record"), "heading"), 1)
        self.check = Button(self.tr("Check it"), "secondary", "shield-check")
        self.check.setToolTip(self.tr("Reads every byte of it: a changed, lost or added one is found."))
        self.check.clicked.connect(self.verify)
        self.save = Button(self.tr("Save a copy"), "secondary", "download")
        self.save.clicked.connect(self._save)
        row.addWidget(self.check)
        row.addWidget(self.save)
        column.addLayout(row)
        self.said = Label("", "ui", "text2", wrap=True)
        flags = Qt.TextInteractionFlag
        self.said.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.said.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the head is copied from here, also without a mouse
        self.said.hide()
        column.addWidget(self.said)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        column.addLayout(self._rows)

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Read the newest records."""
        self._core.request(ReadRecord(limit=SHOWN), done=self._show, failed=self._failed)

    def verify(self) -> None:
        """Have every byte read."""
        self.check.setEnabled(False)
        self._core.request(VerifyRecord(), done=self._verified, failed=self._failed)

    def _show(self, read: RecordRead) -> None:
        empty_layout(self._rows)
        if read.problem:
            self._say(read.problem)
        elif not read.records:
            self._say(self.tr("Nothing is recorded.") if read.mode == "off" else self.tr("Nothing yet."))
        self.save.setEnabled(bool(read.records))
        self.check.setEnabled(bool(read.records))
        for record in reversed(read.records):
            self._rows.addWidget(_Row(record))
            self._rows.addWidget(Separator())

    def _verified(self, data: RecordVerified) -> None:
        found = data.verified
        self.check.setEnabled(True)
        if found.problem:
            said = self.tr("The record is not as it was written. {0} {1}").format(found.problem, found.where)
        else:
            said = self.tr("{0} records, each as it was written. Head: {1}").format(f"{found.records:,}", found.head)
        self._say(said.strip())

    def _save(self) -> None:
        path = ask_where_to_save(self, self.tr("Save a copy"), "inhouse-record.jsonl", "JSON Lines (*.jsonl)")
        if path is not None:
            self._core.request(ExportRecord(path=str(path)), done=lambda _: self._saved(path), failed=self._failed)

    def _saved(self, path: Path) -> None:
        self._say(self.tr("Saved as “{0}”.").format(path.name))

    def _failed(self, error: AppError) -> None:
        self.check.setEnabled(True)
        self._say(str(error))


class _Row(QWidget):
    """When, what, and a few words about it."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(16)
        at = QDateTime.fromString(record.at, Qt.DateFormat.ISODateWithMs).toLocalTime()
        when = QLocale().toString(at, QLocale.FormatType.ShortFormat)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(f"{self._what(record)}", "uiStrong"))
        about = self._about(record)
        words.addWidget(ElidedLabel(about, "caption", "text2"))
        row.addLayout(words, 1)
        row.addWidget(Label(when, "caption", "text2"), alignment=Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(f"{record.n}. {when}. {self._what(record)}. {about}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _what(self, record: Record) -> str:
        named = {
            "begun": self.tr("The record begins"),
            "asked": self.tr("Asked and answered"),
            "added": self.tr("Added"),
            "taught": self.tr("Taught"),
            "swapped": self.tr("Model in use"),
            "exported": self.tr("Exported"),
            "removed": self.tr("Removed"),
            "refused": self.tr("Refused by the company's policy"),
            "served": self.tr("Open to programs"),
            "mended": self.tr("A line that was cut short was taken out"),
            "shortened": self.tr("Records are missing at the end"),
        }
        return named.get(record.what, record.what)

    def _about(self, record: Record) -> str:
        about = record.about
        parts = [str(about[key]) for key in ("kind", "question", "name", "to", "call") if about.get(key)]
        passages = about.get("passages")
        if isinstance(passages, list) and passages:
            count = len(passages)
            parts.append(self.tr("1 passage") if count == 1 else self.tr("{0} passages").format(count))
        who = [each for each in (record.who, record.door) if each]
        return ", ".join([*parts, *who])
