"""Updates in Settings: nothing by itself, the size before, how far it is, and what a restart and a way back mean."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld
from update_world import write_version

from app.core.calls.updates import UpdateMoved, UpdateShown
from app.gui.settings import restart
from app.gui.settings.page import SettingsPage
from app.gui.settings.update_section import UpdateSection
from app.gui.settings.updates import UpdateHint, Updates
from app.release_feed import Feed, Release, this_system
from app.settings import UPDATE_SOURCE
from app.updates import CURRENT, HANDED_OVER, PREVIOUS
from app.workers.calls.updates import FeedRead, ReleaseTaken, TakeRelease

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folder form is Linux's")
RELEASE = Release(
    version="1.2", system=this_system(), file="x.tar.zst", bytes=412_000_000, sha256="0" * 64, notes="Faster."
)
HTTPS = "https://updates.example"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Version 1.0 is installed and runs."""
    folder = write_version(tmp_path / "apps", "1.0")
    monkeypatch.setenv("INHOUSE_BUNDLE", str(folder / "_internal"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return folder


def opened(world: ShellWorld) -> UpdateSection:
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.open_section("General")
    section = page.findChild(UpdateSection)
    assert section is not None
    return section


def test_one_is_looked_for_taken_and_started_by_clicks(qtbot: QtBot, here: Path) -> None:
    world = ShellWorld()
    qtbot.addWidget(world.window)
    section = opened(world)
    assert "Version 1.0 is in use. No place is set above" in section.text.text()
    assert section.look.isHidden() and section.take.isHidden() and not section.file.isHidden()
    world.parts.settings.set(UPDATE_SOURCE, HTTPS)
    assert not section.look.isHidden()
    section.look.click()
    assert section.text.text() == "Asking updates.example…" and section.look.isHidden()
    world.last("models").jobs[-1].finish(FeedRead(feed=Feed(releases=(RELEASE,))))
    assert "Version 1.2 is at updates.example, 412 MB to fetch." in section.text.text()
    assert section.notes.text() == "Faster." and section.take.text() == "Update to 1.2"
    section.take.click()
    job = world.last("models").jobs[-1]
    assert isinstance(job.call, TakeRelease) and not section.cancel.isHidden() and section.file.isHidden()
    new = write_version(here.parent, "1.2")
    (here.parent / CURRENT).symlink_to(new.name)
    (here.parent / PREVIOUS).symlink_to(here.name)
    job.finish(ReleaseTaken(version="1.2", checked=True))
    assert "Version 1.2 is used from the next start on." in section.text.text()
    assert not section.start.isHidden() and section.back.text() == "Go back to 1.0"
    section.start.click()
    assert world.parts.after is restart.start_chosen and not world.window.isVisible()


def test_going_back_asks_and_has_the_core_end_first(qtbot: QtBot, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here.parent / PREVIOUS).symlink_to(write_version(here.parent, "0.9").name)
    world = ShellWorld()
    qtbot.addWidget(world.window)
    section = opened(world)
    asked: list[str] = []

    def confirm(title: str, text: str, action: str) -> bool:
        asked.append(f"{title} {text} {action}")
        return len(asked) > 1

    monkeypatch.setattr(section, "_confirm", confirm)
    section.back.click()
    assert "Go back to version 0.9?" in asked[0] and "kept in the folder" in asked[0]
    assert world.parts.after is None and not world.core.updates.gives_way
    section.back.click()
    assert world.core.updates.gives_way and world.parts.after is not None and not world.window.isVisible()
    world.core.stop()
    started: list[object] = []
    monkeypatch.setattr(restart, "start_chosen", lambda: started.append(1))
    world.parts.after()
    assert started and (here.parent / CURRENT).resolve().name == "Inhouse-0.9"


def test_progress_trouble_and_who_updates_it_show(qtbot: QtBot, here: Path) -> None:
    world = ShellWorld()
    qtbot.addWidget(world.window)
    section = opened(world)

    def tell(**said: object) -> None:
        world.core.tell(UpdateMoved(shown=UpdateShown(version="1.0", source="updates.example", **said)))  # type: ignore[arg-type]

    tell(doing="fetching", done=103_000_000, total=412_000_000)
    assert "103 MB of 412 MB. The window may be closed." in section.text.text()
    assert section.bar.value() == section.bar.maximum() // 4 and not section.cancel.isHidden()
    tell(doing="unpacking", done=1, total=2)
    assert section.text.text().startswith("Unpacking and trying it")
    tell(problem="The disk is full.", advice="Free it.", offered=RELEASE)
    assert not section.problem.isHidden() and not section.take.isHidden()
    tell(offered=RELEASE, blocked="Downloads are turned off in Settings.")
    assert not section.take.isEnabled() and section.take.toolTip() == "Downloads are turned off in Settings."
    tell(unreachable="It is away.")
    assert "The last look for a newer one failed. It is away." in section.text.text() and section.problem.isHidden()
    tell(cannot="Inhouse was installed for this computer.", who="Your IT updates it.", offered=RELEASE)
    assert section.take.isHidden() and section.file.isHidden() and "Your IT updates it." in section.text.text()


def test_the_sidebar_says_that_there_is_one(qtbot: QtBot, here: Path) -> None:
    world = ShellWorld()
    qtbot.addWidget(world.window)
    updates = Updates(world.parts.core, world.window)
    UpdateHint(updates, world.window.sidebar, "settings", world.window)
    row = world.window.sidebar._rows["settings"]
    world.core.tell(UpdateMoved(shown=UpdateShown(version="1.0", offered=RELEASE)))
    opened(world)
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    world.core.tell(UpdateMoved(shown=UpdateShown(version="1.0", offered=RELEASE)))
    assert row.accessibleName() == "Settings, Update" and page.first_focus().accessibleName() == "General, Update"
    world.core.tell(UpdateMoved(shown=UpdateShown(version="1.0", offered=RELEASE, cannot="It is your IT's.")))
    assert row.accessibleName() == "Settings"


def test_the_version_that_counts_is_started_also_by_one_that_was_handed_the_start(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = write_version(here.parent, "1.2")
    (here.parent / CURRENT).symlink_to(new.name)
    became: list[tuple[object, ...]] = []

    class Became(BaseException):
        pass

    def become(*what: object) -> None:
        became.append(what)
        raise Became

    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(here / "Inhouse"))
    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setenv(HANDED_OVER, "1")
    with pytest.raises(Became):
        restart.start_chosen()
    assert became[0][:2] == (new / "Inhouse", [str(new / "Inhouse")])
    (here.parent / CURRENT).unlink()
    with pytest.raises(Became):
        restart.start_chosen()
    assert became[1] == (str(here / "Inhouse"), [str(here / "Inhouse")])
