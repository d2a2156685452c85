"""What is installed, which model is in use, and where each came from: one small JSON file beside the models."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
from msgspec import Struct

from app import packages
from app.errors import AppError, NewerData
from app.files import locked, set_aside, write_atomic
from app.llama.split_files import is_later_part, part_paths, stem_of
from app.models.computer_models import computer_models
from app.models.model_files import PROJECTOR_PREFIX, check_there, is_missing, projector_beside
from app.paths import Home
from app.types import InstalledModel

log = logging.getLogger(__name__)

VERSION = 2
ID_DIGITS = 12
_DAMAGE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading a list raises that is no list."""
ABOUT = "about.json"
"""In the folder of a model that has one, beside its files: where it is from."""
STARTER_ID = "starter"
STARTER = InstalledModel(
    id=STARTER_ID,
    name="SmolLM2 135M",
    path="",
    file_bytes=0,
    architecture="llama",
    quantization="Q4_1",
    parameters=134_515_008,
    context_trained=8192,
    origin="starter",
    lineage={"license": "Apache-2.0", "base": "SmolLM2-135M-Instruct"},
)


class _Stored(Struct, kw_only=True):
    """The file. Fields that a later version adds are kept out of reach by its number."""

    version: int = VERSION
    models: list[InstalledModel] = []
    active: str = STARTER_ID  # ids
    previous: str = ""  # "": there is none to go back to
    speeds: dict[str, float] = {}  # id → tokens/s, the starter's too


class _Version(Struct):
    version: int


