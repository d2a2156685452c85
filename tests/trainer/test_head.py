"""A head on the embedder: fitted on vectors, kept as data, refused where it is not whole, and set beside the model."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.embedder.heads import VERSION, Head, Heads, read_head, write_head
from app.errors import AppError
from app.finetune.beside import matrix, mixed_up, sentence, table
from app.finetune.to_sort import Found, read_texts, write_found
from trainer.context import Context
from trainer.evaluate.beside import beside, confusion
from trainer.spec import (
    AnswerPair,
    BaseModel,
    Data,
    HeadAnswer,
    HeadBeside,
    HeadResult,
    Hyper,
    RunSpec,
    TrainResult,
    write_json,
    write_lines,
)
from trainer.stages import stages_of
from trainer.train.head import Vectors, fit


def clouds(labels: int, each: int = 12, dimensions: int = 16) -> tuple[Vectors, list[str]]:
    """Texts of a label lie about a point of their own, as vectors of length 1."""
    draw = np.random.default_rng(3)
    rows = [np.eye(dimensions)[n] + draw.normal(0, 0.1, dimensions) for n in range(labels) for _ in range(each)]
    found = np.array(rows, np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True), [f"label {n // each}" for n in range(labels * each)]


@pytest.mark.parametrize("labels", [2, 3, 7])
def test_a_head_sorts_what_it_learned_and_its_shares_add_up(labels: int) -> None:
    known, wanted = clouds(labels)
    head, inverse = fit(known, wanted, "e5", seed=1)
    assert head.labels == tuple(sorted(set(wanted))) and len(head.weights) == labels and inverse >= 1
    said = [head.sort(row.tolist()) for row in known]
    assert [each[0][0] for each in said] == wanted
    for each in said:
        assert sum(share for _, share in each) == pytest.approx(1)
        assert [share for _, share in each] == sorted((share for _, share in each), reverse=True)


def test_two_labels_are_as_sure_as_scikit_learn_is() -> None:
    from sklearn.linear_model import LogisticRegression

    known, wanted = clouds(2)
    head, inverse = fit(known, wanted, "e5", seed=1)
    model = LogisticRegression(C=inverse, max_iter=2000).fit(known, wanted)
    for row, (_, second) in zip(known[:5], model.predict_proba(known[:5]), strict=True):
        assert dict(head.sort(row.tolist()))["label 1"] == pytest.approx(second, abs=1e-4)


def test_a_label_with_one_text_is_learned_too() -> None:
    known, wanted = clouds(2)
    head, _ = fit(known[:13], wanted[:13], "e5", seed=1)
    assert head.sort(known[12].tolist())[0][0] == "label 1"


HEAD = Head(id="r", name="Letters", embedder="e5", labels=("a", "b"), weights=((1.0, 0.0), (0.0, 1.0)), bias=(0.0, 0.0))


def test_a_head_that_is_not_whole_or_of_other_vectors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_head(path, HEAD)
    assert read_head(path, "e5", 2) == HEAD
    for changed, said in (
        ({"version": VERSION + 1}, "newer"),
        ({"bias": (0.0,)}, "damaged"),
        ({"weights": ((1.0, 0.0), (0.0,))}, "damaged"),
        ({"labels": ("a",), "weights": ((1.0, 0.0),), "bias": (0.0,)}, "damaged"),
        ({"embedder": "other"}, "cannot be used"),
        ({"weights": ((1.0,), (0.0,))}, "cannot be used"),
    ):
        write_head(path, msgspec.structs.replace(HEAD, **changed))
        with pytest.raises(AppError, match=said):
            read_head(path, "e5", 2)
    for text in (b"", b"\x80\x04cos\nsystem\n.", b'{"labels": 3}', b"[" * 100_000, b'{"bias": [NaN]}'):
        path.write_bytes(text)
        with pytest.raises(AppError, match="cannot be read"):
            read_head(path)
    path.unlink()
    with pytest.raises(AppError, match="no longer there"):
        read_head(path)


def test_the_folder_lists_what_reads_and_an_id_leads_nowhere_else(tmp_path: Path) -> None:
    heads = Heads(tmp_path / "heads")
    assert heads.all() == []
    heads.keep(HEAD)
    heads.keep(msgspec.structs.replace(HEAD, id="s", name="Later", made_at=5.0))
    (tmp_path / "heads" / "torn.json").write_bytes(b"{")
    assert [head.name for head in heads.all()] == ["Later", "Letters"]
    for wrong in ("../settings", "", "a/b"):
        with pytest.raises(AppError):
            heads.path(wrong)
    heads.remove("s")
    heads.remove("s")
    assert [head.id for head in heads.all()] == ["r"]


def answered(number: int, wanted: str, tuned: str, base: str = "a") -> AnswerPair:
    return AnswerPair(
        exam="labels", id=f"t{number}", question="?", wanted=wanted, base=base, tuned=tuned,
        base_right=base == wanted, tuned_right=tuned == wanted,
    )  # fmt: skip


def run_with_head(tmp_path: Path, said: list[tuple[str, str]]) -> Context:
    spec = RunSpec(id="r", recipe="classify", base=BaseModel(path="none.gguf"), data=Data(examples="none"))
    context = Context(spec, tmp_path, lambda _: None)
    answers = [HeadAnswer(id=f"t{n}", wanted=w, said=s, probability=0.9) for n, (w, s) in enumerate(said)]
    commonest = max(sum(w == name for w, _ in said) for name in "ab")
    result = HeadResult(
        labels=("a", "b"), learned=60, count=len(said), right=sum(w == s for w, s in said), interval=(0.5, 1.0),
        commonest=commonest, seconds=1.5, ms_a_text=4.0, inverse_regularisation=100.0,
    )  # fmt: skip
    write_lines(context.stage("head") / "answers.jsonl", answers)
    write_json(context.stage("head") / "result.json", result)
    trained = TrainResult(
        adapter="", steps=1, planned_steps=1, best_step=1, stopped="finished", train_loss=0.1, heldout_loss=None,
        heldout_before=None, curve=(), examples={}, tokens=1, tokens_per_s=1.0, seconds=147.0, peak_memory_bytes=1,
        precision="fp32", hyper=Hyper(),
    )  # fmt: skip
    write_json(context.stage("train") / "result.json", trained)
    return context


WANTED = ["a", "b"] * 15


def test_often_enough_is_said_only_where_nobody_can_tell_the_two_apart(tmp_path: Path) -> None:
    def held(head: list[str], tuned: list[str], wanted: list[str] = WANTED) -> HeadBeside:
        context = run_with_head(tmp_path, list(zip(wanted, head, strict=True)))
        found = beside(context, [answered(n, w, t) for n, (w, t) in enumerate(zip(wanted, tuned, strict=True))], 30.0)
        assert found is not None
        return found

    wrong_once = [*WANTED[:-1], "a"]
    both = held(WANTED, wrong_once)
    assert both.enough and "Often enough: it sorts 30 of 30 texts right, the fine-tuned model 29." in sentence(both)
    close = held(wrong_once, WANTED)
    assert close.enough and "within chance" in sentence(close)
    poor = held(["a"] * 30, WANTED)
    assert not poor.enough and "The fine-tuned model is better" in sentence(poor) and poor.p < 0.001
    neither = held(["a"] * 30, ["a"] * 30)
    assert not neither.enough and "commonest label" in sentence(neither)
    few = held(["a", "b", "a", "a"], ["a", "b", "a", "b"], ["a", "b", "a", "b"])
    assert not few.enough and "Too few" in sentence(few)


def test_what_is_mixed_up_is_counted_for_all_three(tmp_path: Path) -> None:
    answers = [answered(0, "a", "a"), answered(1, "a", "b"), answered(2, "b", "b")]
    rows = confusion(answers, {"t0": "b", "t1": "a"})
    assert matrix(rows, "tuned") == (("a", "b"), [[1, 1], [0, 1]])
    assert matrix(rows, "head") == (("a", "b"), [[1, 1], [0, 0]])
    assert sum(row.base for row in rows) == 3
    assert mixed_up(rows, "head") == [("a", "b", 1)]
    assert table(rows, "tuned")[1].split() == ["a", "1", "1"]
    assert (
        beside(Context(RunSpec(id="n", base=BaseModel(path="x"), data=Data()), tmp_path, lambda _: None), [], None)
        is None
    )


def test_the_head_is_made_before_the_training_and_only_of_labels() -> None:
    def names(recipe: str) -> list[str]:
        spec = msgspec.convert(
            {"id": "x", "recipe": recipe, "base": {"path": "x"}, "data": {"inputs": [{"kind": "file", "path": "x"}]}},
            RunSpec,
        )
        return [stage.name for stage in stages_of(spec)]

    found = names("classify")
    assert found.index("split") < found.index("head") < found.index("train")
    assert "head" not in names("teach")


def test_texts_come_from_a_column_a_file_or_a_folder_and_the_list_opens_as_a_table(tmp_path: Path) -> None:
    table_file = tmp_path / "letters.csv"
    table_file.write_text('id;Text\n1;"Where is\nmy order?"\n2;\n3;=1+1\n', encoding="utf-8-sig")
    found = read_texts(table_file)
    assert [each.text for each in found] == ["Where is\nmy order?", "=1+1"]
    assert found[0].source == "letters.csv, line 3"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.txt").write_text(" Hello \n", encoding="utf-8")
    (tmp_path / "in" / "empty.md").write_text("\n", encoding="utf-8")
    assert [(each.source, each.text) for each in read_texts(tmp_path / "in")] == [("one.txt", "Hello")]
    for wrong in (tmp_path / "in" / "empty.md", tmp_path / "picture.png", tmp_path / "gone.csv"):
        if wrong.suffix == ".png":
            wrong.write_bytes(b"x")
        with pytest.raises(AppError):
            read_texts(wrong)
    out = tmp_path / "sorted.csv"
    write_found(out, [Found("letters.csv, line 5", "=1+1", "order", 0.93)])
    rows = list(csv.reader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1] == ["letters.csv, line 5", "'=1+1", "order", "0.93"]
    with pytest.raises(AppError, match="does not write"):
        write_found(tmp_path / "sorted.xlsx", [])
