"""A model from nothing, in a tiny shape: it learns, is killed and goes on, and its file says what torch says."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch
from facts import write_facts
from scratch_reference import reference
from tiny import write_tiny

from app.llama.gguf_reader import read_header
from app.llama.sequences import Sequences
from trainer import events, pipeline
from trainer.context import Context
from trainer.scratch import corpus
from trainer.spec import (
    BaseModel,
    BaseReport,
    Control,
    Data,
    Example,
    Export,
    GateResult,
    Hyper,
    Limits,
    NewModel,
    RunSpec,
    TextDocument,
    TrainResult,
    read_json,
    read_lines,
    write_json,
    write_lines,
)
from trainer.train import base, plan

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")
SHAPE = NewModel(vocabulary=400, hidden=64, layers=2, heads=2, wide=128, context=256, epochs=6, answer_tokens=16)
HYPER = Hyper(evaluations=3, epochs=3, checkpoint_steps=1, precision="fp32", batch_tokens=600)


def make(folder: Path, **changes: object) -> Path:
    """A run over six documents and the questions of `facts`, one document kept out."""
    folder.mkdir(parents=True)
    write_facts(folder / "facts.jsonl", 6)
    texts = [
        TextDocument(
            id=str(n),
            text=f"Room {n} has {n} seats, a lamp and a window to the yard. " * 12,
            split="unseen" if n == 5 else "train",
        )
        for n in range(6)
    ]
    write_lines(folder / "texts.jsonl", texts)
    spec = RunSpec(
        id=folder.name,
        name="From nothing",
        recipe="scratch",
        base=BaseModel(path=""),
        data=Data(examples=str(folder / "facts.jsonl"), texts=str(folder / "texts.jsonl"), system=""),
        hyper=HYPER,
        export=Export(quantizations=("F16", "Q8_0")),
        limits=Limits(threads=1, device="cpu"),
        scratch=SHAPE,
    )
    write_json(folder / "run.json", msgspec.structs.replace(spec, **changes))
    return folder


def said(run: Path, stop_at: int = 0) -> list[events.Event]:
    """What a run says; with `stop_at` its process ends without a word behind that step of the reading."""
    heard: list[events.Event] = []

    def hear(event: events.Event) -> None:
        heard.append(event)
        if stop_at and isinstance(event, events.Loss) and event.step == stop_at:
            raise KeyboardInterrupt

    if stop_at:
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(run, hear)
    else:
        assert pipeline.run(run, hear) == 0, heard[-1]
    return heard


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make(tmp_path_factory.mktemp("runs") / "whole")
    said(run)
    return run


def test_it_learns_and_its_files_pass_the_gate(whole: Path) -> None:
    read = read_json(whole / "pretrain" / "result.json", TrainResult)
    taught = read_json(whole / "train" / "result.json", TrainResult)
    for result in (read, taught):
        assert result.heldout_before and result.heldout_loss and result.heldout_loss < 0.9 * result.heldout_before
        assert len(result.curve) >= 2
    gate = read_json(whole / "gate" / "result.json", GateResult)
    assert [file.path for file in gate.files] == ["From-nothing.F16.gguf", "From-nothing.Q8_0.gguf"]
    assert all(file.passed for file in gate.files), gate
    report = read_json(whole / "base" / "report.json", BaseReport)
    assert report.kl is not None and report.kl < 0.001 and report.architecture == "llama"
    card = (whole / "README.md").read_text()
    assert "made from nothing" in card and "## Reading" in card and "0.1 million parameters" in card


def test_llama_cpp_splits_text_as_the_tokenizer_does_and_knows_the_marks(whole: Path) -> None:
    file = whole / "export" / "From-nothing.F16.gguf"
    tokenizer = base.load_tokenizer(whole / "train" / "adapter")
    text = "Room 7’s lamp: 1,250 €,\n\n  tab\tund Größe – “quoted” 😀\r\n   end"
    with Sequences(file, sequences=1, cells=256, threads=1, gpu=False) as llama:
        assert llama.tokenize(text) == tokenizer(text, add_special_tokens=False)["input_ids"]
        assert llama.detokenize(llama.tokenize(text)) == text
    header = read_header(file)
    assert header.template == tokenizer.chat_template and "<|im_start|>" in header.template
    assert header.number("tokenizer.ggml.eos_token_id") == tokenizer.eos_token_id


def test_killed_while_it_reads_it_goes_on_and_ends_with_the_same_weights(whole: Path, tmp_path: Path) -> None:
    run = make(tmp_path / "runs" / "killed")
    said(run, stop_at=3)
    heard = said(run)
    resumed = [event for event in heard if isinstance(event, events.Resumed)]
    assert [(event.stage, event.step) for event in resumed] == [("pretrain", 2)]
    assert [event.stage for event in heard if isinstance(event, events.StageSkipped)] == ["corpus"]
    weights = ("train", "adapter", "model.safetensors")
    assert run.joinpath(*weights).read_bytes() == whole.joinpath(*weights).read_bytes()


def test_stop_ends_the_reading_and_it_still_learns_to_answer(tmp_path: Path) -> None:
    run = make(tmp_path / "runs" / "stopped", scratch=msgspec.structs.replace(SHAPE, epochs=200.0))
    heard: list[events.Event] = []

    def hear(event: events.Event) -> None:
        heard.append(event)
        if isinstance(event, events.Loss) and event.step == 2:
            write_json(run / "control.json", Control("stop"))

    hearing = {"pretrain": True}

    def once(event: events.Event) -> None:
        if isinstance(event, events.StageFinished) and event.stage == "pretrain":
            hearing["pretrain"] = False
        (hear if hearing["pretrain"] else heard.append)(event)

    assert pipeline.run(run, once) == 0, heard[-1]
    assert read_json(run / "pretrain" / "result.json", TrainResult).stopped == "user"
    assert read_json(run / "train" / "result.json", TrainResult).stopped == "finished"


def test_it_learns_as_a_plain_reference_does(whole: Path) -> None:
    """The same shape, seed and order in transformers' own model and loss, with torch's own optimizer."""
    result = read_json(whole / "pretrain" / "result.json", TrainResult)
    context = Context(read_json(whole / "run.json", RunSpec), whole, lambda _: None)
    torch.set_num_threads(1)
    train, watched = reference(context, result.steps, [point.step for point in result.curve])
    for point in result.curve:
        assert point.train == pytest.approx(train[point.step], rel=0.01)
        assert point.heldout == pytest.approx(watched[point.step], rel=0.01)


def test_an_installed_model_answers_the_general_questions(tmp_path: Path) -> None:
    writer = write_tiny(tmp_path / "tiny.gguf")
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "What is snow?"}\n{"question": "Name a sea."}\n')
    run = make(tmp_path / "runs" / "asked", base=BaseModel(path=str(writer), name="Tiny"))
    spec = read_json(run / "run.json", RunSpec)
    spec = msgspec.structs.replace(spec, replay=msgspec.structs.replace(spec.replay, questions=str(questions)))
    heard: list[events.Event] = []
    context = Context(spec, run, heard.append)
    corpus.run(context)
    texts = {text.id: text.text for text in read_lines(run / "corpus" / "texts.jsonl", TextDocument)}
    answers = list(read_lines(run / "corpus" / "general.jsonl", Example))
    assert all(texts[each.id].startswith(each.question) for each in answers)
    (tmp_path / "broken.gguf").write_bytes(b"no model")
    other = make(tmp_path / "runs" / "broken", base=BaseModel(path=str(tmp_path / "broken.gguf"), name="Broken"))
    corpus.run(Context(read_json(other / "run.json", RunSpec), other, heard.append))
    assert any(isinstance(each, events.Notice) and "Broken" in each.message for each in heard), "and it goes on without"


def test_no_text_is_said(tmp_path: Path) -> None:
    run = make(tmp_path / "runs" / "empty", data=Data())
    heard: list[events.Event] = []
    assert pipeline.run(run, heard.append) == 1
    failed = heard[-1]
    assert isinstance(failed, events.Failed) and "hardly any text" in failed.message and failed.hint


def test_the_plan_measures_the_shape_and_says_how_little_text_there_is(tmp_path: Path) -> None:
    run = make(tmp_path / "runs" / "plan")
    found = plan.make(Context(read_json(run / "run.json", RunSpec), run, lambda _: None))
    assert found.fits and found.seconds > 0 and found.steps > 1 and found.memory_bytes > SHAPE.parameters * 16
    assert "could learn from" in found.warnings[0]
    small = Limits(threads=1, device="cpu", memory_bytes=100_000_000)
    spec = msgspec.structs.replace(read_json(run / "run.json", RunSpec), limits=small)
    refused = plan.make(Context(spec, run, lambda _: None))
    assert not refused.fits and "memory" in refused.reason and "smaller model" in refused.instead


def test_few_general_questions_are_taken_from_beginning_to_end() -> None:
    questions = [str(number) for number in range(350)]
    few = corpus._spread(questions, 60)
    assert len(set(few)) == 60 and few[0] == "0" and int(few[-1]) > 340
    assert corpus._spread(questions, 900) == questions and corpus._spread([], 60) == []
