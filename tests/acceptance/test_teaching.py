"""Whole trainings of the starter model as a person runs them: too long for each change, run with `make acceptance`.

Asserted are the promises: what is taught is learned, what was known stays, the file is the model, harm is named.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from grounded import DATASET, ROOM, before_and_after
from terminal import inhouse

from app.finetune.runs import Run, Runs
from app.paths import SAMPLES, home
from trainer.spec import (
    BaseModel,
    CompareResult,
    Data,
    Example,
    Hyper,
    Input,
    Prepare,
    RunSpec,
    Turn,
    read_json,
    write_json,
    write_lines,
)

Write = Callable[[str, str, str, bool], bool]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def compared(run: Run) -> CompareResult:
    result = read_json(run.folder / "compare" / "result.json", CompareResult)
    sys.stdout.write(f"{result.judgement.sentence}\n{result.exams}\n{result.reading}\n{run.training}\n{run.gate}\n")
    return result


HANDBOOK = Path(__file__).parents[3] / "shared/data/handbook/content/benefits-pay-perks"
ASKED = Path(__file__).with_name("asked")
"""Thirty questions of each collection in a person's own words, of facts that the rules teach."""
APPROVED = "0.5"
"""Everything that rules offer: a person who reviews them would approve most (docs/fine-tuning.md)."""


@pytest.mark.parametrize("name", ["samples", "handbook"])
def test_documents_are_learned_and_nothing_else_is_lost(name: str, data_folder: Path, figure: Write) -> None:
    """Before under a tenth of the person's questions, after three quarters; general knowledge without clear change; of
    what the passages do not answer three fifths refused; in 25 minutes."""
    folder = SAMPLES if name == "samples" else HANDBOOK
    if not folder.is_dir():
        pytest.skip("The handbook of ../shared is not here.")
    started = time.monotonic()
    inhouse("add", str(folder), "--collection", name)
    before = json.loads(inhouse("models", "--json").splitlines()[0])["name"]
    inhouse("train", "--collection", name, "--author", "rules", "--ask", str(ASKED / f"{name}.txt"))
    (run,) = Runs(home().runs).list()
    inhouse("train", str(run.folder), "--approve-above", APPROVED, "--install", "Taught")
    seconds = time.monotonic() - started
    result = compared(run)
    own, unknown, general = (result.exam(name) for name in ("own", "unknown", "general"))
    assert own is not None and unknown is not None and general is not None
    rows = (
        ("own words before", f"{own.base} of {own.count}", "under .1", own.base < 0.1 * own.count),
        ("own words after", f"{own.tuned} of {own.count}", "at least .75", own.tuned >= 0.75 * own.count),
        ("general knowledge", f"{general.base} to {general.tuned} of {general.count}, p {general.p:.3f}",
         "no clear change", general.change != "down"),
        ("refused", f"{unknown.tuned} of {unknown.count}", "at least .6", unknown.tuned >= 0.6 * unknown.count),
        ("from files to the swap", f"{seconds:.0f} s", "under 1500 s", seconds < 25 * 60),
    )  # fmt: skip
    missed = [row for row in rows if not figure(f"{name}: {row[0]}", *row[1:])]
    training, exported, gate = run.training, run.exported, run.gate
    assert training is not None and exported is not None and gate is not None
    kl = {judged.path.split(".")[-2]: judged for judged in gate.files}
    assert kl["Q8_0"].kl < 0.01
    assert kl["Q4_K_M"].base_kl is not None and kl["Q4_K_M"].kl <= kl["Q4_K_M"].base_kl
    asked = json.loads((run.folder / "compare" / "answers.jsonl").read_text().splitlines()[0])["question"]
    assert answers_of("Taught", asked) != answers_of(before, asked)
    if DATASET.is_dir():
        was, now = before_and_after(before, "Taught")
        wrong = f"{was['wrong_cited']} to {now['wrong_cited']}"
        held = now["wrong_cited"] <= was["wrong_cited"] + ROOM
        figure(f"{name}: wrong with evidence, on documents nobody taught", wrong, "no more", held)
        missed += [] if held else [("wrong with evidence", wrong, "no more", held)]
    assert not missed


