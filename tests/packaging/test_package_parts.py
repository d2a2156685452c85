"""What `make package` lays beside the program, without the minutes that PyInstaller and llama.cpp take."""

from __future__ import annotations

import configparser
import hashlib
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LINUX = ROOT / "packaging" / "linux"


@pytest.fixture(autouse=True)
def packaging(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts of packaging/, which is no package."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def test_what_trains_finds_app_trainer_binding_and_resources_as_files(tmp_path: Path) -> None:
    import bundle_parts

    (tmp_path / "resources").mkdir()
    (tmp_path / "llama_cpp" / "lib").mkdir(parents=True)
    bundle_parts.put_source(tmp_path)
    source = tmp_path / "source"
    code = "import app.paths, trainer.spec; print(app.paths.__file__); print(app.paths.RESOURCES.resolve())"
    said = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path[:0] = sys.argv[1:]; {code}",
                           str(source), str(Path(pytest.__file__).parents[1])],
                          cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()  # fmt: skip
    assert said == [str(source / "app" / "paths.py"), str(tmp_path / "resources")]
    assert (source / "llama_cpp" / "__init__.py").is_file() and (source / "llama_cpp" / "lib").is_dir()
    assert not list(source.rglob("__pycache__"))


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("patchelf"), reason="patchelf comes with make package")
def test_the_interpreter_runs_from_wherever_it_lies(tmp_path: Path) -> None:
    import bundle_parts

    bundle_parts.put_python(tmp_path / "first")
    (tmp_path / "first" / "python").rename(tmp_path / "moved")
    code = "import ssl, sqlite3, lzma, ctypes, sys; print(sys.prefix)"
    python = tmp_path / "moved" / "bin" / "python3"
    said = subprocess.run([python, "-I", "-c", code], env={}, capture_output=True, text=True, check=True).stdout.strip()
    assert said == str(tmp_path / "moved")


def test_the_same_tree_gives_the_same_archive(tmp_path: Path) -> None:
    pytest.importorskip("zstandard", reason="comes with make package")
    pytest.importorskip("cyclonedx", reason="comes with make package")
    import build
    import bundle_parts

    sums = []
    for name in ("one", "two"):
        folder = tmp_path / name / "Inhouse"
        (folder / "_internal").mkdir(parents=True)
        (folder / "Inhouse").write_bytes(b"program")
        (folder / "Inhouse").chmod(0o700)
        (folder / "_internal" / "link").symlink_to("../Inhouse")
        bundle_parts.settle_times(folder)
        sums.append(hashlib.sha256(build.archive(folder, tmp_path / name).read_bytes()).hexdigest())
    assert sums[0] == sums[1]


def test_a_licence_that_a_company_cannot_take_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cyclonedx", reason="comes with make package")
    import bundle_parts
    import licences

    def made(name: str, licence: str) -> Any:
        metadata = SimpleNamespace(get_all=lambda field: [licence] if field == "License-Expression" else [])
        return SimpleNamespace(name=name, version="1.0", metadata=metadata, files=[])

    monkeypatch.setattr(licences, "gathered", lambda _work: [made("good", "MIT"), made("bad", "AGPL-3.0-only")])
    with pytest.raises(bundle_parts.Refused, match="bad"):
        licences.write(tmp_path, tmp_path)
    monkeypatch.setattr(licences, "gathered", lambda _work: [made("good", "MIT")])
    licences.write(tmp_path, tmp_path)
    bill = json.loads((tmp_path / "sbom.cdx.json").read_text())
    assert [(c["name"], c["version"], c["licenses"]) for c in bill["components"]] == [
        ("good", "1.0", [{"license": {"id": "MIT"}}])
    ]
    assert (tmp_path / "licences" / "Inhouse" / "LICENSE").is_file()
    first = (tmp_path / "sbom.cdx.json").read_bytes()
    licences.write(tmp_path, tmp_path)
    assert (tmp_path / "sbom.cdx.json").read_bytes() == first


def test_the_menu_entry_names_types_that_are_known_or_described() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(LINUX / "inhouse.desktop")
    types = entry["Desktop Entry"]["MimeType"].rstrip(";").split(";")
    described = {e.get("type") for e in ET.parse(LINUX / "inhouse.mime.xml").getroot()}
    ours = [name for name in types if "inhouse" in name or "gguf" in name]
    assert set(ours) == described
    assert entry["Desktop Entry"]["Exec"].endswith("%F"), "files dropped on the icon are handed over"


@pytest.mark.skipif(not shutil.which("sh"), reason="needs a shell")
@pytest.mark.parametrize(("asked", "kept"), [("", True), ("1", False)])
def test_a_purge_keeps_what_users_made_unless_told(tmp_path: Path, asked: str, kept: bool) -> None:
    data = tmp_path / "home" / ".local" / "share" / "Inhouse"
    data.mkdir(parents=True)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "getent").write_text(f"#!/bin/sh\necho 'u:x:1000:1000::{tmp_path}/home:/bin/sh'\n")
    (tools / "getent").chmod(0o755)
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "INHOUSE_PURGE_DATA": asked}
    for step in ("remove", "purge"):
        done = subprocess.run(
            ["sh", str(LINUX / "postrm"), step], env=environment, capture_output=True, text=True, check=True
        )
        assert data.exists() == (step == "remove" or kept)
    assert str(data) in done.stdout and re.search("Kept" if kept else "Removed", done.stdout)


def test_builds_are_compared_by_content_rights_and_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import compare_builds

    for name in ("one", "other"):
        (tmp_path / name / "lib").mkdir(parents=True)
        for file in ("same", "content", "rights"):
            (tmp_path / name / "lib" / file).write_text("alike")
        (tmp_path / name / "link").symlink_to("lib/same" if name == "one" else "lib/rights")
    (tmp_path / "other" / "lib" / "content").write_text("Alike")
    (tmp_path / "other" / "lib" / "rights").chmod(0o755)
    (tmp_path / "other" / "more").touch()
    assert compare_builds.main([str(tmp_path / "one"), str(tmp_path / "other")]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == ["lib/content", "lib/rights", "link", "more", "1 of 5 files are the same in both"]
    assert compare_builds.main([str(tmp_path / "one"), str(tmp_path / "one")]) == 0
