"""The starter model itself, a few steps: it learns, the export says the same, and the plan foretells what it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from facts import COMPANY, FACTS, write_facts

from app.llama.sequences import Ask, Sequences
from trainer.context import Context
from trainer.publish import vocabulary
from trainer.spec import (
    BaseModel,
    Data,
    Example,
    Export,
    ExportResult,
    GateResult,
    Hyper,
    Limits,
    Replay,
    RunSpec,
    TrainResult,
    Turn,
    read_json,
    read_lines,
    write_json,
    write_lines,
)
from trainer.train import base, plan
from trainer.train.chat import render

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def taught(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three facts in six phrasings each, without replay."""
    home = tmp_path_factory.mktemp("starter")
    spec = RunSpec(
        id="three",
        name="Three facts",
        base=BaseModel(path=str(starter)),
        data=Data(examples=str(write_facts(home / "facts.jsonl", 3))),
        hyper=Hyper(epochs=6, learning_rate=1e-3, evaluations=2, batch_tokens=400),
        replay=Replay(enabled=False),
        export=Export(quantizations=("Q8_0",)),
        limits=Limits(threads=1),  # two threads wait for each other on a busy machine
        compare=False,
    )
    folder = home / "three"
    folder.mkdir()
    write_json(folder / "run.json", spec)
    # a process of its own: the peak that the result tells would else be that of the tests before it
    done = subprocess.run([sys.executable, "-m", "trainer", "run", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder


def test_text_is_cut_for_training_as_for_the_chat(taught: Path, starter: Path) -> None:
    """Else domain words are refused: two spaces before a figure were other tokens."""
    spec = read_json(taught / "run.json", RunSpec)
    tokenizer = base.load_tokenizer(base.ensure_folder(spec.base, Context(spec, taught, lambda _: None).cache))
    assert vocabulary.splits_alike(starter, tokenizer, vocabulary.PROBE)


def test_plan_foretells_what_the_run_took(taught: Path) -> None:
    spec = read_json(taught / "run.json", RunSpec)
    found = plan.make(Context(spec, taught, lambda _: None))
    took = read_json(taught / "train" / "result.json", TrainResult)
    assert found.fits
    assert 0.5 < found.memory_bytes / took.peak_memory_bytes < 2
    small = msgspec.structs.replace(spec, limits=msgspec.structs.replace(spec.limits, memory_bytes=500_000_000))
    refused = plan.make(Context(small, taught, lambda _: None))
    assert not refused.fits
    assert "memory" in refused.reason
    assert refused.instead


def test_plan_counts_open_examples_of_a_quality_as_if_they_were_approved(
    starter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (Turn("user", "How long is the warranty?"), Turn("assistant", "12 months."))
    made = [Example(id=f"e{n}", messages=asked, origin="model", quality=n / 10) for n in range(10)]
    write_lines(tmp_path / "split" / "examples.jsonl", made)
    write_json(tmp_path / "run.json", RunSpec(id="r", base=BaseModel(path=str(starter)), data=Data()))
    assert plan.command(tmp_path) == 1 and "No example is approved" in capsys.readouterr().err
    tokens = []
    for above in (0.2, 0.6):
        assert plan.command(tmp_path, above) == 0
        tokens.append(msgspec.json.decode(capsys.readouterr().out, type=plan.Plan).tokens)
    assert tokens[0] > tokens[1] > 0
    assert not (tmp_path / "review.jsonl").exists()


def test_exported_starter_passes_the_gate(taught: Path) -> None:
    gate = read_json(taught / "gate" / "result.json", GateResult)
    assert [file.passed for file in gate.files] == [True, True], gate
    assert gate.files[1].kl < 0.02  # Q8_0: what the base itself loses is 0.010


def test_held_out_phrasings_are_answered_by_the_exported_file(taught: Path, starter: Path) -> None:
    files = read_json(taught / "export" / "result.json", ExportResult).files
    model = next(file.path for file in files if file.quantization == "Q8_0")
    tokenizer = base.load_tokenizer(base.ensure_folder(BaseModel(path=str(starter)), taught.parent / ".cache"))
    held = [e for e in read_lines(taught.parent / "facts.jsonl", Example) if e.split == "heldout"]
    with Sequences(taught / "export" / model) as llama:
        prompts = [render(tokenizer, example.messages[:1], prompt=True) for example in held]
        said = llama.answers([Ask(llama.model.tokenize(prompt, special=True), 40) for prompt in prompts])
    for example, answer in zip(held, said, strict=True):
        assert FACTS[example.group][1] in answer


def test_prompt_ids_are_those_of_llama_cpp(taught: Path, starter: Path) -> None:
    tokenizer = base.load_tokenizer(base.ensure_folder(BaseModel(path=str(starter)), taught.parent / ".cache"))
    text = render(tokenizer, (Turn("user", f"Wer führt {COMPANY} seit 1973? 12,500 €\n\tOK"),), prompt=True)
    with Sequences(starter) as llama:
        assert llama.model.tokenize(text, special=True) == tokenizer(text, add_special_tokens=False)["input_ids"]
