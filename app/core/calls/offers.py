"""What a door asks while somebody types: which use case fits."""

from __future__ import annotations

from app.text.offers.offer import Offer
from app.types import Filter
from app.workers.message import Call, Data


class Offers(Call, frozen=True):
    """What fits a text that is not sent yet; → Offered. `collections` None: the model alone is asked, () all of them.

    Cancel it when the text is another one: only the last matters.
    """

    text: str
    chat_id: int = 0  # its files are asked too; 0: a chat that is still to begin
    collections: tuple[int, ...] | None = ()
    filter: Filter = Filter()


class Offered(Data, frozen=True):
    """The best first; mostly none."""

    offers: tuple[Offer, ...]


Calls = Offers
Answers = Offered
