"""The wizard in the real window over made-up run folders: what a person sees and clicks at each step."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import fake_run
import msgspec
import pytest
from core_world import CoreWorld
from fakes import FakeTrainer
from names import tabbed
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.core.calls import training as c
from app.errors import AppError
from app.finetune.measured import Measured
from app.finetune.review import ReviewList
from app.finetune.runs import DATA_PARTS, Run
from app.finetune.wizard import Changes, OwnQuestion
from app.gui.finetune.chart import LossChart
from app.gui.finetune.memory import MemoryDialog
from app.gui.finetune.page import FinetunePage
from app.gui.finetune.report import ReportDialog
from app.gui.theme import Theme
from app.types import Answer, Collection, Document, InstalledModel
from app.workers.calls.documents import Collections, Documents, DocumentText, ListCollections, ListDocuments, ReadText
from app.workers.calls.engine import Load, SetAdapter
from app.workers.calls.models import CopyProgress, ExportModel
from app.workers.message import Done
from trainer import events
from trainer.spec import Control, ReviewDecision, RunSpec, TextDocument, read_json, read_lines

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)  # the offscreen platform has no such hints
SAMPLES = (Collection(id=1, name="Samples", documents=2, passages=40), Collection(id=2, name="Empty"))


class Wizard(ShellWorld):
    """The window with the wizard open."""

    def __init__(self) -> None:
        super().__init__(chats=("A chat",))
        for job in self.last("documents").waiting(ListCollections):
            job.finish(Collections(collections=SAMPLES))
        self.trainer: FakeTrainer = self.world.trainer
        self.controller = self.parts.finetune
        self.controller.find_running()
        self.window.show_page("finetune")
        self.page = cast(FinetunePage, self.window.page("finetune"))

    def open(self, run: Run) -> None:
        self.controller.open(run.id)

    def new_run(self, **values: object) -> Run:
        return fake_run.make_run(self.parts.home.runs, **values)

    def look(self) -> None:
        """The core looks at what runs at work have said."""
        self.world.clock.pass_time(0.35)

    def answer_documents(self) -> None:
        """Play the documents process until the inputs are gathered."""
        client = self.last("documents")
        names = ("Travel.md", "Warranty.pdf")
        listing = tuple(
            Document(
                id=n,
                collection_id=1,
                collection="Samples",
                name=name,
                path=f"/x/{name}",
                format="md",
                bytes=9,
                status="indexed",
            )
            for n, name in enumerate(names, 1)
        )
        client.last(ListDocuments).finish(Documents(documents=listing))
        for name in names:
            client.last(ReadText).finish(DocumentText(name=name, format="md", text=f"All about {name}.", pages=()))

    def answer_documents_late(self) -> None:
        """The list of documents comes after the person has left."""
        for job in self.last("documents").waiting(ListDocuments):
            job.finish(Documents(documents=()))


@pytest.fixture
def world(qapp: QApplication, data_folder: Path) -> Iterator[Wizard]:
    made = Wizard()
    yield made
    made.close()


@pytest.fixture
def used(world: Wizard) -> Wizard:
    """The last step, with the new model in use."""
    world.load_starter()
    run = world.new_run(step="compare")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.open(run)
    world.page.foot.next.click()
    world.load_beside()
    return world


def test_the_page_has_its_place_and_starts_with_an_invitation(world: Wizard) -> None:
    assert world.window.sidebar._rows["finetune"].isChecked()
    assert world.page.step == "start" and not world.page.foot.isVisible() and world.page.start.empty.isVisible()
    QTest.mouseClick(world.page.start.empty.button, Qt.MouseButton.LeftButton)
    assert world.page.step == "goal" and world.page.rail.isVisible()
    world.page.close_button.click()
    assert world.page.step == "start" and len(world.page.start.opened) == 1
    next(iter(world.page.start.opened.values())).click()
    assert world.page.step == "goal"


def test_continue_all_the_way_writes_documents_and_specification(world: Wizard) -> None:
    world.controller.begin()
    page = world.page
    assert page.goal.goals["teach"].isChecked() and page.goal.bases["starter"].isChecked()
    page.foot.next.click()
    assert page.step == "data" and page.data.boxes[1].isChecked() and not page.data.boxes[2].isEnabled()
    page.foot.next.click()
    assert page.step == "review" and world.controller.run_state == "preparing" and not page.foot.next.isEnabled()
    world.answer_documents()
    run = world.controller.run
    assert run is not None and world.trainer.launched == [run.id]
    spec = read_json(run.folder / "run.json", RunSpec)
    assert [each.name for each in spec.data.inputs] == ["Samples"] and spec.prepare.make_questions
    texts = list(read_lines(Path(spec.data.inputs[0].path), TextDocument))
    assert [(text.document_id, text.name, text.text) for text in texts] == [
        (1, "Travel.md", "All about Travel.md."), (2, "Warranty.pdf", "All about Warranty.pdf."),
    ]  # fmt: skip
    assert not run.reviewed


def test_what_is_chosen_is_there_after_a_restart(world: Wizard) -> None:
    world.controller.begin()
    world.page.goal.goals["classify"].click()
    world.page.goal.efforts["quick"].click()
    world.page.foot.next.click()
    assert not world.page.foot.next.isEnabled() and "labels" in world.page.foot.next.toolTip()
    world.page.data.add_files(["/x/mails.csv"])
    world.page.data.labels.setText("invoice, complaint, invoice")
    world.page.data.labels.editingFinished.emit()
    run = world.controller.run
    assert run is not None and world.page.foot.next.isEnabled()
    world.controller.close()
    wizard = run.load()
    assert (wizard.goal, wizard.effort, wizard.step) == ("classify", "quick", "data")
    assert (wizard.files, wizard.labels) == (("/x/mails.csv",), ("invoice", "complaint"))


def test_corrected_answers_become_pairs(world: Wizard) -> None:
    store = world.store
    chat = store.create("Rated")
    question = store.add_question(chat.id, "How long?")
    answer = store.finish_answer(store.begin_answer(question.id).id, Answer(text="Ten years."))
    store.set_feedback(answer.id, "down", "Twelve months.")
    world.controller.begin()
    world.page.goal.goals["prefer"].click()
    world.page.foot.next.click()
    assert world.page.data.thumbs.isChecked() and world.page.foot.next.isEnabled()
    world.page.foot.next.click()
    run = world.controller.run
    assert run is not None and world.trainer.launched == [run.id]
    assert (run.folder / "inputs" / "feedback.jsonl").read_text().count('"chosen"') == 1


def test_the_list_is_decided_by_keys_and_every_decision_is_on_disk(world: Wizard, qtbot: QtBot) -> None:
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.open(run)
    page = world.page
    assert page.step == "review" and page.review.model.rowCount() == 24
    assert page.foot.next.text().startswith("Approve ") and page.foot.next.isEnabled()
    page.review.list.setFocus()
    QTest.keyClick(page.review.list, Qt.Key.Key_A)
    QTest.keyClick(page.review.list, Qt.Key.Key_R)
    assert page.review.list.currentIndex().row() == 2
    decisions = list(read_lines(run.folder / "review.jsonl", ReviewDecision))
    assert [(each.id, each.decision) for each in decisions] == [("e0", "approve"), ("e1", "reject")]
    assert page.foot.next.text() == "Start training" and "22 left" in page.foot.hint.text()
    page.review.filter.chosen.emit("rejected")
    assert page.review.model.rowCount() == 1
    page.review.filter.chosen.emit("open")
    page.review.quality.setValue(95)
    page.review.approve_all.click()
    assert world.controller.reviewed().approved > 5 and page.review.model.rowCount() == world.controller.reviewed().open


def test_an_edit_is_saved_and_the_source_is_marked(world: Wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.open(run)
    review = world.page.review
    assert "Warranty-Terms-EU.pdf" in review.source.name.text() and review.source.page.text() == "Page 4"
    assert "12 months from the date of delivery" in review.source.text.toPlainText()

    def edit(dialog: object) -> int:
        dialog.answer.setPlainText("")  # type: ignore[attr-defined]
        assert not dialog.save.isEnabled()  # type: ignore[attr-defined]
        dialog.answer.setPlainText("One year.")  # type: ignore[attr-defined]
        return int(QDialog.DialogCode.Accepted.value)

    monkeypatch.setattr("app.gui.finetune.review.EditDialog.exec", edit)
    QTest.keyClick(review.list, Qt.Key.Key_E)
    decision = list(read_lines(run.folder / "review.jsonl", ReviewDecision))[-1]
    assert (
        decision.decision == "edit" and decision.messages is not None and decision.messages[-1].content == "One year."
    )


def test_each_number_opens_what_it_counts_and_what_was_set_aside_can_be_taken(
    world: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.open(run)
    review = world.page.review
    assert [tile.text() for tile in review.numbers.tiles.values()] == ["6", "24", "18", "47", "3"]
    opened: list[tuple[str, list[str]]] = []

    def look(dialog: ReportDialog) -> int:
        from app.gui.widgets import Button, Label

        opened.append((dialog.windowTitle(), [label.text() for label in dialog.findChildren(Label)]))
        for button in dialog.findChildren(Button):
            if button.text() == "Take it anyway":
                button.click()
        return 0

    monkeypatch.setattr(ReportDialog, "exec", look)
    for tile in review.numbers.tiles.values():
        tile.click()
    assert len(opened) == 5
    assert any("A phone number." in text for text in opened[3][1])
    assert any("only punctuation" in text for text in opened[4][1])
    assert world.controller.review is not None
    taken = next(entry for entry in world.controller.review.entries if entry.example.id == "e24")
    assert (taken.state, taken.example.split) == ("approved", "train")


def test_nothing_starts_before_it_was_measured_and_the_chat_pauses_only_when_asked(
    world: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = world.load_starter()
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.open(run)
    asked: list[bool] = []

    def decide(dialog: MemoryDialog) -> int:
        asked.append(dialog.go_on.isVisibleTo(dialog))
        return int(QDialog.DialogCode.Accepted.value)

    monkeypatch.setattr(MemoryDialog, "exec", decide)
    world.trainer.measured = Measured(
        fits=False, memory_bytes=90_000_000_000, memory_available=1_000_000_000, reason="Too little memory."
    )
    world.page.foot.next.click()
    assert asked == [False] and world.trainer.launched == [] and not run.reviewed
    assert world.parts.models.info is not None
    world.trainer.measured = Measured(fits=False, memory_bytes=1_100_000_000, memory_available=1_000_000_000)
    world.world.clock.pass_time(100.0)
    world.page.foot.next.click()
    assert asked == [False, True] and world.trainer.launched == [run.id] and run.reviewed
    assert world.parts.models.info is None and engine.state == "stopped"
    assert world.page.step == "train"
    fake_run.finish(run)
    world.look()
    assert world.parts.models.info is None and engine.state == "ready", "the process is there again, and loads"


def test_the_time_is_said_before_training_begins(world: Wizard, qtbot: QtBot) -> None:
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.trainer.measured = Measured(
        fits=True, memory_bytes=1, memory_available=2, seconds=720.0, exporting=95.0, comparing=300.0
    )
    world.open(run)
    said = "in about 12 min, then about 2 min to write and check the files, and about 5 min to compare"
    qtbot.waitUntil(lambda: said in world.page.foot.hint.text())
    assert world.trainer.launched == [] and not run.reviewed
    QTest.keyClick(world.page.review.list, Qt.Key.Key_A)
    assert "in about" not in world.page.foot.hint.text(), "one question takes less"


def test_untouched_continue_approves_the_good_ones_only(world: Wizard) -> None:
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.open(run)
    world.trainer.measured = Measured(fits=True, memory_bytes=1, memory_available=2)
    good = world.controller.reviewed().good
    assert 0 < good < 24
    world.page.foot.next.click()
    assert world.trainer.launched == [run.id] and run.reviewed
    assert ReviewList(run.folder).count("approved") == good


def test_closed_while_data_was_gathered_it_opens_where_data_is_chosen(world: Wizard) -> None:
    world.controller.begin()
    world.page.foot.next.click()
    world.page.foot.next.click()
    run = world.controller.run
    assert run is not None and world.page.step == "review"
    world.controller.close()
    world.answer_documents_late()
    assert world.trainer.launched == []
    world.open(run)
    assert world.page.step == "data" and world.page.foot.next.isEnabled()


def test_documents_that_cannot_be_read_lead_back_with_the_reason(world: Wizard) -> None:
    from app.errors import AppError
    from app.gui.widgets import Banner

    world.controller.begin()
    world.page.foot.next.click()
    world.page.foot.next.click()
    world.last("documents").last(ListDocuments).fail(AppError("The documents are busy.", "Try again."))
    banners = [banner.accessibleName() for banner in world.page.findChildren(Banner)]
    assert world.page.step == "data" and "The documents are busy. Try again." in banners
    assert world.trainer.launched == []


def test_labels_come_from_the_data_where_none_were_named(world: Wizard) -> None:
    run = world.new_run(step="review", goal="classify")
    spec = run.spec
    assert spec is not None
    run.write_spec(msgspec.structs.replace(spec, recipe="classify"))
    fake_run.prepare(run)
    world.open(run)
    world.trainer.measured = Measured(fits=True, memory_bytes=1, memory_available=2)
    world.page.foot.next.click()
    assert run.spec is not None and run.spec.data.labels == (), "the data is not prepared anew"
    assert run.reviewed and world.trainer.launched == [run.id]


def test_a_running_training_is_followed_paused_and_stopped(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    said: list[tuple[str, bool]] = []
    world.controller.status_changed.connect(lambda text, running: said.append((text, running)))
    _follow_this_process(run)
    world.open(run)
    page = world.page
    assert page.train._head.title.text() == "Training, 62%" and said[-1] == ("Training 62%", True)
    assert "Step 372 of 600" in page.train.chart.summary() and page.train.best_text() == "Step 300"
    assert not page.foot.next.isEnabled() and page.train.sample.isVisible()
    page.train.pause.click()
    assert read_json(run.folder / "control.json", Control).action == "pause"
    fake_run.say(run, events.Waiting(reason="pause", message="Training is paused."))
    world.look()
    assert page.train.unpause.isVisible() and said[-1] == ("Paused", True)
    page.train.unpause.click()
    page.train.stop.click()
    assert read_json(run.folder / "control.json", Control).action == "stop" and not page.train.stop.isEnabled()


def test_the_first_line_of_a_list_is_chosen_so_that_a_key_decides_it(world: Wizard) -> None:
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.open(run)
    review = world.page.review
    assert review.list.currentIndex().row() == 0 and review.list.selectionModel().selectedIndexes()
    QTest.keyClick(review.list, Qt.Key.Key_A)
    world.look()
    assert review.model.entry(review.model.index(0)).state == "approved"
    assert review.list.currentIndex().row() == 1


def test_time_left_is_not_cut_in_a_small_window(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    _follow_this_process(run)
    fake_run.compare_until(run)
    world.open(run)
    head = world.page.train._head
    for width, height, below in ((880, 560, True), (1280, 820, False)):
        world.page.window().resize(width, height)
        QApplication.processEvents()
        assert head.left.text() == "About 2 min left" and head.left.width() >= head.left.sizeHint().width()
        assert (head.skip.y() > head.bar.geometry().bottom()) is below, width


def test_a_question_of_ones_own_is_typed_shown_and_taken_back(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    _follow_this_process(run)
    world.open(run)
    panel = world.page.train.sample
    assert panel.ask.isVisible() and "warranty" in panel.question.text()
    panel.ask.click()
    assert panel.field.isVisible() and not panel.send.isEnabled()
    panel.field.setText("  may I bring   my dog? ")
    panel.field.returnPressed.emit()
    world.look()
    assert run.sample == "may I bring my dog?" and not panel.field.isVisible()
    assert panel.question.text() == "“may I bring my dog?”" and panel.answers.isHidden()
    assert panel.note.text() == "It is answered after this step."
    answer = events.Sample(
        step=380, question="may I bring my dog?", wanted="", before="Dogs bark.", now="On Fridays.", own=True
    )
    fake_run.say(run, answer)
    world.look()
    assert [box.text.text() for box in panel.answers.boxes] == ["Dogs bark.", "On Fridays."]
    assert "not taught, and not part of the exam" in panel.note.text()
    panel.another.click()
    assert "warranty" in panel.question.text() and panel.note.isHidden()
    panel.ask.click()
    panel.field.clear()
    assert panel.send.text() == "Show it no more"
    panel.send.click()
    world.look()
    assert run.sample == "" and "warranty" in panel.question.text()
    fake_run.finish(run)
    world.look()
    assert panel.ask.isHidden(), "afterwards there is the chat"


def test_a_run_whose_process_is_gone_is_offered_to_go_on(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    fake_run.train_until(run, pid=2_000_000_000)
    world.open(run)
    page = world.page
    assert (
        world.controller.run_state == "stopped" and page.train.resume.isVisible() and not page.train.pause.isVisible()
    )
    page.train.resume.click()
    assert world.trainer.launched == [run.id] and world.controller.run_state == "training"


def test_an_interrupted_training_is_reached_again_from_the_review(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    fake_run.train_until(run, pid=2_000_000_000)
    run.mark_reviewed()
    world.open(run)
    page = world.page
    page.rail.buttons["review"].click()
    assert page.step == "review" and page.foot.next.isEnabled() and page.foot.next.text() == "Approve 16 and train"
    page.rail.buttons["train"].click()
    assert page.step == "train" and page.train.resume.isVisible()


def test_who_goes_back_while_it_is_measured_does_not_train(world: Wizard) -> None:
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.open(run)
    world.page.foot.next.click()
    assert world.controller.measuring
    plan = world.trainer.plans[-1]
    world.page.foot.back.click()
    assert plan.controls == ["cancel"] and not world.controller.measuring and world.page.step == "data"
    assert world.page.foot.next.text() == "Prepare the data" and world.trainer.launched == [] and not run.reviewed


def test_stop_preparing_ends_what_is_running_now(world: Wizard) -> None:
    """The second preparation of a run: what the first one said is still there, and must not be taken for it."""
    run = world.new_run(step="data", collections=(1,))
    fake_run.prepare(run)
    run.mark_reviewed()
    world.open(run)
    page = world.page
    page.foot.next.click()
    assert page.step == "review" and world.controller.run_state == "preparing" and not run.reviewed
    page.review.preparing.cancel.click()
    assert page.step == "data" and world.controller.run_state != "preparing"
    world.answer_documents_late()
    assert world.trainer.launched == []


def test_a_model_that_a_training_starts_from_stays(world: Wizard) -> None:
    file = world.parts.home.models / "base.gguf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"GGUF")
    base = world.core.registry.install(InstalledModel(name="Base", path=str(file), file_bytes=4))
    run = world.new_run(step="train", base=base.id)
    fake_run.prepare(run)
    spec = read_json(run.folder / "run.json", RunSpec)
    spec = msgspec.structs.replace(spec, base=msgspec.structs.replace(spec.base, path=str(file)))
    (run.folder / "run.json").write_bytes(msgspec.json.encode(spec))
    _follow_this_process(run)
    world.controller.find_running()
    refused: list[AppError] = []
    world.parts.models.refused.connect(refused.append)
    world.parts.models.remove(base.id)
    assert ["A training starts from “Base”." in str(error) for error in refused] == [True] and file.exists()


def test_a_name_with_spaces_or_given_elsewhere_is_followed(used: Wizard) -> None:
    page = used.page
    assert page.use._try_rename("Pump  helper ") == ""
    assert page.use.verdict.title.text() == "Pump helper is in use now"
    model = used.core.registry.find("Pump helper")
    used.parts.models.rename(model.id, "Pumpe")
    assert page.use.verdict.title.text() == "Pumpe is in use now" and page.use.elsewhere.export.button.isEnabled()
    page.rail.buttons["compare"].click()
    page.foot.next.click()
    assert [model.name for model in used.parts.models.models()] == ["SmolLM2 135M", "Pumpe"]


def test_deleted_data_leads_back_to_choosing(used: Wizard) -> None:
    used.controller.remove_parts(*DATA_PARTS)
    assert not used.controller.reachable("review") and used.controller.reachable("compare")
    used.page.rail.buttons["compare"].click()
    used.page.foot.again.click()
    assert used.page.step == "data"


def test_a_failure_says_what_happened_and_what_to_do(world: Wizard) -> None:
    from app.gui.widgets import Banner

    run = world.new_run(step="train")
    fake_run.prepare(run)
    fake_run.train_until(run, pid=0)
    fake_run.say(run, events.Failed(stage="train", message="The disk is full.", hint="Free some space."))
    world.open(run)
    banners = [banner.accessibleName() for banner in world.page.train.findChildren(Banner)]
    assert "The disk is full. Free some space." in banners and world.page.train.resume.isVisible()


def test_a_restarted_window_finds_the_training_that_goes_on(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    _follow_this_process(run)
    said: list[tuple[str, bool]] = []
    world.controller.status_changed.connect(lambda text, running: said.append((text, running)))
    world.controller.find_running()
    assert said == [("Training 62%", True)]
    world.window.show_page("chat")
    world.window.show_page("finetune")
    assert world.page.step == "train"


def test_the_chart_repaints_at_most_four_times_a_second(qapp: QApplication, qtbot: QtBot) -> None:
    """Alone, so that what is counted are its own repaints and not those that the page asks for as it lays out."""
    Theme(qapp, mode="light")
    chart = LossChart()
    qtbot.addWidget(chart)
    chart.show()
    qtbot.waitExposed(chart)
    shown = -1
    while shown != chart.repaints:  # until the system has nothing more to ask of a window that is new
        shown = chart.repaints
        qtbot.wait(300)
    points = [events.Loss(step=step, steps=200, epoch=1.0, train=3.0 - step / 100) for step in range(1, 121)]
    before, began = chart.repaints, time.monotonic()
    for count in range(20, 120):
        chart.show_points(points[:count], None)
        qtbot.wait(10)
    took = time.monotonic() - began  # longer than a second on a busy machine
    assert 2 <= chart.repaints - before <= 4 * took + 4


def test_a_training_of_the_terminal_is_seen_at_once(world: Wizard, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("question,answer\n")
    begun = Changes(name="Pumps", files=(str(tmp_path / "a.csv"),))
    terminal = world.world.door()
    said: list[tuple[str, bool]] = []
    world.controller.status_changed.connect(lambda text, running: said.append((text, running)))
    kept = terminal.result(terminal.call(c.BeginRun(changes=begun, by_hand=True)))
    assert list(world.page.start.opened) == [kept.run.id]
    run = Run(Path(kept.run.folder))
    terminal.result(terminal.call(c.PrepareRun(run_id=run.id)))
    assert said[-1] == ("Preparing", True)
    fake_run.prepare(run)
    world.look()
    assert said[-1] == ("To review", False)
    world.page.start.opened[run.id].click()
    assert world.page.step == "review" and world.page.review.model.rowCount() == 24
    terminal.result(terminal.call(c.DecideExamples(run_id=run.id, ids=("e0", "e1"), decision="approve")))
    assert world.controller.reviewed().approved == 2
    QTest.keyClick(world.page.review.list, Qt.Key.Key_R)
    assert [each.id for each in read_lines(run.folder / "review.jsonl", ReviewDecision)] == ["e0", "e1", "e0"]
    terminal.result(terminal.call(c.OpenStep(run_id=run.id, step="data")))
    assert world.page.step == "data", "two doors show the same step"
    terminal.result(terminal.call(c.DeleteRun(run_id=run.id)))
    assert world.page.step == "start" and world.page.start.opened == {}


def test_another_core_is_asked_again(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    _follow_this_process(run)
    world.open(run)
    fake_run.say(run, events.Loss(step=402, steps=600, epoch=2.7, train=0.6))
    again = CoreWorld(world.parts.home, world.world.clock)
    world.world.core.stop()
    world.link.lose(again.core)
    world.parts.core.connect_core()
    assert world.page.train._head.title.text() == "Training, 67%"
    fake_run.finish(run)
    again.clock.pass_time(0.5)
    assert world.controller.run_state == "done" and world.page.foot.next.isEnabled()
    again.core.stop()


def test_nothing_is_left_to_review_when_everything_is_decided(world: Wizard) -> None:
    run = world.new_run(step="review")
    fake_run.prepare(run)
    world.open(run)
    review = world.page.review
    assert review.model.filter == "open" and review.model.rowCount() == 24
    for _ in range(23):
        QTest.keyClick(review.list, Qt.Key.Key_A)
    assert review.model.rowCount() == 24, "what is decided stays until it is looked at anew"
    QTest.keyClick(review.list, Qt.Key.Key_R)
    assert review.model.rowCount() == 0 and review.filter._buttons["open"].text() == "To review 0"
    assert review.rows.nothing.isVisible() and review.rows.nothing.text() == "Nothing is left to review."
    review.filter.chosen.emit("approved")
    assert review.model.rowCount() == 23 and review.list.isVisible()


def test_the_comparison_says_how_long_it_takes_and_can_be_skipped(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    _follow_this_process(run)
    world.open(run)
    train = world.page.train
    assert not train.skip.isVisible()
    fake_run.say(run, events.StageStarted(stage="compare", index=9, total=10))
    fake_run.say(run, events.Progress(stage="compare", done=10, total=130, note="Asking both models"), at=2000.0)
    fake_run.say(run, events.Progress(stage="compare", done=20, total=130, note="Asking both models"), at=2060.0)
    world.look()
    assert train._head.left.text() == "About 11 min left" and train.skip.isVisible() and not train.stop.isVisible()
    train.skip.click()
    assert read_json(run.folder / "control.json", Control).action == "skip" and not train.skip.isEnabled()
    fake_run.finish(run, compared=False)
    fake_run.mark(run, "compare", verdict="not compared")
    world.look()
    world.page.foot.next.click()
    assert world.page.compare.verdict.title.text() == "Trained, but not compared."


def test_a_comparison_is_ended_with_what_was_asked(world: Wizard) -> None:
    run = world.new_run(step="train")
    fake_run.prepare(run)
    _follow_this_process(run)
    world.open(run)
    train = world.page.train
    fake_run.say(run, events.StageStarted(stage="compare", index=9, total=10))
    world.look()
    assert train.shorten.isVisible()
    train.shorten.click()
    assert read_json(run.folder / "control.json", Control).action == "shorten"
    assert not train.shorten.isEnabled() and not train.skip.isEnabled()


def test_own_questions_are_asked_before_ours_and_come_back(world: Wizard) -> None:
    run = world.new_run(step="data", collections=(1,))
    world.open(run)
    own = world.page.data.own
    assert own.isVisible() and sum(line.isVisible() for line in own.lines) == 5
    assert "our wording alone" in world.page.foot.hint.text(), "skipping is allowed, and said"
    for number, line in enumerate(own.lines[:6]):
        assert line.isVisible(), "there is always an empty line"
        line.question.setFocus()
        QTest.keyClicks(line.question, f"how about rule {number}")
        QTest.keyClick(line.question, Qt.Key.Key_Tab)
        QTest.keyClicks(line.answer, "9 days")
        QTest.keyClick(line.answer, Qt.Key.Key_Return)
    assert run.load().own[0] == OwnQuestion("how about rule 0", "9 days") and len(run.load().own) == 6
    assert own.count.text() == "6 asked" and "our wording" not in world.page.foot.hint.text()
    world.controller.close()
    world.controller.begin()
    world.controller.go("data")
    assert world.controller.wizard is not None and len(world.controller.wizard.own) == 6, "the next round asks the same"
    assert own.lines[5].question.text() == "how about rule 5"
    world.controller.choose_goal("classify")
    assert not own.isVisible()


def test_a_better_model_is_offered_and_a_worse_one_is_not(world: Wizard) -> None:
    run = world.new_run(step="compare")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.open(run)
    page = world.page
    assert page.foot.next.text() == "Use the new model" and page.foot.second.text() == "Keep the old model"
    assert page.compare.verdict.title.text() == "Better on your own questions: 10% to 80%."
    world.controller.close()
    worse = world.new_run(step="compare")
    fake_run.prepare(worse)
    fake_run.finish(worse, verdict="worse")
    world.open(worse)
    assert page.foot.next.text() == "Keep the old model" and page.foot.second.text() == "Use the new model"
    page.foot.next.click()
    assert page.step == "start" and worse.load().kept_old and not worse.load().installed


def test_ten_answers_are_judged_blind_by_keys(world: Wizard) -> None:
    run = world.new_run(step="compare")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.open(run)
    blind = world.page.compare.blind
    blind.setFocus()
    for key in (Qt.Key.Key_1, Qt.Key.Key_3, Qt.Key.Key_2):
        QTest.keyClick(blind.focusProxy(), key)
    assert (run.folder / "compare" / "votes.jsonl").read_text().count("\n") == 3
    assert "1 ties" in blind.tally.text() and not blind.buttons["left"].isVisible()


def test_use_installs_swaps_and_goes_back(world: Wizard) -> None:
    engine = world.load_starter()
    run = world.new_run(step="compare")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.open(run)
    world.page.foot.next.click()
    page = world.page
    assert page.step == "use" and "Switching" in page.use.verdict.title.text()
    assert world.last("engine") is not engine
    world.load_beside()
    assert page.use.in_use and page.use.verdict.title.text() == "Larkfield Assistant is in use now"
    installed = world.core.registry.find("Larkfield Assistant")
    assert installed.lineage["run_id"] == run.id and Path(installed.path).exists()
    assert page.use.verdict.action.text() == "Go back to SmolLM2 135M"
    page.use.verdict.action.click()
    world.load_beside()
    assert not page.use.in_use and world.core.registry.active().name == "SmolLM2 135M"  # type: ignore[union-attr]
    assert page.use.verdict.action.text() == "Use Larkfield Assistant"


def test_what_was_learned_is_used_as_an_adapter_without_a_second_file(used: Wizard) -> None:
    use, offer = used.page.use, used.page.use.adapter
    reached = [each for each in tabbed(used.page) if each in (use.rename, use.verdict.action, offer.row.button)]
    assert reached == [use.rename, use.verdict.action, offer.row.button]
    assert offer.isVisible() and "1 KB on top of SmolLM2 135M, with no second model file." in offer.row.detail.text()
    assert "It switches at once while SmolLM2 135M is in use." in offer.row.detail.text()
    assert use.verdict.title.text() == "Larkfield Assistant is in use now"
    use.verdict.action.click()  # back to the base
    used.load_beside()
    assert "SmolLM2 135M is loaded: it switches at once." in offer.row.detail.text()
    engine = used.last("engine")
    offer.row.button.click()
    job = engine.last(SetAdapter)
    adapter = used.core.registry.find("Larkfield Assistant, adapter")
    assert job.call.path == adapter.adapter and Path(adapter.adapter).parent == used.parts.home.models
    job.finish(Done())
    assert used.last("engine") is engine and used.core.models.active_id == adapter.id
    assert use.in_use and use.verdict.title.text() == "Larkfield Assistant, adapter is in use now"
    assert offer.row.button.text() == "In use" and not offer.row.button.isEnabled()
    use.verdict.action.click()
    engine.last(SetAdapter).finish(Done())
    assert used.core.registry.active().name == "SmolLM2 135M"  # type: ignore[union-attr]
    assert not use.in_use and offer.row.button.text() == "Use adapter"


def test_the_chat_goes_on_with_the_new_model_and_its_last_answer_is_shown(used: Wizard) -> None:
    chat = used.page.use.chat
    assert chat.title.text() == "A chat" and chat.border.text() == "From here: Larkfield Assistant"
    assert chat.answer.text() == "Your next question goes to it." and not chat.question.isVisible()
    store = used.store
    for model, said in (("SmolLM2 135M", "Old."), ("Larkfield Assistant", "No. **Seals** are excluded. [1]")):
        question = store.add_question(used.ids[0], f"Does {model} know?")
        store.finish_answer(store.begin_answer(question.id).id, Answer(text=said, model=model))
        used.page.refresh()
    assert chat.question.text() == "Does Larkfield Assistant know?" and chat.question.isVisible()
    assert chat.answer.text().startswith("No. Seals are excluded.")


def test_the_new_model_is_saved_elsewhere_with_its_card(
    used: Wizard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, said = used.page.use.elsewhere, list[str]()
    elsewhere.toast_asked.connect(said.append)
    target = str(tmp_path / "Larkfield Assistant.inhouse")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (target, ""))
    elsewhere.share.button.click()
    job = used.last("models").last(ExportModel)
    assert isinstance(job.call, ExportModel) and job.call.path == target
    assert job.call.card.startswith("# Larkfield Assistant") and job.call.model_id == used.core.models.active_id
    job.say(CopyProgress(done=43, total=100))
    assert elsewhere.share.detail.text() == "Saving Larkfield Assistant.inhouse, 43 %"
    assert elsewhere.share.button.text() == "Cancel" and not elsewhere.export.button.isEnabled()
    job.finish(Done())
    assert said == ["Saved as “Larkfield Assistant.inhouse”."]
    assert elsewhere.share.button.text() == "Save file" and elsewhere.export.button.isEnabled()


def test_a_save_that_is_cancelled_or_fails_ends_where_it_began(
    used: Wizard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, said, failed = used.page.use.elsewhere, list[str](), list[object]()
    elsewhere.toast_asked.connect(said.append)
    used.controller.failed.connect(failed.append)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "x.gguf"), ""))
    elsewhere.export.button.click()
    elsewhere.export.button.click()
    job = used.last("models").last(ExportModel)
    assert job.controls == ["cancel"] and job.call.card == ""
    job.confirm_cancel()
    assert elsewhere.export.button.text() == "Export" and not failed
    elsewhere.export.button.click()
    error = AppError("“x.gguf” could not be saved.", "Free some disk space.")
    used.last("models").last(ExportModel).fail(error)
    assert [str(each) for each in failed] == [str(error)] and not said and elsewhere.export.button.text() == "Export"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    children = len(used.world.children)
    elsewhere.export.button.click()
    assert len(used.world.children) == children


def test_a_swap_that_fails_leaves_the_old_model_and_says_why(world: Wizard) -> None:
    run = world.new_run(step="compare")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.open(run)
    world.page.foot.next.click()
    world.last("engine").ready.emit(None)
    world.last("engine").last(Load).fail(AppError("The file is damaged.", "Train again."))
    assert not world.page.use.in_use and world.page.use.verdict.action.text() == "Use Larkfield Assistant"


def test_a_run_without_a_comparison_says_so(world: Wizard) -> None:
    run = world.new_run(step="compare")
    fake_run.prepare(run)
    fake_run.finish(run, compared=False)
    world.open(run)
    assert world.page.compare.verdict.title.text() == "Trained, but not compared."
    assert "2.30 before, 0.81 after" in world.page.compare.verdict.detail.text()


@pytest.mark.parametrize("size", [(880, 560), (1280, 820)])
def test_every_step_fits_the_window(world: Wizard, size: tuple[int, int]) -> None:
    world.window.resize(*size)
    run = world.new_run(step="goal", installed="starter")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.open(run)
    for step in ("goal", "data", "review", "train", "compare", "use"):
        world.controller.go(step)  # type: ignore[arg-type]
        QApplication.processEvents()
        assert world.page.step == step
        assert world.page.width() <= world.window.width() and world.window.width() == size[0], step
        assert world.page.foot.next.mapTo(world.window, world.page.foot.next.rect().bottomRight()).x() < size[0], step


def _follow_this_process(run: Run) -> None:
    """A training under way whose process is alive as long as this test."""
    fake_run.train_until(run, pid=os.getpid())
    Run.alive = lambda self, pid: pid == os.getpid()  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _alive_again() -> Iterator[None]:
    before = Run.alive
    yield
    Run.alive = before  # type: ignore[method-assign]
