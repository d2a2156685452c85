"""Teaching the search in the window: its goal, which reader reads on the Models page, and one click back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import cast

import fake_run
import msgspec
import pytest
from PySide6.QtWidgets import QApplication
from shell_world import ShellWorld, with_handbook

from app.embedder.readers import READER, SHIPPED, Readers, TaughtReader, shipped
from app.errors import AppError
from app.finetune.runs import Run
from app.gui.finetune.page import FinetunePage
from app.gui.models.page import ModelsPage
from app.gui.widgets import Banner
from app.workers.calls.reader import ReaderUsed, UseReader
from trainer.spec import BaseModel, Exam, Judgement, read_json, write_json
from trainer.spec import CompareResult as Compared

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)  # the offscreen platform has no such hints


@pytest.fixture
def world(qapp: QApplication) -> Iterator[ShellWorld]:
    yield from with_handbook()


def loads(world: ShellWorld, name: str) -> None:
    world.last("documents").last(UseReader).finish(ReaderUsed(name=name))
    QApplication.processEvents()


def test_the_goal_asks_for_no_model_and_names_the_reader_after_the_collection(world: ShellWorld) -> None:
    controller = world.parts.finetune
    world.window.show_page("finetune")
    page = cast(FinetunePage, world.window.page("finetune"))
    controller.begin()
    page.goal.goals["search"].click()
    QApplication.processEvents()
    assert controller.wizard is not None and controller.wizard.goal == "search"
    assert not page.goal._base_holder.isVisibleTo(page) and not page.goal.masking.isVisibleTo(page)
    assert controller.state().allowed and controller.wizard.collections == (1,)
    controller.carry_on()
    assert page.step == "data" and "word for word" in page.data.detail.text()
    controller.choose_data(collections=())
    assert not controller.state().allowed and "collection" in controller.state().reason


def taught_run(world: ShellWorld) -> Run:
    """A run that taught the search and found it better."""
    run = fake_run.make_run(world.parts.home.runs, step="compare", goal="search", name="Handbook, taught")
    fake_run.prepare(run)
    fake_run.finish(run)
    assert run.spec is not None
    base = BaseModel(path=str(READER), name=SHIPPED)
    run.write_spec(msgspec.structs.replace(run.spec, recipe="search", base=base))
    run.mark_reviewed()
    shutil.rmtree(run.folder / "train" / "adapter", ignore_errors=True)
    shutil.copytree(READER, run.folder / "train" / "adapter")
    result = read_json(run.folder / "compare" / "result.json", Compared)
    exam = Exam(
        name="first sentence", count=60, base=30, tuned=41, gained=13, lost=2, p=0.007, base_interval=(0.38, 0.62),
        tuned_interval=(0.56, 0.79),
    )  # fmt: skip
    judgement = Judgement(
        verdict="better", sentence="Better.", better=("questions whose first sentence is right: 41 of 60, 30 before",),
        default="use",
    )  # fmt: skip
    write_json(
        run.folder / "compare" / "result.json",
        msgspec.structs.replace(result, exams=(exam,), judgement=judgement, reading=None),
    )
    return run


def test_what_was_taught_is_used_and_left_with_one_click_each(world: ShellWorld) -> None:
    run = taught_run(world)
    controller = world.parts.finetune
    controller.find_running()
    world.window.show_page("finetune")
    page = cast(FinetunePage, world.window.page("finetune"))
    controller.open(run.id)
    assert controller.comparison is not None
    assert controller.comparison.headline()[0] == "Better on the right sentence first: 50% to 68%."
    assert page.foot.next.text() == "Use the new reader" and page.foot.second.text() == "Keep the old reader"
    page.foot.next.click()
    loads(world, "Handbook, taught")
    assert page.step == "use reader" and page.use_reader.in_use
    assert page.use_reader.verdict.action.text() == f"Go back to {SHIPPED}"
    page.use_reader.verdict.action.click()
    loads(world, SHIPPED)
    assert not page.use_reader.in_use and page.use_reader.verdict.action.text() == "Use Handbook, taught"


def test_the_models_page_shows_which_reader_reads_and_where_it_comes_from(world: ShellWorld) -> None:
    kept = Readers(world.parts.home.readers)
    lineage = {"data": "84 reviewed questions", "scores": "68% on the right sentence first"}
    kept.install(TaughtReader(id="r", name="Handbook", shipped=shipped(), lineage=lineage, made_at=1.0), READER)
    world.window.show_page("models")
    page = cast(ModelsPage, world.window.page("models"))
    readers = world.parts.models.readers
    readers.refresh()
    assert list(page.readers.buttons) == ["r"], "the one in use has no button"
    page.readers.buttons["r"].click()
    world.last("documents").last(UseReader).fail(AppError("“Handbook” could not be loaded.", "Go back."))
    QApplication.processEvents()
    assert any("could not be loaded" in each.accessibleName() for each in page.findChildren(Banner))
    assert readers.active.id == ""
    page.readers.buttons["r"].click()
    loads(world, "Handbook")
    assert readers.active.id == "r" and page.readers.buttons[""].text() == "Go back"
    page.readers.buttons[""].click()
    loads(world, SHIPPED)
    assert readers.active.id == ""
    readers.remove("r")
    assert not readers.taught and not (world.parts.home.readers / "r").exists()
