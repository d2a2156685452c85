"""`inhouse models search|download|downloads|fit` with a real core, its processes, and a hub on this computer."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hub_server import Fault, HubServer, Repo
from PIL import Image
from tiny_embedder import write_gguf
from tiny_gguf import write_split, write_tiny
from tiny_projector import write_tiny_projector

from app.cli import main
from app.paths import home
from app.settings import MAX_TOKENS, Settings

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform == "win32", reason="the terminal's door is for Unix sockets"),
]


def test_found_fitted_fetched_and_used(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_tiny(tmp_path / "tiny-Q8_0.gguf")
    with file.open("ab") as out:
        out.write(os.urandom(1 << 20))
    with HubServer() as hub:
        hub.repos["owner/tiny-GGUF"] = Repo({file.name: file}, total=1_000_000)
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        assert main(["models", "search"]) == 0
        assert "Qwen3 8B" in capsys.readouterr().out
        assert main(["models", "search", "tiny"]) == 0
        assert "owner/tiny-GGUF  Q8_0, 1.4 MB, apache-2.0" in capsys.readouterr().out
        assert main(["models", "fit", "owner/tiny-GGUF"]) == 0 and capsys.readouterr().out
        assert main(["models", "fit", str(file)]) == 0 and capsys.readouterr().out
        assert main(["models", "fit", "llama-3.3-70b"]) == 0, "the list says it, though this hub has no such file"
        told = capsys.readouterr()
        assert "By the size of the file" in told.out and "has no repository" in told.err
        assert main(["models", "fit", "owner/none"]) == 1
        hub.faults = [Fault("store", status=403)]
        assert main(["models", "download", "owner/tiny-GGUF:q8"]) == 1
        assert "network may block it" in capsys.readouterr().err
        assert main(["models", "downloads"]) == 0
        assert "network may block it" in capsys.readouterr().out
        assert main(["models", "download", "owner/tiny-GGUF", "--json"]) == 0
        installed = json.loads(capsys.readouterr().out)
        assert (installed["name"], Path(installed["path"]).read_bytes()) == ("tiny Q8_0", file.read_bytes())
        assert main(["models", "downloads"]) == 0 and "Nothing is on its way" in capsys.readouterr().err
        assert main(["models", "use", "tiny Q8_0"]) == 0
        assert "is in use now" in capsys.readouterr().out


def test_a_folder_is_brought_in_and_another_programs_models_are_linked(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "stick"
    folder.mkdir()
    first, second = write_tiny(folder / "first.gguf"), write_tiny(folder / "second.gguf", seed=5)
    assert main(["models", "import", str(folder), "--name", "first"]) == 0
    assert "“first F32” is installed" in capsys.readouterr().out
    assert main(["models", "import", str(folder), "--link"]) == 0
    said = capsys.readouterr()
    assert "“second” is linked" in said.out and "already installed" in said.err and "Nothing was copied" in said.err
    assert main(["models", "remove", "second"]) == 0 and first.is_file() and second.is_file()
    assert main(["models", "download", "owner/x"]) == 1
    assert "turned off on this computer" in capsys.readouterr().err
    assert main(["models", "import", str(tmp_path / "inhouse-home" / "logs")]) == 1


def test_an_embedder_a_set_and_a_model_that_sees_are_fetched_whole(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = write_split(tmp_path / "set", "set-Q8_0")
    seer = write_tiny(tmp_path / "seer-Q8_0.gguf", seed=8)
    eyes = write_tiny_projector(tmp_path / "eyes-mmproj-f16.gguf")
    Image.new("RGB", (64, 48), (20, 60, 200)).save(tmp_path / "blue.png")
    Settings(home()).set(MAX_TOKENS, 16)
    with HubServer() as hub:
        hub.repos["owner/finder-GGUF"] = Repo({"finder-F32.gguf": write_gguf(tmp_path / "finder.gguf")})
        hub.repos["owner/set-GGUF"] = Repo({each.name: each for each in parts})
        hub.repos["owner/seer-GGUF"] = Repo({seer.name: seer, eyes.name: eyes})
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        assert main(["models", "download", "owner/finder-GGUF"]) == 0
        assert "can be used: inhouse embedder use" in capsys.readouterr().err
        assert main(["embedder"]) == 0 and "finder" in capsys.readouterr().out
        assert main(["models", "download", "owner/set-GGUF", "--file", parts[2].name, "--json"]) == 0
        made = json.loads(capsys.readouterr().out)
        assert made["bytes"] == sum(each.stat().st_size for each in parts)
        assert main(["models", "use", made["name"]]) == 0 and main(["ask", "Hi"]) == 0
        assert capsys.readouterr().out
        assert main(["ask", "--picture", str(tmp_path / "blue.png"), "What is it?"]) == 1
        assert "import the mmproj file of its repository too" in capsys.readouterr().err
        assert main(["models", "download", "owner/seer-GGUF", "--name", "Seer"]) == 0
        assert main(["models", "use", "Seer"]) == 0
        assert main(["ask", "--picture", str(tmp_path / "blue.png"), "What is it?"]) == 0
        assert main(["models", "--json"]) == 0
        assert '"sees":true' in capsys.readouterr().out.replace(" ", "")
        assert main(["models", "import", str(write_tiny_projector(tmp_path / "late-mmproj.gguf"))]) == 0
        assert "can see pictures now" in capsys.readouterr().out
        assert main(["ask", "--picture", str(tmp_path / "blue.png"), "--model", made["name"], "What is it?"]) == 0
        Path(made["path"]).with_name(Path(made["path"]).name.replace("00001", "00003")).unlink()
        assert main(["models"]) == 0
        assert f"its file is missing: {Path(made['path']).parent}" in capsys.readouterr().out
