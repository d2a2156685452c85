"""What the process for model files is asked, and what it answers."""

from __future__ import annotations

from app.hub import Fitted, FoundFile, HubModel, Offer
from app.types import InstalledModel
from app.workers.message import Call, Data


class ImportModel(Call, frozen=True):
    """Check a GGUF file, or one to share, and copy it into the models folder; → CopyProgress…, ModelInstalled.

    Of a model in several files any may be named: all are copied. A projector is given to the installed model that it
    belongs to (`name` says which, where several would do), and an adapter becomes a model beside its base.
    """

    path: str
    name: str = ""
    projector: str = ""  # by which it sees; "": one that lies beside it


class FindFiles(Call, frozen=True):
    """Look for models in a folder and those below it, in the store of "ollama" or "lmstudio", or with "" in all stores
    that are here; → FilesFound."""

    where: str


class LinkModel(Call, frozen=True):
    """List a model where it lies: no byte is copied, and nothing there is ever changed or deleted; → ModelInstalled."""

    path: str
    name: str = ""
    sha256: str = ""
    store: str = ""  # who keeps the file: "Ollama"
    projector: str = ""  # as in ImportModel


class ExportModel(Call, frozen=True):
    """Copy an installed model elsewhere, as GGUF or, with its card, as one file to share; → CopyProgress…, Done."""

    model_id: str
    path: str
    card: str = ""  # Markdown


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


class FetchFile(Call, frozen=True):
    """Fetch a model into the folder of its download, going on where that stands, check it and list it;
    → FetchProgress…, ModelInstalled; of an embedder, which is not listed here, EmbedderFetched.

    All files of a model in several come, and the repository's projector with them. `sha256`: what the catalogue says
    of each part, () where it says nothing.
    """

    id: str  # of the download: the name of its folder
    repo: str
    file: str
    revision: str = "main"
    name: str = ""
    sha256: tuple[str, ...] = ()


class ReadCatalogue(Call, frozen=True):
    """Read a company's own list, from a path or an address; → CatalogueRead."""

    source: str


class CopyProgress(Data, frozen=True):
    done: int  # bytes
    total: int
    bytes_per_s: float = 0.0


class FetchProgress(Data, frozen=True):
    """`checking`: everything is here, and its hash is being computed. `note`: a sentence about what happened."""

    done: int  # bytes, of all parts
    total: int
    bytes_per_s: float = 0.0
    checking: bool = False
    note: str = ""


class EmbedderFetched(Data, frozen=True):
    """It lies in the download's folder, checked; the documents process brings it in."""

    path: str
    name: str


class ModelInstalled(Data, frozen=True):
    model: InstalledModel


class FilesFound(Data, frozen=True):
    """By name."""

    files: tuple[FoundFile, ...]


class HubFound(Data, frozen=True):
    """What was found, each with the file of it that suits this computer best."""

    offers: tuple[Offer, ...]


class RepositoryShown(Data, frozen=True):
    """One offer a file, best first."""

    offers: tuple[Offer, ...]


class ModelFitted(Data, frozen=True):
    """How the file that was asked about would run here."""

    fit: Fitted


class CatalogueRead(Data, frozen=True):
    """What a company's list offers."""

    models: tuple[HubModel, ...]


Calls = (
    ImportModel
    | FindFiles
    | LinkModel
    | ExportModel
    | SearchHub
    | ShowRepository
    | FitModel
    | FetchFile
    | ReadCatalogue
)

Answers = (
    CopyProgress
    | FetchProgress
    | EmbedderFetched
    | ModelInstalled
    | FilesFound
    | HubFound
    | RepositoryShown
    | ModelFitted
    | CatalogueRead
)
