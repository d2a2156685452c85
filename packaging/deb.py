"""The application as a Debian package: /usr/lib/inhouse, a command, an entry in the menu, icons and file types."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from bundle_parts import ROOT, Refused, built_at, say, version
from icons import write_png

from app.embedder.prepared import FOLDER

LINUX = ROOT / "packaging" / "linux"
NAME = "inhouse"
DEPENDS = (
    "libc6 (>= 2.34)", "libegl1", "libgl1", "libdbus-1-3", "libfontconfig1", "libxkbcommon0", "libgomp1 | libgomp0",
)  # fmt: skip
"""What the program takes from the system; everything else it brings."""
RECOMMENDS = ("hicolor-icon-theme", "shared-mime-info", "desktop-file-utils")
SIDES = (48, 128, 256)


def build(folder: Path, out: Path) -> Path:
    """The package of a bundle; → its file.

    Raises:
        Refused: a tool failed.
    """
    tree = out / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    lib = tree / "usr" / "lib" / NAME
    lib.parent.mkdir(parents=True)
    # 140 MB that postinst makes anew in seconds
    shutil.copytree(folder, lib, symlinks=True, ignore=shutil.ignore_patterns(f"{FOLDER}*"))
    put(tree / "usr" / "bin").joinpath(NAME).symlink_to(f"../lib/{NAME}/Inhouse")
    _desktop(tree / "usr" / "share")
    _papers(tree / "usr" / "share" / "doc" / NAME)
    _control(tree)
    made = out / f"{NAME}_{version()}_{_architecture()}.deb"
    say(f"packing {made.name}")
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z6", "--build", str(tree), str(made)]
    environment = {"SOURCE_DATE_EPOCH": str(built_at()), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "XZ_OPT": "-T0"}
    if subprocess.run(command, check=False, env=environment).returncode:
        raise Refused("dpkg-deb could not pack: see above.")
    return made


def put(folder: Path) -> Path:
    """A folder that is there now."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _desktop(share: Path) -> None:
    shutil.copy(LINUX / "inhouse.desktop", put(share / "applications"))
    shutil.copy(LINUX / "inhouse.mime.xml", put(share / "mime" / "packages") / "inhouse.xml")
    told = (LINUX / "inhouse.metainfo.xml").read_text().replace("@VERSION@", version())
    day = time.strftime("%Y-%m-%d", time.gmtime(built_at()))
    (put(share / "metainfo") / "inhouse.metainfo.xml").write_text(told.replace("@DATE@", day))
    icons = share / "icons" / "hicolor"
    shutil.copy(LINUX / "inhouse.svg", put(icons / "scalable" / "apps"))
    for side in SIDES:
        write_png(side, icons / f"{side}x{side}" / "apps" / "inhouse.png")


def _papers(doc: Path) -> None:
    put(doc)
    shutil.copy(LINUX / "copyright", doc / "copyright")
    manual = put(doc.parents[1] / "man" / "man1") / "inhouse.1.gz"
    manual.write_bytes(gzip.compress((LINUX / "inhouse.1").read_bytes(), mtime=0))
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(built_at()))
    told = f"{NAME} ({version()}) stable; urgency=medium\n\n  * See NEWS.gz, which is CHANGELOG.md of this version."
    entry = f"{told}\n\n -- {_who()}  {stamp}\n"
    (doc / "changelog.gz").write_bytes(gzip.compress(entry.encode(), mtime=0))
    (doc / "NEWS.gz").write_bytes(gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0))


def _control(tree: Path) -> None:
    control = put(tree / "DEBIAN")
    size = sum(path.lstat().st_size for path in tree.rglob("*") if path.is_file()) // 1024
    fields = {
        "Package": NAME,
        "Version": version(),
        "Architecture": _architecture(),
        "Maintainer": _who(),
        "Installed-Size": str(size),
        "Depends": ", ".join(DEPENDS),
        "Recommends": ", ".join(RECOMMENDS),
        "Section": "misc",
        "Priority": "optional",
        "Description": "private assistant that answers from your documents\n"
        " Chats with a model that runs on this computer, reads documents and cites\n"
        " them, and teaches models a company's business. Nothing leaves the computer;\n"
        " a starter model and all that reads documents come along.",
    }
    (control / "control").write_text("".join(f"{name}: {value}\n" for name, value in fields.items()))
    for name in ("postinst", "prerm", "postrm"):
        shutil.copy(LINUX / name, control / name)
        (control / name).chmod(0o755)
    overrides = put(tree / "usr" / "share" / "lintian" / "overrides")
    shutil.copy(LINUX / "lintian-overrides", overrides / NAME)
    files = sorted(path for path in (tree / "usr").rglob("*") if path.is_file() and not path.is_symlink())
    sums = (f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}\n" for path in files)
    (control / "md5sums").write_text("".join(sums))


def _architecture() -> str:
    asked = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def _who() -> str:
    """Who answers for the package; whoever hands it out says so."""
    return os.environ.get("INHOUSE_MAINTAINER", "The Inhouse developers <inhouse@localhost>")
