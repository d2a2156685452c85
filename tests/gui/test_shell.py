"""The window's shell: chats by day, pages, keys, names for screen readers, and what comes back after a crash."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import msgspec
import pytest
from names import nameless, reached
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot
from shell_world import FIRST_WORD, INFO, ShellWorld

from app.core import fits
from app.errors import AppError
from app.gui import main as gui
from app.gui.chat.page import ChatPage
from app.gui.models.page import ModelsPage
from app.gui.models.switcher import ModelBar
from app.gui.pages import PAGES
from app.gui.settings.page import SettingsPage
from app.gui.shell.chats_model import grouped
from app.gui.shell.regions import focus_region
from app.gui.shell.session import Session
from app.gui.shell.single_instance import SingleInstance
from app.gui.theme import theme
from app.gui.widgets import LAST_FOLDER, IconButton
from app.hub import FoundFile
from app.llama.planner import Device
from app.settings import DEFAULT_COLLECTION, PASSAGES_PER_ANSWER, TEXT_SIZE, THEME
from app.types import Budget, Collection, InstalledModel, Stats
from app.workers.calls.documents import (
    Add,
    AddProgress,
    CollectionMade,
    Collections,
    CreateCollection,
    DeleteCollection,
    ListCollections,
    ListTombstones,
    Removed,
    RenameCollection,
    Tombstones,
)
from app.workers.calls.engine import Chat, Chatted, Complete, Load, Loaded, LoadProgress


@pytest.fixture
def world(qtbot: QtBot) -> Iterator[ShellWorld]:
    made = ShellWorld(chats=("Hotel limit", "Warranty on pumps"))
    yield made
    made.close()


def add_model(world: ShellWorld, name: str) -> InstalledModel:
    path = world.parts.home.models / f"{name}.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF")
    return world.core.models.list.install(InstalledModel(name=name, path=str(path), file_bytes=4))


def test_chats_are_grouped_by_day(world: ShellWorld) -> None:
    chat = world.store.chat(world.ids[0])
    days = {
        date(2026, 3, 20): 0,
        date(2026, 3, 19): 1,
        date(2026, 3, 14): 2,
        date(2026, 2, 20): 3,
        date(2025, 12, 1): 4,
    }
    rows = [
        msgspec.structs.replace(chat, updated_at=datetime(day.year, day.month, day.day, 12).timestamp()) for day in days
    ]
    headings = [row for row in grouped(rows, date(2026, 3, 20)) if isinstance(row, str)]
    assert headings[:4] == ["Today", "Yesterday", "Previous 7 days", "Previous 30 days"]
    assert headings[4].endswith("2025")


def test_deleting_a_chat_can_be_undone_and_else_is_final(world: ShellWorld) -> None:
    store, window = world.store, world.window
    window.delete_chat(world.ids[0])
    assert store.count() == 1
    assert window.toasts.current is not None
    window.toasts.current.undone.emit()
    assert store.count() == 2
    window.delete_chat(world.ids[1])
    window.deleted.purge()
    with pytest.raises(AppError):
        store.chat(world.ids[1])


def test_ctrl_z_brings_deleted_chats_back_long_after_the_toast(world: ShellWorld, qtbot: QtBot) -> None:
    window, store = world.window, world.store
    window.show_page("chat")
    for chat_id in world.ids:
        window.delete_chat(chat_id)
    assert window.toasts.current is not None
    window.toasts.current.leave()
    assert store.count() == 0 and window.deleted.can_undo
    edit = window.page("chat").first_focus()
    assert edit.hasFocus(), "an empty input has nothing of its own to undo"
    for left in (1, 2):
        qtbot.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert store.count() == left
    assert world.parts.chats.chat_id == world.ids[0] and not window.deleted.can_undo


def test_ctrl_z_in_the_input_takes_back_words_first(world: ShellWorld, qtbot: QtBot) -> None:
    window = world.window
    window.show_page("chat")
    window.delete_chat(world.ids[0])
    edit = window.page("chat").first_focus()
    qtbot.keyClicks(edit, "words")
    qtbot.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert world.store.count() == 1


@pytest.mark.parametrize("size", [(1280, 820), (880, 560)])
def test_a_toast_leaves_the_input_and_its_buttons_free(world: ShellWorld, size: tuple[int, int]) -> None:
    window = world.window
    window.resize(*size)
    window.show_page("chat")
    QApplication.processEvents()
    window.delete_chat(world.ids[0])
    toast = window.toasts.current
    page = window.page("chat")
    assert toast is not None and isinstance(page, ChatPage)
    composer = QRect(page.composer.mapTo(window, QPoint(0, 0)), page.composer.size())
    assert not composer.intersects(toast.geometry()) and window.rect().contains(toast.geometry())


def test_search_finds_a_chat_and_enter_opens_it(world: ShellWorld, qtbot: QtBot) -> None:
    world.window.act("search_chats")
    qtbot.keyClicks(world.window.sidebar.search, "warranty")
    qtbot.keyClick(world.window.sidebar.search, Qt.Key.Key_Return)
    assert world.parts.chats.chat_id == world.ids[1]


def test_renaming_goes_through_the_list(world: ShellWorld) -> None:
    chats = world.window.sidebar.chats
    assert chats.setData(chats.index_of(world.ids[0]), "Hotels in Munich")
    assert world.store.chat(world.ids[0]).title == "Hotels in Munich"


def test_every_button_has_a_name_and_every_icon_button_a_tooltip(world: ShellWorld) -> None:
    window = world.window
    for key in ("documents", "models", "settings", "chat"):
        window.show_page(key)
    window.resize(900, 600)
    QApplication.processEvents()
    nameless = [b for b in window.findChildren(QAbstractButton) if not (b.accessibleName() or b.text())]
    assert [type(b).__name__ for b in nameless if b.isVisible()] == []
    assert [b.accessibleName() for b in window.findChildren(IconButton) if not b.toolTip()] == []


def test_the_keys_open_pages_and_the_rail(world: ShellWorld, qtbot: QtBot) -> None:
    window = world.window
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.key == "models"
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert window.key == "settings"
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert window.sidebar.collapsed
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.key == "chat"


def test_a_narrow_window_has_the_rail_and_a_wide_one_the_sidebar(world: ShellWorld) -> None:
    world.window.resize(900, 600)
    QApplication.processEvents()
    assert world.window.sidebar.collapsed
    world.window.resize(1280, 820)
    QApplication.processEvents()
    assert not world.window.sidebar.collapsed


def test_the_theme_and_the_text_size_change_at_once(world: ShellWorld) -> None:
    settings = world.parts.settings
    settings.set(THEME, "dark")
    assert theme().name == "dark"
    settings.set(THEME, "light")
    assert theme().hex("surface") == "#ffffff"
    before = theme().font("ui").pixelSize()
    QTest.keyClick(world.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert theme().font("ui").pixelSize() > before
    assert settings.get(TEXT_SIZE) == 110
    QTest.keyClick(world.window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert settings.get(TEXT_SIZE) == 100


def test_drafts_page_and_chat_come_back_after_a_crash(world: ShellWorld) -> None:
    """What is on disk is all that a crash leaves."""
    session = world.parts.session
    world.window.open_chat(world.ids[0])
    session.set_draft(world.ids[0], "half a quest")
    world.window.show_page("models")
    session.save()
    again = Session(world.parts.home.session_file)
    assert again.state.page == "models"
    assert again.state.chat_id == world.ids[0]
    assert again.draft(world.ids[0]) == "half a quest"


def test_a_damaged_session_costs_only_the_session(world: ShellWorld) -> None:
    world.parts.home.session_file.write_bytes(b"\xff{")
    assert Session(world.parts.home.session_file).state.page == "chat"


def test_f6_goes_round_the_regions(qtbot: QtBot, world: ShellWorld) -> None:
    page = world.window.page("settings")
    world.window.show_page("settings")
    assert isinstance(page, SettingsPage)
    regions: list[QWidget] = [world.window.sidebar, *page.regions()]
    seen = []
    focused: QWidget | None = None
    for _ in regions:
        focused = focus_region(regions, focused, 1)
        assert focused is not None
        seen.append(next(i for i, region in enumerate(regions) if region.isAncestorOf(focused)))
    assert seen == list(range(len(regions)))


def test_settings_show_the_default_beside_another_value(world: ShellWorld, qtbot: QtBot) -> None:
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    row = next(row for row in page._rows if row.setting is PASSAGES_PER_ANSWER)
    assert row._revert.isHidden()
    world.parts.settings.set(PASSAGES_PER_ANSWER, 9)
    qtbot.waitUntil(lambda: not row._revert.isHidden())
    row._revert.click()
    assert world.parts.settings.get(PASSAGES_PER_ANSWER) == 6


def test_searching_settings_shows_rows_of_every_section(world: ShellWorld) -> None:
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.search.setText("threads")
    assert [row.setting.key for row in page._results.rows] == ["threads"]


def test_the_old_model_answers_until_the_new_one_is_ready(world: ShellWorld) -> None:
    models = world.parts.models
    model = add_model(world, "Other")
    old = world.load_starter()
    models.switch_to("Other")
    new = world.last("engine")
    assert new is not old
    new.ready.emit(None)
    job = new.last(Load)
    assert isinstance(job.call, Load)
    assert job.call.path == model.path
    job.say(LoadProgress(fraction=0.5))
    assert models.active is not None and models.active.name != "Other"
    job.finish(Loaded(info=INFO))
    assert models.active.name != "Other", "it has not said a word yet"
    assert world.core.models.backend.child is old  # type: ignore[attr-defined]
    new.last(Complete).finish(FIRST_WORD)
    assert world.core.models.backend.child is new  # type: ignore[attr-defined]
    assert world.core.registry.active() == models.active
    assert models.active.name == "Other"


def test_the_old_engine_finishes_its_answer_before_it_ends(world: ShellWorld, qtbot: QtBot) -> None:
    models = world.parts.models
    add_model(world, "Other")
    old = world.load_starter()
    answer = old.request(Chat(conversation="1", question="What?"), done=lambda data: None)
    models.switch_to("Other")
    world.load_beside()
    world.world.clock.pass_time(1.0)
    assert old.state != "stopped"
    answer.active = False
    world.world.clock.pass_time(1.0)
    assert old.state == "stopped"


def test_a_model_that_fails_leaves_the_old_one_with_the_reason(world: ShellWorld) -> None:
    models = world.parts.models
    add_model(world, "Broken")
    old = world.load_starter()
    before = models.active
    reasons: list[AppError] = []
    models.switch_failed.connect(lambda name, error: reasons.append(error))
    models.switch_to("Broken")
    world.last("engine").ready.emit(None)
    world.last("engine").last(Load).fail(AppError("The file is damaged.", "Import it again."))
    assert world.core.models.backend.child is old  # type: ignore[attr-defined]
    assert models.active == before
    assert [str(error) for error in reasons] == ["The file is damaged. Import it again."]
    assert world.core.registry.active() == before


def test_the_models_page_says_what_is_switched_and_why_it_failed(world: ShellWorld) -> None:
    add_model(world, "Other")
    world.window.show_page("models")
    page = world.window.page("models")
    assert isinstance(page, ModelsPage)
    world.load_starter()
    world.parts.models.switch_to("Other")
    assert page._banner is not None and "Other" in page._banner.accessibleName()
    world.parts.models.cancel_switch()
    assert page._banner is None
    world.parts.models.switch_to("Other")
    world.last("engine").ready.emit(None)
    world.last("engine").last(Load).fail(AppError("The file is damaged.", "Import it again."))
    assert page._banner is not None and "stays in use" in page._banner.accessibleName()


def test_a_second_start_raises_the_first_window(world: ShellWorld, qtbot: QtBot) -> None:
    place = world.parts.home
    first, second = SingleInstance(place), SingleInstance(place)
    assert first.acquire()
    assert not second.acquire()
    first.listen()
    answers: list[bool] = []
    asking = threading.Thread(target=lambda: answers.append(second.raise_other()))  # it is another process in life
    with qtbot.waitSignal(first.raised):
        asking.start()
    asking.join()
    assert answers == [True]
    first.release()
    assert second.acquire()
    second.release()


def test_the_switcher_is_worked_by_keys(world: ShellWorld, qtbot: QtBot) -> None:
    add_model(world, "Other")
    world.window.act("switch_model")
    bar = world.window.findChild(ModelBar)
    popup = bar._popup
    assert popup.isVisible()
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert world.parts.models.switching_to == "Other"
    qtbot.keyClick(popup, Qt.Key.Key_Escape)
    assert bar._popup is None


def test_the_welcome_adds_the_chosen_samples(qtbot: QtBot) -> None:
    made = ShellWorld(first_run=True)
    try:
        page = made.window.outer.currentWidget()
        assert page is not None and page.accessibleName() == "Welcome"
        page.start.click()  # type: ignore[attr-defined]
        assert made.window.key == "chat"
        assert made.window.outer.currentIndex() == 0
    finally:
        made.close()


def test_void_calls_do_not_eat_references_of_none(qapp: QApplication) -> None:
    """PySide6 6.12.0 on Python 3.11 loses one a call until the process aborts."""
    widget = QWidget()
    before = sys.getrefcount(None)
    for _ in range(1000):
        widget.update()
        widget.setEnabled(True)
    assert sys.getrefcount(None) > before - 500


def test_the_rail_shows_a_running_job(world: ShellWorld) -> None:
    world.window.resize(900, 600)
    world.window.sidebar.set_detail("documents", "3", running=True)
    before = world.window.grab().toImage()
    world.window.sidebar.set_detail("documents", "3", running=False)
    assert world.window.grab().toImage() != before


def test_without_room_for_two_the_old_model_goes_first_and_comes_back(
    world: ShellWorld, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fits, "machine", lambda _: [Device("", "cpu", 1 << 40, 100)])
    models, old = world.parts.models, world.load_starter()
    add_model(world, "Other")
    models.switch_to("Other")
    new = world.last("engine")
    new.ready.emit(None)
    assert old.state == "ready"  # the file is not checked yet
    new.last(Load).say(LoadProgress(fraction=0.0))
    assert new.jobs[-1].controls == ["cancel"]
    new.jobs[-1].confirm_cancel()
    assert old.state == "stopped" and not world.core.models.is_ready
    world.world.clock.pass_time(1.0)
    new.last(Load).fail(AppError("This file does not load."))
    assert old.state == "ready" and world.last("engine") is new and not models.switching_to  # type: ignore[comparison-overlap]


def test_a_switch_that_cannot_be_written_down_brings_the_old_model_back(
    world: ShellWorld, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both do not fit, so the old engine has ended by then."""
    world.load_starter()
    models = world.parts.models
    monkeypatch.setattr(fits, "machine", lambda _: [Device("", "cpu", 1 << 40, 100)])
    add_model(world, "Big")
    old, said, refused = world.last("engine"), list[AppError](), list[AppError]()
    models.switch_failed.connect(lambda _, error: said.append(error))
    models.refused.connect(refused.append)
    models.switch_to("Big")
    beside = world.last("engine")
    beside.ready.emit(None)
    first = beside.last(Load)
    first.say(LoadProgress(fraction=0.1))
    first.confirm_cancel()
    world.world.clock.pass_time(1.0)
    assert old.state == "stopped"
    models.remove("Big")
    assert models.rename("Big", "Bigger") == ""
    assert len(refused) == 2 and all("is being loaded" in str(error) for error in refused)
    full = AppError("The list of models could not be saved.", "Free some disk space.")

    def use(name: str) -> InstalledModel:
        raise full

    monkeypatch.setattr(world.core.registry, "use", use)
    beside.last(Load).finish(Loaded(info=INFO))
    beside.last(Complete).finish(FIRST_WORD)
    assert [str(error) for error in said] == [str(full)] and not models.switching_to and old.state == "ready"


