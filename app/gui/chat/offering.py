"""Asks the core, a moment after the last key, which use case fits what is typed, and shows it above the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from app.core.calls.offers import Offered, Offers
from app.core.requests import Job
from app.gui.chat import parts
from app.gui.chat.asked_filter import AskedFilter
from app.gui.chat.chat_files import ChatFiles
from app.gui.chat.controller import ChatController
from app.gui.chat.frame import ChatFrame
from app.text.offers.offer import Offer, OfferKind
from app.types import Filter

if TYPE_CHECKING:
    from app.gui.chat.offer_line import OfferLine

OFFER_DELAY_MS = 350
LONGEST = 2_000
"""Characters; a longer text asks for nothing that a rule reads."""


class ComposerOffers(QObject):
    """Never in the way: Enter sends what is typed, whatever is offered, and what was dismissed stays away."""

    asked = Signal(str, object)
    """A question to send now, and the Filter of the documents that it asks."""
    taken = Signal(object)
    """Offer that another page carries out; what is typed stays."""

    def __init__(self, controller: ChatController, frame: ChatFrame, filters: AskedFilter, files: ChatFiles) -> None:
        super().__init__(frame)
        self._controller, self._frame, self._filters, self._files = controller, frame, filters, files
        self._composer = frame.composer
        self.line: OfferLine | None = None
        self._job: Job | None = None
        self._call = Offers(text="")
        self._dismissed: set[OfferKind] = set()
        """What is not wanted for this text; a new one begins anew."""
        self._timer = QTimer(self, singleShot=True, interval=OFFER_DELAY_MS)
        self._timer.timeout.connect(self._ask)
        self._composer.text_changed.connect(self._typed)
        self._composer.sent.connect(lambda _: self._withdraw())
        files.changed.connect(self._again)
        filters.changed.connect(self._again)
        controller.collection_changed.connect(self._again)
        controller.chat_opened.connect(self._opened)
        controller.question_added.connect(self._again)
        controller.answer_finished.connect(self._again)

    @property
    def offer(self) -> Offer | None:
        """What is offered now."""
        return self.line.offer if self.line is not None else None

    def dismiss(self) -> bool:
        """Take the offer away, and do not make it again for this text; → whether there was one."""
        offer = self.offer
        if offer is None:
            return False
        self._dismissed.add(offer.kind)
        self._show(())
        self._composer.edit.setFocus()
        return True

    # --- when to look -------------------------------------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        if not text.strip():
            self._dismissed.clear()
            self._show(())
        self._timer.start()

    def _opened(self, _: object) -> None:
        self._dismissed.clear()
        self._withdraw()
        self._timer.start()

    def _again(self, *_: object) -> None:
        self._timer.start()

    def _withdraw(self) -> None:
        """What is shown does not fit any more, and nothing that is on its way is wanted."""
        self._timer.stop()
        self._call = Offers(text="")
        if self._job is not None:
            self._job.cancel(insist=False)
        self._show(())

    def _ask(self) -> None:
        """Ask about the text as it is now; while an answer is written nothing is offered."""
        text, files = self._composer.text(), self._files.all
        wanted = bool(text.strip()) or (bool(files) and all(each.is_read for each in files))
        if self._controller.writing() is not None or not wanted or len(text) > LONGEST:
            self._withdraw()
            return
        asked = self._controller.collection_id
        call = Offers(
            text=text,
            chat_id=max(self._controller.chat_id, 0),
            collections=(asked,) if asked else None,
            filter=self._filters.to_send,
        )
        if self._job is not None:
            self._job.cancel(insist=False)
        self._call = call
        self._job = self._controller.core.request(
            call, done=lambda data: self._offered(call, data), failed=lambda _: None
        )

    def _offered(self, call: Offers, data: Offered) -> None:
        if call is self._call and call.text == self._composer.text():
            self._show(data.offers)

    # --- what is shown, and what comes of it --------------------------------------------------------------------------

    def _show(self, found: tuple[Offer, ...]) -> None:
        first = next((each for each in found if each.kind not in self._dismissed), None)
        if self.line is None:
            if first is None:
                return
            self.line = parts.offer_line()()
            self.line.taken.connect(self._take)
            self.line.dismissed.connect(self.dismiss)
            self.line.left.connect(self._composer.edit.setFocus)
            self._frame.add_offer(self.line)
        self.line.show_offer(first)

    def _take(self, offer: Offer) -> None:
        self._withdraw()
        match offer.kind:
            case "calculate":
                own = {} if offer.attached else {"documents": offer.documents}
                self.asked.emit(offer.request, msgspec.structs.replace(self._filters.to_send, **own))
            case "summarise":
                self.asked.emit(self.tr("Summarise {0}").format(offer.names[0]), Filter())
            case _:
                self.taken.emit(offer)
