"""What a door says about models that are not here yet: what is offered, what is fetched, how it would run."""

from __future__ import annotations

from app.hub import Download, Fitted, Offer
from app.workers.message import Call, Data


class ShowCatalogue(Call, frozen=True):
    """→ Catalogue. Needs no network: the list comes along, or is the company's."""


class SearchHub(Call, frozen=True):
    """Look for repositories with GGUF files, by words, by name or by a link to one; → HubFound."""

    query: str


class ShowRepository(Call, frozen=True):
    """Each file of a repository as an offer of its own; → RepositoryShown."""

    repo: str
    revision: str = "main"


class FitModel(Call, frozen=True):
    """How a file would run here: `path` on this computer, or `file` of `repo`, of which only the header is read;
    → ModelFitted."""

    path: str = ""
    repo: str = ""
    file: str = ""


class FetchModel(Call, frozen=True):
    """Put a file into the queue; → Downloads, at once. It is installed when it is whole and its hash agrees."""

    repo: str
    file: str
    revision: str = "main"
    name: str = ""


class ListDownloads(Call, frozen=True):
    """→ Downloads."""


class PauseDownload(Call, frozen=True):
    """→ Downloads."""

    id: str


class ResumeDownload(Call, frozen=True):
    """Go on with one that is paused or failed; → Downloads."""

    id: str


class CancelDownload(Call, frozen=True):
    """Forget it, and delete what has come; → Downloads."""

    id: str


class Catalogue(Data, frozen=True):
    """`source`: where the list is from, "" for the one that comes along. `blocked`: why nothing can be fetched, "" if
    it can."""

    offers: tuple[Offer, ...]
    hub: str  # host
    source: str = ""
    blocked: str = ""


class HubFound(Data, frozen=True):
    """What was found, each with the file of it that suits this computer best."""

    offers: tuple[Offer, ...]


class RepositoryShown(Data, frozen=True):
    """One offer a file, best first."""

    offers: tuple[Offer, ...]


class ModelFitted(Data, frozen=True):
    """How the file that was asked about would run here."""

    fit: Fitted


class Downloads(Data, frozen=True):
    """The queue, in its order."""

    downloads: tuple[Download, ...]


# --- told to every door that listens ----------------------------------------------------------------------------------


class DownloadsMoved(Data, frozen=True):
    """After each change of the queue, and twice a second while something comes."""

    downloads: tuple[Download, ...]
