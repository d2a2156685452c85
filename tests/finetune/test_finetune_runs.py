"""Runs on disk: found again, read while they are written, deleted; review, comparison and install."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import fake_run
import msgspec
import psutil
import pytest

from app.errors import AppError
from app.finetune.compare import Comparison
from app.finetune.progress import RunProgress
from app.finetune.review import ReviewList
from app.finetune.runs import Run, Runs
from app.finetune.sources import Rated, from_chat, from_ratings
from app.finetune.use import Scores, lineage_of, prepare_install, taught_documents, trained_on
from app.finetune.wizard import VERSION, Wizard
from app.finetune.wizard_file import resolved
from app.types import Collection, InstalledModel, Message
from trainer import events
from trainer.context import Context
from trainer.spec import Control, Example, Preference, Turn, read_json
from trainer.train import selection

BASE = InstalledModel(
    id="starter", name="SmolLM2 135M", path="base.gguf", file_bytes=1, architecture="llama", parameters=135
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = fake_run.make_run(tmp_path / "runs")
    fake_run.prepare(made)
    return made


def folded(run: Run) -> RunProgress:
    progress = RunProgress()
    progress.take(run.events()[0])
    return progress


def test_a_wizard_is_found_again_and_a_newer_or_broken_one_is_named(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    assert runs.list() == [] and runs.get("") is None and runs.get("x") is None
    first, second = fake_run.make_run(runs.folder, goal="read"), fake_run.make_run(runs.folder, chats=(3, 4))
    assert [run.id for run in runs.list()] == [second.id, first.id] and first.id != second.id
    assert first.load().goal == "read" and second.load().chats == (3, 4)
    file = first.folder / "wizard.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(first.load(), version=VERSION + 1)))
    with pytest.raises(AppError, match="newer Inhouse"):
        first.load()
    file.write_text('{"id": "x", "goal": "fly"}')
    with pytest.raises(AppError, match="cannot be read"):
        first.load()
    runs.delete(first)
    assert [run.id for run in runs.list()] == [second.id]


def test_a_field_of_a_later_version_does_no_harm(tmp_path: Path) -> None:
    run = fake_run.make_run(tmp_path)
    raw = msgspec.json.decode((run.folder / "wizard.json").read_bytes())
    (run.folder / "wizard.json").write_bytes(msgspec.json.encode({**raw, "colour": "blue"}))
    assert run.load().id == run.id


def test_another_specification_needs_another_look_at_the_list(run: Run) -> None:
    spec = run.spec
    assert spec is not None
    run.mark_reviewed()
    run.write_spec(spec)
    assert run.reviewed
    run.write_spec(msgspec.structs.replace(spec, seed=18))
    assert not run.reviewed


def test_what_is_asked_of_a_run_is_what_the_trainer_reads(run: Run) -> None:
    spec = run.spec
    assert spec is not None
    for action in ("pause", "run", "stop", "skip"):
        run.ask(action)  # type: ignore[arg-type]
        assert Context(spec, run.folder, lambda _: None).control() == Control(action)  # type: ignore[arg-type]


def test_events_are_read_in_pieces_and_half_a_line_waits(run: Run) -> None:
    said, offset = run.events()
    assert isinstance(said[0], events.RunStarted) and run.events(offset) == ([], offset)
    with (run.folder / "events.jsonl").open("ab") as out:
        out.write(b'{"event":"Finished",')
    assert run.events(offset) == ([], offset)
    with (run.folder / "events.jsonl").open("ab") as out:
        out.write(b'"at":1.0}\n')
    assert isinstance(run.events(offset)[0][0], events.Finished)


def test_a_process_counts_only_while_it_works_on_this_run(run: Run) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    mine, other = subprocess.Popen([*sleeper, str(run.folder / "run.json")]), subprocess.Popen(sleeper)
    try:
        until = time.monotonic() + 10  # on a busy machine a new process has no command line for a moment
        while not all(psutil.Process(each.pid).cmdline() for each in (mine, other)) and time.monotonic() < until:
            time.sleep(0.01)
        assert run.alive(mine.pid) and not run.alive(other.pid) and not run.alive(0)
        run.kill(other.pid)
        assert other.poll() is None
        run.kill(mine.pid)
        assert not run.alive(mine.pid)
    finally:
        for process in (mine, other):
            process.kill()
            process.wait()


def test_progress_goes_from_the_review_to_the_end_and_resumes_without_doubling(run: Run) -> None:
    assert folded(run).phase == "review"
    fake_run.train_until(run, pid=7, step=300, steps=600)
    told = folded(run)
    assert (told.phase, told.stage, told.pid) == ("working", "train", 7) and told.train_fraction == 0.5
    count, best = len(told.points), told.best_step
    fake_run.say(
        run,
        events.RunStarted(id=run.id, stages=("train",), pid=8),
        events.StageStarted(stage="train", index=1, total=1),
        events.Resumed(stage="train", step=150),
        events.Loss(step=153, steps=600, epoch=1.0, train=0.7),
    )
    told = folded(run)
    steps = [point.step for point in told.points]
    assert steps == sorted(set(steps)) and steps[-2:] == [150, 153] and len(steps) < count
    assert told.best_step is not None and best is not None and told.best_step <= 153
    fake_run.say(run, events.Failed(stage="train", message="The disk is full.", hint="Free some space."))
    assert folded(run).phase == "failed" and folded(run).sentence() == "The disk is full."
    fake_run.say(run, events.RunStarted(id=run.id, stages=("train",), pid=9), events.Finished())
    assert folded(run).phase == "done" and folded(run).failure is None


def test_a_training_that_starts_anew_forgets_the_old_curve(run: Run) -> None:
    fake_run.train_until(run, pid=7, step=300, steps=600)
    fake_run.say(run, events.Loss(step=0, steps=40, epoch=0, train=2.0, heldout=2.4))
    told = folded(run)
    assert [point.step for point in told.points] == [0] and told.best_step is None and told.samples == {}


def test_the_review_is_what_the_trainer_takes(run: Run) -> None:
    review = ReviewList(run.folder)
    assert review.ready and not review.decided
    assert (review.count("open"), review.count("aside"), review.trainable()) == (24, 1, 0)
    review.decide(["e0", "e1", "e2"], "approve")
    review.decide(["e1"], "reject")
    review.decide(["e2"], "edit", (Turn("user", "How long?"), Turn("assistant", "A year.")))
    review.decide(["e24"], "approve")
    again = ReviewList(run.folder)
    assert [(e.example.id, e.state) for e in again.entries if e.decided] == [
        ("e0", "approved"), ("e1", "rejected"), ("e2", "approved"), ("e24", "approved"),
    ]  # fmt: skip
    assert again.trainable() == 3 and again.decided
    spec = run.spec
    assert spec is not None
    examples = selection.read_examples(Context(spec, run.folder, lambda _: None))
    train, validation = selection.choose(examples, seed=1)
    taught = {example.id: example for example in (*train, *validation)}
    assert set(taught) == {"e0", "e2", "e24"} and taught["e2"].answer == "A year."


def test_good_ones_are_those_above_the_limit_or_never_measured(tmp_path: Path) -> None:
    run = fake_run.make_run(tmp_path)
    fake_run.prepare(run)
    review = ReviewList(run.folder)
    assert {e.example.id for e in review.good(0.98)} == {"e0", "e1", "e20", "e21"}
    assert len(review.good(0.0)) == 24


def test_a_torn_last_decision_is_passed_over_and_a_torn_line_before_it_is_named(run: Run) -> None:
    review = ReviewList(run.folder)
    review.decide(["e0"], "approve")
    with (run.folder / "review.jsonl").open("ab") as out:
        out.write(b'{"id":"e1","deci')
    assert ReviewList(run.folder).count("approved") == 1
    with (run.folder / "review.jsonl").open("ab") as out:
        out.write(b'\n{"id":"e2","decision":"approve"}\n')
    with pytest.raises(AppError, match="Line 2"):
        ReviewList(run.folder)


def test_ratings_become_pairs_or_examples_and_chats_wait_for_the_review() -> None:
    liked = Rated(
        id=1, history=(Message("user", "Hi"), Message("assistant", "Hello")), question="Q", answer="A", up=True
    )
    disliked = Rated(id=2, history=(), question="Q2", answer="bad", up=False)
    corrected = Rated(id=3, history=(), question="Q3", answer="bad", up=False, corrected="good")
    pairs = from_ratings((liked, disliked, corrected), pairs=True)
    assert [type(pair) for pair in pairs] == [Preference] and isinstance(pairs[0], Preference)
    assert (pairs[0].chosen, pairs[0].rejected) == ("good", "bad")
    examples = from_ratings((liked, disliked, corrected), pairs=False)
    assert [(e.id, e.answer, e.origin) for e in examples if isinstance(e, Example)] == [
        ("rated-1", "A", "feedback"), ("rated-3", "good", "person"),
    ]  # fmt: skip
    chat = from_chat(
        4, (Message("user", "a"), Message("assistant", "b"), Message("user", "c"), Message("assistant", "d"))
    )
    assert [(len(e.messages), e.approved, e.origin) for e in chat] == [(2, False, "chat"), (4, False, "chat")]
    asked = (Message("user", "How long is the warranty?"), Message("assistant", "99 weeks, trust me."))
    more = (*asked, Message("user", "Sure?"), Message("assistant", "Two years."))
    kept = from_chat(7, more, {"99 weeks, trust me."})
    assert [example.answer for example in kept] == ["Two years."], "what a person disliked is not offered"


def test_the_comparison_is_read_with_its_default_and_votes_stay(run: Run) -> None:
    assert Comparison(run.folder).result is None and not Comparison(run.folder).rows()
    fake_run.finish(run)
    found = Comparison(run.folder)
    assert [row.result for row in found.rows()] == ["Better"] * 5 + ["No clear change"] * 2
    assert not found.keep_by_default and len(found.worse_answers()) == 3
    assert found.scores() == Scores(title="80% on your own questions", detail="was 10%")
    for choice in ("left", "right", "tie"):
        pair = found.next_pair()
        assert pair is not None
        found.vote(pair, choice)  # type: ignore[arg-type]
    again = Comparison(run.folder)
    assert again.next_pair() is None and again.tally() == found.tally()
    assert (again.tally().base, again.tally().tuned, again.tally().ties) == (2, 0, 1)
    fake_run.compare(run, "worse")
    assert Comparison(run.folder).worse and Comparison(run.folder).keep_by_default


def test_only_a_file_that_passed_is_installed_with_its_lineage(run: Run, tmp_path: Path) -> None:
    fake_run.finish(run)
    wizard = run.load()
    model = prepare_install(run, wizard, tmp_path / "models", BASE, Scores(title="88% on your questions"))
    path = Path(model.path)
    assert path.parent == tmp_path / "models" and path.read_bytes()[:4] == b"GGUF"
    assert (model.origin, model.quantization, model.architecture) == ("finetuned", "Q8_0", "llama")
    assert model.lineage["base"] == "SmolLM2 135M" and model.lineage["data"] == "412 reviewed answers"
    assert model.lineage["run_id"] == run.id and model.lineage["scores"] == "88% on your questions"
    Runs(run.folder.parent).delete(run)
    assert path.stat().st_size == 2004


def test_a_run_that_was_trained_again_installs_its_new_file_beside_the_old_one(run: Run, tmp_path: Path) -> None:
    fake_run.finish(run)
    models = tmp_path / "models"
    first = prepare_install(run, run.load(), models, BASE, Scores())
    assert prepare_install(run, run.load(), models, BASE, Scores()).path == first.path
    exported = run.folder / "export" / "model.Q8_0.gguf"
    exported.unlink()
    exported.write_bytes(b"GGUF" + bytes(1999) + b"2")  # as many bytes as before
    second = prepare_install(run, run.load(), models, BASE, Scores())
    assert second.path != first.path and Path(second.path).read_bytes().endswith(b"2")
    assert Path(first.path).read_bytes().endswith(bytes(1))


def test_a_run_whose_files_failed_the_check_installs_nothing(run: Run, tmp_path: Path) -> None:
    fake_run.finish(run, passed=False)
    with pytest.raises(AppError, match="passed the check"):
        prepare_install(run, run.load(), tmp_path / "models", BASE, Scores())
    assert not list((tmp_path / "models").glob("*")) if (tmp_path / "models").exists() else True


def test_a_removed_document_names_the_models_that_learned_from_it(run: Run) -> None:
    fake_run.finish(run)
    assert taught_documents(run)[1] == "Onboarding-Guide.docx"
    tuned = msgspec.structs.replace(BASE, name="Tuned", lineage=lineage_of(run, run.load(), Scores(), ""))
    assert trained_on([BASE, tuned], [1]) == [tuned]
    assert trained_on([BASE, tuned], [99]) == [] and trained_on([BASE, tuned], []) == []


def test_a_wizard_is_whole_on_disk_or_not_there(tmp_path: Path) -> None:
    run = fake_run.make_run(tmp_path)
    wizard = run.load()
    run.save(msgspec.structs.replace(wizard, step="review"))
    assert read_json(run.folder / "wizard.json", Wizard).step == "review"
    assert not list(run.folder.glob("*.tmp"))


def test_the_lists_of_doors_follow_the_one_that_writes(run: Run) -> None:
    writes, follows = ReviewList(run.folder), ReviewList(run.folder)
    follows.read_new()
    writes.decide(["e0", "e24"], "approve")
    follows.read_new()
    writes.decide(["e1"], "edit", (Turn("user", "How long?"), Turn("assistant", "A year.")))
    for _ in range(2):
        follows.read_new()
    assert [(e.example, e.state, e.edited) for e in follows.entries] == [
        (e.example, e.state, e.edited) for e in writes.entries
    ]  # fmt: skip


def test_continue_stands_for_the_good_ones_only_where_nothing_was_decided(run: Run) -> None:
    review = ReviewList(run.folder)
    assert len(review.left_to_continue()) == len(review.good()) == 16
    review.decide(["e0"], "reject")
    assert review.left_to_continue() == []


def test_a_run_of_version_1_comes_with_its_names_and_finds_its_ids(tmp_path: Path) -> None:
    run = fake_run.make_run(tmp_path)
    raw = msgspec.json.decode((run.folder / "wizard.json").read_bytes())
    old = {**raw, "version": 1, "base": "SmolLM2 135M", "collections": ["Travel", "Gone"], "installed": "Old name"}
    del old["named"]
    encoded = msgspec.json.encode(old)
    (run.folder / "wizard.json").write_bytes(encoded)
    wizard = run.load()
    assert (wizard.version, wizard.base, wizard.collections, wizard.installed) == (VERSION, "", (), "")
    tuned = InstalledModel(id="ab12", name="New name", path="t.gguf", file_bytes=1, lineage={"run_id": run.id})
    known = resolved(wizard, [BASE, tuned], None)
    assert (known.base, known.installed) == ("starter", "ab12"), "a model that was renamed is known by its run"
    assert known.named is not None and known.named.collections == ("Travel", "Gone") and known.collections == ()
    run.save(known)
    assert (run.folder / "wizard-1.json").read_bytes() == encoded, "the old file is kept"
    known = resolved(run.load(), [BASE, tuned], [Collection(id=5, name="travel")])
    assert (known.collections, known.named) == ((5,), None)
    run.save(known)
    assert run.load() == known and (run.folder / "wizard-1.json").read_bytes() == encoded


def test_an_input_is_whole_or_not_there(run: Run) -> None:
    assert run.end_input("documents-9") is None
    run.add_to_input("documents-9", Turn("user", "One."))
    run.add_to_input("documents-9", Turn("user", "Two."))
    assert not list(run.folder.glob("inputs/documents-9.jsonl"))
    path = run.end_input("documents-9")
    assert path is not None and path.read_text().count("\n") == 2 and not list(run.folder.glob("inputs/*.part"))


def test_a_stage_that_does_not_say_how_long_it_takes_is_judged_by_its_pace() -> None:
    progress = RunProgress()
    progress.take([events.StageStarted(stage="compare", index=9, total=10)])
    progress.take([events.Progress(stage="compare", done=10, total=110, unit="answers", at=100.0)])
    assert progress.seconds_left is None
    progress.take([events.Progress(stage="compare", done=20, total=110, unit="answers", at=120.0)])
    assert progress.seconds_left == 180.0, "90 more, two seconds each"
    progress.take([events.Progress(stage="compare", done=110, total=110, unit="answers", at=310.0)])
    assert progress.seconds_left is None