class Registry:
    """Reads the file at each question, so that the window and the command line agree; writes under a lock."""

    def __init__(self, home: Home) -> None:
        self._folder = home.models
        self._file = home.models / "models.json"
        self._backups = home.backups
        self.note = ""
        """A sentence for the user where the file was damaged, or ""."""

    def models(self) -> list[InstalledModel]:
        """Everything installed, the starter first; a file that is gone is listed too, see `is_missing`."""
        stored = self._load()
        starter = find_starter()
        own = ([starter] if starter else []) + stored.models
        paths, names = {model.path for model in own}, {model.name.casefold() for model in own}
        shared = [model for model in computer_models() if model.path not in paths]
        listed = own + [msgspec.structs.replace(each, name=unique_name(each.name, names)) for each in shared]
        return [msgspec.structs.replace(model, tokens_per_s=stored.speeds.get(model.id)) for model in listed]

    def find(self, name: str) -> InstalledModel:
        """The model of this id or name; case does not matter, nor does a part of the name that only one has.

        Raises:
            AppError: none, or several, are called so.
        """
        models = self.models()
        known = next((model for model in models if model.id == name), None)
        if known is not None:
            return known
        wanted = name.strip().casefold()
        exact = [model for model in models if model.name.casefold() == wanted]
        close = exact or [model for model in models if wanted and wanted in model.name.casefold()]
        if len(close) == 1:
            return close[0]
        names = ", ".join(f"“{model.name}”" for model in close or models)
        if close:
            raise AppError(f"Several models are called “{name}”.", f"Choose one of: {names}.")
        raise AppError(f"No model is called “{name}”.", f"Installed are: {names or 'none'}.")

    def active(self) -> InstalledModel | None:
        """The model in use; the starter where that one is gone; None where nothing at all is installed."""
        models = {model.id: model for model in self.models()}
        stored = self._load()
        chosen = models.get(stored.active)
        if chosen is not None and not is_missing(chosen):
            return chosen
        return next((model for model in models.values() if not is_missing(model)), None)

    def previous(self) -> InstalledModel | None:
        """The model that *go back* brings back, or None."""
        model = next((model for model in self.models() if model.id == self._load().previous), None)
        return None if model is None or is_missing(model) or model == self.active() else model

    def use(self, name: str) -> InstalledModel:
        """Make it the model in use; call it only when its engine says that it is ready.

        Raises:
            AppError: there is no such model, or its file is gone.
        """
        model = self.find(name)
        check_there(model)

        def change(stored: _Stored) -> None:
            if stored.active != model.id:
                stored.previous, stored.active = stored.active, model.id

        self._change(change)
        return model

    def go_back(self) -> InstalledModel:
        """The model in use before is in use again; going back twice is where one was.

        Raises:
            AppError: there is none to go back to.
        """
        model = self.previous()
        if model is None:
            raise AppError("There is no earlier model to go back to.", "Choose one on the Models page.")
        return self.use(model.name)

    def install(self, model: InstalledModel) -> InstalledModel:
        """List a model whose file is in place; its name is made unique. Returns it as listed."""
        listed = model

        def change(stored: _Stored) -> None:
            nonlocal listed
            taken = {STARTER.name.casefold(), *(other.name.casefold() for other in stored.models)}
            name = unique_name(model.name, taken)
            key = model.id or new_id()
            listed = msgspec.structs.replace(model, id=key, name=name, added_at=model.added_at or time.time())
            stored.models.append(listed)

        self._change(change)
        return listed

    def rename(self, name: str, new_name: str) -> InstalledModel:
        """Raises AppError where the new name is taken or the model cannot be renamed."""
        model = self._own(name)
        wanted = " ".join(new_name.split())[:80]
        others = {other.name.casefold() for other in self.models() if other.id != model.id}
        if not wanted or wanted.casefold() in others:
            raise AppError(f"A model cannot be called “{wanted}”.", "Choose a name that no other model has.")
        renamed = msgspec.structs.replace(model, name=wanted)
        self.replace(renamed)
        return msgspec.structs.replace(renamed, tokens_per_s=None)

    def replace(self, model: InstalledModel) -> None:
        """List this in the place of the model with its id. Raises AppError where the list cannot be written."""
        kept = msgspec.structs.replace(model, tokens_per_s=None)

        def change(stored: _Stored) -> None:
            stored.models = [kept if other.id == model.id else other for other in stored.models]

        self._change(change)

    def remove(self, name: str) -> InstalledModel:
        """Take it off the list and delete our copy of its file; a file elsewhere is never touched.

        Raises:
            AppError: it is the starter, or others need its file.
        """
        model = self._own(name)
        others = [other for other in self.models() if other.id != model.id and other.path == model.path]

        def change(stored: _Stored) -> None:
            stored.models = [other for other in stored.models if other.id != model.id]
            stored.speeds.pop(model.id, None)
            if stored.active == model.id:
                stored.active = STARTER_ID
            if stored.previous == model.id:
                stored.previous = ""

        self._change(change)
        for file in [model.adapter] + ([] if others else [model.path, model.projector]):
            if file and self._is_ours(Path(file)):
                _delete(Path(file), self._folder)
        return model

    def set_projector(self, model_id: str, path: Path) -> InstalledModel:
        """The model sees by this file from now on; raises AppError where there is no such model of the user's."""
        before = self._own(model_id)
        seeing = msgspec.structs.replace(before, projector=str(path), tokens_per_s=None)

        def change(stored: _Stored) -> None:
            stored.models = [seeing if other.id == model_id else other for other in stored.models]

        self._change(change)
        old = Path(before.projector)
        if before.projector and self._is_ours(old) and all(other.projector != str(old) for other in self.models()):
            old.unlink(missing_ok=True)
        return seeing

    def set_speed(self, model_id: str, tokens_per_s: float) -> None:
        """Remember how fast it writes on this computer; a slower figure only says that the computer was busy."""

        def change(stored: _Stored) -> None:
            stored.speeds[model_id] = max(round(tokens_per_s, 1), stored.speeds.get(model_id, 0.0))

        self._change(change)

    def _own(self, name: str) -> InstalledModel:
        model = self.find(name)
        if model.origin == "starter":
            raise AppError(f"“{model.name}” came with Inhouse and stays.", "It takes little room.")
        if model.origin == "computer":
            raise AppError(f"“{model.name}” is there for all users of this computer.", "Your IT looks after it.")
        return model

    def _is_ours(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._folder.resolve())

    def _change(self, change: Callable[[_Stored], None]) -> None:
        with self._lock():
            stored = self._sound()
            self._back_up()
            change(stored)
            self._write(stored)

    def _lock(self) -> AbstractContextManager[None]:
        return locked(self._folder / "models.lock")

    def _load(self) -> _Stored:
        try:
            return self._read()
        except _DAMAGE:
            with self._lock():
                return self._sound()

    def _sound(self) -> _Stored:
        """The list; a damaged one is made anew. Under the lock only, so that of two readers one makes it."""
        try:
            return self._read()
        except _DAMAGE as error:
            return self._recover(error)

    def _read(self) -> _Stored:
        try:
            raw = self._file.read_bytes()
        except FileNotFoundError:
            return _Stored()
        except OSError as error:
            raise AppError("The list of models could not be read.", "Check the data folder.", str(error)) from error
        version = msgspec.json.decode(raw, type=_Version).version
        if version == 1:
            return _by_id(raw)
        if version > VERSION:
            raise NewerData(
                "The list of models was written by a newer Inhouse.",
                "Update Inhouse to use it. Nothing was changed.",
            )
        return msgspec.json.decode(raw, type=_Stored)

    def _back_up(self) -> None:
        """Keep a copy of a file of an earlier version before it is written in this one."""
        with contextlib.suppress(FileNotFoundError):
            version = msgspec.json.decode(self._file.read_bytes(), type=_Version).version
            if version < VERSION:
                self._backups.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._file, self._backups / f"models-v{version}-{time.strftime('%Y%m%d-%H%M%S')}.json")

    def _recover(self, error: Exception) -> _Stored:
        """Keep the damaged list and make a new one of the files that are there."""
        log.info("The list of models was damaged: %s", error)
        kept = set_aside(self._file)
        files = sorted([*self._folder.glob("*.gguf"), *self._folder.glob(f"*/{ABOUT}")])
        files = [_first_beside(file) if file.name == ABOUT else file for file in files]
        found = [
            InstalledModel(
                id=new_id(),
                name=stem_of(file.name),
                path=str(file),
                file_bytes=sum(part.stat().st_size for part in part_paths(file) if part.is_file()),
                projector=str(eyes) if (eyes := projector_beside(file)).is_file() else "",
            )
            for file in files
            if not file.name.startswith(PROJECTOR_PREFIX) and not is_later_part(file.name)
        ]
        stored = _Stored(models=found)
        self._write(stored)
        self.note = f"The list of models was damaged. It is kept as “{kept.name}”, and a new one was made."
        return stored

    def _write(self, stored: _Stored) -> None:
        write_atomic(self._file, msgspec.json.format(msgspec.json.encode(stored), indent=1))


