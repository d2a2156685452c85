"""`inhouse embedder` with the real core and documents process: imported, used, and gone back from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_embedder import write_sentence_folder

from app.cli import main

Captured = pytest.CaptureFixture[str]
pytestmark = pytest.mark.real


def listed(capsys: Captured) -> dict[str, dict[str, Any]]:
    assert main(["embedder", "--json"]) == 0
    return {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}


def vectors(capsys: Captured) -> str:
    main(["doctor", "--quick", "--json"])
    state: str = json.loads(capsys.readouterr().out)["checks"]["embedder"]["state"]
    return state


def test_one_is_imported_used_and_gone_back_from(data_folder: Path, tmp_path: Path, capsys: Captured) -> None:
    source = write_sentence_folder(tmp_path / "tiny")
    (tmp_path / "travel.md").write_text("# Travel\n\nHotels are reimbursed up to 160 EUR a night.\n", encoding="utf-8")
    assert main(["add", str(tmp_path / "travel.md"), "--collection", "Policies"]) == 0
    assert main(["embedder", "import", str(source), "--name", "Tiny", "--query", "q: "]) == 0
    assert "can be used" in capsys.readouterr().err
    tiny = listed(capsys)["Tiny"]
    assert (tiny["active"], tiny["pooling"], tiny["query"], tiny["passage"]) == (False, "mean", "q: ", "say: ")
    assert main(["embedder", "use", "tiny"]) == 0
    assert "Search is by “Tiny” now" in capsys.readouterr().err
    assert listed(capsys)["Tiny"]["active"]
    assert f"search is by “Tiny” ({tiny['id']})" in vectors(capsys)
    assert main(["search", "hotel limit a night", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[0])
    assert found["passages"][0]["document"].endswith("travel.md")
    assert main(["embedder", "remove", "Tiny"]) == 1 and "in use" in capsys.readouterr().err
    assert main(["embedder", "back"]) == 0 and not listed(capsys)["Tiny"]["active"]
    assert main(["embedder", "remove", "Tiny"]) == 0 and "Tiny" not in listed(capsys)
    assert main(["embedder", "use", "Tiny"]) == 1 and "no embedder “Tiny”" in capsys.readouterr().err
    assert "vectors of 1 documents by multilingual-e5-small" in vectors(capsys)
