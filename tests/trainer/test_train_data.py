"""Specification, data files, events, review decisions and which examples train."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from facts import FACTS, example, write_facts

from trainer import events, pipeline, stages
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.spec import (
    DPO,
    RECIPES,
    Example,
    Replay,
    ReviewDecision,
    RunSpec,
    Turn,
    read_lines,
    read_spec,
    write_lines,
)
from trainer.train import replay, selection
from trainer.train.batches import cut, plan_epoch
from trainer.train.chat import Encoded
from trainer.train.replay import QUESTIONS, Question


def _spec(folder: Path, **changes: object) -> Path:
    content = {"id": "r", "base": {"path": "m.gguf"}, "data": {}} | changes
    path = folder / "run.json"
    path.write_bytes(msgspec.json.encode(content))
    return path


def test_specification_fills_in_what_is_left_open(tmp_path: Path) -> None:
    spec = read_spec(_spec(tmp_path))
    assert spec.recipe == "teach"
    assert spec.replay.enabled
    assert msgspec.json.decode(msgspec.json.encode(spec), type=RunSpec) == spec


@pytest.mark.parametrize(
    ("changes", "code"), [({"version": 99}, "newer"), ({"receipt": "teach"}, "spec"), ({"recipe": "bake"}, "spec")]
)
def test_specification_that_cannot_be_followed_is_refused(
    tmp_path: Path, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(TrainerError) as error:
        read_spec(_spec(tmp_path, **changes))
    assert error.value.code == code


def test_a_run_of_before_opens_and_is_written_as_before(tmp_path: Path) -> None:
    """Names in code are the field's; those on disk are what the runs of every version hold."""
    prepare = {"unseen_share": 0.25, "heldout_phrasings": 2}
    spec = read_spec(_spec(tmp_path, version=1, recipe="prefer", prepare=prepare))
    assert (spec.prepare.heldout_documents, spec.training) == (0.25, DPO)
    written = msgspec.json.decode(msgspec.json.encode(spec))
    assert written["prepare"]["unseen_share"] == 0.25 and written["recipe"] == "prefer"
    assert {recipe.key: recipe for recipe in RECIPES.values()} == RECIPES


def test_broken_row_is_named_by_its_line(tmp_path: Path) -> None:
    path = write_facts(tmp_path / "facts.jsonl", 2)
    lines = path.read_bytes().splitlines()
    lines[4] = lines[4][:30]
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(TrainerError, match=r"Line 5 of “facts.jsonl” is broken"):
        list(read_lines(path, Example))


def test_events_survive_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events.EventLog(path, echo=False)(events.Finished())
    with path.open("ab") as out:
        out.write(b'{"event":"Loss","st')
    events.EventLog(path, echo=False)(events.Notice(message="again"))
    found, offset = events.read_events(path)
    assert [type(event).__name__ for event in found] == ["Finished", "Notice"]
    assert offset == path.stat().st_size
    assert all(event.at > 0 for event in found)


def test_review_decides_and_the_last_word_counts(tmp_path: Path) -> None:
    rows = [
        msgspec.structs.replace(example(key, 0, "train"), origin="model", approved=False) for key in list(FACTS)[:4]
    ]
    review = tmp_path / "review.jsonl"
    corrected = [["user", "q"], ["assistant", "a"]]
    decisions = [
        {"id": rows[0].id, "decision": "reject"},
        {"id": rows[0].id, "decision": "approve"},
        {"id": rows[1].id, "decision": "reject"},
        {"id": rows[2].id, "decision": "edit", "messages": [{"role": r, "content": c} for r, c in corrected]},
    ]
    review.write_bytes(b"\n".join(map(msgspec.json.encode, decisions)))
    decided = selection.decide(rows, review, None)
    assert [row.approved for row in decided] == [True, False, True, False]
    assert decided[1].split == "aside"
    assert decided[2].answer == "a"
    train, _ = selection.choose(decided, seed=1)
    assert {row.id for row in train} == {rows[0].id, rows[2].id}


def test_what_a_model_wrote_trains_only_when_approved(tmp_path: Path) -> None:
    unseen = msgspec.structs.replace(example("hotel", 0, "train"), origin="model", approved=False, quality=0.9)
    with pytest.raises(TrainerError, match="No example is approved"):
        selection.choose([unseen], seed=1)
    standing = selection.decide([unseen], tmp_path / "none", approve_above=0.8)
    assert selection.choose(standing, seed=1)[0] == standing


def test_validation_takes_no_whole_fact_and_no_exam_question(tmp_path: Path) -> None:
    rows = list(read_lines(write_facts(tmp_path / "facts.jsonl"), Example))
    train, validation = selection.choose(rows, seed=5)
    assert validation
    assert not {e.split for e in train + validation} - {"train"}
    assert {e.group for e in train} == set(FACTS)
    assert len({e.group for e in validation}) == len(validation)


def test_missing_data_file_is_named(tmp_path: Path) -> None:
    spec = read_spec(_spec(tmp_path, data={"examples": str(tmp_path / "gone.jsonl")}))
    with pytest.raises(TrainerError, match=r"gone\.jsonl"):
        selection.read_examples(Context(spec, tmp_path, lambda _: None))


