"""Models that could be fetched and those on their way, as the core tells; what a person does about them, as calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from app.core.calls import catalogue as c
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.hub import Download, Fitted, HubFile, HubModel, Offer
from app.types import InstalledModel
from app.workers.message import Call

LOST = "The search was interrupted."


class ModelCatalogue(QObject):
    """What is offered, what was searched for, and the queue of downloads. No widgets."""

    offered = Signal()
    """`catalogue` is another one."""
    found = Signal()
    """The search moved: `query`, `looking`, `results` and `search_error` say where it stands."""
    downloads_changed = Signal()
    finished = Signal(object)
    """InstalledModel: a download of this window's time has become a model."""
    stopped = Signal(object)
    """Download that has just failed."""
    refused = Signal(object)
    """AppError of a wish that nothing else shows."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.catalogue: c.Catalogue | None = None
        """None until the core has answered, or where it has none."""
        self.load_error: AppError | None = None
        """Why there is none: a company's list that cannot be read."""
        self.downloads: tuple[Download, ...] = ()
        self.query = ""
        """What is searched for, "" for the catalogue itself."""
        self.looking = False
        self.results: tuple[Offer, ...] = ()
        self.search_error: AppError | None = None
        self._search: Job | None = None
        self._loading = False
        self._arrivals = Arrivals()
        self._installed: set[str] = set()
        core.told.connect(self._told)
        core.welcomed.connect(lambda _: self._welcomed())

    # --- what is so ---------------------------------------------------------------------------------------------------

    @property
    def blocked(self) -> str:
        """Why nothing can be fetched, "" where it can."""
        return self.catalogue.blocked if self.catalogue is not None else ""

    @property
    def recommended(self) -> Offer | None:
        """The one model that this computer should have, until it has it."""
        offers = self.catalogue.offers if self.catalogue is not None else ()
        return next((offer for offer in offers if offer.recommended and not offer.installed), None)

    @property
    def coming(self) -> list[Download]:
        """Downloads that are under way: neither paused nor failed."""
        return [each for each in self.downloads if each.state in ("waiting", "running", "checking")]

    @property
    def progress(self) -> str:
        """How far all are together that are under way, "" where none is: "46%"."""
        going = self.coming
        total = sum(each.total for each in going)
        if not going:
            return ""
        return f"{sum(each.done for each in going) / total:.0%}" if total else "0%"

    def download_of(self, offer: Offer) -> Download | None:
        """The download of this model, whichever of its files it is."""
        same = [each for each in self.downloads if each.repo == offer.model.repo]
        own = next((each for each in same if each.file == offer.file.name), None)
        return own or next(iter(same), None)

    # --- what a person does -------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Ask for the list."""
        if self._loading:
            return
        self._loading = True
        self._core.request(c.ShowCatalogue(), done=self._loaded, failed=self._not_loaded, cancelled=self._not_loaded)

    def search(self, query: str) -> None:
        """Look on the hub by words, by a repository's name or by a link to one; "" goes back to the catalogue."""
        if self._search is not None and self._search.active:
            self._search.cancel(insist=False)
        self._search = None
        self.query = " ".join(query.split())
        self.looking, self.results, self.search_error = bool(self.query), (), None
        self.found.emit()
        if not self.query:
            return
        asked = self.query

        def done(data: c.HubFound) -> None:
            self._searched(asked, data.offers, None)

        def failed(error: AppError) -> None:
            self._searched(asked, (), error)

        self._search = self._core.request(
            c.SearchHub(query=asked), done=done, failed=failed, cancelled=lambda: failed(AppError(LOST, ""))
        )

    def show_files(
        self, offer: Offer, done: Callable[[tuple[Offer, ...]], object], failed: Callable[[AppError], object]
    ) -> Job:
        """Each file of the model as an offer of its own."""
        call = c.ShowRepository(repo=offer.model.repo, revision=offer.model.revision)
        return self._core.request(call, done=lambda data: done(data.offers), failed=failed)

    def fetch(self, offer: Offer, *, use: bool = False) -> None:
        """Put it into the queue; `use` lets it answer as soon as it is here."""
        model, file = offer.model, offer.file.name
        self._queue(c.FetchModel(repo=model.repo, file=file, revision=model.revision, name=model.name, use=use))

    def keep_token(self, token: str, done: Callable[[], object]) -> None:
        """Give the key of one's account at the hub, which the system's keyring keeps, then go on."""
        self._core.request(c.KeepHubToken(token=token), done=lambda _: done(), failed=self.refused.emit)

    def pause(self, key: str) -> None:
        self._queue(c.PauseDownload(id=key))

    def resume(self, key: str) -> None:
        """Go on with one that is paused, or try again one that failed."""
        self._queue(c.ResumeDownload(id=key))

    def cancel(self, key: str) -> None:
        """Forget it, with what has come."""
        self._arrivals.forget(key)
        self._queue(c.CancelDownload(id=key))

    # --- what the core tells ------------------------------------------------------------------------------------------

    def models_listed(self, models: tuple[InstalledModel, ...]) -> None:
        """The installed models are these now; what is installed is offered in other words."""
        ids = {model.id for model in models}
        known, self._installed = self._installed, ids
        self._settle(self._arrivals.take_models(models))
        if ids != known and self.catalogue is not None:
            self.load()

    def _welcomed(self) -> None:
        self._loading = False
        self._core.request(c.ListDownloads(), done=lambda data: self._moved(data.downloads), failed=lambda _: None)
        if self.catalogue is not None:
            self.load()

    def _told(self, data: object) -> None:
        if isinstance(data, c.DownloadsMoved):
            self._moved(data.downloads)

    def _queue(self, call: Call) -> None:
        self._core.request(call, done=lambda data: self._moved(data.downloads), failed=self.refused.emit)

    def _moved(self, downloads: tuple[Download, ...]) -> None:
        if downloads != self.downloads:
            before = {each.id: each.state for each in self.downloads}
            self.downloads = downloads
            self.downloads_changed.emit()
            for each in downloads:
                if each.state == "failed" and before.get(each.id, "failed") != "failed":
                    self.stopped.emit(each)
        self._settle(self._arrivals.take_downloads(downloads))

    def _settle(self, arrived: list[InstalledModel]) -> None:
        for model in arrived:
            self.finished.emit(model)

    def _loaded(self, data: c.Catalogue) -> None:
        self._loading = False
        if data != self.catalogue or self.load_error is not None:
            self.catalogue, self.load_error = data, None
            self.offered.emit()

    def _not_loaded(self, error: AppError | None = None) -> None:
        self._loading = False
        if error is not None and str(error) != str(self.load_error or ""):
            self.catalogue, self.load_error = None, error
            self.offered.emit()

    def _searched(self, asked: str, offers: tuple[Offer, ...], error: AppError | None) -> None:
        if asked != self.query:
            return
        self.looking, self.results, self.search_error = False, offers, error
        self.found.emit()


