"""`inhouse models runtime`: which devices there are and why not more, and builds of llama.cpp added, used, tried."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.cli.output import say, say_json, size_text, tell
from app.cli.session import Session
from app.core.calls.runtimes import (
    ChooseRuntime,
    FetchOfferedRuntime,
    RemoveRuntime,
    RuntimesShown,
    ShowRuntimes,
    TestRuntime,
)
from app.core.calls.updates import LookForUpdate
from app.errors import AppError
from app.runtimes import BUILT_IN, ROLES, Device, Runtime
from app.workers.calls.models import CopyProgress, FetchProgress
from app.workers.calls.runtimes import AddRuntime, RuntimeAdded, RuntimeTried
from app.workers.message import Call, Data

MINUTE = "The first time a runtime is used its card may need a minute…"


def command(args: argparse.Namespace, session: Session) -> int:
    """Run the action that the arguments name; none lists."""
    actions = {"add": _add, "fetch": _fetch, "use": _use, "remove": _remove, "test": _test}
    if args.what in ("add", "use", "remove") and not args.name:
        needed = "an archive or a folder" if args.what == "add" else "the name of a runtime"
        raise AppError(f"“inhouse models runtime {args.what}” needs {needed}.", "“inhouse models runtime” lists them.")
    return actions.get(args.what, _list)(args, session)


def _list(args: argparse.Namespace, session: Session) -> int:
    session.progress.show("Looking at the devices…")
    shown = session.call(ShowRuntimes(look=True))
    session.progress.clear()
    assert isinstance(shown, RuntimesShown)
    if args.json:
        say_json(as_json(shown))
        return 0
    for line in lines(shown):
        say(line)
    for problem in shown.problems:
        tell(problem)
    return 0


def as_json(shown: RuntimesShown) -> dict[str, Any]:
    """Devices, cards and runtimes as the commands give them to machines."""
    return {
        "devices": [msgspec.to_builtins(device) for device in shown.devices],
        "cards": [msgspec.to_builtins(card) for card in shown.cards],
        "why": shown.why,
        "version": shown.version,
        "runtimes": [msgspec.to_builtins(runtime) for runtime in shown.runtimes],
        "used": {role: msgspec.to_builtins(chosen) for role, chosen in shown.chosen.items()},
        "problems": list(shown.problems),
    }


def lines(shown: RuntimesShown) -> list[str]:
    """Devices, why not more, and runtimes with what runs on them."""
    found = [f"{device_text(device)}" for device in shown.devices]
    if shown.why:
        found.append(shown.why)
    found.append("Runtimes")
    own = Runtime(id=BUILT_IN, name=BUILT_IN, backends=(), version="", bytes=0)
    for runtime in (own, *shown.runtimes):
        chosen = {role: shown.chosen[role] for role in ROLES}
        used = [role for role, each in chosen.items() if (BUILT_IN if each.failed else each.id) == runtime.id]
        failed = [role for role, each in chosen.items() if each.failed and each.id == runtime.id]
        about = [*_about(runtime), f"runs: {', '.join(used)}" if used else ""]
        about.append(f"does not run: {', '.join(failed)}" if failed else "")
        found.append(f"{'*' if used else ' '} {runtime.name}  {', '.join(part for part in about if part)}".rstrip())
        if runtime.warning:
            found.append(f"    {runtime.warning}")
    return found


def device_text(device: Device) -> str:
    """ "CUDA  NVIDIA RTX 3060, 10.2 of 12.0 GB free"."""
    whole = f"{device.total / 1e9:.1f} GB"  # of the processor llama.cpp says its memory, not what of it is free
    room = f"{device.free / 1e9:.1f} of {whole} free" if device.is_gpu else whole
    return f"{device.kind:<7} {device.name}, {room}"


def _about(runtime: Runtime) -> list[str]:
    if runtime.id == BUILT_IN:
        return ["came with Inhouse"]
    return ["/".join(runtime.backends), f"llama.cpp {runtime.version}", size_text(runtime.bytes)]


def _add(args: argparse.Namespace, session: Session) -> int:
    path = str(Path(args.name).expanduser().absolute())
    return _bring_in(AddRuntime(path=path, name=args.called), args, session)


def _fetch(args: argparse.Namespace, session: Session) -> int:
    """Look at what is offered now; without a name, or where several are called so, they are listed."""
    session.progress.show("Asking…")
    session.call(LookForUpdate())
    shown = session.call(ShowRuntimes())
    assert isinstance(shown, RuntimesShown)
    wanted = args.name.casefold()
    found = [each for each in shown.offered if wanted in (each.file.casefold(), each.backend.casefold())]
    if len(found) == 1:
        tell(f"{found[0].backend}, llama-cpp-python {found[0].llama}: {size_text(found[0].bytes)} to fetch.")
        return _bring_in(FetchOfferedRuntime(file=found[0].file), args, session)
    listed = found or shown.offered
    if args.name:
        names = ", ".join(each.file for each in listed) or "none for this system"
        raise AppError(
            f"{'Several builds are' if found else 'No build is'} called “{args.name}”.", f"Offered: {names}."
        )
    for each in listed:
        say(f"{each.backend}  {each.file}, llama-cpp-python {each.llama}, {size_text(each.bytes)}")
    if not listed:
        tell("No build for this system is offered.")
    return 0


def _bring_in(call: Call, args: argparse.Namespace, session: Session) -> int:
    def show(data: Data) -> None:
        if isinstance(data, FetchProgress) and data.total:
            session.progress.show(f"Fetching… {size_text(data.done)} of {size_text(data.total)}")
        elif isinstance(data, CopyProgress) and data.total:
            session.progress.show(f"Copying… {size_text(data.done)} of {size_text(data.total)}")
            if data.done == data.total:
                session.progress.show("Trying it…")

    added = session.call(call, show)
    session.progress.clear()
    assert isinstance(added, RuntimeAdded)
    runtime = added.runtime
    if args.json:
        say_json(msgspec.to_builtins(runtime))
        return 0
    say(f"“{runtime.name}” is added: {', '.join(_about(runtime))}.")
    for device in runtime.devices:
        say(f"  {device_text(device)}")
    if runtime.left_out:
        tell(f"Left out: {_named(runtime.left_out)}. Only the graphics driver may bring that.")
    if runtime.warning:
        tell(runtime.warning)
    tell(f"Use it with: inhouse models runtime use “{runtime.name}”")
    return 0


def _use(args: argparse.Namespace, session: Session) -> int:
    session.progress.show(MINUTE)
    shown = session.call(ChooseRuntime(role=args.role, id=args.name))
    session.progress.clear()
    assert isinstance(shown, RuntimesShown)
    if args.json:
        say_json(as_json(shown))
    else:
        names = {BUILT_IN: BUILT_IN, **{runtime.id: runtime.name for runtime in shown.runtimes}}
        what = "Chats run" if args.role == "engine" else "A GGUF embedder runs"
        say(f"{what} on “{names[shown.chosen[args.role].id]}” from now on.")
        if args.role == "engine" and shown.why:
            tell(shown.why)
    return 0


def _remove(args: argparse.Namespace, session: Session) -> int:
    shown = session.call(RemoveRuntime(id=args.name))
    assert isinstance(shown, RuntimesShown)
    if args.json:
        say_json(as_json(shown))
    else:
        say(f"“{args.name}” was removed.")
    return 0


def _test(args: argparse.Namespace, session: Session) -> int:
    session.progress.show(MINUTE)
    tried = session.call(TestRuntime(id=args.name))
    session.progress.clear()
    assert isinstance(tried, RuntimeTried)
    if args.json:
        say_json(msgspec.to_builtins(tried))
        return 0
    for device in tried.devices:
        say(device_text(device))
    where = "on the graphics card" if tried.gpu else "on the processor"
    say(f"It works: llama.cpp {tried.version} wrote “{tried.text.strip()}” {where}, {tried.token_ms:.0f} ms a token.")
    return 0


def _named(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
