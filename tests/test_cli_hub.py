"""`inhouse models search|download|downloads|fit` with a real core, its processes, and a hub on this computer."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hub_server import Fault, HubServer, Repo
from tiny_gguf import write_tiny

from app.cli import main

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
