"""The part of the models process that a hub is asked by: search, a repository, how a file would run, and downloads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.errors import AppError
from app.files import cannot_write, sync_folder, write_atomic
from app.hub import Fitted, HubModel, Offer
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header, read_header_from
from app.llama.split_files import first_part, stem_of
from app.models.catalogue import LIMIT_BYTES, parse_catalogue
from app.models.download import Hub, Remote, asked
from app.models.fetching import Fetch, safe_name
from app.models.fits import fitted, fitted_by_header, this_machine
from app.models.hub_access import HUB_KEY, hub_address
from app.models.listed import listed
from app.models.model_files import projector_beside
from app.models.offered import best_offer, file_offers, offers_of
from app.models.projectors import is_projector_file, projector_of
from app.models.registry import ABOUT, Registry
from app.models.repositories import repository_in
from app.models.server_keys import ServerKeys
from app.paths import Home
from app.types import InstalledModel
from app.workers.calls.models import (
    CatalogueRead,
    EmbedderFetched,
    FetchFile,
    FitModel,
    HubFound,
    ModelFitted,
    ModelInstalled,
    ReadCatalogue,
    RepositoryShown,
    SearchHub,
    ShowRepository,
)
from app.workers.protocol import AnyCall, AnyData
from app.workers.roles import Steps

RANKS = 4
"""llama.cpp's pooling type of a model that says how well a passage answers (LLAMA_POOLING_TYPE_RANK)."""

CheckKind = Callable[[GgufHeader], None]


class HubRole:
    """Answers the calls that need a hub; each asks anew, since address and key may have changed."""

    def __init__(self, home: Home, check_kind: CheckKind) -> None:
        """`check_kind` refuses what is no model to chat with."""
        self._home, self._check_kind = home, check_kind
        self._registry = Registry(home)

    def handle(self, call: AnyCall) -> Steps:
        """Start a request; see app.workers.roles."""
        if isinstance(call, FetchFile):
            return (yield from self._fetch(call))
        yield None
        return self._answered(call)

    def _answered(self, call: AnyCall) -> AnyData:
        if isinstance(call, SearchHub):
            return HubFound(offers=self._found(call.query))
        if isinstance(call, ShowRepository):
            model = asked(lambda: self._hub().repository(call.repo, call.revision))
            return RepositoryShown(offers=file_offers(model, self._fit, self._registry.models()))
        if isinstance(call, FitModel):
            return ModelFitted(fit=self._fitted(call))
        if isinstance(call, ReadCatalogue):
            raw = asked(lambda: self._hub().fetch(call.source, LIMIT_BYTES))
            return CatalogueRead(models=parse_catalogue(raw, call.source))
        raise AppError("The models process cannot do this.", detail=type(call).__name__)

    def _fit(self, size: int) -> Fitted:
        return fitted(size, this_machine(self._home))

    def _hub(self) -> Hub:
        return Hub(hub_address(), ServerKeys(self._home).get(HUB_KEY) or os.environ.get("HF_TOKEN", ""))

    def _found(self, query: str) -> tuple[Offer, ...]:
        named = repository_in(query)
        installed = self._registry.models()
        if named is not None:
            model = asked(lambda: self._hub().repository(*named))
            return (best_offer(model, self._fit, installed),) if model.files else ()
        models: list[HubModel] = asked(lambda: self._hub().find(query.strip()))
        return offers_of(models, self._fit, installed, this_machine(self._home))

    def _fitted(self, call: FitModel) -> Fitted:
        if call.path:
            path = first_part(Path(call.path).expanduser().absolute())
            header = read_header(path)
            sight = projector_of(path, header)
            return fitted_by_header(self._home, header, read_header(sight) if sight is not None else None)
        hub = self._hub()
        model = asked(lambda: hub.repository(call.repo))
        folder = call.file.rpartition("/")[0]

        def far(name: str) -> _Far:
            return _Far(hub, asked(lambda: hub.look(call.repo, name, "main")))

        header = read_header_from(far(call.file), call.file, lambda name: far(f"{folder}/{name}".lstrip("/")))
        seen = model.projector
        return fitted_by_header(
            self._home, header, read_header_from(far(seen.name), seen.name) if seen is not None else None
        )

    # --- downloads ----------------------------------------------------------------------------------------------------

    def _fetch(self, call: FetchFile) -> Steps:
        known = next((each for each in self._registry.models() if each.lineage.get("download") == call.id), None)
        if known is not None:  # the process ended after it was listed, before anybody heard of it
            return ModelInstalled(model=known)
        target = self._home.models / f"{stem_of(safe_name(call.file))}-{call.id}"
        if not target.is_dir():
            fetch = Fetch(self._hub(), call, self._home.models / "downloads" / call.id, self._refuse_known)
            parts = yield from fetch.run()
            header = read_header(parts[0])
            pooling = header.of_architecture("pooling_type")
            if pooling == RANKS:
                raise AppError(
                    "This is a reranker, which Inhouse cannot use.", "Its own reader sorts what search finds."
                )
            if pooling:
                return EmbedderFetched(path=str(parts[0]), name=call.name.strip() or stem_of(parts[0].name))
            self._check_kind(header)
            self._move(call, fetch.remotes[0], parts[0].parent, target)
        return ModelInstalled(model=self._install(call, target))

    def _move(self, call: FetchFile, remote: Remote, folder: Path, target: Path) -> None:
        """By one rename; where it is from lies beside it."""
        about = {
            "repo": call.repo,
            "repo_file": call.file,
            "revision": remote.revision,
            "sha256": remote.sha256,
            "download": call.id,
        }
        write_atomic(folder / ABOUT, msgspec.json.encode(about))
        try:
            folder.replace(target)
            sync_folder(target.parent)
        except OSError as error:
            raise cannot_write(target, error) from error

    def _install(self, call: FetchFile, target: Path) -> InstalledModel:
        path = target / safe_name(call.file)
        header, sight = read_header(path), projector_beside(path)
        about = msgspec.json.decode((target / ABOUT).read_bytes(), type=dict[str, str])
        return self._registry.install(
            msgspec.structs.replace(
                listed(header, path, call.name.strip() or stem_of(path.name)),
                origin="downloaded",
                projector=str(sight) if is_projector_file(sight) else "",
                lineage={**about, "file": path.name},
            )
        )

    def _refuse_known(self, remotes: Sequence[Remote]) -> None:
        """
        Raises:
            AppError: the same file is installed.
        """
        for each in self._registry.models():
            if remotes[0].sha256 and each.lineage.get("sha256") == remotes[0].sha256:
                raise AppError(f"This model is already installed as “{each.name}”.", "Choose it in the list.")


@dataclass(frozen=True)
class _Far:
    """A file at the hub, of which ranges are read."""

    hub: Hub
    remote: Remote

    @property
    def size(self) -> int:
        return self.remote.size

    def read(self, offset: int, length: int) -> bytes:
        return asked(lambda: self.hub.read(self.remote, offset, length))
