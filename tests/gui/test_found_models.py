"""Models of Ollama and LM Studio on the Models page: offered, linked and not copied, and missed when they are gone."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from names import nameless, reached
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.core.calls.models import Models, ModelsChanged
from app.errors import BadFile
from app.gui.models.found_area import FoundDialog
from app.gui.models.model_words import removal_text
from app.gui.models.page import ModelsPage
from app.gui.models.row import ModelRow
from app.gui.widgets import Banner, Button, Chip, EmptyState, Label
from app.hub import FoundFile
from app.types import InstalledModel
from app.workers.calls.models import FilesFound, FindFiles, LinkModel, ModelInstalled

QWEN = FoundFile(name="qwen3:8b", path="/store/q", bytes=5_200_000_000, sha256="0" * 64, store="Ollama")
LLAMA = FoundFile(name="llama3.1:8b", path="/store/l", bytes=4_900_000_000, store="Ollama")
PHI = FoundFile(name="Phi-4", path="/studio/p.gguf", bytes=2_500_000_000, store="LM Studio")
KNOWN = FoundFile(name="here", path="/store/h", bytes=1, store="Ollama", installed="m1")


@pytest.fixture
def world(qtbot: QtBot) -> ShellWorld:
    made = ShellWorld()
    qtbot.addWidget(made.window)
    made.load_starter()
    return made


def opened(world: ShellWorld, *files: FoundFile) -> ModelsPage:
    """The page, with these found on this computer."""
    world.window.show_page("models")
    job = world.last("models").last(FindFiles)
    assert job.call == FindFiles(where=""), "all stores at once"
    job.finish(FilesFound(files=files))
    page = world.window.page("models")
    assert isinstance(page, ModelsPage)
    return page


def in_dialog(page: ModelsPage, steps: Callable[[FoundDialog], object]) -> None:
    """Open the dialog as a person does, and do this in it."""
    raised: list[Exception] = []

    def go() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, FoundDialog)
        try:
            steps(dialog)
        except AssertionError as error:
            raised.append(error)
        finally:
            dialog.reject()

    QTimer.singleShot(0, go)
    page.found.choose.click()
    if raised:
        raise raised[0]


def installed(file: FoundFile) -> InstalledModel:
    return InstalledModel(
        id=file.name, name=file.name, path=file.path, file_bytes=file.bytes, lineage={"linked": file.store}
    )


def texts(widget: object) -> str:
    return " | ".join(each.text() for each in widget.findChildren(Label) if each.isVisibleTo(widget))  # type: ignore[attr-defined]


def test_what_other_programs_have_is_offered_with_size_and_owner(world: ShellWorld) -> None:
    page = opened(world)
    assert page.found.isHidden(), "nothing is here"
    page = opened(world, LLAMA, KNOWN, PHI, QWEN)
    said = texts(page.found)
    assert "LM Studio and Ollama have 3 models on this computer" in said
    assert "llama3.1:8b (4.9 GB), Phi-4 (2.5 GB), 1 more. Linked, not copied." in said
    page.found.choose.setFocus()
    page = opened(world, QWEN)
    assert "Ollama has a model on this computer" in texts(page.found)


def test_chosen_ones_are_linked_one_after_the_other(world: ShellWorld, qtbot: QtBot) -> None:
    page = opened(world, LLAMA, PHI, QWEN)

    def steps(dialog: FoundDialog) -> None:
        assert "linked, not copied" in texts(dialog) and "Once a file is deleted there" in texts(dialog)
        assert nameless(dialog) == [] and reached(dialog) >= 5
        boxes = {file.name: box for box, file in dialog.boxes}
        assert boxes["Phi-4"].accessibleName() == "Phi-4, 2.5 GB, LM Studio"
        qtbot.keyClick(boxes["llama3.1:8b"], Qt.Key.Key_Space)
        assert dialog.link.text() == "Use 2 models"
        qtbot.keyClick(boxes["Phi-4"], Qt.Key.Key_Return)  # the dialog's default button
        first = world.last("models").last(LinkModel)
        assert first.call == LinkModel(path="/studio/p.gguf", name="Phi-4", store="LM Studio")
        assert dialog.doing.text() == "Looking at Phi-4…" and not dialog.link.isEnabled()
        first.finish(ModelInstalled(model=installed(PHI)))
        second = world.last("models").last(LinkModel)
        assert second.call == LinkModel(path="/store/q", name="qwen3:8b", sha256="0" * 64, store="Ollama")
        second.finish(ModelInstalled(model=installed(QWEN)))
        assert not dialog.isVisible(), "all are there"

    in_dialog(page, steps)
    assert page._banner is not None and "2 models are ready to use. Linked, not copied" in page._banner.accessibleName()
    assert "Ollama has a model on this computer" in texts(page.found), "the third is still offered"


def test_one_that_cannot_be_used_stays_with_the_reason_and_esc_stops_the_rest(world: ShellWorld, qtbot: QtBot) -> None:
    page = opened(world, LLAMA, PHI, QWEN)

    def steps(dialog: FoundDialog) -> None:
        dialog.link.click()
        world.last("models").last(LinkModel).fail(BadFile("It is damaged.", "Fetch it again."))
        world.last("models").last(LinkModel).finish(ModelInstalled(model=installed(PHI)))
        world.last("models").last(LinkModel).fail(BadFile("It is damaged.", "Fetch it again."))
        said = [each.accessibleName() for each in dialog.findChildren(Banner) if each.isVisible()]
        assert said == [f"{name}: It is damaged. Fetch it again." for name in ("llama3.1:8b", "qwen3:8b")]
        assert dialog.isVisible() and not dialog.link.isEnabled(), "there is nothing left to choose"

    in_dialog(page, steps)

    def leave(dialog: FoundDialog) -> None:
        dialog.link.click()
        job = world.last("models").last(LinkModel)
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert job.controls == ["cancel"] and not dialog.isVisible()
        job.confirm_cancel()
        assert not world.last("models").waiting(LinkModel), "the rest stays out"

    in_dialog(page, leave)


def test_a_model_whose_file_its_program_has_deleted_says_so(world: ShellWorld) -> None:
    page = opened(world)
    gone, base = installed(QWEN), world.parts.models.models()[0]
    world.core.tell(ModelsChanged(models=Models(models=(base, gone), active=base.id)))
    row = next(row for row in page.findChildren(ModelRow) if row.model.id == gone.id)
    assert "Ollama no longer has its file. Fetch it there again." in texts(row)
    chips = [each.text() for each in row.findChildren(Chip)]
    assert "Linked from Ollama" in chips and "The file is no longer there" in chips
    use = next(each for each in row.findChildren(Button) if each.text() == "Use now")
    assert not use.isEnabled() and "Ollama no longer has its file" in use.toolTip()
    assert "stays with Ollama" in removal_text(gone)
    copied = msgspec.structs.replace(gone, lineage={})
    assert "in the data folder is deleted" in removal_text(copied)
    assert "that it changes stays" in removal_text(msgspec.structs.replace(copied, adapter="/a.gguf"))


def test_without_any_model_those_of_other_programs_are_offered_first(world: ShellWorld) -> None:
    page = opened(world)
    world.core.tell(ModelsChanged(models=Models(models=())))
    empty = page.findChildren(EmptyState)[-1]
    assert empty.button is not None and empty.button.text() == "Choose file"
    opened(world, QWEN)
    QApplication.processEvents()
    empty = next(each for each in page.findChildren(EmptyState) if each.isVisible())
    assert empty.button is not None and empty.button.text() == "Choose models"
    assert "Ollama has a model on this computer. They can be used from there" in empty.accessibleName()
