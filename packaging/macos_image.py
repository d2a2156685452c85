"""The application as Inhouse.app in a disk image for macOS. Written without such a computer: never run.

It is signed where INHOUSE_SIGN_AS names an identity of the keychain, and notarised where INHOUSE_NOTARY names a profile
that `xcrun notarytool store-credentials` made; without them it is signed for this computer alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from bundle_parts import ROOT, Refused, say, version
from icons import write_icns

MACOS = ROOT / "packaging" / "macos"


def build(folder: Path, out: Path) -> Path:
    """The disk image of a bundle; → its file. Raises Refused."""
    app = out / "image" / "Inhouse.app"
    shutil.rmtree(app.parent, ignore_errors=True)
    contents = lay_out(folder, app)
    write_icns(contents / "Resources" / "inhouse.icns")
    identity = os.environ.get("INHOUSE_SIGN_AS", "-")
    for library in sorted(
        path for path in contents.rglob("*") if path.suffix in (".so", ".dylib") and not path.is_symlink()
    ):
        _do(
            [
                "codesign",
                "--force",
                "--timestamp=none" if identity == "-" else "--timestamp",
                "--sign",
                identity,
                str(library),
            ]
        )
    rights = str(MACOS / "entitlements.plist")
    _do(["codesign", "--force", "--options", "runtime", "--entitlements", rights, "--sign", identity, str(app)])
    (app.parent / "Applications").symlink_to("/Applications")
    made = out / f"inhouse-{version()}-macos-{os.uname().machine}.dmg"
    say(f"packing {made.name}")
    _do(
        ["hdiutil", "create", "-volname", "Inhouse", "-srcfolder", str(app.parent), "-ov", "-format", "UDZO", str(made)]
    )
    if profile := os.environ.get("INHOUSE_NOTARY"):
        _do(["xcrun", "notarytool", "submit", str(made), "--keychain-profile", profile, "--wait"])
        _do(["xcrun", "stapler", "staple", str(made)])
    return made


def lay_out(folder: Path, app: Path) -> Path:
    """The folder as a bundle of macOS, where PyInstaller's program looks for its parts; → Contents."""
    contents = app / "Contents"
    (contents / "MacOS").mkdir(parents=True)
    (contents / "Resources").mkdir()
    shutil.copy(folder / "Inhouse", contents / "MacOS")
    shutil.copytree(folder / "_internal", contents / "Frameworks", symlinks=True)
    shutil.copy(folder / "release.json", contents)
    told = (MACOS / "Info.plist").read_text(encoding="utf-8").replace("@VERSION@", version())
    (contents / "Info.plist").write_text(told, encoding="utf-8")
    return contents


def _do(command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode:
        raise Refused(f"{command[0]} failed: see above.")