def test_a_collection_that_is_renamed_takes_what_points_to_it_along(world: ShellWorld) -> None:
    """Nothing points to a name, so nothing has to be told; one that is deleted is asked no more."""
    parts = world.parts
    parts.settings.set(DEFAULT_COLLECTION, 1)
    world.store.set_collection(world.ids[1], 1)
    for job in world.last("documents").waiting(ListCollections):
        job.finish(Collections(collections=(Collection(id=1, name="Travel", documents=3),)))
    world.window.open_chat(world.ids[0])
    parts.chats.choose_collection(1)
    parts.documents.rename_collection(1, "Journeys")
    renamed = Collections(collections=(Collection(id=1, name="Journeys", documents=3),))
    world.last("documents").last(RenameCollection).finish(renamed)
    for job in world.last("documents").waiting(ListCollections):
        job.finish(renamed)
    assert parts.chats.collection == "Journeys" and parts.settings.get(DEFAULT_COLLECTION) == 1
    settings = world.window.page("settings")
    assert isinstance(settings, SettingsPage)
    assert (1, "Journeys") in settings._choices[DEFAULT_COLLECTION.key]
    parts.documents.delete_collection(1)
    world.last("documents").last(DeleteCollection).finish(Removed(documents=3, passages=9, traces=0))
    world.last("documents").last(ListTombstones).finish(Tombstones(ids=(), collections=(1,)))
    assert parts.chats.collection == "" and world.store.chat(world.ids[1]).collection_id == 0
    assert world.core.settings.get(DEFAULT_COLLECTION) == 0


