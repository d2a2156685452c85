"""What the training component is made of: a list of wheels with their hashes, one for each system and backend.

`packaging/lock.py` writes the files: requirements as pip and uv read them, each with the name of its wheel, its bytes
and its bytes when unpacked as a comment behind it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from app.errors import AppError
from app.paths import RESOURCES

Backend = Literal["cpu", "cuda"]
"""What PyTorch computes on: the processor (and on a Mac its GPU), or an NVIDIA card."""
BACKENDS: tuple[Backend, ...] = get_args(Backend)
LOCKS = "INHOUSE_TRAINING_LOCKS"
"""Names another folder with lists, for a company that has tested its own."""
PACKAGE = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+) --hash=sha256:(?P<sha256>[0-9a-f]{64})  # (?P<rest>.+)$")
HEADER = re.compile(r"^# (python|torch-backend) (\S+)$")


@dataclass(frozen=True)
class Wheel:
    """One package of a list."""

    name: str
    version: str
    sha256: str
    file: str
    bytes: int
    unpacked: int  # bytes of its files


@dataclass(frozen=True)
class Lock:
    """A list. `id` changes with each change of it."""

    path: Path
    id: str
    backend: Backend
    python: str  # "3.11"
    torch_backend: str  # for uv, where PyTorch's own index has what the package index lacks; "" elsewhere
    wheels: tuple[Wheel, ...]

    @property
    def bytes(self) -> int:
        """To fetch."""
        return sum(wheel.bytes for wheel in self.wheels)

    @property
    def unpacked(self) -> int:
        """On the disk."""
        return sum(wheel.unpacked for wheel in self.wheels)


def find_lock(backend: Backend) -> Lock | None:
    """The list for this computer; None where this version of Inhouse has none.

    Raises:
        AppError: it cannot be read.
    """
    path = _folder() / f"{system_name()}-{backend}.lock"
    return read_lock(path, backend) if path.is_file() else None


def _folder() -> Path:
    return Path(os.environ.get(LOCKS) or RESOURCES / "training")


def system_name() -> str:
    """ "linux-x86_64", as the files are called."""
    system = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    machine = platform.machine().casefold()
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)
    return f"{system}-{machine}"


def read_lock(path: Path, backend: Backend) -> Lock:
    """
    Raises:
        AppError: it cannot be read.
    """
    try:
        data = path.read_bytes()
        headers: dict[str, str] = {}
        wheels: list[Wheel] = []
        for line in data.decode().splitlines():
            if found := HEADER.match(line):
                headers[found[1]] = found[2]
            elif line and not line.startswith("#"):
                wheels.append(_wheel(line))
        python = headers["python"]
    except (OSError, ValueError, KeyError) as error:
        hint = "Install this version of Inhouse again."
        raise AppError("The list of what training needs cannot be read.", hint, f"{path}: {error}") from error
    digest = hashlib.sha256(data).hexdigest()
    return Lock(path, digest, backend, python, headers.get("torch-backend", ""), tuple(wheels))


def _wheel(line: str) -> Wheel:
    found = PACKAGE.match(line)
    if found is None:
        raise ValueError(line)
    file, size, unpacked = found["rest"].split()
    return Wheel(found["name"], found["version"], found["sha256"], file, int(size), int(unpacked))
