"""The application as an installer for Windows, made by Inno Setup. Written without such a computer: never run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bundle_parts import ROOT, Refused, say, version
from icons import write_ico

SCRIPT = ROOT / "packaging" / "windows" / "inhouse.iss"


def build(folder: Path, out: Path) -> Path:
    """The installer of a bundle; → its file. Raises Refused."""
    compiler = shutil.which("iscc")
    if compiler is None:
        raise Refused("Inno Setup 6 is not here: install it and put its folder on PATH (iscc.exe).")
    made = out / f"inhouse-{version()}-windows-x86_64.exe"
    say(f"packing {made.name}")
    told = {"Version": version(), "Source": folder, "Out": out, "Icon": write_ico(out / "work" / "inhouse.ico")}
    command = [compiler, "/Qp", *(f"/D{name}={value}" for name, value in told.items()), str(SCRIPT)]
    if subprocess.run(command, check=False).returncode:
        raise Refused("Inno Setup could not pack: see above.")
    return made
