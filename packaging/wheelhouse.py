"""`python packaging/wheelhouse.py FOLDER`: the wheels of training in a folder, for computers without a network.

    python packaging/wheelhouse.py wheels                      for this system, on the processor
    python packaging/wheelhouse.py wheels --backend cuda       for NVIDIA cards
    inhouse training install --wheels wheels                   on the computer without a network

pip fetches, with its own settings for index, proxy and certificates; what comes behind `--` goes to it. What is there
and whole is not fetched again. Each wheel has the hash of the list (`resources/training`); `wheels.json` says what is
in the folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lock import LOCKS, TARGETS

from app.finetune.component_lock import BACKENDS, Lock, Wheel, read_lock, system_name

MANIFEST = "wheels.json"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the wheels go")
    parser.add_argument("--system", default=system_name(), choices=TARGETS, help="of the computers that they are for")
    parser.add_argument("--backend", default="cpu", choices=BACKENDS)
    parser.add_argument("--lock", type=Path, help="another list")
    args, for_pip = parser.parse_known_args(argv)
    file = args.lock or LOCKS / f"{args.system}-{args.backend}.lock"
    if not file.is_file():
        return say(f"There is no list for {args.system} on {args.backend}.")
    lock = read_lock(file, args.backend)
    args.folder.mkdir(parents=True, exist_ok=True)
    missing = [wheel for wheel in lock.wheels if not is_whole(args.folder, wheel)]
    print(f"{len(missing)} of {len(lock.wheels)} wheels to fetch, {mb(missing)} of {mb(lock.wheels)} MB")  # noqa: T201
    if missing and fetch(lock, missing, args.folder, args.system, [each for each in for_pip if each != "--"]):
        return say("pip could not fetch them all. Run this again: what is here stays.")
    damaged = [wheel.file for wheel in lock.wheels if not is_whole(args.folder, wheel)]
    if damaged:
        return say(f"Not the files of the list: {', '.join(damaged)}")
    write_manifest(lock, args.folder, args.system)
    shutil.copy(lock.path, args.folder)
    print(f"{args.folder}: {len(lock.wheels)} wheels, {mb(lock.wheels)} MB")  # noqa: T201
    return 0


def fetch(lock: Lock, missing: list[Wheel], folder: Path, system: str, for_pip: list[str]) -> int:
    """→ pip's exit status."""
    wanted = "".join(f"{each.name}=={each.version} --hash=sha256:{each.sha256}\n" for each in missing)
    command = [sys.executable, "-m", "pip", "download", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-version", lock.python, "--dest", str(folder), *for_pip]
    for platform in TARGETS[system].platforms:
        command += ["--platform", platform]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as list_file:
        list_file.write(wanted)
        list_file.flush()
        return subprocess.run([*command, "-r", list_file.name], check=False).returncode


def is_whole(folder: Path, wheel: Wheel) -> bool:
    """Whether the wheel is there, and is the one of the list."""
    file = folder / wheel.file
    if not file.is_file() or file.stat().st_size != wheel.bytes:
        return False
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest() == wheel.sha256


def write_manifest(lock: Lock, folder: Path, system: str) -> None:
    """What is in the folder, for whoever carries it."""
    said = {
        "system": system,
        "backend": lock.backend,
        "python": lock.python,
        "lock": lock.id,
        "bytes": lock.bytes,
        "unpacked": lock.unpacked,
        "wheels": [{"file": each.file, "sha256": each.sha256, "bytes": each.bytes} for each in lock.wheels],
    }
    (folder / MANIFEST).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def mb(wheels: list[Wheel] | tuple[Wheel, ...]) -> int:
    return round(sum(wheel.bytes for wheel in wheels) / 1e6)


def say(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