def test_each_epoch_holds_every_example_once_and_repeats_itself() -> None:
    lengths = [10 + 7 * i % 90 for i in range(103)]
    steps = plan_epoch(lengths, 8, epoch=2, seed=1)
    assert sorted(i for step in steps for i in step) == list(range(103))
    assert steps == plan_epoch(lengths, 8, epoch=2, seed=1)
    assert steps != plan_epoch(lengths, 8, epoch=3, seed=1)


def test_batches_stay_within_their_tokens_and_pairs_stay_together() -> None:
    examples = [Encoded(str(i), (1,) * (5 + i * 13 % 60), (False, *[True] * (4 + i * 13 % 60))) for i in range(40)]
    parts = list(cut(examples, 200, keep=2))
    assert sorted(i for part in parts for i in part) == list(range(40))
    for part in parts:
        assert len(part) == 2 or len(part) * max(len(examples[i].ids) for i in part) <= 200
        assert all(b == a + 1 and a % 2 == 0 for a, b in zip(part[::2], part[1::2], strict=True))


def test_system_message_of_the_run_goes_before_examples_without_one(tmp_path: Path) -> None:
    path = write_facts(tmp_path / "facts.jsonl", 1)
    spec = read_spec(_spec(tmp_path, data={"examples": str(path), "system": "Be brief."}))
    first = selection.read_examples(Context(spec, tmp_path, lambda _: None))[0]
    assert first.messages[0] == Turn("system", "Be brief.")


def _first_round(folder: Path) -> Path:
    """A run of before: of four facts one was approved, one rejected, one corrected and one left undecided."""
    rows = [
        msgspec.structs.replace(example(key, 0, "train"), origin="model", approved=False) for key in list(FACTS)[:4]
    ]
    corrected = (Turn("user", "Hotel, how much?"), Turn("assistant", "150 euros."))
    decisions = [
        ReviewDecision(id=rows[0].id, decision="approve"),
        ReviewDecision(id=rows[1].id, decision="edit", messages=corrected),
        ReviewDecision(id=rows[2].id, decision="approve"),
        ReviewDecision(id=rows[2].id, decision="reject"),
    ]
    (folder / "split").mkdir(parents=True)
    write_lines(folder / "split" / "examples.jsonl", rows)
    write_lines(folder / "review.jsonl", decisions)
    return folder / "split" / "examples.jsonl"


def _reminded(earlier: Path, kept: Path, kept_out: list[str], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setattr(replay, "encode_prompt", lambda _tokenizer, _turns: [1])
    base: Any = SimpleNamespace(answers=lambda prompts, *_: [("Yes.", True) for _ in prompts])
    built = replay.build(Replay(earlier=(str(earlier),)), "", base, None, kept, 1, kept_out)
    return {e.answer for e in built if e.id.startswith("earlier-")}


def test_a_second_round_repeats_what_the_first_was_taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = _first_round(tmp_path / "first")
    approved = example("annual leave", 0, "train")
    assert _reminded(earlier, tmp_path / "all", [], monkeypatch) == {approved.answer, "150 euros."}
    kept_out = [approved.question.replace("What is", "what is")]
    assert _reminded(earlier, tmp_path / "less", kept_out, monkeypatch) == {"150 euros."}


def test_questions_of_the_exam_are_those_held_out_and_unseen(tmp_path: Path) -> None:
    splits = ("train", "heldout", "unseen", "aside")
    rows = [example("hotel", n, split) for n, split in enumerate(splits)]  # type: ignore[arg-type]
    write_lines(tmp_path / "facts.jsonl", rows)
    spec = read_spec(_spec(tmp_path, data={"examples": str(tmp_path / "facts.jsonl")}))
    told = selection.held_out_questions(Context(spec, tmp_path, lambda _: None))
    assert told == [rows[1].question, rows[2].question]
    nothing = read_spec(_spec(tmp_path))
    assert selection.held_out_questions(Context(nothing, tmp_path, lambda _: None)) == []


def test_training_starts_anew_when_the_review_of_an_earlier_round_changed(tmp_path: Path) -> None:
    earlier = _first_round(tmp_path / "first")
    spec = read_spec(_spec(tmp_path, replay={"earlier": [str(earlier)]}))
    context = Context(spec, tmp_path / "second", lambda _: None)
    before = [pipeline._review_stamp(context, stage) for stage in (stages.PREPARE[0], stages.TRAIN[1])]
    with (tmp_path / "first" / "review.jsonl").open("ab") as out:
        out.write(msgspec.json.encode(ReviewDecision(id="hotel-0", decision="reject")) + b"\n")
    after = [pipeline._review_stamp(context, stage) for stage in (stages.PREPARE[0], stages.TRAIN[1])]
    assert before[0] == after[0] == "" and before[1] != after[1]


FILLER = "what is the a an of in does do did who which how many are to for was were and at on by with"


def _content(question: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", question.lower())) - set(FILLER.split())


def test_replay_questions_are_many_and_never_those_of_the_forgetting_check() -> None:
    replayed = [row.question for row in read_lines(QUESTIONS, Question)]
    lines = (QUESTIONS.parent.parent / "evaluation" / "general.jsonl").read_bytes().splitlines()
    asked = [_content(msgspec.json.decode(line)["question"]) for line in lines]
    assert len(set(replayed)) == len(replayed) >= 120
    for question in replayed:
        mine = _content(question)
        assert all(len(mine & other) < 0.6 * len(mine | other) for other in asked), question
