"""The catalogue in the window: cards, search, downloads and what is said of them; the core's answers are played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from catalogue_world import BEST, HUGE, SMALL, PlayedCatalogue, download, offer
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.core.calls import catalogue as c
from app.errors import AppError
from app.gui.chat.larger_model import LargerModelLine
from app.gui.chat.page import ChatPage
from app.gui.models.about_dialog import AboutDialog
from app.gui.models.catalogue import in_order
from app.gui.models.catalogue_words import facts, offer_size
from app.gui.models.download_line import DownloadLine
from app.gui.models.offer_card import OfferCard
from app.gui.models.page import ModelsPage
from app.gui.models.switcher import ModelBar
from app.gui.shell.first_run import FirstRun
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, ElidedLabel, IconButton, Label, Toast
from app.gui.widgets.choices import RadioButton
from app.hub import Fitted, HubFile
from app.settings import LARGER_MODEL_HINT
from app.types import InstalledModel
from app.workers.calls.models import ImportModel, ModelInstalled


@pytest.fixture
def world(qtbot: QtBot) -> ShellWorld:
    made = ShellWorld()
    qtbot.addWidget(made.window)
    made.load_starter()
    return made


@pytest.fixture
def played(world: ShellWorld) -> PlayedCatalogue:
    return PlayedCatalogue(world)


def page_of(world: ShellWorld) -> ModelsPage:
    world.window.show_page("models")
    page = world.window.page("models")
    assert isinstance(page, ModelsPage)
    return page


def card_of(world: ShellWorld, name: str) -> OfferCard:
    return next(card for card in page_of(world).catalogue.cards() if card.offer.model.name == name)


def texts(widget: Any) -> str:
    """What can be read in a part of the window."""
    QApplication.processEvents()
    kinds = (Label, ElidedLabel, Button)
    return " | ".join(each.text() for kind in kinds for each in widget.findChildren(kind) if each.isVisibleTo(widget))


def button(widget: Any, name: str) -> Any:
    """The button with this accessible name."""
    found = [each for kind in (Button, IconButton) for each in widget.findChildren(kind) if each.isVisibleTo(widget)]
    return next(each for each in found if each.accessibleName().startswith(name))


def toasts(world: ShellWorld) -> list[str]:
    return [each.accessibleName() for each in world.window.findChildren(Toast) if not each.isHidden()]


def in_about(card: OfferCard, steps: Callable[[AboutDialog], object]) -> None:
    """Open the dialog as a person does, and do this in it."""
    raised: list[Exception] = []

    def go() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, AboutDialog)
        try:
            steps(dialog)
        except (AssertionError, StopIteration) as error:
            raised.append(error)
        finally:
            dialog.reject()

    QTimer.singleShot(0, go)
    button(card, "About").click()
    if raised:
        raise raised[0]


def test_one_model_is_recommended_and_what_is_too_large_cannot_be_fetched(
    world: ShellWorld, played: PlayedCatalogue
) -> None:
    area = page_of(world).catalogue
    assert [card.accessibleName() for card in area.cards()] == [
        "Qwen3 8B: the best that fits your 12 GB", "Phi mini", "Huge 70B"
    ]  # fmt: skip
    huge = button(card_of(world, "Huge 70B"), "Download")
    assert not huge.isEnabled() and huge.toolTip() == "Too large: needs 48 GB"
    assert "Your chats and documents are never sent" in texts(area)
    played.changed = lambda _: played.queue.append(download(BEST))
    button(area.cards()[0], "Download Qwen3 8B").click()
    call = played.asked(c.FetchModel)[-1]
    assert (call.repo, call.file, call.name) == ("makers/Qwen3 8B", "Qwen3 8B-Q4_K_M.gguf", "Qwen3 8B")
    shown = texts(area.cards()[0])
    assert "20%" in shown and "1.0 of 5.0 GB" in shown and "18 MB/s, about 4 min left" in shown
    assert world.window.sidebar._details["models"] == ("20%", True)


def test_what_is_a_little_lighter_than_the_best_comes_first_and_what_searches_last() -> None:
    sizes = {"tiny": 0.6, "light": 2.5, "best": 5.0, "slow": 9.0, "slower": 14.0, "huge": 42.0}
    made = [
        offer(name, gb, "large" if name == "huge" else "cpu", recommended=name == "best") for name, gb in sizes.items()
    ]
    embedder = msgspec.structs.replace(made[0], model=msgspec.structs.replace(made[0].model, name="e", kind="embedder"))
    names = [each.model.name for each in in_order([embedder, *made])]
    assert names == ["best", "light", "tiny", "slow", "slower", "huge", "e"]


def test_a_download_is_paused_goes_on_and_is_cancelled_from_its_card(
    world: ShellWorld, played: PlayedCatalogue
) -> None:
    page_of(world)
    played.tell(download(SMALL), download(BEST, "d2", state="waiting", done=0))
    card = card_of(world, "Phi mini")
    assert "Waits for its turn" in texts(card_of(world, "Qwen3 8B"))

    def pause(_: object) -> None:
        played.queue[0] = msgspec.structs.replace(played.queue[0], state="paused")

    played.changed = pause
    button(card, "Pause Phi mini").click()
    assert "Paused" in texts(card) and played.asked(c.PauseDownload)[-1].id == "d1"
    button(card, "Go on with Phi mini").click()
    assert played.asked(c.ResumeDownload)[-1].id == "d1"
    played.changed = lambda _: played.queue.pop(0)
    button(card, "Cancel the download of Phi mini").click()
    assert played.asked(c.CancelDownload)[-1].id == "d1"
    assert button(card, "Download Phi mini").isEnabled()
    played.install(SMALL)
    assert toasts(world) == [], "what was cancelled has not arrived"


def test_what_goes_on_stands_there_after_a_restart_of_window_and_core(
    world: ShellWorld, played: PlayedCatalogue
) -> None:
    elsewhere = offer("Found by a search")
    played.queue = [download(elsewhere)]
    world.link.lose()
    cards = page_of(world).catalogue.cards()
    assert cards[0].offer.model.name == "Found by a search" and "20%" in texts(cards[0])


def test_a_finished_download_is_offered_wherever_one_is_and_used(world: ShellWorld, played: PlayedCatalogue) -> None:
    world.window.show_page("chat")
    played.tell(download(BEST, state="checking"))
    played.tell()
    assert toasts(world) == []  # not yet a model
    played.install(BEST)
    assert toasts(world) == ["“Qwen3 8B” is here and ready to use."]
    toast = next(each for each in world.window.findChildren(Toast) if not each.isHidden())
    next(each for each in toast.findChildren(Button) if each.text() == "Use now").click()
    assert toasts(world) == []


def test_a_failed_download_says_why_and_is_tried_again(world: ShellWorld, played: PlayedCatalogue) -> None:
    world.window.show_page("chat")
    played.tell(download(BEST))
    reason = {"problem": "The connection was lost.", "advice": "Try again later."}
    played.tell(download(BEST, state="failed", **reason))
    assert toasts(world) == ["“Qwen3 8B” could not be downloaded. The connection was lost."]
    card = card_of(world, "Qwen3 8B")
    assert "The connection was lost. Try again later." in texts(card)
    again = button(card, "Try to download Qwen3 8B again")
    again.setFocus()

    def go_on(_: object) -> None:
        played.queue[0] = download(BEST)

    played.changed = go_on
    again.click()
    assert played.asked(c.ResumeDownload)[-1].id == "d1" and "20%" in texts(card)


def test_the_keyboard_stays_on_a_card_whose_download_begins(world: ShellWorld, played: PlayedCatalogue) -> None:
    page_of(world)
    card = card_of(world, "Phi mini")
    button(card, "Download Phi mini").setFocus()
    played.tell(download(SMALL))
    focused = QApplication.focusWidget()
    assert focused is not None and focused.accessibleName() == "Pause Phi mini"


def test_the_tab_key_reaches_the_cards_between_the_search_and_the_import(
    world: ShellWorld, played: PlayedCatalogue
) -> None:
    page = page_of(world)
    order, at = [], page.catalogue.search.nextInFocusChain()
    while at is not page.catalogue.search:
        if at.focusPolicy() & Qt.FocusPolicy.TabFocus and at.isVisible() and at.isEnabled():
            order.append(at)
        at = at.nextInFocusChain()
    wanted = ["Download Qwen3 8B", "About Qwen3 8B", "Download Phi mini", "About Phi mini", "About Huge 70B"]
    names = [widget.accessibleName().split(",")[0] for widget in order]
    first = names.index(wanted[0])
    assert names[first : first + 5] == wanted and order.index(page.drop.choose) == first + 5


def test_the_hub_is_searched_on_enter_only_and_the_catalogue_comes_back(
    world: ShellWorld, played: PlayedCatalogue, qtbot: QtBot
) -> None:
    area = page_of(world).catalogue
    assert area.search.accessibleName() == "Search hub.example: words, a repository or a link"
    qtbot.keyClicks(area.search, "granite  docs")
    assert played.asked(c.SearchHub) == []
    played.found = c.HubFound(offers=(offer("Granite 8B"),))
    qtbot.keyClick(area.search, Qt.Key.Key_Return)
    assert played.asked(c.SearchHub)[-1].query == "granite docs"
    assert [card.offer.model.name for card in area.cards()] == ["Granite 8B"]
    assert "1 model found for “granite docs”" in texts(area)
    played.found = AppError("hub.example cannot be reached.", "Look whether this computer is online.")
    area.go.click()
    assert "hub.example cannot be reached." in [each.accessibleName().split(" Look")[0] for each in area.findChildren(Banner)]  # fmt: skip  # noqa: E501
    area.back.click()
    assert [card.offer.model.name for card in area.cards()] == ["Qwen3 8B", "Phi mini", "Huge 70B"]


def test_what_is_blocked_says_so_and_how_to_bring_the_file(world: ShellWorld, played: PlayedCatalogue) -> None:
    played.shown = c.Catalogue(
        offers=(BEST, SMALL), hub="hub.example", blocked="Your company has turned downloads off."
    )
    page = page_of(world)
    QApplication.processEvents()
    banner = next(each for each in page.catalogue.findChildren(Banner) if each.isVisible())
    assert "Your company has turned downloads off." in banner.accessibleName() and "stick" in banner.accessibleName()
    assert not page.catalogue.search.isEnabled()
    fetch = button(card_of(world, "Qwen3 8B"), "Download")
    assert not fetch.isEnabled() and "turned downloads off" in fetch.toolTip()
    in_about(card_of(world, "Phi mini"), lambda dialog: texts(dialog).index("makers/Phi mini"))
    assert played.asked(c.ShowRepository) == [], "nothing is asked of a hub"


def test_a_model_that_sees_says_that_its_projector_comes_and_a_size_that_nobody_has_said_is_about() -> None:
    eyes = HubFile(name="mmproj-F16.gguf", quantization="F16", bytes=0)
    seeing = msgspec.structs.replace(SMALL.model, sees=True, projector=eyes)
    guessed = msgspec.structs.replace(SMALL.file, about=True)
    shown = msgspec.structs.replace(SMALL, model=seeing, file=guessed)
    assert dict(facts(shown))["Comes with"] == "the file by which it sees" and "Comes with" not in dict(facts(SMALL))
    assert (offer_size(shown), offer_size(SMALL)) == ("about 2.5 GB", "2.5 GB")


def test_what_an_import_has_brought_is_said(world: ShellWorld, tmp_path: Path) -> None:
    page = page_of(world)
    (tmp_path / "seer.gguf").write_bytes(b"GGUF")
    for said in ("“Seer” is ready to use.", "“Seer” can see pictures now."):
        page.import_file(str(tmp_path / "any.gguf"))
        job = world.last("models").last(ImportModel)
        listed = [each for each in world.core.registry.models() if each.name == "Seer"]
        made = InstalledModel(name="Seer", path=str(tmp_path / "seer.gguf"), file_bytes=4)
        job.finish(ModelInstalled(model=listed[0] if listed else world.core.registry.install(made)))
        QApplication.processEvents()
        assert said in texts(page)


def test_all_files_of_a_model_are_dropped_as_one(world: ShellWorld, tmp_path: Path) -> None:
    page = page_of(world)
    dropped: list[str] = []
    page.drop.dropped.disconnect()
    page.drop.dropped.connect(dropped.append)
    names = [f"big-0000{number}-of-00003.gguf" for number in (2, 1, 3)]
    for chosen in (names, names[:1], [*names, "other.gguf"]):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in chosen])
        keys, mouse = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        page.drop.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, mouse, keys))
    assert dropped == [str(tmp_path / names[1])] * 2


def test_another_file_of_a_model_is_chosen_in_about(world: ShellWorld, played: PlayedCatalogue) -> None:
    large = msgspec.structs.replace(BEST.file, name="Qwen3 8B-Q8_0.gguf", quantization="Q8_0", bytes=8_700_000_000)
    other = msgspec.structs.replace(BEST, file=large, fit=msgspec.structs.replace(BEST.fit, why=("It fits.",)))
    played.files = c.RepositoryShown(offers=(BEST, other))
    page_of(world)

    def steps(dialog: AboutDialog) -> None:
        marks = [each for each in dialog.findChildren(RadioButton) if not each.parentWidget().isHidden()]
        assert [mark.text() for mark in marks] == ["Q4_K_M, 5.0 GB", "Q8_0, 8.7 GB"] and marks[0].isChecked()
        marks[1].click()
        assert not marks[0].isChecked() and "It fits." in texts(dialog) and "Apache-2.0" in texts(dialog)
        dialog.fetch.click()

    in_about(card_of(world, "Qwen3 8B"), steps)
    assert played.asked(c.FetchModel)[-1].file == "Qwen3 8B-Q8_0.gguf"


def test_a_model_with_terms_takes_the_token_that_its_owner_wants(world: ShellWorld, played: PlayedCatalogue) -> None:
    gated = msgspec.structs.replace(SMALL, model=msgspec.structs.replace(SMALL.model, gated=True))
    played.shown = c.Catalogue(offers=(gated,), hub="hub.example")
    page_of(world)

    def steps(dialog: AboutDialog) -> None:
        assert dialog.token.isVisible()
        dialog.token.edit.setText("hf_1")
        dialog.fetch.click()

    in_about(card_of(world, "Phi mini"), steps)
    kinds = [type(call) for call in played.calls[-2:]]
    assert kinds == [c.KeepHubToken, c.FetchModel] and played.asked(c.KeepHubToken)[-1].token == "hf_1"


def test_cards_fit_a_narrow_window_and_large_text(world: ShellWorld, played: PlayedCatalogue) -> None:
    long = offer("A model whose name is forty per cent longer than others", kind="cpu", text="Runs on the processor, slower")  # noqa: E501  # fmt: skip
    played.shown = c.Catalogue(offers=(BEST, long, SMALL, HUGE), hub="hub.example")
    page = page_of(world)
    scale = theme().scale
    try:
        for size, factor in ((1280, 1.0), (880, 1.0), (880, 2.0)):
            theme().set_scale(factor)
            world.window.resize(size, 560)
            QApplication.processEvents()
            area = page.catalogue
            assert area.width() <= page.scroller.viewport().width()
            for card in area.cards():
                assert card.geometry().right() <= area.width() and card.width() >= card.minimumSizeHint().width()
                assert card.height() >= card.heightForWidth(card.width())
    finally:
        theme().set_scale(scale)


def test_the_switcher_shows_what_is_on_its_way(world: ShellWorld, played: PlayedCatalogue) -> None:
    played.tell(download(BEST))
    world.window.show_page("chat")
    world.window.act("switch_model")
    bar = world.window.findChild(ModelBar)
    assert bar is not None and bar._popup is not None
    line = bar._popup.findChild(DownloadLine)
    assert line is not None and line.accessibleName() == "Qwen3 8B: 20%, 1.0 of 5.0 GB, 18 MB/s, about 4 min left"
    played.tell()
    assert bar._popup._coming.isHidden()


def test_an_empty_chat_of_the_starter_names_a_larger_model_until_it_is_told_not_to(
    world: ShellWorld, played: PlayedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = world.parts.models.models()
    world.window.show_page("chat")
    chat = world.window.page("chat")
    assert isinstance(chat, ChatPage)
    world.parts.models.catalogue.load()
    line = chat.start_page.findChild(LargerModelLine)
    assert line is not None
    assert line.accessibleName() == "A larger model answers better: Qwen3 8B fits this computer."
    played.tell(download(BEST))
    assert line.accessibleName() == "Qwen3 8B is on its way, 20%. You can chat meanwhile."
    played.tell()
    assert line.act.text() == "Models"
    brought = InstalledModel(id="b", name="Brought", path="/b.gguf", file_bytes=1, origin="downloaded", parameters=9)
    monkeypatch.setattr(world.parts.models, "fit", lambda model: Fitted(kind="cpu", text="Fits"))
    monkeypatch.setattr(world.parts.models, "models", lambda: [*listed, brought])
    switched = list[str]()
    monkeypatch.setattr(world.parts.models, "switch_to", switched.append)
    world.parts.models.catalogue.offered.emit()
    assert line.accessibleName() == "Brought is here and answers better than the small starter."
    line.act.click()
    assert switched == ["b"] and line.act.text() == "Use it"
    line.dismiss.click()
    assert line.isHidden() and world.parts.settings.get(LARGER_MODEL_HINT) is False
    world.parts.models.catalogue.offered.emit()
    assert line.isHidden()


def test_the_first_run_starts_with_the_starter_while_a_larger_one_comes(qtbot: QtBot) -> None:
    world = ShellWorld(first_run=True)
    qtbot.addWidget(world.window)
    played = PlayedCatalogue(world)
    page = world.window.findChild(FirstRun)
    assert page is not None and page.start.text() == "Start"
    world.parts.models.catalogue.load()
    names = list(page._choices)
    assert names[1:] == ["Qwen3 8B", "Phi mini"], "what is too large is not offered"
    assert page._choices[names[0]].isChecked() and "too small" in page._choices[names[0]].accessibleDescription()
    best = page._choices["Qwen3 8B"]
    assert "Best fit" in best.accessibleDescription() and "5.0 GB download" in best.accessibleDescription()
    best.click()
    assert page.start.text() == "Download and start"
    played.changed = lambda _: played.queue.append(download(BEST))
    page.start.click()
    assert world.window.key == "chat" and played.asked(c.FetchModel)[-1].repo == "makers/Qwen3 8B"
    assert played.asked(c.FetchModel)[-1].use, "who chose it here need not choose it again"
    assert world.parts.models.switching_to == "", "the starter answers meanwhile"
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    world.parts.models.catalogue.offered.emit()  # nobody listens any more that has gone


def test_a_list_of_the_company_that_cannot_be_read_is_said_and_mended(
    world: ShellWorld, played: PlayedCatalogue
) -> None:
    good, played.shown = played.shown, AppError("The list of models “ours.json” cannot be read.", "Ask who keeps it.")
    page = page_of(world)
    QApplication.processEvents()
    (banner,) = [each for each in page.catalogue.findChildren(Banner) if each.isVisible()]
    assert banner.accessibleName() == "The list of models “ours.json” cannot be read. Ask who keeps it."
    assert page.catalogue.cards() == [] and page.catalogue.search.isEnabled(), "the hub can still be searched"
    played.shown = good
    page.shown()
    QApplication.processEvents()
    assert [each for each in page.catalogue.findChildren(Banner) if each.isVisible()] == []
    assert len(page.catalogue.cards()) == 3


def test_the_first_run_offers_no_download_where_nothing_can_be_fetched_and_says_what_can_be_done(qtbot: QtBot) -> None:
    world = ShellWorld(first_run=True)
    qtbot.addWidget(world.window)
    PlayedCatalogue(world).shown = c.Catalogue(offers=(BEST,), hub="hub.example", blocked="Turned off.")
    world.parts.models.catalogue.load()
    page = world.window.findChild(FirstRun)
    assert page is not None and len(page._choices) == 1 and "Larger models" not in texts(page)
    assert "Turned off. A larger model can be brought as a file" in texts(page)
