"""Builds of llama.cpp: which devices one offers, which one each role runs on, and a child's environment for it.

The build that comes along needs no folder. Others lie in folders of their own (`Home.runtimes`), each with a manifest;
`runtimes.json` says which one a role runs on. The core writes it, and whoever starts a child reads it.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from app.files import write_atomic
from app.paths import Home
from app.units import in_gb

log = logging.getLogger(__name__)

RuntimeRole = Literal["engine", "embedder"]
"""What runs on llama.cpp: the process that chats; the one that reads documents, where its embedder is a GGUF file."""
ROLES: tuple[RuntimeRole, ...] = get_args(RuntimeRole)
BUILT_IN = "built-in"
"""The id and name of the build that comes along."""
MANIFEST = "runtime.json"
LIBRARIES = "lib"
"""The folder of a runtime that `LLAMA_CPP_LIB_PATH` names."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
VARIABLE, VISION_VARIABLE = "LLAMA_CPP_LIB_PATH", "MTMD_CPP_LIB"
"""Where the package llama_cpp looks for its libraries, those that see among them."""


class Device(Struct, frozen=True, kw_only=True):
    """A compute device as a build of llama.cpp sees it; memory in bytes."""

    kind: str  # CUDA, Vulkan, Metal, ROCm, SYCL, CPU
    name: str
    is_gpu: bool
    free: int
    total: int  # 0: its driver does not say
    integrated: bool = False  # part of the processor, whose memory it shares


class CardShare(Struct, frozen=True, kw_only=True):
    """What one graphics card holds of a loaded model. `card` is its place among the cards, from 0."""

    card: int
    name: str
    layers: int  # the output counts as one
    bytes: int
    total: int


class Placed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a loaded model lies. Without shares on the processor."""

    shares: tuple[CardShare, ...] = ()
    cards: int = 0  # graphics cards that there are
    note: str = ""  # why it lies elsewhere than it could


class Card(Struct, frozen=True, kw_only=True):
    """A graphics card as the system sees it, whether or not llama.cpp can use it."""

    vendor: str  # NVIDIA, AMD, Intel, Apple
    name: str
    driver: str = ""  # of the system, "" for none


class Runtime(Struct, frozen=True, kw_only=True):
    """A build of llama.cpp in a folder of its own."""

    id: str
    name: str
    backends: tuple[str, ...]  # CUDA, CPU
    version: str  # llama.cpp's
    bytes: int
    devices: tuple[Device, ...] = ()  # seen when it was last tried
    left_out: tuple[str, ...] = ()  # files that a driver has to bring
    warning: str = ""


class Chosen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a role runs on; `failed` says why it does not since `failed_at`, and the build that comes along is used."""

    id: str = BUILT_IN
    failed: str = ""
    failed_at: float = 0.0


def read_chosen(home: Home) -> dict[RuntimeRole, Chosen]:
    """What each role runs on; the build that comes along where nothing else is written down."""
    found: dict[RuntimeRole, Chosen] = {}
    try:
        found = msgspec.json.decode(home.runtimes_file.read_bytes(), type=dict[RuntimeRole, Chosen])
    except FileNotFoundError:
        pass
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s could not be read: %s", home.runtimes_file, error)
    return {role: found.get(role, Chosen()) for role in ROLES}


def write_chosen(home: Home, chosen: dict[RuntimeRole, Chosen]) -> None:
    """Write it down. Raises NoSpace."""
    write_atomic(home.runtimes_file, msgspec.json.format(msgspec.json.encode(chosen), indent=2) + b"\n")


def note_failure(home: Home, role: RuntimeRole, why: str) -> None:
    """The build that comes along is used, until one is chosen again or the computer was restarted. Raises NoSpace."""
    chosen = read_chosen(home)
    write_chosen(home, {**chosen, role: msgspec.structs.replace(chosen[role], failed=why, failed_at=time.time())})


def failure_text(role: RuntimeRole, name: str, why: str) -> str:
    """That a role does not run on what was chosen for it, and why."""
    what = {"engine": "Chats do", "embedder": "The reading of documents does"}[role]
    return f"{what} not run on “{name}”: {why} The built-in one is used."


def leave(home: Home, role: RuntimeRole, why: str) -> bool:
    """From within a process whose libraries do not load: note it, and look for those that come along from now on;
    → whether this process ran on others. Raises NoSpace."""
    if os.environ.pop(VARIABLE, None) is None:
        return False
    os.environ.pop(VISION_VARIABLE, None)
    if read_chosen(home)[role].id != BUILT_IN:
        note_failure(home, role, why)
    return True


