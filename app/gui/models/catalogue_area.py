"""The catalogue on the Models page: one recommendation, others, a search of the hub, and what is on its way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.gui.models.about_dialog import AboutDialog
from app.gui.models.catalogue import in_order, offer_of
from app.gui.models.controller import ModelsController
from app.gui.models.offer_card import OfferCard
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, IconLabel, Label, SearchField, empty_layout
from app.hub import Download, Offer

FIRST = 6
"""Cards that are shown before a person asks for all of them: two rows in a window of usual width."""
CARD_WIDTH = 256
GAP = 16


class CatalogueArea(QWidget):
    """Cards over the controller's offers, results and downloads; hidden where the core has no catalogue."""

    import_asked = Signal()
    rebuilt = Signal()
    """There are other cards: Tab has to be told."""

    def __init__(self, models: ModelsController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models, self._catalogue = models, models.catalogue
        self._all = False
        self._cards: list[OfferCard] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._build_head())
        column.addSpacing(12)
        column.addLayout(self._build_search())
        column.addSpacing(12)
        self._messages = QVBoxLayout()
        column.addLayout(self._messages)
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        column.addLayout(self._grid)
        self.more = Button("", "quiet", "chevron-down")
        self.more.clicked.connect(self._show_all)
        column.addSpacing(8)
        column.addWidget(self.more, alignment=Qt.AlignmentFlag.AlignLeading)
        column.addSpacing(16)
        # As wide as the page: else the cards that stand beside each other now would keep it from getting narrower.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Catalogue"))
        self._catalogue.offered.connect(self.refresh)
        self._catalogue.found.connect(self._searched)
        self._catalogue.downloads_changed.connect(self._show_downloads)
        models.models_changed.connect(self.refresh)
        models.switched.connect(self.refresh)
        self.refresh()

    def cards(self) -> list[OfferCard]:
        """What is shown, in its order."""
        return list(self._cards)

    def refresh(self, *_: object) -> None:
        """Build the cards anew; the keyboard stays on its card."""
        catalogue = self._catalogue.catalogue
        broken = self._catalogue.load_error
        self.setVisible(catalogue is not None or bool(self._catalogue.downloads) or broken is not None)
        if catalogue is not None:
            hint = self.tr("Search {0}: words, a repository or a link").format(catalogue.hub)
            self.search.setPlaceholderText(hint)
            self.search.setAccessibleName(hint)
        blocked = self._catalogue.blocked
        self.search.setEnabled(not blocked)
        if blocked:
            self.go.disable(blocked)
        else:
            self.go.enable()
        self._say()
        focused = QApplication.focusWidget()
        held = next((card for card in self._cards if focused is not None and card.isAncestorOf(focused)), None)
        for card in self._cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = [self._card(offer, lead) for offer, lead in self._shown()]
        self._place()
        self.rebuilt.emit()
        for card in self._cards:
            card.show()  # now: a layout makes no room for what is shown with the next event
        self._show_progress()
        if held is not None:
            self._focus(held.offer)

    def _searched(self) -> None:
        self.refresh()
        if self._catalogue.query and not self._catalogue.looking:
            error = self._catalogue.search_error
            text = self._result_line() if error is None else str(error)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    # --- parts --------------------------------------------------------------------------------------------------------

    def _build_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(self.tr("Catalogue"), "heading"))
        said = self.tr("Downloading uses the internet. Your chats and documents are never sent.")
        head.addStretch(1)
        head.addWidget(IconLabel("download", "text2", 14))
        self._note = Label(said, "caption", "text2", wrap=True)
        head.addWidget(self._note, 1000)
        theme().changed.connect(self._fit_note)
        self._fit_note()
        return head

    def _fit_note(self) -> None:
        """No wider than its words: the icon stands before the first."""
        self._note.setMaximumWidth(self._note.fontMetrics().horizontalAdvance(self._note.text()) + 1)

    def _build_search(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.search = SearchField(self.tr("Search for models"))
        self.search.returnPressed.connect(lambda: self._catalogue.search(self.search.text()))
        self.search.textChanged.connect(self._typed)
        self.go = Button(self.tr("Search"))
        self.go.clicked.connect(lambda: self._catalogue.search(self.search.text()))
        self.back = Button(self.tr("Back to the catalogue"), "quiet", "undo-2")
        self.back.clicked.connect(self.search.clear)
        row.addWidget(self.search, 1)
        row.addWidget(self.go)
        row.addWidget(self.back)
        return row

    def _card(self, offer: Offer, lead: bool) -> OfferCard:
        active = self._models.active
        in_use = active is not None and active.id == offer.installed
        card = OfferCard(offer, lead=lead, in_use=in_use, blocked=self._catalogue.blocked, parent=self)
        card.fetch_asked.connect(self._catalogue.fetch)
        card.about_asked.connect(self._about)
        card.use_asked.connect(self._models.switch_to)
        card.pause_asked.connect(self._catalogue.pause)
        card.resume_asked.connect(self._catalogue.resume)
        card.cancel_asked.connect(self._catalogue.cancel)
        return card

    def _say(self) -> None:
        """What stands above the cards: why nothing can be fetched, or how the search went."""
        empty_layout(self._messages)
        catalogue = self._catalogue
        self.back.setVisible(bool(catalogue.query))
        if catalogue.load_error is not None and not catalogue.query:
            self._add_message(Banner("danger", catalogue.load_error.message, catalogue.load_error.hint))
        elif catalogue.blocked:
            how = self.tr("Fetch the file on another computer, bring it here on a stick, and import it below.")
            banner = Banner("info", catalogue.blocked, how, self.tr("Choose file"))
            banner.acted.connect(self.import_asked)
            self._add_message(banner)
        elif catalogue.search_error is not None:
            self._add_message(Banner("danger", catalogue.search_error.message, catalogue.search_error.hint))
        elif catalogue.looking:
            self._add_message(Label(self.tr("Looking for “{0}”").format(catalogue.query), "ui", "text2", wrap=True))
        elif catalogue.query:
            self._add_message(Label(self._result_line(), "ui", "text2", wrap=True))

    def _result_line(self) -> str:
        count = len(self._catalogue.results)
        if not count:
            return self.tr("No model was found for “{0}”. Try fewer words.").format(self._catalogue.query)
        said = self.tr("1 model found for “{1}”") if count == 1 else self.tr("{0} models found for “{1}”")
        return said.format(count, self._catalogue.query)

    def _add_message(self, widget: QWidget) -> None:
        self._messages.addWidget(widget)
        self._messages.addSpacing(12)

    # --- what is shown ------------------------------------------------------------------------------------------------

    def _shown(self) -> list[tuple[Offer, bool]]:
        """(offer, whether it is the recommended one): what is on its way first, then what could be."""
        catalogue = self._catalogue
        lead = catalogue.recommended if not catalogue.query else None
        listed = catalogue.catalogue.offers if catalogue.catalogue is not None else ()
        offers: Sequence[Offer] = catalogue.results if catalogue.query else in_order(listed)
        others = [offer for offer in offers if offer is not lead]
        kept = others if self._all or catalogue.query else others[:FIRST]
        hidden = others[len(kept) :]
        coming = [offer for offer in hidden if catalogue.download_of(offer) is not None]
        self.more.setVisible(len(hidden) > len(coming))
        self.more.setText(self.tr("Show all {0} models").format(len(offers)))
        shown = [(lead, True)] if lead is not None else []
        shown += [(offer, False) for offer in (*kept, *coming)]
        return [(offer_of(each), False) for each in self._unclaimed([offer for offer, _ in shown])] + shown

    def _unclaimed(self, offers: Sequence[Offer]) -> list[Download]:
        """Downloads that no card shows."""
        claimed = {each.id for offer in offers if (each := self._catalogue.download_of(offer)) is not None}
        return [each for each in self._catalogue.downloads if each.id not in claimed]

    def _show_downloads(self) -> None:
        """Twice a second while something comes: new cards only where one has come or gone."""
        wanted = [(offer.model.repo, offer.file.name) for offer, _ in self._shown()]
        if wanted != [(card.offer.model.repo, card.offer.file.name) for card in self._cards]:
            self.refresh()
        else:
            self._show_progress()

    def _show_progress(self) -> None:
        for card in self._cards:
            card.show_download(self._catalogue.download_of(card.offer))

    def _show_all(self) -> None:
        self._all = True
        first = len(self._cards)
        self.refresh()
        if first < len(self._cards):
            self._cards[first].first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def _typed(self, text: str) -> None:
        """An empty field is the catalogue again; a search begins with Enter only, since it uses the internet."""
        if not text.strip() and self._catalogue.query:
            self._catalogue.search("")

    def _about(self, offer: Offer) -> None:
        dialog = AboutDialog(self._catalogue, offer, self)
        dialog.exec()
        dialog.deleteLater()

    def _focus(self, offer: Offer) -> None:
        same = (card for card in self._cards if card.offer.model.repo == offer.model.repo)
        card = next(same, None)
        if card is not None:
            card.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    # --- shape --------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """As many cards beside each other as there is room for; the recommended one has a row of its own."""
        widest = max((card.minimumSizeHint().width() for card in self._cards), default=0)
        columns = max(min((self.width() + GAP) // (max(theme().px(CARD_WIDTH), widest) + GAP), 3), 1)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        row = column = 0
        for card in self._cards:
            self._grid.removeWidget(card)
            if card.is_lead:
                row, column = row + bool(column), 0
                self._grid.addWidget(card, row, 0, 1, columns)
                row += 1
                continue
            self._grid.addWidget(card, row, column)
            row, column = (row, column + 1) if column + 1 < columns else (row + 1, 0)
