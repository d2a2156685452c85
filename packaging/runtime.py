"""`make runtime BACKEND=cuda|vulkan|metal|cpu`: builds llama.cpp for a graphics card, as a file that Inhouse takes.

The source is that of the installed llama-cpp-python, so that the libraries fit the binding; `inhouse models runtime
add` takes what comes out. What only a driver may bring, the Vulkan loader and CUDA's driver library, is never packed.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTION = "llama-cpp-python"
TARGETS = ("llama", "ggml", "mtmd")
"""What the package llama_cpp loads; the backends come with ggml."""
SIGHT = Path("vendor") / "llama.cpp" / "tools" / "mtmd"
"""Where the build leaves the library by which models see; all others are in `bin`."""
OURS = re.compile(r"^(?:lib)?(?:llama|ggml(?:-[a-z0-9_]+)*|mtmd)\.(?:so(?:\.[0-9]+)*|dylib|dll|[0-9.]+\.dylib)$")


@dataclass(frozen=True)
class Backend:
    """What it is built with, and what this computer must have for that: a command, and where it is from."""

    flags: tuple[str, ...]
    needs: tuple[tuple[str, str], ...] = ()
    systems: tuple[str, ...] = ("Linux", "Windows", "Darwin")


BACKENDS = {
    "cpu": Backend(()),
    "cuda": Backend(
        ("-DGGML_CUDA=ON",),
        (("nvcc", "NVIDIA's CUDA toolkit, whose bin folder must be in PATH"),),
        ("Linux", "Windows"),
    ),
    "vulkan": Backend(
        ("-DGGML_VULKAN=ON",),
        (("glslc", "the Vulkan SDK; on Debian and Ubuntu: apt-get install glslc libvulkan-dev spirv-headers"),),
        ("Linux", "Windows"),
    ),
    "metal": Backend(
        ("-DGGML_METAL=ON",), (("xcrun", "Apple's command line tools: xcode-select --install"),), ("Darwin",)
    ),
}
COMPILER = (("cmake", "CMake 3.21 or later; pip install cmake does"),)


class Refused(Exception):
    """Why nothing is built, in words to print."""


def main(argv: list[str] | None = None) -> int:
    """Build what the arguments name; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make runtime", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("backend", choices=sorted(BACKENDS))
    parser.add_argument("--out", type=Path, default=ROOT / ".build", help="where the file goes (.build)")
    parser.add_argument(
        "--work", type=Path, default=ROOT / ".build" / "runtime", help="where it is built (build/runtime)"
    )
    parser.add_argument(
        "--source", type=Path, help=f"source distribution of {DISTRIBUTION}, where it cannot be fetched"
    )
    parser.add_argument("--portable", action="store_true", help="for other processors and cards than this computer's")
    args = parser.parse_args(argv)
    try:
        made = make(args.backend, args.work, args.out, source=args.source, portable=args.portable)
    except Refused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{made}\nAdd it with: inhouse models runtime add {made}\n")
    return 0


def make(
    backend: str, work: Path, out: Path, *, source: Path | None = None, portable: bool = False, bench: bool = False
) -> Path:
    """Build and pack; returns the file. `bench` also builds llama.cpp's bench tool (see `bench_tool`).

    Raises:
        Refused: something is missing here, or the build failed.
    """
    check(backend)
    tree = unpack(source or fetch(work), work)
    libraries = build(backend, tree, work / backend, portable=portable, bench=bench)
    return pack(backend, libraries, tree, out)


def check(backend: str, system: str = platform.system()) -> None:
    """Raises Refused where this backend cannot be built here."""
    wanted = BACKENDS[backend]
    if system not in wanted.systems:
        raise Refused(f"The {backend} backend is built on {' or '.join(wanted.systems)}, and this is {system}.")
    missing = [f"  {name}: {where}" for name, where in (*COMPILER, *wanted.needs) if shutil.which(name) is None]
    if not missing and backend == "cuda" and not _has_cublas():
        missing = ["  cublas_v2.h: NVIDIA's cuBLAS with its headers, of the same CUDA toolkit"]
    if not missing and backend == "vulkan" and not _has_vulkan_headers():
        missing = ["  vulkan/vulkan.hpp of 1.3.272 or later: the Vulkan SDK (Debian 12's libvulkan-dev is older)"]
    if missing:
        raise Refused(f"To build the {backend} backend this computer lacks:\n" + "\n".join(missing))


def has_card() -> bool:
    """Whether NVIDIA's driver names a card of this computer."""
    if shutil.which("nvidia-smi") is None:
        return False
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    return listed.returncode == 0 and "GPU" in listed.stdout


def _has_cublas() -> bool:
    """Toolkits come in parts, and the build needs this one: the compiler knows where it would be."""
    asked = ["nvcc", "-E", "-x", "cu", "-"]
    ended = subprocess.run(asked, input="#include <cublas_v2.h>\n", capture_output=True, text=True, check=False)
    return ended.returncode == 0


def _has_vulkan_headers() -> bool:
    """llama.cpp names what older ones do not know, which would show after minutes of shaders. Without a compiler that
    can be asked the build itself has to say it."""
    compiler = shutil.which("c++")
    if compiler is None:
        return True
    sdk = os.environ.get("VULKAN_SDK", "")
    asked = [compiler, *([f"-I{sdk}/include"] if sdk else []), "-E", "-x", "c++", "-"]
    source = "#include <vulkan/vulkan.h>\n#ifndef VK_EXT_layer_settings\n#error older\n#endif\n"
    return subprocess.run(asked, input=source, capture_output=True, text=True, check=False).returncode == 0