def test_half_typed_words_stay_where_they_were_typed(world: ShellWorld) -> None:
    world.load_starter()
    page = world.window.page("chat")
    assert isinstance(page, ChatPage)
    world.window.show_page("chat")
    world.window.new_chat()
    page.composer.edit.setPlainText("Half a new question")
    world.window.open_chat(world.ids[0])
    page.composer.edit.setPlainText("A whole one")
    page.composer.send()
    assert world.parts.session.draft(0) == "Half a new question"
    world.parts.chats.stop()
    world.last("engine").last(Chat).confirm_cancel()
    world.window.new_chat()
    assert page.composer.text() == "Half a new question"
    page.start_page.question_chosen.emit("A sample question?")
    assert page.composer.text() == "Half a new question" and world.parts.session.draft(0) == ""


def test_a_question_that_is_rewritten_while_an_answer_comes_is_not_lost(world: ShellWorld) -> None:
    world.load_starter()
    page = world.window.page("chat")
    assert isinstance(page, ChatPage)
    world.window.show_page("chat")
    world.window.open_chat(world.ids[0])
    said: list[AppError] = []
    world.parts.chats.failed.connect(said.append)
    for text in ("First", "Second"):
        page.composer.edit.setPlainText(text)
        page.composer.send()
        if text == "First":
            done = Chatted(
                text="An answer.",
                thinking="",
                reason="end",
                stats=Stats(),
                budget=Budget(context=8192, used=9),
                passages_used=0,
            )
            world.last("engine").last(Chat).finish(done)
            first = page.transcript.questions()[-1]
            first.start_edit()
            assert first.editor is not None
            first.editor.text.setPlainText("Carefully rewritten")
    first.editor._send()
    assert first.editor is not None and first.editor.text.toPlainText() == "Carefully rewritten"
    assert [str(error) for error in said] == [
        "An answer is still being written. Wait for it or stop it, then ask again."
    ]
    world.parts.chats.stop()
    world.last("engine").last(Chat).confirm_cancel()
    first.editor._send()
    assert "Carefully rewritten" in [turn.text for turn in world.parts.chats.turns()]


