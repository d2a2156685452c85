"""`python packaging/lock.py`: writes `resources/training/*.lock`, what the training component is made of.

One line a package: its version, the SHA-256 of the one wheel that this system takes, that wheel's name, its bytes, and
its bytes when it is unpacked. Versions are those of `constraints.txt`. No address stands in it: the same list serves a
package index, a mirror and a folder of wheels. uv resolves; it has to be installed (extra `dev`).

PyTorch for the processor alone lies on PyTorch's own index. Where that is not at hand, `--find-links` names a folder
with its wheel.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from packaging.utils import parse_wheel_filename

from packaging import tags

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "resources" / "training"
SHARED = (
    "PyStemmer", "filelock", "jinja2", "msgspec", "numpy", "onnx", "onnxruntime", "openpyxl", "phonenumbers",
    "platformdirs", "psutil", "python-stdnum", "safetensors", "tokenizers",
)  # fmt: skip
"""What the trainer imports of the app's own dependencies. llama-cpp-python is left out, since it comes as source only:
its Python part and the libraries come with the bundle."""
BINDING = ("diskcache", "typing-extensions")
"""What llama-cpp-python imports beside those."""
TAIL = 1 << 16
MACOS = (14, 0)
"""The oldest that the wheels of onnxruntime run on."""


@dataclass(frozen=True)
class Target:
    """A system: what uv calls it, and the platforms of the wheels that it takes, best first."""

    uv: str
    platforms: tuple[str, ...]
    backends: tuple[str, ...]


def _manylinux(machine: str, newest: int = 28) -> tuple[str, ...]:
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    names: list[str] = []
    for minor in range(newest, 4, -1):
        names.append(f"manylinux_2_{minor}_{machine}")
        names += [f"{legacy[minor]}_{machine}"] if minor in legacy else []
    return (*names, f"linux_{machine}")


TARGETS = {
    "linux-x86_64": Target("x86_64-manylinux_2_28", _manylinux("x86_64"), ("cpu", "cuda")),
    "windows-x86_64": Target("x86_64-pc-windows-msvc", ("win_amd64",), ("cpu",)),
    "macos-arm64": Target("aarch64-apple-darwin", tuple(tags.mac_platforms(MACOS, "arm64")), ("cpu",)),
}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--system", choices=TARGETS, action="append", help="of which system; all without it")
    parser.add_argument("--python", default=f"{sys.version_info[0]}.{sys.version_info[1]}", help="of the bundle")
    parser.add_argument("--find-links", help="a folder with wheels that the index lacks")
    args = parser.parse_args(argv)
    for system in args.system or TARGETS:
        for backend in TARGETS[system].backends:
            file = LOCKS / f"{system}-{backend}.lock"
            file.write_text(lock(system, backend, args.python, args.find_links), encoding="utf-8")
            print(file.relative_to(ROOT))  # noqa: T201
    return 0


def lock(system: str, backend: str, python: str, find_links: str | None) -> str:
    """The text of a lock file."""
    target = TARGETS[system]
    own_torch = system.startswith("linux") and backend == "cpu"
    packages = resolve(backend, target.uv, python, find_links, own_torch=own_torch)
    wanted = supported(python, target.platforms)
    lines = [
        f"# The training component of Inhouse for {system}, {backend}. Made by packaging/lock.py.",
        f"# python {python}",
    ]
    lines += ["# torch-backend cpu"] if own_torch else []
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        for package in packages:
            wheel = best(package.get("wheels", ()), wanted)
            if wheel is None:
                raise SystemExit(f"{package['name']} {package['version']} has no wheel for {system}, Python {python}.")
            size, unpacked = sizes(wheel, client)
            said = f"{package['name']}=={package['version']} --hash=sha256:{wheel['hashes']['sha256']}"
            lines.append(f"{said}  # {name_of(wheel)} {size} {unpacked}")
    return "\n".join(lines) + "\n"


def wanted_packages(backend: str, *, own_torch: bool = False) -> list[str]:
    """The requirements, as pyproject.toml has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needs = [each for each in project["dependencies"] if re.split(r"[<>=]", each)[0] in SHARED]
    needs += [*BINDING, *extras["train"], *(extras["card"] if backend == "cuda" else ())]
    if own_torch:
        pinned = re.search(r"^torch==(\S+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
        assert pinned is not None
        needs.append(f"torch=={pinned[1]}+cpu")
    return needs


def resolve(
    backend: str, platform: str, python: str, find_links: str | None, *, own_torch: bool
) -> list[dict[str, Any]]:
    """What uv chooses, with every wheel there is of it: the packages of a pylock.toml."""
    command = [
        "uv", "pip", "compile", "--no-config", "-", "--format", "pylock.toml", "--only-binary", ":all:", "--quiet",
        "--python-version", python, "--python-platform", platform, "--constraints", str(ROOT / "constraints.txt"),
    ]  # fmt: skip
    if own_torch:
        command += ["--find-links", find_links] if find_links else ["--torch-backend", "cpu"]
    asked = "\n".join(wanted_packages(backend, own_torch=own_torch))
    env = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": f"{MACOS[0]}.{MACOS[1]}"}
    ended = subprocess.run(command, input=asked, capture_output=True, text=True, cwd=ROOT, env=env, check=False)
    if ended.returncode:
        raise SystemExit(ended.stderr)
    packages: list[dict[str, Any]] = tomllib.loads(ended.stdout)["packages"]
    return packages


def supported(python: str, platforms: Iterable[str]) -> list[tags.Tag]:
    """The tags that an interpreter takes, best first."""
    version, places = tuple(int(part) for part in python.split(".")), list(platforms)
    interpreter = f"cp{version[0]}{version[1]}"
    return [*tags.cpython_tags(version, platforms=places), *tags.compatible_tags(version, interpreter, places)]


def best(wheels: Iterable[dict[str, Any]], wanted: list[tags.Tag]) -> dict[str, Any] | None:
    """The wheel that uv and pip would take; None where none fits."""
    ranks = {tag: rank for rank, tag in enumerate(wanted)}
    fitting = []
    for wheel in wheels:
        ranked = [ranks[tag] for tag in parse_wheel_filename(name_of(wheel))[3] if tag in ranks]
        if ranked:
            fitting.append((min(ranked), name_of(wheel), wheel))
    return min(fitting, key=lambda each: each[:2])[2] if fitting else None


def name_of(wheel: dict[str, Any]) -> str:
    """Its file's name."""
    address = str(wheel.get("url") or wheel.get("path"))
    return unquote(Path(urlsplit(address).path).name)


def sizes(wheel: dict[str, Any], client: httpx.Client) -> tuple[int, int]:
    """→ bytes of the wheel, and of what it unpacks to. Only its end is fetched, where its table of contents stands."""
    address = urlsplit(str(wheel.get("url") or wheel.get("path")))
    if address.scheme in ("", "file"):
        file = Path(unquote(address.path))
        return file.stat().st_size, _unpacked(file.read_bytes())
    size, take = int(wheel["size"]), TAIL
    while True:
        take = min(take, size)
        answer = client.get(str(wheel["url"]), headers={"Range": f"bytes={size - take}-{size - 1}"})
        answer.raise_for_status()
        try:
            return size, _unpacked(answer.content)
        except zipfile.BadZipFile:
            if take == size:
                raise
            take *= 4


def _unpacked(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        return sum(each.file_size for each in wheel.infolist())


if __name__ == "__main__":
    sys.exit(main())