class _First(Struct, kw_only=True):
    """The file of version 1, where names were the keys."""

    models: list[InstalledModel] = []
    active: str = ""  # "" is the starter
    previous: str = ""
    has_previous: bool = False
    speeds: dict[str, float] = {}


def _by_id(raw: bytes) -> _Stored:
    """A file of version 1 with an id for each model: derived from its name, which was unique, so that each reading of
    the old file gives the same ids until it is written anew."""
    first = msgspec.json.decode(raw, type=_First)
    models = [
        msgspec.structs.replace(model, id=hashlib.sha256(model.name.encode()).hexdigest()[:ID_DIGITS])
        for model in first.models
    ]
    ids = {"": STARTER_ID, STARTER.name: STARTER_ID, **{model.name: model.id for model in models}}
    return _Stored(
        models=models,
        active=ids.get(first.active, STARTER_ID),
        previous=ids.get(first.previous, "") if first.has_previous else "",
        speeds={ids[name]: speed for name, speed in first.speeds.items() if name in ids},
    )


def _first_beside(about: Path) -> Path:
    """The model file of a folder of its own: of one in parts the first."""
    files = [file for file in about.parent.glob("*.gguf") if not file.name.startswith(PROJECTOR_PREFIX)]
    return min(files, default=about)


def _delete(file: Path, folder: Path) -> None:
    """A file of ours with its other parts; what has a folder of its own goes with all of it."""
    if file.parent.resolve() != folder.resolve() and (file.parent / ABOUT).is_file():
        shutil.rmtree(file.parent, ignore_errors=True)
    for part in part_paths(file):
        part.unlink(missing_ok=True)


def new_id() -> str:
    """An id that no model has had."""
    return secrets.token_hex(ID_DIGITS // 2)


def find_starter() -> InstalledModel | None:
    """The model that came with Inhouse, found without importing its package; None where that is not installed."""
    folder = packages.package_folder(packages.STARTER)
    file = min(folder.glob("*.gguf"), default=None) if folder is not None else None
    return msgspec.structs.replace(STARTER, path=str(file), file_bytes=file.stat().st_size) if file else None


def comes_along(model: InstalledModel) -> bool:
    """Whether it is what came with Inhouse and nothing else, whatever a list says of it."""
    starter = find_starter()
    return starter is not None and model.path == starter.path and not model.adapter and not model.projector


def unique_name(name: str, taken: set[str]) -> str:
    """`name`, or "name 2", "name 3", …; `taken` holds casefolded names."""
    name = " ".join(name.split())[:80] or "Model"
    if name.casefold() not in taken:
        return name
    count = 2
    while f"{name} {count}".casefold() in taken:
        count += 1
    return f"{name} {count}"