class Arrivals:
    """Which installed model a download has become: the queue and the list of models are told one after the other."""

    def __init__(self) -> None:
        self._known: set[str] | None = None
        self._fresh: dict[str, InstalledModel] = {}
        self._coming: dict[str, Download] = {}
        self._gone: dict[str, Download] = {}

    def forget(self, key: str) -> None:
        """A person does not want it any more."""
        self._coming.pop(key, None)

    def take_models(self, models: tuple[InstalledModel, ...]) -> list[InstalledModel]:
        """→ those that a download has just become."""
        ids = {model.id for model in models}
        if self._known is not None:
            self._fresh.update({model.id: model for model in models if model.id not in self._known})
        self._known = ids
        self._fresh = {key: model for key, model in self._fresh.items() if key in ids}
        return self._match()

    def take_downloads(self, downloads: tuple[Download, ...]) -> list[InstalledModel]:
        """→ the models that those which have left the queue have become."""
        now = {each.id: each for each in downloads}
        left = {key: each for key, each in self._coming.items() if key not in now}
        self._gone.update({key: each for key, each in left.items() if each.state not in ("paused", "failed")})
        self._coming = now
        return self._match()

    def _match(self) -> list[InstalledModel]:
        arrived = []
        for key, download in list(self._gone.items()):
            model = next((each for each in self._fresh.values() if _is_of(each, download)), None)
            if model is not None:
                arrived.append(model)
                del self._gone[key], self._fresh[model.id]
        return arrived


def _is_of(model: InstalledModel, download: Download) -> bool:
    """By where it came from; its name may have got a number behind it."""
    known = model.lineage
    return (known.get("repo"), known.get("repo_file")) == (download.repo, download.file)


def in_order(offers: Sequence[Offer]) -> list[Offer]:
    """What chats before what searches; the recommended one, then ever smaller ones, then what asks for more than it."""
    best = next((each.fit.needs_bytes for each in offers if each.recommended), 0)

    def place(offer: Offer) -> tuple[bool, bool, bool, bool, int]:
        needs = offer.fit.needs_bytes
        more = needs > best
        large = offer.fit.kind == "large"
        return offer.model.kind != "chat", large, not offer.recommended, more, needs if more else -needs

    return sorted(offers, key=place)


def offer_of(download: Download) -> Offer:
    """What stands for a download of a model that is neither in the catalogue nor among what was found."""
    model = HubModel(id=download.repo, name=download.name or download.repo, repo=download.repo)
    file = HubFile(name=download.file, quantization="", bytes=download.total)
    return Offer(model=model, file=file, fit=Fitted(kind="unknown", text=""))