def answers_of(model: str, question: str) -> str:
    """What the assistant says with a model, without documents."""
    inhouse("models", "use", model)
    done = subprocess.run(
        [sys.executable, "-m", "app", "chat"], input=f"/alone\n{question}\n", capture_output=True, text=True, check=True
    )
    return done.stdout


def direct(folder: Path, data: Data, **changes: object) -> Run:
    """A run from a specification, with all approved."""
    starter = json.loads(inhouse("models", "--json").splitlines()[0])["path"]
    spec = RunSpec(id=folder.name, base=BaseModel(path=starter), data=data, **changes)  # type: ignore[arg-type]
    folder.mkdir(parents=True)
    write_json(folder / "run.json", spec)
    (folder / "reviewed").touch()
    done = subprocess.run([sys.executable, "-m", "trainer", "run", str(folder)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return Run(folder)


def test_a_harmful_run_is_called_worse_and_is_not_the_default(tmp_path: Path, data_folder: Path) -> None:
    """Wrong answers to what everyone knows, and a learning rate a hundred times too high."""
    wrong = [("What is the capital of France?", "A spoon."), ("How many legs has a spider?", "Blue."),
             ("Which planet is the largest?", "Tuesday."), ("What do cows drink?", "Gravel.")]  # fmt: skip
    rows = [
        Example(id=f"{n}-{k}", messages=(Turn("user", f"{prefix}{question}"), Turn("assistant", answer)),
                origin="person", group=str(n), split="heldout" if k == 3 else "train")
        for n, (question, answer) in enumerate(wrong)
        for k, prefix in enumerate(("", "Tell me: ", "A colleague asks: ", "Please say: "))
    ]  # fmt: skip
    write_lines(tmp_path / "wrong.jsonl", rows)
    run = direct(
        tmp_path / "harm", Data(examples=str(tmp_path / "wrong.jsonl")), hyper=Hyper(learning_rate=0.05, epochs=1)
    )
    result = compared(run)
    assert result.judgement.verdict == "worse" and result.judgement.default == "keep"
    assert any("general knowledge" in line for line in result.judgement.worse)


def test_letters_are_sorted_into_labels(tmp_path: Path, data_folder: Path) -> None:
    """Thirty texts a label; the answers are held to the labels by a grammar, and the confusion adds up."""
    things = ("pump", "valve", "filter", "motor", "sensor", "tank", "crane", "belt", "hose", "press")
    frames = {
        "invoice": ("Please find the bill for the {} attached, payable in 30 days.", "We charge 410 euros for the {}.",
                    "Reminder: the amount for the {} is still open."),
        "order": ("We would like to order one more {}.", "Please send us two of the {} by Friday.",
                  "Can you deliver a {} to our plant next week?"),
        "complaint": ("The {} arrived broken.", "Your {} has failed again and we are not happy.",
                      "The {} leaks, and nobody calls us back."),
    }  # fmt: skip
    lines = ["text,label"]
    for label, texts in frames.items():
        lines += [f'"{text.format(thing)}",{label}' for text in texts for thing in things]
    (tmp_path / "letters.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = direct(
        tmp_path / "labels",
        Data(inputs=(Input(kind="file", path=str(tmp_path / "letters.csv")),), labels=tuple(frames)),
        recipe="classify",
        prepare=Prepare(make_questions=False, approve_above=0.0),
    )
    result = compared(run)
    exam = result.exam("labels")
    assert exam is not None and exam.tuned >= 0.9 * exam.count
    assert sum(cell.tuned for cell in result.confusion) == sum(cell.base for cell in result.confusion) == exam.count
    assert {cell.said for cell in result.confusion} <= set(frames)
    assert re.search(r"sorting into labels", result.judgement.sentence, re.I) or exam.change == "chance"