PAGE_KEYS = ("chat", "documents", "models", "finetune", "settings")


@pytest.mark.parametrize("size", [(1280, 820), (880, 560)])
def test_whatever_the_keyboard_reaches_has_a_name(world: ShellWorld, size: tuple[int, int]) -> None:
    world.load_starter()
    window = world.window
    window.resize(*size)
    world.parts.models.found._show((FoundFile(name="q", path="/q", bytes=1, store="Ollama"),))
    seen = 0
    for key in PAGE_KEYS:
        window.show_page(key)
        page = window.page(key)
        sections = list(page._buttons) if isinstance(page, SettingsPage) else [""]
        for section in sections:
            if isinstance(page, SettingsPage):
                page.open_section(section)
            QApplication.processEvents()
            seen += reached(window)
            assert nameless(window) == [], (key, section)
    assert seen > 200


def test_every_page_answers_what_the_window_asks_of_one(world: ShellWorld) -> None:
    for key in PAGES:
        page = world.window.page(key)
        assert page.widget.accessibleName(), key
        assert page.foot_height() >= 0 and all(isinstance(region, QWidget) for region in page.regions())
        assert page.widget.isAncestorOf(page.first_focus()) or page.first_focus() is page.widget


def test_a_first_paint_imports_no_page_but_the_chat_and_nothing_that_an_empty_chat_does_not_show() -> None:
    late = [
        "app.gui.chat.transcript", "app.gui.chat.markdown", "app.gui.chat.source_panel", "app.gui.models.switcher_list",
        "app.gui.documents.page", "app.gui.models.page", "app.gui.finetune.page", "app.gui.settings.page",
        "markdown_it", "pygments",
    ]  # fmt: skip
    code = (
        f"import sys, app.gui.main; from app.gui.pages import PAGES, import_pages; PAGES['chat'](); late = {late!r}\n"
    )
    code += "print(*[name for name in late if name in sys.modules]); [None for _ in import_pages()]\n"
    code += "print(*[name for name in late if name not in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["", ""]


