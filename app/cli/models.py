"""`inhouse models`: what is installed, bring one in or name one on a server, use one, go back, save or remove one.

What is not here yet is in app/cli/catalogue.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.cli.catalogue import ACTIONS
from app.cli.import_found import STORES, import_found
from app.cli.key_file import read_key
from app.cli.model_folder import import_folder
from app.cli.output import say, say_json, size_text, tell
from app.cli.runtime import command as runtime_command
from app.cli.session import Session
from app.core.calls.models import AddServer, GoBack, RemoveModel, RenameModel, Switched, UseModel
from app.core.calls.runtimes import RuntimesShown, ShowRuntimes
from app.finetune.runs import Runs
from app.finetune.use import card_of
from app.formats import SHARED_SUFFIX
from app.llama.model_folders import is_meant_as_model
from app.models.model_files import files_of, is_missing, missing_file
from app.models.servers import can_see, host_of, is_encrypted
from app.runtimes import placed_text
from app.types import InstalledModel, ModelInfo
from app.workers.calls.models import CopyProgress, ExportModel, ImportModel, ModelInstalled
from app.workers.message import Data

KEY_PROMPT = "Key of the server (empty if it needs none): "


def command(args: argparse.Namespace, session: Session) -> int:
    """Run the action that the arguments name; none lists."""
    actions = {
        "import": _import,
        "add-server": _add_server,
        "export": _export,
        "use": _use,
        "back": _back,
        "rename": _rename,
        "remove": _remove,
        **ACTIONS,
        "runtime": runtime_command,
    }
    return actions.get(args.action, _list)(args, session)


def _list(args: argparse.Namespace, session: Session) -> int:
    listed = session.models()
    for model in listed.models:
        in_use = model.id == listed.active
        if args.json:
            say_json(model_json(model, in_use=in_use))
        else:
            say(f"{'*' if in_use else ' '} {model.name}  {_figures(model)}")
    if listed.note:
        tell(listed.note)
    shown = session.call(ShowRuntimes())
    assert isinstance(shown, RuntimesShown)
    for problem in shown.problems:
        tell(problem)
    return 0


def model_json(model: InstalledModel, *, in_use: bool) -> dict[str, Any]:
    """A model as the commands give it to machines."""
    return {
        "id": model.id,
        "name": model.name,
        "path": model.path,
        "active": in_use,
        "missing": is_missing(model),
        "origin": model.origin,
        "architecture": model.architecture,
        "quantization": model.quantization,
        "parameters": model.parameters,
        "context": model.context_trained,
        "bytes": model.file_bytes,
        "tokens_per_s": model.tokens_per_s,
        "lineage": model.lineage,
        "sees": can_see(model),
        **({"server": model.address, "served_as": model.served_as} if model.origin == "server" else {}),
    }


def _figures(model: InstalledModel) -> str:
    if gone := missing_file(model):
        return f"its file is missing: {gone}"
    if model.origin == "server":
        parts = [f"computed on {host_of(model.address)}"]
    else:
        parts = [size_text(model.file_bytes), model.quantization]
    if model.tokens_per_s:
        parts.append(f"{model.tokens_per_s:.0f} tok/s here")
    return ", ".join(part for part in parts if part)


def _import(args: argparse.Namespace, session: Session) -> int:
    if is_meant_as_model(Path(args.file).expanduser()):
        model = import_folder(session, args.file, name=args.name, beside=args.gguf, llama_cpp=args.llama_cpp)
        _print(args, model, f"“{model.name}” is installed.", in_use=False)
        return 0
    if args.file in STORES or Path(args.file).expanduser().is_dir():
        return import_found(args, session, _copying(session))
    path = str(Path(args.file).expanduser().absolute())
    beside = str(Path(args.projector).expanduser().absolute()) if args.projector else ""
    known = {model.id for model in session.models().models}
    installed = session.call(ImportModel(path=path, name=args.name, projector=beside), _copying(session))
    assert isinstance(installed, ModelInstalled)
    model = installed.model
    said = "can see pictures now" if model.id in known else "is installed"
    _print(args, model, f"“{model.name}” {said}.", in_use=False)
    return 0


def _add_server(args: argparse.Namespace, session: Session) -> int:
    """The key is typed or read from a file, never an argument: those are seen by every user of the computer."""
    session.progress.show("Asking the server…")
    call = AddServer(address=args.address, model=args.model, key=read_key(args.key_file, KEY_PROMPT), name=args.name)
    added = session.call(call)
    assert isinstance(added, ModelInstalled)
    model = added.model
    host = host_of(model.address)
    _print(args, model, f"“{model.name}” on {host} can be used: inhouse models use “{model.name}”.", in_use=False)
    tell(f"Questions to it, and the passages that answer them, are sent to {host}.")
    if not is_encrypted(model.address):
        tell("The connection is not encrypted: others in the network could read along.")
    return 0


def _export(args: argparse.Namespace, session: Session) -> int:
    model = session.model(args.name)
    shared = args.file.lower().endswith(SHARED_SUFFIX)
    card = card_of(model, Runs(session.home.runs)) if shared else ""
    path = str(Path(args.file).expanduser().absolute())
    session.call(ExportModel(model_id=model.id, path=path, card=card), _copying(session))
    count = len(files_of(model))
    beside = f" in {count} files beside each other" if count > 1 else ""
    _print(args, model, f"“{model.name}” is saved as {args.file}{beside}.", in_use=False)
    return 0


def _copying(session: Session) -> Callable[[Data], None]:
    def show(data: Data) -> None:
        if isinstance(data, CopyProgress) and data.total:
            session.progress.show(f"Copying… {size_text(data.done)} of {size_text(data.total)}")

    return show


def _use(args: argparse.Namespace, session: Session) -> int:
    return _switch(args, session, UseModel(model_id=session.model(args.name).id))


def _back(args: argparse.Namespace, session: Session) -> int:
    return _switch(args, session, GoBack())


def _switch(args: argparse.Namespace, session: Session, call: UseModel | GoBack) -> int:
    """The model answers from now on once it has said a word, so a broken one changes nothing."""
    switched = session.call(call, session.show_switch)
    assert isinstance(switched, Switched)
    used = session.model(switched.model_id)
    _print(args, used, f"“{used.name}” is in use now{_placed(switched.info)}", in_use=True)
    return 0


def _placed(info: ModelInfo | None) -> str:
    """Where it lies, and why not elsewhere."""
    if info is None:
        return "."
    where = f": {placed_text(info.placed)}" if info.placed.shares else ""
    return f"{where}. {info.placed.note}".rstrip()


def _rename(args: argparse.Namespace, session: Session) -> int:
    model = session.model(args.name)
    session.call(RenameModel(model_id=model.id, name=args.new_name))
    renamed = session.model(model.id)
    _print(args, renamed, f"“{model.name}” is called “{renamed.name}” now.", in_use=False)
    return 0


def _remove(args: argparse.Namespace, session: Session) -> int:
    model = session.model(args.name)
    session.call(RemoveModel(model_id=model.id))
    _print(args, model, f"“{model.name}” was removed.", in_use=False)
    return 0


def _print(args: argparse.Namespace, model: InstalledModel, text: str, *, in_use: bool) -> None:
    if args.json:
        say_json(model_json(model, in_use=in_use))
    else:
        say(text)
