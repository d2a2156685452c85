"""What the installed application holds beside its program: llama.cpp, the models, and what trains.

Where each part lies is what `app/frozen.py` and `app/packages.py` look for.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from importlib.metadata import version as version_of
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
STDLIB_LEFT_OUT = (
    "test", "idlelib", "tkinter", "turtledemo", "turtle.py", "ensurepip", "lib2to3", "pydoc_data", "site-packages",
    "__pycache__", "*.pyc", "config-*", "_tkinter*", "readline*", "_curses*", "_dbm*", "_gdbm*", "_test*", "xxlimited*",
    "_xxtest*",
)  # fmt: skip
"""Of Python's own library: tests, editors and what needs a terminal's libraries."""
SYSTEM_LIBRARIES = (
    "linux-vdso",
    "libc.so",
    "libm.so",
    "libdl.so",
    "libpthread.so",
    "librt.so",
    "ld-linux",
    "libutil.so",
)
"""The C library is always the system's own."""


READ_ONLY = re.compile(r"\.so(\.|$)|\.py$|\.txt$|\.sh$|\.csh$|\.fish$")
"""Files that are loaded and never run by themselves, whatever a wheel says of them."""


class Refused(Exception):
    """Why nothing is built, in words to print."""


def say(text: str) -> None:
    """A line about what is being done."""
    sys.stdout.write(f"==> {text}\n")
    sys.stdout.flush()


def version() -> str:
    """Inhouse's own."""
    return version_of("inhouse")


def built_at() -> int:
    """Seconds since 1970 of the last commit, so that the same tree is built alike; now where there is no git."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    asked = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(asked.stdout) if asked.returncode == 0 and asked.stdout.strip() else int(time.time())


def put_llama(libraries: Path, inside: Path) -> None:
    """llama.cpp for every processor, in place of the build for this very one."""
    for name in ("ggml*", "llama.*", "mtmd.*"):  # lib….so, and without “lib” on Windows
        for stray in (each for each in (*inside.glob(f"lib{name}"), *inside.glob(name)) if not each.is_dir()):
            stray.unlink()
    target = inside / "llama_cpp" / "lib"
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(exist_ok=True)
    shutil.copytree(libraries, target, symlinks=True, ignore=shutil.ignore_patterns("complete"))


def put_models(inside: Path) -> None:
    """The starter model, and the embedder ready to run: the first start has nothing to make."""
    from app.embedder.prepared import FOLDER, prepare
    from app.packages import EMBEDDER, EMBEDDER_FILE, STARTER, package_folder

    for package in (STARTER, EMBEDDER):
        found = package_folder(package)
        if found is None:
            raise Refused(f"The package {package} is not installed here: make test installs it.")
        say(f"adding {package}")
        target = inside / package
        target.mkdir(exist_ok=True)
        kept = [*found.glob("*.gguf")] if package == STARTER else [found / EMBEDDER_FILE, prepare()]
        for path in kept:
            shutil.copytree(path, target / path.name) if path.is_dir() else shutil.copy(path, target)
    if not any((inside / EMBEDDER).glob(f"{FOLDER}*")):
        raise Refused("The embedder was not prepared.")


def put_source(inside: Path) -> None:
    """`app`, `trainer` and the binding of llama.cpp as files, for the interpreter that trains."""
    source = inside / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    plain = shutil.ignore_patterns("__pycache__", "*.pyc", "bench", "bench_*", "*_bench.py")
    for name in ("app", "trainer"):
        shutil.copytree(ROOT / name, source / name, ignore=plain)
    binding = Path(sysconfig.get_paths()["purelib"]) / "llama_cpp"
    shutil.copytree(
        binding, source / "llama_cpp", ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "lib", "server")
    )
    _link(source / "llama_cpp" / "lib", Path("..") / ".." / "llama_cpp" / "lib")
    _link(source / "resources", Path("..") / "resources")


def _link(link: Path, target: Path) -> None:
    """A link where the system has them, else a copy."""
    if platform.system() == "Windows":
        shutil.copytree(link.parent / target, link)
    else:
        link.symlink_to(target)


def put_python(inside: Path) -> None:
    """A plain interpreter with its own library: what trains needs one, and the program is none."""
    say("adding a plain interpreter for the training component")
    python = inside / "python"
    shutil.rmtree(python, ignore_errors=True)
    LAY_PYTHON[platform.system()](python)


def python_of_linux(python: Path) -> None:
    """bin and lib, with the libraries that they are linked with, and told to look for them there."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = _python_with_bin(python, name)
    modules = list((library / "lib-dynload").glob("*.so"))
    for binary in (python / "bin" / name, *modules):
        _bring_libraries(binary, python / "lib")
    _find_beside(python / "bin" / name, "$ORIGIN/../lib")
    for module in modules:
        _find_beside(module, "$ORIGIN/../..")
    for brought in (python / "lib").glob("*.so*"):
        _find_beside(brought, "$ORIGIN")
    for shared in (*(python / "lib").glob("libpython*"), *python.parent.glob("libpython*")):
        # three quarters of it are for debuggers
        subprocess.run(["strip", "--strip-unneeded", str(shared)], check=True)


