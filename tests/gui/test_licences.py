"""Settings › About: what Inhouse is made of, from source and in a made-up installation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import licences
from app.cli.main import main
from app.errors import BadFile
from app.gui.settings import licences_dialog
from app.gui.settings.licences_dialog import LicencesDialog
from app.gui.theme import Theme
from app.gui.widgets import Banner


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    inside = tmp_path / "Inhouse" / "_internal"
    (inside / "licences" / "gear").mkdir(parents=True)
    (inside / "licences" / "gear" / "LICENSE").write_text("Take gear as it is.")
    components = [
        {"name": "gear", "version": "1.2", "licenses": [{"license": {"id": "MIT"}}]},
        {"name": "cog", "version": "3", "licenses": [{"expression": "BSD-3-Clause OR MIT"}]},
        {"name": "bare", "version": "0.1"},
    ]
    (inside / licences.BILL).write_text(json.dumps({"bomFormat": "CycloneDX", "components": components}))
    monkeypatch.setenv("INHOUSE_BUNDLE", str(inside))
    return inside


def opened(qtbot: QtBot) -> LicencesDialog:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    Theme(app)
    dialog = LicencesDialog()
    qtbot.addWidget(dialog)
    return dialog


def test_from_source_each_library_has_its_version_licence_and_text() -> None:
    parts = {part.name: part for part in licences.parts()}
    assert parts["msgspec"].version and "BSD" in parts["msgspec"].licence
    assert "Redistribution" in licences.texts("msgspec") and "SIL" in licences.texts("Inter")
    assert all(part.licence for part in parts.values()), "each says under what it is"


def test_an_installation_reads_its_bill(bundle: Path) -> None:
    parts = {part.name: (part.version, part.licence) for part in licences.parts()}
    assert (parts["gear"], parts["cog"], parts["bare"]) == (("1.2", "MIT"), ("3", "BSD-3-Clause OR MIT"), ("0.1", ""))
    assert "Take gear as it is." in licences.texts("gear") and not licences.texts("cog")


@pytest.mark.parametrize("content", ["", "[]", '{"components": [{}]}', '{"components": 3}', None])
def test_a_broken_bill_is_said(bundle: Path, content: str | None) -> None:
    file = bundle / licences.BILL
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(BadFile, match="cannot be read"):
        licences.parts()


def test_the_dialog_finds_shows_and_saves(
    qtbot: QtBot, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened(qtbot)
    dialog.search.setText("gear")
    assert dialog.list.count() == 1 and "Take gear as it is." in dialog.text.toPlainText()
    dialog.search.setText("bsd-3")
    assert dialog.list.item(0).text() == "cog 3\nBSD-3-Clause OR MIT" and "No text" in dialog.text.toPlainText()
    dialog.search.setText("nothing at all")
    assert dialog.text.toPlainText() == "Nothing is called so."
    monkeypatch.setattr(licences_dialog, "ask_where_to_save", lambda *_, **__: tmp_path / "bill.json")
    dialog.save.click()
    assert json.loads((tmp_path / "bill.json").read_text())["bomFormat"] == "CycloneDX"
    monkeypatch.setattr(licences_dialog, "ask_where_to_save", lambda *_, **__: tmp_path / "no folder" / "bill.json")
    dialog.save.click()
    assert dialog.findChild(Banner) is not None


def test_a_dialog_with_a_broken_bill_says_so(qtbot: QtBot, bundle: Path) -> None:
    (bundle / licences.BILL).write_text("")
    dialog = opened(qtbot)
    assert dialog.findChild(Banner) is not None and not dialog.list.count()


def test_the_terminal_lists_shows_and_writes(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["licences"]) == 0
    assert "gear  1.2  MIT" in capsys.readouterr().out
    assert main(["licences", "Gear"]) == 0 and "Take gear as it is." in capsys.readouterr().out
    assert main(["licences", "wheel"]) == 1 and "no part" in capsys.readouterr().err
    assert main(["licences", "--bill", str(tmp_path / "bill.json")]) == 0 and (tmp_path / "bill.json").is_file()
