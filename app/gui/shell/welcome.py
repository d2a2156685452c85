"""Puts the welcome into the window, and does what it was asked at its end."""

from __future__ import annotations

from collections.abc import Sequence

from app.gui.parts import Parts
from app.gui.remember import remember
from app.gui.shell.first_run import FirstRun, sample_files
from app.gui.shell.main_window import MainWindow
from app.hub import Offer
from app.paths import SAMPLE_COLLECTION, SAMPLES
from app.settings import DEFAULT_COLLECTION, FIRST_RUN_DONE
from app.workers.calls.documents import CollectionMade, CreateCollection


def build(parts: Parts, window: MainWindow) -> FirstRun:
    """The page of the first start."""
    page = FirstRun(parts.models, parts.home, sample_files(SAMPLES))
    page.started.connect(lambda name, files, offer: _start(parts, window, name, files, offer))
    return page


def _start(parts: Parts, window: MainWindow, model: str, files: Sequence[str], offer: Offer | None) -> None:
    """The chosen model, and the samples on their way into their collection; a larger one comes while one chats."""
    remember(parts.settings, FIRST_RUN_DONE, True)
    active = parts.models.active
    if model and (active is None or model != active.name):
        parts.models.switch_to(model)
    if files:
        _add_samples(parts, window, files)
    window.end_first_run()
    if offer is not None:
        parts.models.catalogue.fetch(offer, use=True)


def _add_samples(parts: Parts, window: MainWindow, files: Sequence[str]) -> None:
    """Into their collection, which is asked from now on; one from before is used again."""

    def made(data: CollectionMade) -> None:
        key = data.collection.id
        parts.documents.add(files, key)
        remember(parts.settings, DEFAULT_COLLECTION, key)
        parts.chats.choose_collection(key)

    known = next((each for each in parts.collections.all if each.name == SAMPLE_COLLECTION), None)
    if known is not None:
        made(CollectionMade(collection=known))
    else:
        call = CreateCollection(name=SAMPLE_COLLECTION)
        parts.core.request(call, done=made, failed=lambda error: window.toast(str(error)))
