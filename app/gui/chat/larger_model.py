"""The quiet line of an empty chat that leads from the starter to a model that answers better."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.chat.start_page import StartPage
from app.gui.models.controller import ModelsController
from app.gui.remember import remember
from app.gui.theme import theme
from app.gui.widgets import Button, IconButton, IconLabel, Label
from app.models.offered import FITS
from app.settings import LARGER_MODEL_HINT, Settings
from app.types import InstalledModel


class LargerModel(QObject):
    """Decides whether there is something to say: the starter answers, and this computer could do better."""

    models_asked = Signal()

    def __init__(self, models: ModelsController, settings: Settings, page: StartPage) -> None:
        super().__init__(page)
        self._models, self._settings, self._page = models, settings, page
        self._line: LargerModelLine | None = None
        if not settings.get(LARGER_MODEL_HINT):
            return
        catalogue = models.catalogue
        for signal in (catalogue.offered, catalogue.downloads_changed, models.models_changed, models.switched):
            signal.connect(self._refresh)
        catalogue.load()
        self._refresh()

    def _refresh(self, *_: object) -> None:
        text = self._text() if self._settings.get(LARGER_MODEL_HINT) else ""
        if text and self._line is None:
            self._line = line = LargerModelLine()
            line.act.clicked.connect(self._act)
            line.dismiss.clicked.connect(self._dismiss)
            self._page.add_foot(line)
        if self._line is not None:
            self._line.show_text(text, uses=self._here() is not None)

    def _act(self) -> None:
        here = self._here()
        if here is None:
            self.models_asked.emit()
        else:
            self._models.switch_to(here.id)

    def _here(self) -> InstalledModel | None:
        """The largest that was downloaded or brought and could answer instead, while nothing else is on its way."""
        if self._models.catalogue.coming or self._models.switching_to:
            return None
        brought = [each for each in self._models.models() if each.origin in ("downloaded", "imported")]
        fitting = [each for each in brought if (fit := self._models.fit(each)) is not None and fit.kind in FITS]
        return max(fitting, key=lambda each: each.parameters, default=None)

    def _text(self) -> str:
        active, catalogue = self._models.active, self._models.catalogue
        if active is None or active.origin != "starter":
            return ""
        coming = catalogue.coming
        if len(coming) == 1:
            said = self.tr("{0} is on its way, {1}. You can chat meanwhile.")
            return said.format(coming[0].name, catalogue.progress)
        if coming:
            said = self.tr("{0} models are on their way, {1}. You can chat meanwhile.")
            return said.format(len(coming), catalogue.progress)
        here = self._here()
        if here is not None:
            return self.tr("{0} is here and answers better than the small starter.").format(here.name)
        offer = catalogue.recommended
        if self._models.switching_to or offer is None or catalogue.blocked:
            return ""
        return self.tr("A larger model answers better: {0} fits this computer.").format(offer.model.name)

    def _dismiss(self) -> None:
        remember(self._settings, LARGER_MODEL_HINT, False)
        self._refresh()


class LargerModelLine(QWidget):
    """A sentence, the way to the Models page, and the way to be rid of it for good."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel("box", "text3", 16))
        self._label = Label("", "caption", "text2", wrap=True)
        row.addWidget(self._label, 1)
        self.act = Button(self.tr("Models"), "link")
        row.addWidget(self.act)
        self.dismiss = IconButton("x", self.tr("Do not show this again"))
        row.addWidget(self.dismiss)
        theme().changed.connect(self._fit_width)

    def show_text(self, text: str, *, uses: bool) -> None:
        """Say this, or nothing for ""; the button uses the model named there, or leads to all of them."""
        self._label.setText(text)
        self.act.setText(self.tr("Use it") if uses else self.tr("Models"))
        self.act.setAccessibleName(self.tr("Use this model") if uses else self.tr("Show the models"))
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self._fit_width()

    def _fit_width(self) -> None:
        """As wide as its words, so that the buttons follow them; where there is less room, these wrap."""
        words = QFontMetrics(theme().font("caption")).horizontalAdvance(self._label.text()) + 2
        others = 16 + self.act.sizeHint().width() + self.dismiss.sizeHint().width() + 3 * self._row.spacing()
        self.setMaximumWidth(words + others)
