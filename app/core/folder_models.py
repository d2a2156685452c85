"""Folders as people get them from a hub, listed as models: of a model's the trainer writes a GGUF and checks it, of an
adapter's (PEFT) one that lies beside the model that it was made for."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from app.core.calls import models as c
from app.core.clock import Clock
from app.core.house import Handler, House
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.errors import AppError, BadFile
from app.files import cannot_write
from app.finetune.trainer_command import require_trainer, trainer_command, trainer_environment
from app.llama.gguf_reader import read_header
from app.llama.model_folders import (
    FOLDER,
    check_adapter,
    check_folder,
    folder_title,
    is_adapter_folder,
    safe_stem,
)
from app.models.adapters import base_named, base_of, tuned
from app.models.listed import listed
from app.models.model_files import is_missing
from app.models.whole_files import check_room, reserved
from app.settings import LLAMA_CPP
from app.spawn import NO_CONSOLE
from app.types import InstalledModel
from app.workers.calls.models import CopyProgress, ModelInstalled
from app.workers.message import Call

LOOK_S = 0.5


class FolderModelsDesk:
    """One folder at a time."""

    def __init__(self, house: House, models: ModelsDesk) -> None:
        self._house, self._models = house, models
        self._process: subprocess.Popen[bytes] | None = None
        self._under_way = False
        self._dropped = False

    @property
    def is_busy(self) -> bool:
        """Whether a folder is read."""
        return self._under_way

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.ImportFolder: self._import}

    def stop(self) -> None:
        """The core ends: so does the reading of a folder, which leaves nothing."""
        self._dropped = True
        if self._process is not None:
            self._process.kill()

    def _import(self, call: c.ImportFolder, reply: Reply) -> None:
        """Write and check its GGUF in a process that ends with it, then list it.

        Raises:
            AppError: training is not installed, the folder is no whole model or adapter, or it is listed.
        """
        folder = Path(call.path).expanduser().absolute()
        adapter = is_adapter_folder(folder)
        check_adapter(folder) if adapter else check_folder(folder)
        require_trainer(self._house.home)
        known = next((each for each in self._house.registry.models() if each.lineage.get(FOLDER) == str(folder)), None)
        if known is not None:
            raise BadFile(f"This folder is installed as “{known.name}”.", "Choose it in the list.", code="known")
        if self._under_way:
            raise AppError("Another model folder is being read.", "Wait until it is done.")
        self._under_way, self._dropped = True, False
        title = call.name.strip() or folder_title(folder)
        made = self._house.home.models / f"{safe_stem(title)}.{os.getpid()}.part"
        looking = _Looking(self._house.clock, made, _bytes(folder), reply)

        def ended(then: Callable[[Any], object]) -> Callable[[Any], None]:
            def end(said: Any) -> None:
                looking.cancel()
                self._under_way, self._process = False, None
                reply.cancelled() if self._dropped else then(said)

            return end

        def install(model: InstalledModel) -> None:
            try:
                reply.done(ModelInstalled(model=self._models.list.install(model)))
            except AppError as error:
                Path(model.adapter or model.path).unlink(missing_ok=True)
                reply.failed(error)

        reply.on_cancel(self.stop)
        write = self._write_adapter if adapter else self._write
        self._house.clock.thread(lambda: write(call, folder, made, title), ended(install), ended(reply.failed))

    def _write(self, call: c.ImportFolder, folder: Path, made: Path, title: str) -> InstalledModel:
        """In a thread: the file, at its place, as the list will name it."""
        check_room(self._house.home.models, _bytes(folder))
        beside = call.beside or next((str(each) for each in sorted(folder.glob("*.gguf"))), "")
        llama_cpp = call.llama_cpp or self._house.settings.get(LLAMA_CPP).strip()
        options = ["--beside", beside] if beside else []
        options += ["--llama-cpp", str(Path(llama_cpp).expanduser())] if llama_cpp else []
        with self._room(made):
            out = made / f"{safe_stem(title)}.gguf"
            self._run("gguf", folder, out, *options)
            place = self._settled(out)
        return msgspec.structs.replace(listed(read_header(place), place, title), lineage={FOLDER: str(folder)})

    def _write_adapter(self, call: c.ImportFolder, folder: Path, made: Path, title: str) -> InstalledModel:
        """In a thread: the adapter as a file, for the model that it names, else for the one that it fits.

        Raises:
            BadFile: it fits none, or several and not the one in use.
        """
        check_room(self._house.home.models, _bytes(folder))
        registry = self._house.registry
        models = [each for each in registry.models() if each.path and not each.adapter and not is_missing(each)]
        named = base_named(str(check_adapter(folder).get("base_model_name_or_path") or ""), models)
        tried = [named, *models] if named is not None else models
        with self._room(made):
            out = made / f"{safe_stem(title)}.gguf"
            fits = self._run("adapter", folder, out, *(each.path for each in tried)).get("base")
            meant = named is not None and named.path == fits
            base = named if named is not None and meant else base_of(read_header(out), models, registry.active())
            place = self._settled(out)
        return tuned(base, place, title, file=folder.name)

    @contextmanager
    def _room(self, made: Path) -> Iterator[None]:
        """A folder to write in, which goes away."""
        try:
            made.mkdir(parents=True)
            yield
        except OSError as error:
            raise cannot_write(self._house.home.models, error) from error
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def _settled(self, out: Path) -> Path:
        """→ where the file lies among the models now."""
        return out.replace(reserved(self._house.home.models / out.name))

    def _run(self, command: str, folder: Path, out: Path, *more: str) -> dict[str, Any]:
        """→ what the trainer's command said; raises AppError where it could not do it."""
        self._process = subprocess.Popen(
            trainer_command(self._house.home, command, str(folder), str(out), *more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=trainer_environment(self._house.home),
            creationflags=NO_CONSOLE,
        )
        if self._dropped:
            self._process.kill()
        with self._process as process:
            said, errors = process.communicate()
        if process.returncode:
            raise _error(said, errors, folder)
        return dict(msgspec.json.decode(said.splitlines()[-1]))


class _Looking:
    """Tells now and then how much of the file is there."""

    def __init__(self, clock: Clock, made: Path, total: int, reply: Reply) -> None:
        self._clock, self._made, self._total, self._reply = clock, made, total, reply
        self._timer = clock.after(LOOK_S, self._tell)

    def cancel(self) -> None:
        self._timer.cancel()

    def _tell(self) -> None:
        done = sum(file.stat().st_size for file in self._made.glob("*"))
        self._reply.event(CopyProgress(done=min(done, self._total), total=self._total))
        self._timer = self._clock.after(LOOK_S, self._tell)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def _error(said: bytes, errors: bytes, folder: Path) -> AppError:
    """What the trainer said went wrong, in its own words."""
    for line in reversed(said.splitlines()):
        try:
            problem = msgspec.json.decode(line, type=dict[str, str])
        except msgspec.MsgspecError:
            continue
        return BadFile(problem["problem"], problem["hint"], problem["detail"], "folder")
    return AppError(f"“{folder.name}” could not be read.", "Try again.", errors.decode(errors="replace")[-2000:])
