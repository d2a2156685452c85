"""What a door says about the embedder, which finds passages by meaning: which one is in use, another one, and back."""

from __future__ import annotations

from app.embedder.embedders import Manifest
from app.workers.calls.embedders import ReembedProgress
from app.workers.message import Call, Data


class ShowEmbedders(Call, frozen=True):
    """→ Embedders."""


class ChooseEmbedder(Call, frozen=True):
    """Search by this one, "" for the one that comes along, once it has read every passage; → Embedders, at once.

    Until then search goes on as before, also over a restart; EmbeddersChanged says how far it is.
    """

    embedder_id: str


class LeaveEmbedder(Call, frozen=True):
    """Back to the one before, in the same way; → Embedders, at once."""


class WatchEmbedder(Call, frozen=True):
    """Wait for the change that is under way; → ReembedProgress…, Embedders. It fails where the change does."""


class CancelEmbedder(Call, frozen=True):
    """Leave the change that is under way, and what was made for it; → Embedders."""


class RemoveEmbedder(Call, frozen=True):
    """Delete an imported embedder that is not in use; → Embedders."""

    embedder_id: str


class Embedders(Data, frozen=True):
    """Which embedder search is by, which one was before, which one is being prepared, and those that were imported."""

    active: Manifest
    previous: Manifest | None = None
    coming: Manifest | None = None
    progress: ReembedProgress | None = None
    imported: tuple[Manifest, ...] = ()
    problem: str = ""  # why the last change came to nothing


class EmbeddersChanged(Data, frozen=True):
    """Told to every door: another one is in use or on its way, how far that is, or there are others."""

    embedders: Embedders


Calls = ShowEmbedders | ChooseEmbedder | LeaveEmbedder | WatchEmbedder | CancelEmbedder | RemoveEmbedder
Answers = Embedders
Events = EmbeddersChanged
