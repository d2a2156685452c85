"""A model that can be fetched, on a card: what it is, how it would run, and how far its download is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.gui.hardware import planned
from app.gui.models import catalogue_words as words
from app.gui.theme import theme
from app.gui.widgets import Button, Chip, ElidedLabel, IconButton, Label, ProgressBar, ThemedWidget, paint_box
from app.hub import Download, Offer


class OfferCard(ThemedWidget):
    """Tells what was asked for; the area that holds it does it."""

    fetch_asked = Signal(object)
    """Offer"""
    about_asked = Signal(object)
    """Offer"""
    use_asked = Signal(str)
    """Id of the installed model."""
    pause_asked = Signal(str)
    resume_asked = Signal(str)
    cancel_asked = Signal(str)

    def __init__(
        self,
        offer: Offer,
        *,
        lead: bool = False,
        in_use: bool = False,
        blocked: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`lead`: the one that is recommended; `in_use`: it answers now; `blocked`: why nothing can be fetched."""
        super().__init__(parent)
        self.offer, self._lead = offer, lead
        self._key, self._state = "", ""  # of its download
        name = offer.model.name
        self.setAccessibleName(words.recommendation(offer) if lead else name)
        column = QVBoxLayout(self)
        column.setContentsMargins(17, 14, 17, 17)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(ElidedLabel(words.recommendation(offer) if lead else name, "body", strong=True), 1)
        self.licence = Label(offer.model.licence, "caption", "text2")
        head.addWidget(self.licence)
        column.addLayout(head)
        column.addSpacing(2)
        column.addWidget(Label(words.offer_line(offer), "caption", "text2", wrap=True))
        column.addSpacing(10)
        fit = planned(offer.fit)
        self.chip = Chip(fit.text, fit.kind, fit.icon)
        self.chip.set_raised(lead)
        self.chip.setToolTip("\n".join(offer.fit.why))
        column.addWidget(self.chip)
        column.addSpacing(16)
        column.addStretch(1)
        self._choice = _Choice(offer, lead, blocked, self)
        if in_use:
            self._choice.use.setText(self.tr("In use"))
            self._choice.use.disable(self.tr("It answers now."))
        self._progress = _Progress(self)
        column.addWidget(self._choice)
        column.addWidget(self._progress)
        self._choice.fetch.clicked.connect(lambda: self.fetch_asked.emit(self.offer))
        self._choice.about.clicked.connect(lambda: self.about_asked.emit(self.offer))
        self._choice.use.clicked.connect(lambda: self.use_asked.emit(self.offer.installed))
        self._progress.pause.clicked.connect(self._pause_or_resume)
        self._progress.again.clicked.connect(lambda: self.resume_asked.emit(self._key))
        self._progress.cancel.clicked.connect(lambda: self.cancel_asked.emit(self._key))
        self._progress.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    @property
    def is_lead(self) -> bool:
        """Whether it is the recommended one."""
        return self._lead

    def show_download(self, download: Download | None) -> None:
        """How far it is; None where nothing of it is on its way."""
        before = self._progress if self._key else self._choice
        self._key, self._state = (download.id, download.state) if download is not None else ("", "")
        shown = self._progress if download is not None else self._choice
        if download is not None:
            self._progress.show_download(download)
        if shown is not before:
            _trade(before, shown)

    def first_focus(self) -> QWidget:
        """Where the keyboard lands on this card."""
        return (self._progress if self._key else self._choice).first_focus()

    def _pause_or_resume(self) -> None:
        (self.resume_asked if self._state == "paused" else self.pause_asked).emit(self._key)

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, edge = ("accentSoft", "accent") if self._lead else ("surface", "border")
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color(fill), edge=theme().color(edge), radius=8)


class _Choice(QWidget):
    """The foot of a card that does nothing: fetch it, or use it where it is here."""

    def __init__(self, offer: Offer, lead: bool, blocked: str, parent: QWidget) -> None:
        super().__init__(parent)
        name = offer.model.name
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.fetch = Button(self.tr("Download"), "primary" if lead else "secondary", "download")
        self.fetch.setAccessibleName(self.tr("Download {0}, {1}").format(name, words.offer_line(offer)))
        self.use = Button(self.tr("Use now"))
        self.use.setAccessibleName(self.tr("Use {0} now").format(name))
        self.about = Button(self.tr("About"), "quiet")
        self.about.setAccessibleName(self.tr("About {0}").format(name))
        row.addWidget(self.fetch)
        row.addWidget(self.use)
        row.addStretch(1)
        row.addWidget(self.about)
        installed = bool(offer.installed)
        self.fetch.setVisible(not installed)
        self.use.setVisible(installed and offer.model.kind == "chat")
        if blocked:
            self.fetch.disable(blocked)
        elif offer.fit.kind == "large":
            self.fetch.disable(offer.fit.text)

    def first_focus(self) -> QWidget:
        buttons = (self.fetch, self.use, self.about)
        return next((each for each in buttons if each.isEnabled() and not each.isHidden()), self.about)


class _Progress(QWidget):
    """The foot of a card whose model is on its way."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        line = QHBoxLayout()
        line.setSpacing(4)
        self._percent = Label("", "caption", strong=True)
        self._amount = Label("", "caption", "text2")
        self._pace = ElidedLabel("", "caption", "text2")
        line.addWidget(self._percent)
        line.addWidget(self._amount)
        line.addStretch(1)
        line.addWidget(self._pace)
        column.addLayout(line)
        self._problem = Label("", "caption", "danger", wrap=True)
        column.addWidget(self._problem)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.bar = ProgressBar("")
        self.again = Button(self.tr("Try again"), icon="rotate-cw")
        self.pause = IconButton("pause", self.tr("Pause"), framed=True)
        self.cancel = IconButton("x", self.tr("Cancel"), framed=True)
        row.addWidget(self.again)
        row.addWidget(self.bar, 1)
        row.addStretch(0)
        row.addWidget(self.pause)
        row.addWidget(self.cancel)
        column.addLayout(row)

    def first_focus(self) -> QWidget:
        return next((each for each in (self.again, self.pause) if not each.isHidden()), self.cancel)

    def show_download(self, download: Download) -> None:
        name, failed, paused = download.name, download.state == "failed", download.state == "paused"
        self._percent.setText(f"{words.fraction(download):.0%}")
        self._amount.setText(words.amount(download))
        self._pace.set_text(words.pace(download))
        self.bar.set_fraction(words.fraction(download))
        self.bar.set_color("danger" if failed else "accent")
        self.bar.setAccessibleName(self.tr("Download of {0}").format(name))
        self._problem.setText(" ".join(part for part in (download.problem, download.advice) if part))
        self._problem.setVisible(failed)
        self.again.setVisible(failed)
        self.again.setAccessibleName(self.tr("Try to download {0} again").format(name))
        self.pause.setVisible(download.state in ("running", "waiting", "paused"))
        self.pause.set_icon("download" if paused else "pause")
        self.pause.set_name((self.tr("Go on with {0}") if paused else self.tr("Pause {0}")).format(name))
        self.cancel.set_name(self.tr("Cancel the download of {0}").format(name))


def _trade(old: _Choice | _Progress, new: _Choice | _Progress) -> None:
    """One foot takes the other's place, and the keyboard with it."""
    focused = any(each.hasFocus() for each in old.findChildren(QWidget))
    new.show()
    if focused:
        new.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)
    old.hide()
