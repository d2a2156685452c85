"""The definitions for Windows, macOS and CI: made without such computers, so what can be read of them is read."""

from __future__ import annotations

import plistlib
import re
import sys
from pathlib import Path

import pytest
import yaml

from app.formats import MODEL_SUFFIXES

ROOT = Path(__file__).parents[2]
ISS = (ROOT / "packaging" / "windows" / "inhouse.iss").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def packaging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


def test_all_systems_open_the_same_kinds_of_models() -> None:
    info = plistlib.loads((ROOT / "packaging" / "macos" / "Info.plist").read_bytes())
    declared = info["UTExportedTypeDeclarations"] + info["UTImportedTypeDeclarations"]
    on_macos = {ending for each in declared for ending in each["UTTypeTagSpecification"]["public.filename-extension"]}
    opened = {kind for each in info["CFBundleDocumentTypes"] for kind in each["LSItemContentTypes"]}
    on_windows = set(re.findall(r"Classes\\\.(\w+)\\OpenWithProgids", ISS))
    mime = (ROOT / "packaging" / "linux" / "inhouse.mime.xml").read_text(encoding="utf-8")
    on_linux = set(re.findall(r'pattern="\*\.(\w+)"', mime))
    assert on_macos == on_windows == {suffix.removeprefix(".") for suffix in MODEL_SUFFIXES} <= on_linux
    assert {each["UTTypeIdentifier"] for each in declared} <= opened


def test_each_line_of_the_installer_stands_in_a_section_and_names_what_is_given() -> None:
    sections = re.findall(r"^\[(\w+)\]$", ISS, re.MULTILINE)
    assert sections == ["Setup", "Files", "Icons", "Tasks", "Registry", "Run"]
    for line in ISS.splitlines():
        assert not line or line.startswith((";", "[")) or re.match(r"\w+=\S|\w+: \S", line), line
        assert line.count('"') % 2 == 0, line
    from windows_installer import SCRIPT

    given = set(re.findall(r'"(\w+)": ', (ROOT / "packaging" / "windows_installer.py").read_text(encoding="utf-8")))
    assert set(re.findall(r"\{#(\w+)\}", ISS)) == given and SCRIPT.is_file()


def test_icons_have_their_sizes(tmp_path: Path) -> None:
    from icons import ICO_SIDES, write_icns, write_ico
    from PIL import Image

    with Image.open(write_ico(tmp_path / "inhouse.ico")) as made:
        assert {side for side, _ in made.info["sizes"]} == set(ICO_SIDES)
    with Image.open(write_icns(tmp_path / "inhouse.icns")) as made:
        assert max(wide * scale for wide, _, scale in made.info["sizes"]) == 1024


def test_the_bundle_of_macos_has_everything_where_its_program_looks(tmp_path: Path) -> None:
    from macos_image import lay_out

    folder = tmp_path / "Inhouse"
    (folder / "_internal" / "resources").mkdir(parents=True)
    (folder / "Inhouse").touch()
    (folder / "release.json").write_text("{}")
    contents = lay_out(folder, tmp_path / "Inhouse.app")
    assert (contents / "MacOS" / "Inhouse").is_file() and (contents / "Frameworks" / "resources").is_dir()
    assert (contents / "Frameworks").parent / "release.json" == contents / "release.json"
    assert b"@" not in (contents / "Info.plist").read_bytes()
    rights = plistlib.loads((ROOT / "packaging" / "macos" / "entitlements.plist").read_bytes())
    assert rights and all(rights.values())


def test_the_interpreter_of_windows_brings_its_library_and_no_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bundle_parts

    base = tmp_path / "Python311"
    for name in ("python.exe", "pythonw.exe", "python311.dll", "vcruntime140.dll", "LICENSE.txt", "Lib/os.py",
                 "Lib/test/big.py", "Lib/site-packages/pip/x.py", "DLLs/_ssl.pyd", "DLLs/_tkinter.pyd"):  # fmt: skip
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()
    monkeypatch.setattr(sys, "base_prefix", str(base))
    bundle_parts.python_of_windows(tmp_path / "python")
    found = {str(path.relative_to(tmp_path / "python")) for path in (tmp_path / "python").rglob("*") if path.is_file()}
    assert found == {"python.exe", "pythonw.exe", "python311.dll", "vcruntime140.dll", "Lib/os.py", "DLLs/_ssl.pyd"}


def test_ci_builds_all_three_with_scripts_that_are_there() -> None:
    told = yaml.safe_load((ROOT / ".github" / "workflows" / "package.yml").read_text(encoding="utf-8"))
    job = told["jobs"]["package"]
    assert {each["system"] for each in job["strategy"]["matrix"]["include"]} == {"linux", "windows", "macos"}
    assert told["permissions"] == {"contents": "read"}
    named = re.findall(r"packaging/\w+\.py", " ".join(step.get("run", "") for step in job["steps"]))
    assert named and all((ROOT / each).is_file() for each in named)
