"""`python packaging/clean_root.py DEB SUITE FOLDER`: the Debian package in a fresh system, as IT and a user meet it.

    python packaging/clean_root.py .build/inhouse_0.1.0_amd64.deb bookworm /tmp/bookworm
    python packaging/clean_root.py .build/inhouse_0.1.0_amd64.deb resolute /tmp/resolute --mirror http://archive.ubuntu.com/ubuntu

debootstrap makes the smallest system there is (or the folder has one already), apt fetches what the package says that
it needs. From then on there is no network: the package is installed, an ordinary user without Python uses it
(package_check.py), it is removed and purged. For root alone; nothing outside the folder is touched.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from check_application import Installed, Missed
from package_check import check

USER, NUMBER = "anna", "1000"
DISPLAYS = Path("/tmp/.X11-unix")
PROGRAM = "usr/lib/inhouse"


def main(argv: list[str] | None = None) -> int:
    """Go through it; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("deb", type=Path)
    parser.add_argument("suite", help="of Debian or Ubuntu")
    parser.add_argument("folder", type=Path, help="of the system")
    parser.add_argument("--mirror", default="", help="of the distribution, where it is not Debian's")
    parser.add_argument("--wheels", type=Path, help="a folder of packaging/wheelhouse.py: training is tried, too")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the window")
    args = parser.parse_args(argv)
    root = args.folder.resolve()
    if not (root / "usr" / "bin" / "apt").exists():
        _do(["debootstrap", "--variant=minbase", args.suite, str(root), *([args.mirror] if args.mirror else [])])
    with _mounted(root):
        home = root / "home" / USER
        try:
            _prepare(root, args.deb)
            python = (root / "usr" / "bin" / "python3").exists()
            say("system", f"{_named(root)}, {'with' if python else 'without'} Python")
            _do(["unshare", "-n", *_in(root), "apt-get", "install", "-y", f"/root/{args.deb.name}"])
            say("installed", "without a network")
            if args.wheels:
                shutil.copytree(args.wheels, root / "srv" / "wheels", dirs_exist_ok=True)
            app = Installed(root / PROGRAM / "Inhouse", home, root, USER)
            held = check(app, root / "srv" / "wheels" if args.wheels else None, args.pictures)
            _leave(root, home)
        except Missed as error:
            say("MISSED", str(error))
            return 1
    return 0 if held else 1


def _prepare(root: Path, deb: Path) -> None:
    """What the package needs of the system, with the network that there still is; and a user."""
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    _do([*_in(root), "apt-get", "update", "-q"])
    shutil.copy(deb, root / "root")
    _do([*_in(root), "apt-get", "install", "-y", "--download-only", f"/root/{deb.name}"])
    subprocess.run([*_in(root), "userdel", "-rf", USER], stderr=subprocess.DEVNULL, check=False)  # of a run before
    _do([*_in(root), "useradd", "-m", "-u", NUMBER, USER])


def _leave(root: Path, home: Path) -> None:
    """Removed: the program is gone, the user's data is not. Purged with leave: both are. Raises Missed."""
    data = home / ".local" / "share" / "Inhouse"
    _do(["unshare", "-n", *_in(root), "apt-get", "remove", "-y", "inhouse"])
    left = [name for name in (PROGRAM, "usr/bin/inhouse", "usr/share/applications/inhouse.desktop") if _is(root / name)]
    if left or not data.is_dir():
        raise Missed(f"After the removal: {', '.join(left) or 'the data of the user is gone'}")
    _do(["unshare", "-n", *_in(root, "INHOUSE_PURGE_DATA=1"), "apt-get", "purge", "-y", "inhouse"])
    if data.exists():
        raise Missed("After the purge the user's data is still there.")
    say("removed", "the program at once, the user's data when purged and told so")


def _is(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _in(root: Path, *variables: str) -> list[str]:
    told = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "HOME=/root", *variables]
    return ["chroot", str(root), "/usr/bin/env", "-i", *told]


def _named(root: Path) -> str:
    lines = (root / "etc" / "os-release").read_text().splitlines()
    return next(line.split("=")[1].strip('"') for line in lines if line.startswith("PRETTY_NAME="))


def _do(command: list[str]) -> None:
    """Raises Missed with what it said."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Missed(f"“{' '.join(command[-4:])}” ended with {done.returncode}: {done.stdout[-1500:]}")


@contextmanager
def _mounted(root: Path) -> Iterator[None]:
    """Processes, devices and displays of this computer, as a real start has them."""
    DISPLAYS.mkdir(mode=0o1777, exist_ok=True)
    places = [(each, root / str(each)[1:]) for each in (Path("/proc"), Path("/dev"), DISPLAYS)]
    try:
        for place, target in places:
            target.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", str(place), str(target)], check=True)
        yield
    finally:
        for _, target in reversed(places):
            subprocess.run(["umount", "-l", str(target)], check=False)


def say(what: str, text: str) -> None:
    sys.stdout.write(f"{what:<7} {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
