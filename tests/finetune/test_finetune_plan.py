"""The wizard as a map, without Qt: defaults, what holds a step back, and the run that comes of it."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import pytest

from app.finetune import plan
from app.finetune.plan import BUSY, STEPS, Facts, Reviewed, Stand, Step, Wizard
from app.types import Collection, InstalledModel
from trainer.spec import Input, RunSpec

STARTER = InstalledModel(
    name="SmolLM2 135M", path="starter.gguf", file_bytes=98_000_000, parameters=134_515_008, origin="starter"
)
LARGE = InstalledModel(name="Large 70B", path="large.gguf", file_bytes=42_000_000_000)
FACTS = Facts(
    models=(STARTER, LARGE),
    active="SmolLM2 135M",
    collections=(
        Collection(id=1, name="Empty"),
        Collection(id=2, name="Travel", documents=4, passages=50),
        Collection(id=3, name="Quality", documents=9, passages=200),
    ),
    memory_bytes=16_000_000_000,
)
STANDS: tuple[Stand, ...] = (
    "none", "preparing", "review", "training", "paused", "waiting", "stopped", "failed", "done",
)  # fmt: skip


def opened(**values: object) -> Wizard:
    return plan.with_defaults(Wizard(id="r1", **values), FACTS)  # type: ignore[arg-type]


def state(wizard: Wizard, stand: Stand = "none", **reviewed: object) -> plan.StepState:
    return plan.state_of(wizard, FACTS, stand, Reviewed(**reviewed))  # type: ignore[arg-type]


def test_with_nothing_touched_continue_is_allowed_all_the_way() -> None:
    wizard = opened()
    assert (wizard.base, wizard.collections, wizard.name) == ("SmolLM2 135M", ("Travel",), "SmolLM2 135M tuned")
    way: list[tuple[Step, Stand, dict[str, object]]] = [
        ("goal", "none", {}),
        ("data", "none", {}),
        ("review", "review", {"open": 40, "good": 30}),
        ("train", "done", {}),
        ("compare", "done", {}),
        ("use", "done", {}),
    ]
    for step, stand, reviewed in way:
        assert state(msgspec.structs.replace(wizard, step=step), stand, **reviewed).allowed, step


def test_the_collection_of_the_chat_is_chosen_and_a_choice_by_hand_stays() -> None:
    assert plan.with_defaults(Wizard(id="r"), FACTS, "Quality").collections == ("Quality",)
    assert plan.with_defaults(Wizard(id="r", touched=True), FACTS, "Quality").collections == ()
    assert opened(collections=("Quality",), touched=True).collections == ("Quality",)


def test_a_model_that_is_gone_an_adapter_and_one_that_is_too_large_are_no_base() -> None:
    adapter = msgspec.structs.replace(STARTER, name="With adapter", adapter="a.gguf")
    facts = msgspec.structs.replace(FACTS, models=(adapter, STARTER), active="With adapter")
    assert plan.with_defaults(Wizard(id="r", base="Gone"), facts).base == "SmolLM2 135M"
    too_large = state(opened(base="Large 70B"))
    assert not too_large.allowed and "too large" in too_large.reason
    none = plan.with_defaults(Wizard(id="r"), Facts())
    assert not plan.state_of(none, Facts(), "none", Reviewed()).allowed


def test_what_is_not_installed_is_said_before_anything_is_chosen() -> None:
    facts = msgspec.structs.replace(FACTS, missing=("peft",))
    said = plan.state_of(opened(), facts, "none", Reviewed())
    assert not said.allowed and "peft" in said.reason


@pytest.mark.parametrize("goal", ["read", "prefer", "classify", "teach"])
def test_data_needs_a_source_that_the_goal_can_use(goal: str) -> None:
    wizard = Wizard(id="r", base="SmolLM2 135M", goal=goal, step="data", touched=True, thumbs=True)  # type: ignore[arg-type]
    assert not state(wizard).allowed and state(wizard).reason
    with_file = msgspec.structs.replace(wizard, files=("x.csv",))
    assert state(with_file).allowed == (goal != "read")
    assert not state(msgspec.structs.replace(wizard, collections=("Empty", "Gone"))).allowed
    rated = msgspec.structs.replace(FACTS, corrected=3)
    allowed = plan.state_of(wizard, rated, "none", Reviewed()).allowed
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


@pytest.mark.parametrize(("step", "stand"), list(itertools.product(STEPS, STANDS)))
def test_a_run_under_way_holds_the_rail_at_its_own_step(step: Step, stand: Stand) -> None:
    open_step: Step = "review" if stand == "preparing" else "train"
    if stand in BUSY:
        assert plan.reachable(step, opened(step=open_step), stand) == (step == open_step)
    elif step in ("goal", "data"):
        assert plan.reachable(step, opened(), stand)
    elif step == "compare":
        assert plan.reachable(step, opened(), stand) == (stand == "done")
    elif step == "use":
        assert not plan.reachable(step, opened(), stand)
        assert plan.reachable(step, opened(installed="Mine"), stand)


def test_names_count_up_and_are_never_taken() -> None:
    tuned = msgspec.structs.replace(STARTER, name="SmolLM2 135M tuned")
    second = msgspec.structs.replace(STARTER, name="SmolLM2 135M v2")
    facts = msgspec.structs.replace(FACTS, models=(STARTER, tuned, second))
    assert plan.name_for("SmolLM2 135M", facts) == "SmolLM2 135M v3"
    assert plan.name_for("SmolLM2 135M tuned", facts) == "SmolLM2 135M v3"


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
    assert 1e9 < plan.training_bytes(STARTER) < 4e9
    assert plan.training_bytes(LARGE, small=True) < plan.training_bytes(LARGE)
    assert plan.fit_of(STARTER, 16_000_000_000) == "fits" and plan.fit_of(LARGE, 16_000_000_000) == "large"
    assert plan.fit_of(STARTER, 3_000_000_000) == "tight"


def test_needs_name_what_is_there() -> None:
    need = plan.need_of("teach", opened(), FACTS)
    assert need.enough and need.have == "Your 13 documents give about 150"
    assert not plan.need_of("prefer", opened(), FACTS).enough
    assert plan.need_of("prefer", opened(), msgspec.structs.replace(FACTS, corrected=12)).have == "You have 12"
    assert not plan.need_of("classify", opened(), FACTS).enough
