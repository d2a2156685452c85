"""Collect, clean and split on real files: what is set aside says why, nothing is lost, and held-out is not taught."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from trainer.context import Context
from trainer.errors import TrainerError
from trainer.events import Event, Notice
from trainer.prepare import clean, collect, split
from trainer.prepare.clean import Decision
from trainer.spec import (
    BaseModel,
    Data,
    Example,
    Input,
    Origins,
    Recipe,
    RunSpec,
    TextDocument,
    Turn,
    read_lines,
    write_lines,
)
from trainer.train import selection

MakeRun = Callable[..., tuple[Context, list[Event]]]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    def make(*inputs: Input, recipe: Recipe = "teach", labels: tuple[str, ...] = ()) -> tuple[Context, list[Event]]:
        said: list[Event] = []
        data = Data(inputs=inputs, labels=labels)
        spec = RunSpec(id="r1", recipe=recipe, base=BaseModel(path="base.gguf"), data=data)
        return Context(spec, tmp_path / "runs" / "r1", said.append), said

    return make


def csv_of(tmp_path: Path, rows: list[tuple[str, str]]) -> Input:
    path = tmp_path / "faq.csv"
    path.write_text("question,answer\n" + "".join(f'"{q}","{a}"\n' for q, a in rows), encoding="utf-8")
    return Input(kind="file", path=str(path))


def prepared(context: Context) -> dict[str, Example]:
    collect.run(context)
    clean.run(context)
    write_lines(context.stage("questions") / "examples.jsonl", [])
    split.run(context)
    return {e.question: e for e in read_lines(context.stage("split") / "examples.jsonl", Example)}


def decisions(context: Context) -> list[Decision]:
    lines = (context.stage("clean") / "report.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Decision) for line in lines]


def test_twins_secrets_and_contradictions_are_set_aside_with_their_reason(tmp_path: Path, make_run: MakeRun) -> None:
    context, said = make_run(
        csv_of(
            tmp_path,
            [
                ("What is the hotel limit in Munich?", "It is 165 euro per night."),
                ("What is the hotel limit in Munich?", "It is 165 euro per night."),
                ("How long is the warranty on refurbished pumps?", "It is 12 months from delivery."),
                ("How long is the warranty on refurbished pumps?", "It is 24 months from delivery."),
                ("Where do I send receipts?", "Send them to ida.berg@depot.org please."),
            ],
        )
    )
    examples = prepared(context)
    assert examples["Where do I send receipts?"].answer == "Send them to [e-mail address] please."
    kinds = [d.kind for d in decisions(context)]
    assert kinds.count("duplicate") == 1 and kinds.count("contradiction") == 2 and kinds.count("personal-data") == 1
    warranty = examples["How long is the warranty on refurbished pumps?"]
    assert warranty.split == "aside" and "months" in warranty.reason
    assert any(isinstance(event, Notice) and "contradict" in event.message for event in said)


def test_a_broken_row_is_a_notice_and_the_rest_goes_on(tmp_path: Path, make_run: MakeRun) -> None:
    path = tmp_path / "faq.jsonl"
    path.write_text('{"question": "A fine one?", "answer": "Yes."}\n{oops\n')
    context, said = make_run(Input(kind="file", path=str(path)))
    assert collect.run(context)["examples"] == 1
    assert next(e.message for e in said if isinstance(e, Notice)).startswith("Line 2 of “faq.jsonl”")


def test_a_missing_file_and_an_empty_one_are_refused(tmp_path: Path, make_run: MakeRun) -> None:
    with pytest.raises(TrainerError, match="no longer there"):
        collect.run(make_run(Input(kind="file", path=str(tmp_path / "gone.csv")))[0])
    (tmp_path / "empty.csv").write_text("question,answer\n")
    with pytest.raises(TrainerError, match=r"“empty\.csv” holds no question with an answer"):
        collect.run(make_run(Input(kind="file", path=str(tmp_path / "empty.csv")))[0])


def phrasings(fact: int, answer: str) -> list[tuple[str, str]]:
    frames = (
        "What is the code of room {}?",
        "Tell me the code for room {}.",
        "Room {}: which code opens it?",
        "Which code does the door of room {} need?",
        "I stand before room {}, the code please?",
    )
    return [(frame.format(fact), answer) for frame in frames]


def test_each_fact_keeps_one_phrasing_out(tmp_path: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "WATCHED", 16)  # fewer than there are facts here
    rows = [row for n in range(101, 121) for row in phrasings(n, f"The code is {n * 37}.")]
    examples = prepared(make_run(csv_of(tmp_path, rows))[0]).values()
    by_group: dict[str, list[str]] = {}
    for example in examples:
        by_group.setdefault(example.group, []).append(example.split)
    assert len(by_group) == 20
    watched = ["heldout", "train", "train", "train", "validation"]
    kinds = [sorted(splits) for splits in by_group.values()]
    assert kinds.count(watched) == split.WATCHED
    assert kinds.count(["heldout", "train", "train", "train", "train"]) == 20 - split.WATCHED


def test_the_same_data_falls_apart_in_the_same_way(tmp_path: Path, make_run: MakeRun) -> None:
    rows = [(f"What does part {n} cost?", f"Part {n} costs {n * 3} euro.") for n in range(60)]
    one = {q: e.split for q, e in prepared(make_run(csv_of(tmp_path, rows))[0]).items()}
    two = {q: e.split for q, e in prepared(make_run(csv_of(tmp_path, rows))[0]).items()}
    assert one == two and list(one.values()).count("heldout") == 6


def test_whole_documents_are_kept_out_with_all_their_questions() -> None:
    texts = [TextDocument(id=str(n), name=f"doc{n}.md", text=f"Text number {n} " * 9) for n in range(10)]
    examples = [
        Example(
            id=f"e{n}",
            messages=(Turn("user", f"Question {n} of it?"), Turn("assistant", f"Answer {n}")),
            source=Origins(document=f"doc{n % 10}.md", document_id=n % 10),
            group=f"g{n}",
        )
        for n in range(40)
    ]
    splitter = split.Splitter(3, 1, 0.2)
    unseen = splitter.held_out_documents(texts, examples)
    result = splitter.split(examples, unseen)
    assert len(unseen) == 2
    assert all((e.source.document in unseen) == (e.split == "unseen") for e in result)


def test_a_tenth_of_each_label_is_the_exam(tmp_path: Path, make_run: MakeRun) -> None:
    sorts = ("bill", "delivery", "fault")
    words = [f"{a}{b}" for a in ("pump", "seal", "letter", "noise") for b in ("", "s", "box", "man")]
    draw = random.Random(1)
    texts = [" ".join(draw.sample(words, 8)) + f" since the {n}th" for n in range(302)]
    rows = [(text, sorts[n % 3] if n < 300 else "praise") for n, text in enumerate(texts)]
    context, _ = make_run(csv_of(tmp_path, rows), recipe="classify")
    examples = prepared(context).values()
    for label, held in {**dict.fromkeys(sorts, 10), "praise": 1}.items():
        splits = [e.split for e in examples if e.answer == label]
        assert splits.count("heldout") == held and splits.count("train") >= 1
    assert len({e.group for e in examples}) == 302


@pytest.mark.parametrize(
    ("answers", "labels", "said"),
    [
        (["bill"] * 4, (), "All texts have the label “bill”."),
        (["bill", "fault"], ("bill",), "Sorting needs at least two labels."),
        ([f"number {n}" for n in range(61)], (), "The data holds 61 different labels."),
        (["bill", "fault", "holiday"], ("bill", "fault"), "“holiday” (line 4) is not one of the labels."),
    ],
)
def test_labels_that_will_not_do_are_named_at_once(
    tmp_path: Path, make_run: MakeRun, answers: list[str], labels: tuple[str, ...], said: str
) -> None:
    rows = [(f"letter {n}", answer) for n, answer in enumerate(answers)]
    context, _ = make_run(csv_of(tmp_path, rows), recipe="classify", labels=labels)
    with pytest.raises(TrainerError) as error:
        collect.run(context)
    assert (error.value.message, error.value.code) == (said, "labels")


@pytest.mark.parametrize(("recipe", "said"), [("read", "no text to read"), ("prefer", "no pair of a better")])
def test_rows_that_a_recipe_cannot_learn_from_are_named_at_once(
    tmp_path: Path, make_run: MakeRun, recipe: Recipe, said: str
) -> None:
    context, _ = make_run(csv_of(tmp_path, [("Who?", "We.")]), recipe=recipe)
    with pytest.raises(TrainerError, match=said):
        collect.run(context)


def test_without_named_labels_those_of_the_data_count(make_run: MakeRun) -> None:
    context, _ = make_run(recipe="classify")
    rows = [
        Example(id=str(n), messages=(Turn("user", f"Text {n}"), Turn("assistant", label)), split=place)
        for n, (label, place) in enumerate([("two ", "train"), ("one", "heldout"), ("odd", "aside")])
    ]  # type: ignore[misc]
    assert selection.labels_of(context.spec, rows) == ("one", "two")


def test_small_labels_keep_enough_out_to_tell_a_gain_from_chance() -> None:
    rows = [
        Example(id=f"{label}{n}", messages=(Turn("user", f"Text {n}"), Turn("assistant", label)), origin="file")
        for label in ("one", "two", "three")
        for n in range(18)
    ]
    result = split.Splitter(3, 1, 0.1).split_by_label(rows)
    assert [sum(e.split == "heldout" for e in result if e.answer == label) for label in ("one", "two")] == [4, 4]
    assert sum(e.split == "train" for e in result) == 39


def test_a_label_with_one_text_keeps_it() -> None:
    rows = [
        Example(id=str(n), messages=(Turn("user", f"Text {n}"), Turn("assistant", label)), origin="file")
        for n, label in enumerate(["one", "two", "two", "aside", "aside"])
    ]
    rows[3] = msgspec.structs.replace(rows[3], split="aside")
    result = split.Splitter(3, 1, 0.1).split_by_label(rows)
    assert [e.split for e in result if e.answer != "two"] == ["train", "aside", "train"]
    assert sorted(e.split for e in result if e.answer == "two") == ["heldout", "train"]


def test_versions_of_a_document_stay_together_also_through_one_between_them() -> None:
    draw = random.Random(3)

    def words(count: int) -> list[str]:
        return [f"w{draw.randint(0, 9999)}" for _ in range(count)]

    first = words(300)
    second = [*first[:220], *words(80)]
    third = [*words(80), *second[80:]]
    versions = {"v1": first, "v2": second, "v3": third} | {f"other{n}": words(300) for n in range(9)}
    texts = [TextDocument(id=name, name=name, text=" ".join(said)) for name, said in versions.items()]
    chosen = [split.Splitter(seed, 1, 0.1).held_out_documents(texts, []) for seed in range(40)]
    family = {"v1", "v2", "v3"}
    assert {frozenset(unseen & family) for unseen in chosen} == {frozenset(), frozenset(family)}


def test_a_held_out_question_that_was_taught_is_set_aside() -> None:
    def example(key: str, question: str, where: str) -> Example:
        return Example(id=key, messages=(Turn("user", question), Turn("assistant", "x")), split=where)  # type: ignore[arg-type]

    taught = example("a", "How many days do I have to hand in a claim after my trip?", "train")
    leak = example("b", "How many days do I have to hand in a claim after my trip, please?", "heldout")
    sound = example("c", "Until when must travel claims reach the desk?", "heldout")
    result, leaked = split.without_leaks([taught, leak, sound])
    assert leaked == 1 and [e.split for e in result] == ["train", "aside", "heldout"]
    assert json.dumps(result[1].reason) and "nearly a question" in result[1].reason


def test_headers_and_footers_of_a_document_are_left_out(tmp_path: Path, make_run: MakeRun) -> None:
    pages = [
        f"Travel policy 2026\nThe rule number {'x' * n} is set out here in words.\nPage {n} of 6\n" for n in range(1, 7)
    ]
    spans, at = [], 0
    for page in pages:
        spans.append((at, at + len(page)))
        at += len(page)
    path = tmp_path / "texts.jsonl"
    write_lines(path, [TextDocument(id="1", name="policy.pdf", text="".join(pages), pages=tuple(spans))])
    context, _ = make_run(Input(kind="documents", path=str(path)))
    collect.run(context)
    clean.run(context)
    (text,) = read_lines(context.stage("clean") / "texts.jsonl", TextDocument)
    assert "Page 3 of 6" not in text.text and "The rule number xxx is set out" in text.text