def fetch(work: Path) -> Path:
    """The source distribution of the very version that is installed; kept for the next build."""
    work.mkdir(parents=True, exist_ok=True)
    wanted = f"{DISTRIBUTION}=={version(DISTRIBUTION)}"
    name = f"{DISTRIBUTION.replace('-', '_')}-{version(DISTRIBUTION)}.tar.gz"
    if not (work / name).is_file():
        say(f"fetching the source of {wanted}")
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download", "--no-deps"]
        run([*command, "--no-binary", DISTRIBUTION, wanted, "--dest", str(work)], "The source could not be fetched")
    return work / name


def unpack(source: Path, work: Path) -> Path:
    """The folder with the source's CMakeLists.txt."""
    if not source.is_file():
        raise Refused(f"{source} is not there.")
    tree = work / source.name.removesuffix(".tar.gz")
    if not (tree / "CMakeLists.txt").is_file():
        say("unpacking it")
        with tarfile.open(source) as archive:
            archive.extractall(work, filter="data")
    return tree


def build(backend: str, tree: Path, folder: Path, *, portable: bool = False, bench: bool = False) -> Path:
    """Compile; returns the folder with the libraries."""
    prefix = folder / "installed"  # nothing is installed, but the package's rules want a name
    flags = ["-DCMAKE_BUILD_TYPE=Release", f"-DSKBUILD_PLATLIB_DIR={prefix}", f"-DCMAKE_INSTALL_PREFIX={prefix}"]
    flags += [*BACKENDS[backend].flags, f"-DGGML_NATIVE={'OFF' if portable else 'ON'}"]
    if (
        backend == "cpu" and portable
    ):  # a library for each kind of processor, of which the best is loaded when it starts
        flags += ["-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON"]
    if backend == "cuda" and not portable and has_card():
        flags.append("-DCMAKE_CUDA_ARCHITECTURES=native")  # one card's code instead of nine: minutes instead of an hour
    if bench:  # llama.cpp's tools bring mtmd themselves, which the package would add a second time
        flags += ["-DLLAMA_BUILD_TOOLS=ON", "-DLLAVA_BUILD=OFF"]
    if shutil.which("ninja"):
        flags.append("-GNinja")
    say(f"building llama.cpp for {backend} (a few minutes; cuda takes longer)")
    run(["cmake", "-S", str(tree), "-B", str(folder), *flags], "CMake could not prepare the build")
    jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 1))
    targets = [*TARGETS, *(["llama-bench"] if bench else [])]
    command = ["cmake", "--build", str(folder), "--config", "Release", "-j", jobs, "--target", *targets]
    run(command, "The build failed")
    return collect(folder)


def collect(folder: Path) -> Path:
    """The libraries that the build left, by themselves; links stay links."""
    libraries = folder / "libraries"
    shutil.rmtree(libraries, ignore_errors=True)
    libraries.mkdir()
    for built in (folder / "bin", folder / "bin" / "Release", folder / SIGHT, folder / SIGHT / "Release"):
        for path in sorted(built.glob("*")):
            if OURS.match(path.name) and not (libraries / path.name).exists():
                shutil.copy2(path, libraries / path.name, follow_symlinks=False)
    if not any(OURS.match(path.name) and "llama" in path.name for path in libraries.iterdir()):
        raise Refused(f"The build ended without a library in {folder / 'bin'}.")
    return libraries


def bench_tool(work: Path, backend: str) -> Path | None:
    """llama.cpp's own bench tool of a build with `bench`."""
    found = [path for path in (work / backend).rglob("llama-bench*") if path.is_file() and os.access(path, os.X_OK)]
    return found[0] if found else None


def pack(backend: str, libraries: Path, tree: Path, out: Path) -> Path:
    """One file with the libraries and llama.cpp's licence; links stay links where the system has them."""
    out.mkdir(parents=True, exist_ok=True)
    system = f"{platform.system().lower()}-{platform.machine().lower()}"
    stem = f"inhouse-runtime-{backend}-{version(DISTRIBUTION)}-{system}"
    files = [path for path in sorted(libraries.iterdir()) if not is_loader(path.name)]
    licence = tree / "vendor" / "llama.cpp" / "LICENSE"
    say("packing it")
    if platform.system() == "Windows":
        made = out / f"{stem}.zip"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.name)
            archive.write(licence, "LICENSE.txt")
    else:
        made = out / f"{stem}.tar.gz"
        with tarfile.open(made, "w:gz", compresslevel=6) as packed:
            for path in files:
                packed.add(path, path.name, recursive=False)
            packed.add(licence, "LICENSE.txt")
    return made


def is_loader(name: str) -> bool:
    """Whether a library belongs to the driver: one that comes with something else hides the card or crashes."""
    return name.lower().startswith(("libvulkan", "vulkan-1", "libcuda.", "nvcuda"))


def run(command: list[str], failed: str) -> None:
    """Run a tool, its output on the terminal; raises Refused with `failed` where it does not end well."""
    if subprocess.run(command, check=False).returncode:
        raise Refused(f"{failed}: see above.")


def say(text: str) -> None:
    """A line about what is being done."""
    sys.stdout.write(f"==> {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
