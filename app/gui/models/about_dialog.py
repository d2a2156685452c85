"""All that is known of a model that can be fetched, and which of its files to fetch."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.hardware import planned, size_text
from app.gui.models import catalogue_words as words
from app.gui.models.catalogue import ModelCatalogue
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, Chip, IconLabel, Label, TextField, empty_layout
from app.gui.widgets.choices import RadioButton
from app.gui.widgets.dialogs import scrolled
from app.hub import HubFile, Offer

WIDTH, HEIGHT = 560, 660


class AboutDialog(QDialog):
    """Closes with a download, or without one."""

    def __init__(self, catalogue: ModelCatalogue, offer: Offer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._catalogue, self._offer = catalogue, offer
        self._files: tuple[Offer, ...] = (offer,)
        self._chosen = offer
        self._left = False
        self.setWindowTitle(self.tr("About {0}").format(offer.model.name))
        self.setModal(True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(12)
        outer.addWidget(Label(offer.model.name, "heading", wrap=True))
        area, self._column = scrolled(self.tr("About {0}").format(offer.model.name))
        outer.addWidget(area, 1)
        self.token = TextField(
            self.tr("Access token"), self.tr("Leave it empty if you have given it before"), parent=self
        )
        self.token.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setVisible(offer.model.gated)
        self._build_facts()
        self._column.addSpacing(8)
        self._column.addWidget(Label(self.tr("Files"), "uiStrong"))
        said = self.tr("A smaller file of the same model needs less memory and answers a little worse.")
        self._column.addWidget(Label(said, "caption", "text2", wrap=True))
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self._column.addLayout(self._list)
        self._note = Label("", "caption", "text2", wrap=True)
        self._note.hide()
        self._column.addWidget(self._note)
        self._column.addSpacing(8)
        self._why = QVBoxLayout()
        self._why.setSpacing(4)
        self._column.addLayout(self._why)
        self._column.addStretch(1)
        outer.addLayout(self._build_buttons())
        self._show_files()
        self._ask()
        screen = self.screen().availableSize()
        self.resize(min(theme().px(WIDTH), screen.width() - 32), min(theme().px(HEIGHT), screen.height() - 64))

    def _build_facts(self) -> None:
        model = self._offer.model
        if model.good_at:
            self._column.addWidget(Label(model.good_at[:1].upper() + model.good_at[1:], wrap=True))
        can = QVBoxLayout()
        can.setSpacing(4)
        for text in words.abilities(self._offer):
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(IconLabel("check", "success", 16))
            row.addWidget(Label(text, wrap=True), 1)
            can.addLayout(row)
        self._column.addLayout(can)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for line, (name, value) in enumerate(words.facts(self._offer)):
            grid.addWidget(Label(name, "ui", "text2"), line, 0, Qt.AlignmentFlag.AlignTop)
            shown = Label(value, "ui", wrap=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(shown, line, 1)
        self._column.addLayout(grid)
        if model.gated:
            said = self.tr("Whoever made it wants you to accept their terms first.")
            how = self.tr("Do so on its page, and make an access token there. It is kept in this system's keyring.")
            self._column.addWidget(Banner("info", said, how))
            self._column.addWidget(self.token)

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        catalogue = self._catalogue.catalogue
        self.page = Button(self.tr("Open its page"), "quiet", "external-link")
        if catalogue is not None and catalogue.hub:
            address = f"https://{catalogue.hub}/{self._offer.model.repo}"
            self.page.setToolTip(address)
            self.page.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(address)))
        else:
            self.page.hide()
        row.addWidget(self.page)
        row.addStretch(1)
        close = Button(self.tr("Close"))
        close.clicked.connect(self.reject)
        row.addWidget(close)
        self.fetch = Button(self.tr("Download"), "primary", "download")
        self.fetch.clicked.connect(self._fetch)
        row.addWidget(self.fetch)
        close.setFocus()
        return row

    def _ask(self) -> None:
        """The hub knows all files and how each would run; without it the catalogue's have to do."""
        if self._catalogue.blocked:
            return
        self._say(self.tr("Looking for its other files"))
        self._job = self._catalogue.show_files(self._offer, self._found, self._not_found)
        self.finished.connect(self._leave)

    def _leave(self) -> None:
        """What is answered from now on nobody sees."""
        self._left = True
        if self._job.active:
            self._job.cancel(insist=False)

    def _found(self, offers: tuple[Offer, ...]) -> None:
        if self._left:
            return
        self._say("")
        if offers:
            self._files = offers
            self._show_files()

    def _not_found(self, error: AppError) -> None:
        if not self._left:
            self._say(str(error))

    def _say(self, text: str) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _show_files(self) -> None:
        """One line a file; the one that suits this computer best is chosen first."""
        empty_layout(self._list)
        same = next((each for each in self._files if each.file.name == self._chosen.file.name), None)
        self._chosen = same or self._files[0]
        for each in self._files:
            self._list.addWidget(self._row(each))
        self._show_chosen()

    def _row(self, offer: Offer) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        text = file_text(offer.file)
        mark = RadioButton(text, checked=offer is self._chosen, name=f"{text}, {offer.fit.text}")
        mark.setAutoExclusive(False)  # its siblings stand in other rows
        mark.clicked.connect(lambda: self._choose(offer))
        mark.setProperty("file", offer.file.name)
        row.addWidget(mark, 1)
        fit = planned(offer.fit)
        chip = Chip(fit.text, fit.kind, fit.icon)
        chip.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row.addWidget(chip)
        return holder

    def _choose(self, offer: Offer) -> None:
        self._chosen = offer
        for mark in self.findChildren(RadioButton):
            mark.setChecked(mark.property("file") == offer.file.name)
        self._show_chosen()

    def _show_chosen(self) -> None:
        empty_layout(self._why)
        chosen = self._chosen
        if chosen.fit.why:
            self._why.addWidget(Label(self.tr("Why"), "uiStrong"))
        for text in chosen.fit.why:
            self._why.addWidget(Label(text, "caption", "text2", wrap=True))
        size = size_text(chosen.file.bytes) if chosen.file.bytes else ""
        self.fetch.setAccessibleName(self.tr("Download {0} {1}").format(chosen.model.name, size).strip())
        if self._catalogue.blocked:
            self.fetch.disable(self._catalogue.blocked)
        elif chosen.installed:
            self.fetch.disable(self.tr("It is installed."))
        elif chosen.fit.kind == "large":
            self.fetch.disable(chosen.fit.text)
        elif any((each.repo, each.file) == (chosen.model.repo, chosen.file.name) for each in self._catalogue.downloads):
            self.fetch.disable(self.tr("It is on its way."))
        else:
            self.fetch.enable()

    def _fetch(self) -> None:
        token, chosen = self.token.text().strip(), self._chosen
        if token:
            self._catalogue.keep_token(token, lambda: self._catalogue.fetch(chosen))
        else:
            self._catalogue.fetch(chosen)
        self.accept()


def file_text(file: HubFile) -> str:
    """ "Q4_K_M, 4.9 GB", or the file's name where nothing else is known."""
    size = size_text(file.bytes) if file.bytes else ""
    return ", ".join(part for part in (file.quantization, size) if part) or file.name
