"""Which models the welcome offers, and a card for each: those that are here, and larger ones that could be fetched."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.core.calls.catalogue import Catalogue
from app.gui.hardware import size_text
from app.gui.models.catalogue import in_order
from app.gui.models.catalogue_words import offer_size
from app.gui.widgets.choices import ChoiceCard
from app.hub import Offer
from app.types import InstalledModel

OFFERED = 3
"""Larger models to choose from; the Models page has all of them."""
FITS = ("gpu", "cpu", "part")
"""What is offered there: what runs."""


def model_card(model: InstalledModel) -> ChoiceCard:
    """A model that is here. Of the starter it says what so small a model can do, and what it cannot."""
    starter = model.origin == "starter"
    detail = _tr("Quotes your documents; too small to write well") if starter else _tr("From your own file")
    chip = _tr("Ready now, no download")
    facts = [size_text(model.file_bytes), model.quantization]
    return ChoiceCard(model.name, detail, chip=chip, facts=[fact for fact in facts if fact], height=76)


def offer_card(offer: Offer) -> ChoiceCard:
    """A model that could be fetched."""
    size = _tr("{0} download").format(offer_size(offer)) if offer_size(offer) else ""
    good_at = offer.model.good_at[:1].upper() + offer.model.good_at[1:]
    facts = [fact for fact in (size, offer.fit.text) if fact]
    chip = _tr("Best fit") if offer.recommended else ""
    return ChoiceCard(offer.model.name, good_at, chip=chip, facts=facts, height=72)


def larger_models(catalogue: Catalogue | None) -> list[Offer]:
    """What a first run offers beside the starter: the best fit first, nothing that is too large or cannot be had."""
    if catalogue is None or catalogue.blocked:
        return []
    possible = [
        offer
        for offer in catalogue.offers
        if offer.model.kind == "chat" and offer.fit.kind in FITS and not offer.installed and not offer.model.gated
    ]
    return in_order(possible)[:OFFERED]


def _tr(text: str) -> str:
    return QCoreApplication.translate("FirstRun", text)