def python_of_macos(python: Path) -> None:
    """bin and lib. The interpreter that builds has to be one that can be moved (`uv python install`): it looks for its
    library beside itself, where one of python.org looks in /Library."""
    _python_with_bin(python, f"python{sys.version_info.major}.{sys.version_info.minor}")
    for shared in (Path(sys.base_prefix) / "lib").glob("libpython*.dylib"):
        shutil.copy(shared, python / "lib")


def _python_with_bin(python: Path, name: str) -> Path:
    (python / "bin").mkdir(parents=True)
    shutil.copy(Path(sys.base_prefix) / "bin" / name, python / "bin" / name)
    (python / "bin" / "python3").symlink_to(name)
    library = python / "lib" / name
    shutil.copytree(sysconfig.get_paths()["stdlib"], library, ignore=shutil.ignore_patterns(*STDLIB_LEFT_OUT))
    return library


def python_of_windows(python: Path) -> None:
    """As its installer lays it out: the programs with their libraries, DLLs and Lib."""
    base = Path(sys.base_prefix)
    left_out = shutil.ignore_patterns(*STDLIB_LEFT_OUT, "tcl*", "tk*", "sqlite3_*")
    shutil.copytree(base / "Lib", python / "Lib", ignore=left_out)
    shutil.copytree(base / "DLLs", python / "DLLs", ignore=left_out)
    for file in (*base.glob("python*.exe"), *base.glob("*.dll")):
        shutil.copy(file, python)


LAY_PYTHON = {"Linux": python_of_linux, "Darwin": python_of_macos, "Windows": python_of_windows}


def _bring_libraries(binary: Path, into: Path) -> None:
    """What a binary is linked with, but for the C library."""
    listed = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        name, _, rest = line.strip().partition(" => ")
        found = Path(rest.rpartition(" (")[0])
        if rest and not name.startswith(SYSTEM_LIBRARIES) and found.is_file() and not (into / name).exists():
            shutil.copy(found, into / name)


def _find_beside(binary: Path, path: str) -> None:
    """Let it look for its libraries in a place that moves with it."""
    done = subprocess.run(["patchelf", "--set-rpath", path, str(binary)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"patchelf could not change {binary.name}: {done.stderr.strip()}")


def put_installer(inside: Path) -> None:
    """uv, which installs the training component."""
    import uv

    shutil.copy(uv.find_uv_bin(), inside / ("uv.exe" if platform.system() == "Windows" else "uv"))


class Release(msgspec.Struct):
    """What a version says of itself, beside its program."""

    version: str
    built: int  # seconds since 1970
    system: str
    data: dict[str, int]  # store, as `inhouse update back` calls it → the newest version of it that this release writes
    files: dict[str, int]  # the same of the small files


def put_release(folder: Path) -> None:
    """release.json, by which an update knows what it takes."""
    from app.database.versions import CHATS, DOCUMENTS, FILES, TABLES

    system = f"{platform.system().lower()}-{platform.machine().lower()}"
    data = {"chats": CHATS, "documents": DOCUMENTS, "tables": TABLES}
    release = Release(version(), built_at(), system, data, FILES)
    (folder / "release.json").write_bytes(msgspec.json.format(msgspec.json.encode(release), indent=2) + b"\n")


def settle_times(folder: Path) -> None:
    """All files as old as the last commit, and for all to read: the same tree gives the same bytes."""
    at = built_at()
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            read = READ_ONLY.search(path.name) or "licences" in path.parts
            runs = path.is_dir() or (os.access(path, os.X_OK) and not read)
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (at, at), follow_symlinks=False)