def name_of(home: Home, runtime_id: str) -> str:
    """What a person calls a runtime; its id where it cannot be read any more."""
    try:
        manifest = home.runtimes / runtime_id / MANIFEST
        return msgspec.json.decode(manifest.read_bytes(), type=Runtime).name
    except (OSError, msgspec.MsgspecError):
        return runtime_id


def folder_of(home: Home, runtime_id: str) -> Path:
    """The libraries of a runtime."""
    return home.runtimes / runtime_id / LIBRARIES


def variables(folder: Path | None) -> dict[str, str]:
    """What makes a process use the libraries in this folder; None: those that come along."""
    if folder is None:
        return {}
    sees = any(folder.glob("*mtmd.*"))
    return {VARIABLE: str(folder), **({VISION_VARIABLE: str(folder)} if sees else {})}


def environment(home: Home, role: str) -> dict[str, str]:
    """What a child of this role needs in its environment to run on what was chosen for it."""
    served: dict[str, RuntimeRole] = {"engine": "engine", "documents": "embedder"}
    if role not in served:
        return {}
    chosen = read_chosen(home)[served[role]]
    if chosen.id == BUILT_IN or chosen.failed:
        return {}
    return variables(folder_of(home, chosen.id))


def why_no_more(devices: Sequence[Device], cards: Sequence[Card], backends: Sequence[str]) -> str:
    """What of this computer a build uses and why not more, in a sentence."""
    gpus = [device for device in devices if device.is_gpu]
    built_for = [name for name in backends if name not in ("CPU", "BLAS")]
    seen = " ".join(gpu.name for gpu in gpus).casefold()
    unseen = [card for card in cards if _words(card.name)[-1:] and not _is_seen(card, seen, len(gpus))]
    names = ", ".join(card.name for card in unseen)
    if gpus:
        used = ", ".join(f"{gpu.name} ({gpu.kind})" for gpu in gpus)
        return f"Models run on {used}." + (f" Not used by this build: {names}." if unseen else "")
    if not cards and not built_for:
        return "No graphics card was found: the processor computes."
    if not built_for:
        return f"{names}: this build of llama.cpp has no GPU backend. Add one under Runtimes."
    build = f"This build is for {' and '.join(built_for)}, and sees no card that it can use"
    if not cards:
        return f"{build}: the system shows none either."
    return f"{build}. The system has {names}{_driver_hint(unseen, built_for)}."


def placed_text(placed: Placed) -> str:
    """Where a model lies, behind its device: "on the second card, 5.1 of 8.0 GB"; "" on the processor alone."""
    shares = placed.shares
    if len(shares) == 1:
        which = "on the graphics card" if placed.cards < 2 else f"on {_nth(shares[0].card)}"
        return f"{which}, {_room(shares[0])}"
    return ", ".join(f"{each.layers} layers on {_nth(each.card)} ({_room(each)})" for each in shares)


def _nth(place: int) -> str:
    return f"the {ORDINALS[place]} card" if place < len(ORDINALS) else f"card {place + 1}"


def _room(share: CardShare) -> str:
    return f"{in_gb(share.bytes)} of {in_gb(share.total)} GB" if share.total else f"{in_gb(share.bytes)} GB"


def _driver_hint(cards: Sequence[Card], built_for: Sequence[str]) -> str:
    drivers = [card.driver for card in cards if card.driver]
    if "CUDA" in built_for and not any(card.vendor == "NVIDIA" for card in cards):
        return ", and CUDA is for NVIDIA's cards: use a Vulkan runtime"
    if "CUDA" in built_for and "nvidia" not in drivers:
        now = f" (now: {drivers[0]})" if drivers else ""
        return f", which needs NVIDIA's own driver{now}"
    if not drivers:
        return ", without a driver"
    return f" with the driver {drivers[0]}: restart the computer if it was updated"


def _is_seen(card: Card, seen: str, gpus: int) -> bool:
    """Whether a build names this card too: drivers word the names otherwise, so the model's own words count."""
    if not gpus:
        return False
    own = [word for word in _words(card.name) if any(letter.isdigit() for letter in word)]
    return any(word in seen for word in own) if own else card.vendor.casefold() in seen


def _words(name: str) -> list[str]:
    return name.casefold().replace("[", " ").replace("]", " ").replace("/", " ").split()
