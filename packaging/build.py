"""`make package`: builds the application that people install, from this tree and the environment that runs this.

    .build/app/Inhouse            one folder: the program, its libraries, llama.cpp for every processor, the models
    .build/inhouse_V_amd64.deb    the same for Debian and Ubuntu
    .build/inhouse-V-linux-x86_64.tar.zst   the same to unpack anywhere and double-click, without root
    .build/inhouse-V-windows-x86_64.exe, .build/inhouse-V-macos-arm64.dmg   on these systems (never run)

Nothing is taken from the network but the source of llama.cpp, which pip fetches once (`--llama-source` names a copy).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import bundle_parts
import deb
import icons
import licences
import macos_image
import runtime
import windows_installer
import zstandard
from bundle_parts import ROOT, Refused, say, version

BUILD = ROOT / ".build"
LEVEL = 12
"""Of zstd: within a few percent of its best, in a fraction of the time."""


def main(argv: list[str] | None = None) -> int:
    """Build what the arguments name; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make package", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=BUILD, help="where everything goes (%(default)s)")
    parser.add_argument("--llama-source", type=Path, help="source distribution of llama-cpp-python (default: fetched)")
    parser.add_argument("--only-folder", action="store_true", help="no .deb and no archive")
    args = parser.parse_args(argv)
    try:
        folder = bundle(args.out, args.llama_source)
        made = [] if args.only_folder else packed(folder, args.out)
    except (Refused, runtime.Refused) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for path in (folder, *made):
        sys.stdout.write(f"{weight(path) / 1e6:7.0f} MB  {path}\n")
    return 0


def bundle(out: Path, llama_source: Path | None = None) -> Path:
    """The folder of the application, whole.

    Raises:
        Refused: a part is missing here, or a tool failed.
    """
    libraries = llama(out / "runtime", llama_source)
    folder = frozen(out)
    inside = folder / "_internal"
    bundle_parts.put_llama(libraries, inside)
    bundle_parts.put_models(inside)
    bundle_parts.put_source(inside)
    bundle_parts.put_python(inside)
    bundle_parts.put_installer(inside)
    licences.write(inside, folder.parent.parent / "work" / "inhouse")
    bundle_parts.put_release(folder)
    bundle_parts.settle_times(folder)
    return folder


def llama(work: Path, source: Path | None) -> Path:
    """llama.cpp's libraries for every processor of this kind, built once for a version of the binding."""
    tree = runtime.unpack(source or runtime.fetch(work), work)
    ready = work / f"portable-{tree.name}"
    if not (ready / "complete").exists():
        shutil.rmtree(ready, ignore_errors=True)
        libraries = runtime.build("cpu", tree, work / "portable-cpu", portable=True)
        shutil.copytree(libraries, ready, symlinks=True)
        shutil.copy(tree / "vendor" / "llama.cpp" / "LICENSE", ready / "LICENSE.txt")
        (ready / "complete").touch()
    return ready


def frozen(out: Path) -> Path:
    """The program and all that it imports, as PyInstaller gathers it."""
    say("gathering the program and its libraries (PyInstaller)")
    shutil.rmtree(out / "app", ignore_errors=True)
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(out / "app"), "--workpath", str(out / "work")]
    environment = os.environ | {"PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": str(bundle_parts.built_at())}
    if platform.system() == "Windows":
        environment["INHOUSE_ICON"] = str(icons.write_ico(out / "work" / "inhouse.ico"))
    done = subprocess.run([*command, str(ROOT / "packaging" / "inhouse.spec")], check=False, env=environment)
    if done.returncode:
        raise Refused("PyInstaller could not gather the program: see above.")
    return out / "app" / "Inhouse"


def packed(folder: Path, out: Path) -> list[Path]:
    """The files to hand out, with their sums beside them."""
    made = PACKERS[platform.system()](folder, out)
    sums = "".join(f"{digest(path)}  {path.name}\n" for path in made)
    (out / "SHA256SUMS").write_text(sums, encoding="utf-8", newline="\n")
    return [*made, out / "SHA256SUMS"]


def _for_linux(folder: Path, out: Path) -> list[Path]:
    made = [archive(folder, out)]
    return [*made, deb.build(folder, out)] if shutil.which("dpkg-deb") else made


PACKERS: dict[str, Callable[[Path, Path], list[Path]]] = {
    "Linux": _for_linux,
    "Windows": lambda folder, out: [windows_installer.build(folder, out)],
    "Darwin": lambda folder, out: [macos_image.build(folder, out)],
}


def archive(folder: Path, out: Path) -> Path:
    """The folder as one file, to be unpacked anywhere. The same tree gives the same bytes."""
    system = f"{platform.system().lower()}-{platform.machine().lower()}"
    made = out / f"inhouse-{version()}-{system}.tar.zst"
    say(f"packing {made.name}")
    top = f"Inhouse-{version()}"
    compressor = zstandard.ZstdCompressor(level=LEVEL, threads=-1)
    with (
        made.open("wb") as file,
        compressor.stream_writer(file) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in [folder, *sorted(folder.rglob("*"))]:
            tar.add(path, str(Path(top) / path.relative_to(folder)), recursive=False, filter=_nobody)
    return made


def _nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def weight(path: Path) -> int:
    """Bytes of a file, or of all in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())


if __name__ == "__main__":
    sys.exit(main())
