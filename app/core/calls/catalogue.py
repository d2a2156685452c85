"""What a door says about models that are not here yet: what is offered, what is fetched, how it would run."""

from __future__ import annotations

from app.hub import Download, Offer
from app.workers.calls.models import FitModel as FitModel
from app.workers.calls.models import HubFound as HubFound
from app.workers.calls.models import ModelFitted as ModelFitted
from app.workers.calls.models import RepositoryShown as RepositoryShown
from app.workers.calls.models import SearchHub as SearchHub
from app.workers.calls.models import ShowRepository as ShowRepository
from app.workers.message import Call, Data


class ShowCatalogue(Call, frozen=True):
    """→ Catalogue. Needs no network: the list comes along, or is the company's."""


class FetchModel(Call, frozen=True):
    """Put a file into the queue; → Downloads, at once. It is installed when it is whole and its hash agrees."""

    repo: str
    file: str
    revision: str = "main"
    name: str = ""
    use: bool = False  # it answers as soon as it is here, unless another model was chosen meanwhile


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


class KeepHubToken(Call, frozen=True):
    """Keep the key of an account at the hub, in the system's keyring; "" forgets it. → Done."""

    token: str


class Catalogue(Data, frozen=True):
    """`source`: where the list is from, "" for the one that comes along. `blocked`: why nothing can be fetched, "" if
    it can."""

    offers: tuple[Offer, ...]
    hub: str  # host
    source: str = ""
    blocked: str = ""


class Downloads(Data, frozen=True):
    """The queue, in its order."""

    downloads: tuple[Download, ...]


# --- told to every door that listens ----------------------------------------------------------------------------------


class DownloadsMoved(Data, frozen=True):
    """After each change of the queue, and twice a second while something comes."""

    downloads: tuple[Download, ...]


Calls = ShowCatalogue | FetchModel | ListDownloads | PauseDownload | ResumeDownload | CancelDownload | KeepHubToken
Answers = Catalogue | Downloads
Events = DownloadsMoved
