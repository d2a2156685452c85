"""The wizard as a map, without Qt: defaults, what holds a step back, and the run that comes of it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from app.finetune import estimate, machine, plan, steps
from app.finetune.author import AuthorTrial
from app.finetune.machine import at
from app.finetune.states import BUSY, RunState
from app.finetune.steps import Reviewed, StepState
from app.finetune.wizard import (
    STEPS,
    Changes,
    Goal,
    OwnQuestion,
    Resources,
    Size,
    Step,
    Wizard,
    changed,
    name_for,
    with_defaults,
)
from app.types import Collection, InstalledModel
from trainer.spec import SIZES, Input, Recipe, RunSpec

STARTER = InstalledModel(
    id="starter",
    name="SmolLM2 135M",
    path="starter.gguf",
    file_bytes=98_000_000,
    parameters=134_515_008,
    origin="starter",
)
LARGE = InstalledModel(id="large", name="Large 70B", path="large.gguf", file_bytes=42_000_000_000)
HERE = Resources(
    models=(STARTER, LARGE),
    active="starter",
    collections=(
        Collection(id=1, name="Empty"),
        Collection(id=2, name="Travel", documents=4, passages=50),
        Collection(id=3, name="Quality", documents=9, passages=200),
    ),
    memory_bytes=16_000_000_000,
)
STATES: tuple[RunState, ...] = (
    "none", "preparing", "review", "training", "paused", "waiting", "stopped", "failed", "done",
)  # fmt: skip


def opened(**values: object) -> Wizard:
    return with_defaults(Wizard(id="r1", **values), HERE)  # type: ignore[arg-type]


def state(wizard: Wizard, run_state: RunState = "none", **reviewed: object) -> StepState:
    return steps.state_of(wizard, HERE, run_state, Reviewed(**reviewed))  # type: ignore[arg-type]


def test_with_nothing_touched_continue_is_allowed_all_the_way() -> None:
    wizard = opened()
    assert (wizard.base, wizard.collections, wizard.name) == ("starter", (2,), "SmolLM2 135M tuned")
    way: list[tuple[Step, RunState, dict[str, object]]] = [
        ("goal", "none", {}),
        ("data", "none", {}),
        ("review", "review", {"open": 40, "good": 30}),
        ("train", "done", {}),
        ("compare", "done", {}),
        ("use", "done", {}),
    ]
    for step, run_state, reviewed in way:
        assert state(msgspec.structs.replace(wizard, step=step), run_state, **reviewed).allowed, step


def test_the_collection_of_the_chat_is_chosen_and_a_choice_by_hand_stays() -> None:
    assert with_defaults(Wizard(id="r"), HERE, 3).collections == (3,)
    assert with_defaults(Wizard(id="r", touched=True), HERE, 3).collections == ()
    assert opened(collections=(3,), touched=True).collections == (3,)


def test_a_model_that_is_gone_an_adapter_and_one_that_is_too_large_are_no_base() -> None:
    adapter = msgspec.structs.replace(STARTER, id="with", name="With adapter", adapter="a.gguf")
    here = msgspec.structs.replace(HERE, models=(adapter, STARTER), active="with")
    assert with_defaults(Wizard(id="r", base="gone"), here).base == "starter"
    too_large = state(opened(base="large"))
    assert not too_large.allowed and "too large" in too_large.reason
    none = with_defaults(Wizard(id="r"), Resources())
    assert not steps.state_of(none, Resources(), "none", Reviewed()).allowed


def test_what_is_not_installed_is_said_before_anything_is_chosen() -> None:
    here = msgspec.structs.replace(HERE, missing=("peft",))
    said = steps.state_of(opened(), here, "none", Reviewed())
    assert not said.allowed and "peft" in said.reason


@pytest.mark.parametrize("goal", ["read", "prefer", "classify", "teach"])
def test_data_needs_a_source_that_the_goal_can_use(goal: str) -> None:
    wizard = Wizard(id="r", base="starter", goal=goal, step="data", touched=True, thumbs=True)  # type: ignore[arg-type]
    assert not state(wizard).allowed and state(wizard).reason
    with_file = msgspec.structs.replace(wizard, files=("x.csv",))
    assert state(with_file).allowed == (goal != "read")
    assert not state(msgspec.structs.replace(wizard, collections=(1, 99))).allowed
    rated = msgspec.structs.replace(HERE, corrected=3)
    allowed = steps.state_of(wizard, rated, "none", Reviewed()).allowed
    assert allowed == (goal in ("prefer", "teach"))


def test_nothing_trains_before_the_list_is_there_and_something_is_approved() -> None:
    wizard = opened(step="review")
    assert not state(wizard, "preparing").allowed
    assert not state(wizard, "failed").allowed
    assert not state(wizard, "review", open=10, good=0).allowed
    assert not state(wizard, "review", open=10, good=8, decided=True).allowed
    untouched = state(wizard, "review", open=10, good=8)
    assert untouched.allowed and "8" in untouched.action
    partly = state(wizard, "review", open=36, approved=412, trainable=412, decided=True)
    assert partly.allowed and partly.reason == "36 left to review. You can train with the 412 approved ones."
    few = state(wizard, "review", trainable=3, decided=True)
    assert few.allowed and few.warning


@pytest.mark.parametrize(("step", "run_state"), list(itertools.product(STEPS, STATES)))
def test_a_run_under_way_holds_the_rail_at_its_own_step(step: Step, run_state: RunState) -> None:
    open_step: Step = "review" if run_state == "preparing" else "train"
    if run_state in BUSY:
        assert machine.reachable(step, opened(step=open_step), run_state) == (step == open_step)
    elif step in ("goal", "data"):
        assert machine.reachable(step, opened(), run_state)
    elif step == "compare":
        assert machine.reachable(step, opened(), run_state) == (run_state == "done")
    elif step == "use":
        assert not machine.reachable(step, opened(), run_state)
        assert machine.reachable(step, opened(installed="Mine"), run_state)


def test_names_count_up_and_are_never_taken() -> None:
    tuned = msgspec.structs.replace(STARTER, id="t", name="SmolLM2 135M tuned")
    second = msgspec.structs.replace(STARTER, id="v2", name="SmolLM2 135M v2")
    here = msgspec.structs.replace(HERE, models=(STARTER, tuned, second))
    assert name_for("SmolLM2 135M", here) == "SmolLM2 135M v3"
    assert name_for("SmolLM2 135M tuned", here) == "SmolLM2 135M v3"


def test_the_specification_says_what_was_chosen(tmp_path: Path) -> None:
    inputs = (Input(kind="documents", path="d.jsonl"),)
    spec = plan.build_spec(opened(effort="quick", mask=False), STARTER, inputs, earlier=("e.jsonl",))
    again = msgspec.json.decode(msgspec.json.encode(spec), type=RunSpec)
    assert again.id == "r1" and again.base.path == "starter.gguf" and again.data.inputs == inputs
    assert (
        again.prepare.make_questions
        and not again.prepare.mask_personal_data
        and again.prepare.max_facts == plan.EFFORTS["quick"][0]
    )
    assert again.replay.enabled and again.replay.earlier == ("e.jsonl",) and again.compare
    files = plan.build_spec(opened(), STARTER, (Input(kind="file", path="x.csv"),))
    assert not files.prepare.make_questions
    labels = ("invoice", "order")
    assert plan.build_spec(opened(goal="classify", labels=labels), STARTER, ()).data.labels == labels
    assert plan.build_spec(opened(labels=labels), STARTER, ()).data.labels == ()


def test_memory_grows_with_the_model_and_four_bits_need_less() -> None:
    assert 1e9 < estimate.training_bytes(STARTER) < 4e9
    assert estimate.training_bytes(LARGE, small=True) < estimate.training_bytes(LARGE)
    assert estimate.fit_of(STARTER, 16_000_000_000) == "fits" and estimate.fit_of(LARGE, 16_000_000_000) == "large"
    assert estimate.fit_of(STARTER, 3_000_000_000) == "tight"


def test_needs_name_what_is_there() -> None:
    need = steps.need_of("teach", opened(), HERE)
    assert need.enough and need.have == "Your 13 documents give about 150"
    assert not steps.need_of("prefer", opened(), HERE).enough
    assert steps.need_of("prefer", opened(), msgspec.structs.replace(HERE, corrected=12)).have == "You have 12"
    assert not steps.need_of("classify", opened(), HERE).enough


def test_a_time_that_was_measured_is_said_before_the_start() -> None:
    wizard = opened(step="review")
    untouched = state(wizard, "review", open=10, good=8, seconds=725.0)
    assert (
        untouched.reason
        == "Approves 8 of good quality and trains with them, in about 12 min. Reject first what is wrong."
    )
    assert state(wizard, "review", trainable=40, decided=True, seconds=40.0).reason.endswith("ones, in about 40 s.")


def test_the_time_that_an_author_takes_is_said_before_questions_are_made() -> None:
    trial = AuthorTrial(author="starter", asked=9, passed=8, used=True, facts=40, seconds=300.0)
    asked = (OwnQuestion("how long?", "12 months"),)
    assert "some 40 facts, which takes about 5 min" in state(opened(step="data", trial=trial, own=asked)).reason
    weak = msgspec.structs.replace(trial, used=False)
    assert "min" not in state(opened(step="data", trial=weak, own=asked)).reason
    untried = state(opened(step="data")).reason
    assert "the model is checked and tried, for about" in untried and "Without questions of your own" in untried
    few = state(opened(step="review"), "review", approved=3, trainable=3, seconds=120.0).reason
    assert "Only 3 to train with, in about 2 min: expect" in few


def test_the_time_before_the_questions_follows_the_speed_of_the_model() -> None:
    quick = InstalledModel(id="q", name="Q", path="/q", file_bytes=1, parameters=10**9, tokens_per_s=40.0)
    assert estimate.preparing_s(quick) == 100.0
    assert estimate.preparing_s(msgspec.structs.replace(quick, tokens_per_s=None)) == 400.0, "by its size"


def test_changes_of_two_doors_do_not_undo_each_other() -> None:
    wizard = changed(opened(), Changes(effort="quick"))
    wizard = changed(wizard, Changes(files=("a.csv",)), by_hand=True)
    assert (wizard.effort, wizard.files, wizard.touched) == ("quick", ("a.csv",), True)
    travelled = msgspec.json.decode(msgspec.json.encode(Changes(labels=())), type=Changes)
    assert changed(opened(labels=("a", "b")), travelled).labels == () and changed(wizard, travelled).effort == "quick"


def test_thumbs_come_along_where_they_are_all_that_there_is_to_learn_from() -> None:
    assert changed(opened(), Changes(goal="prefer")).thumbs and not changed(opened(), Changes(goal="read")).thumbs
    assert not changed(opened(), Changes(goal="prefer", thumbs=False)).thumbs


def test_the_goals_are_the_recipes_of_the_trainer() -> None:
    assert get_args(Goal) == get_args(Recipe)
    assert get_args(Size) == tuple(SIZES)


def test_a_model_from_nothing_needs_text_and_no_model() -> None:
    bare = msgspec.structs.replace(HERE, models=(), active="")
    wizard = with_defaults(Wizard(id="r1", goal="scratch"), bare)
    assert (wizard.base, wizard.collections, wizard.name) == ("", (2,), "Own model")
    assert steps.state_of(wizard, bare, "none", Reviewed()).allowed
    need = steps.need_of("scratch", wizard, bare)
    assert need.need == "Best from 200 million words" and need.have == "Your 13 documents give about 60,000"
    assert not need.enough, "and it says so before anything begins"
    assert not steps.state_of(at(wizard, "review"), bare, "review", Reviewed(decided=True)).allowed
    unread = state(at(opened(goal="scratch"), "review"), "review", decided=True)
    assert unread.allowed and unread.warning and "general answers" in unread.reason
    spec = plan.build_spec(changed(wizard, Changes(size="1M", effort="quick")), None, ())
    assert spec.scratch.hidden == SIZES["1M"].hidden and spec.scratch.epochs == 8 and not spec.compare
    assert spec.base.path == "" and spec.export.quantizations == ("F16", "Q8_0")
    written = plan.build_spec(opened(goal="scratch"), STARTER, ())
    assert written.base.path == STARTER.path and not written.replay.earlier