def test_after_the_welcome_the_chat_says_that_reading_has_begun(qtbot: QtBot) -> None:
    made = ShellWorld(first_run=True)
    try:
        made.window.outer.currentWidget().start.click()  # type: ignore[union-attr]
        page = made.window.page("chat")
        assert isinstance(page, ChatPage)
        samples = Collection(id=1, name="Larkfield samples")
        made.last("documents").last(CreateCollection).finish(CollectionMade(collection=samples))
        for job in made.last("documents").waiting(ListCollections):
            job.finish(Collections(collections=(samples,)))
        assert page.start_page._reading.text().startswith("Reading begins")
        assert "Reading begins" in page.collection_button.accessibleName()
        made.last("documents").last(Add).say(AddProgress(done=2, total=8))
        assert "Reading 3 of 8" in page.collection_button.accessibleName()
    finally:
        made.close()


def test_the_chat_names_its_collection_when_the_window_reopens_on_another_page(world: ShellWorld) -> None:
    parts = world.parts
    parts.chats.choose_collection(1)
    for job in world.last("documents").waiting(ListCollections):
        job.finish(Collections(collections=(Collection(id=1, name="Travel", documents=3),)))
    parts.session.update(page="settings", chat_id=world.ids[0])
    window = gui.build_window(parts)
    parts.chats.choose_collection(1)
    window.show_page("settings")
    page = window.page("chat")
    assert isinstance(page, ChatPage)
    assert page.collection_button.accessibleName().endswith("Travel 3 documents")
    window.deleteLater()


def test_an_imported_model_gets_the_keyboard_and_keeps_it(world: ShellWorld, qtbot: QtBot) -> None:
    world.load_starter()
    world.window.show_page("models")
    page = world.window.page("models")
    assert isinstance(page, ModelsPage)
    page.drop.choose.setFocus()
    page.drop.show_progress("Other.gguf", 0.5, 3.0)
    assert page.drop.cancel.hasFocus(), "the button that was pressed has gone"
    model = add_model(world, "Other")
    page.refresh()
    page._import_ended(model, None)
    focused = QApplication.focusWidget()
    assert focused is not None and focused.accessibleName() == "Use Other now"
    page.refresh()
    focused = QApplication.focusWidget()
    assert focused is not None and focused.accessibleName() == "Use Other now", "the rows were built anew"


def test_the_last_folder_of_a_dialog_is_kept_for_the_next_start(world: ShellWorld, tmp_path: Path) -> None:
    world.window.setProperty(LAST_FOLDER, str(tmp_path))
    world.window.close()
    assert Session(world.parts.home.session_file).state.folder == str(tmp_path)
