"""The part of the models process that a hub is asked by: search, a repository, how a file would run, and downloads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from app.errors import AppError
from app.files import cannot_write, sync_folder, write_atomic
from app.hub import Fitted, HubModel, Offer
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header
from app.models.catalogue import LIMIT_BYTES, parse_catalogue
from app.models.download import Hub, Interrupted, Remote
from app.models.fetching import Fetch, safe_name
from app.models.fits import Plan, fitted, this_machine
from app.models.hub_access import HUB_KEY, hub_address
from app.models.listed import listed
from app.models.offered import best_offer, file_offers, offers_of
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

T = TypeVar("T")
ATTEMPTS = 3
"""Of a question that a person waits for."""

CheckKind = Callable[[GgufHeader], None]


class HubRole:
    """Answers the calls that need a hub; each asks anew, since address and key may have changed."""

    def __init__(self, home: Home, plan: Plan, check_kind: CheckKind) -> None:
        """`plan` says how a file would run, `check_kind` refuses what is no model to chat with."""
        self._home, self._plan, self._check_kind = home, plan, check_kind
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
            model = _asked(lambda: self._hub().repository(call.repo, call.revision))
            return RepositoryShown(offers=file_offers(model, self._fit, self._registry.models()))
        if isinstance(call, FitModel):
            return ModelFitted(fit=self._fitted(call))
        if isinstance(call, ReadCatalogue):
            raw = _asked(lambda: self._hub().fetch(call.source, LIMIT_BYTES))
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
            model = _asked(lambda: self._hub().repository(*named))
            return (best_offer(model, self._fit, installed),) if model.files else ()
        models: list[HubModel] = _asked(lambda: self._hub().find(query.strip()))
        return offers_of(models, self._fit, installed, this_machine(self._home))

    def _fitted(self, call: FitModel) -> Fitted:
        if call.path:
            path = Path(call.path).expanduser().absolute()
            try:
                with path.open("rb") as file:
                    return self._plan(
                        lambda offset, length: _read(file, offset, length), path.stat().st_size, path.name
                    )
            except OSError as error:
                raise AppError(f"“{path.name}” cannot be read.", "Choose the file again.", str(error)) from error
        hub = self._hub()
        remote = _asked(lambda: hub.look(call.repo, call.file, "main"))
        return self._plan(lambda at, length: _asked(lambda: hub.read(remote, at, length)), remote.size, call.file)

    def _fitted_file(self, path: Path) -> Fitted:
        try:
            file = path.open("rb")
        except OSError as error:
            raise AppError(f"“{path.name}” cannot be read.", "Choose the file again.", str(error)) from error
        with file:
            return self._plan(lambda at, length: _read(file, at, length), file.seek(0, 2), path.name)

    # --- downloads ----------------------------------------------------------------------------------------------------

    def _fetch(self, call: FetchFile) -> Steps:
        known = next((each for each in self._registry.models() if each.lineage.get("download") == call.id), None)
        if known is not None:  # the process ended after it was listed, before anybody heard of it
            return ModelInstalled(model=known)
        target = self._home.models / f"{safe_name(call.file).removesuffix('.gguf')}-{call.id}"
        if not target.is_dir():
            fetch = Fetch(self._hub(), call, self._home.models / "downloads" / call.id, self._refuse_known)
            parts = yield from fetch.run()
            header = read_header(parts[0])
            if header.of_architecture("pooling_type"):
                return EmbedderFetched(path=str(parts[0]), name=call.name.strip() or parts[0].stem)
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
        header = read_header(path)
        about = msgspec.json.decode((target / ABOUT).read_bytes(), type=dict[str, str])
        return self._registry.install(
            msgspec.structs.replace(
                listed(header, path, call.name.strip() or path.stem),
                origin="downloaded",
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


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _asked(ask: Callable[[], T]) -> T:
    """Ask a few times: a person waits, and a lost packet is no answer.

    Raises:
        AppError: the hub does not answer, or says no.
    """
    for attempt in range(ATTEMPTS):
        try:
            return ask()
        except Interrupted as error:
            if attempt + 1 == ATTEMPTS or error.wait_s > ATTEMPTS:
                raise error.error from error
            time.sleep(attempt + 0.5)
    raise AssertionError
