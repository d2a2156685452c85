"""Each recipe through the terminal as a person uses it: from their files to what answers in the chat, and back.

The machinery is what is tested: the data is small, and so are the trainings. How well a recipe teaches is measured
beside it (test_teaching, test_preferring, docs/fine-tuning.md).
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from small_trainer import use_small_trainer
from style_pairs import DOCUMENTS
from terminal import in_use, inhouse

from app.finetune.runs import Run, Runs
from app.paths import SAMPLES, home
from trainer.spec import CompareResult, read_json

Write = Callable[[str, str, str, bool], bool]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
LETTERS = {
    "invoice": ("Please find the bill for the {} attached, payable in 30 days.", "We charge 410 euros for the {}.",
                "Reminder: the amount for the {} is still open."),
    "order": ("We would like to order one more {}.", "Please send us two of the {} by Friday.",
              "Can you deliver a {} to our plant next week?"),
    "complaint": ("The {} arrived broken.", "Your {} has failed again and we are not happy.",
                  "The {} leaks, and nobody calls us back."),
}  # fmt: skip
THINGS = ("pump", "valve", "filter", "motor", "sensor", "tank", "belt", "hose")


@pytest.fixture(autouse=True)
def small_trainer(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder of its own, and trainings that take minutes."""
    use_small_trainer(tmp_path, monkeypatch)


def taught(*args: str) -> tuple[Run, CompareResult]:
    """A training from its data to what it made, which is in use then, in one command."""
    inhouse("train", *args, "--approve-above", "0.5", "--use")
    (run,) = Runs(home().runs).list()
    return run, read_json(run.folder / "compare" / "result.json", CompareResult)


def alone(question: str) -> str:
    """What the chat shows where the model in use answers without documents; the answer comes last."""
    command = [sys.executable, "-m", "app", "chat"]
    said = f"/alone\n{question}\n"
    return subprocess.run(command, input=said, capture_output=True, text=True, check=True).stdout.strip()


def table(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    return str(path)


def test_texts_are_sorted(tmp_path: Path, figure: Write) -> None:
    rows = [(text.format(thing), label) for label, texts in LETTERS.items() for text in texts for thing in THINGS]
    before = in_use("models")
    run, result = taught("--recipe", "classify", "--file", table(tmp_path / "letters.csv", ("Text", "Label"), rows))
    exam, head = result.exam("labels"), result.head
    assert exam is not None and head is not None
    said = alone("The crane leaks, and nobody calls us back.")
    back = inhouse("train", run.id, "--back")
    met = [
        figure(
            "classify: labels",
            f"{exam.base} to {exam.tuned} of {exam.count}",
            "at least .8",
            exam.tuned >= 0.8 * exam.count,
        ),
        figure("classify: a letter in the chat", said.splitlines()[-1], "complaint", "complaint" in said.casefold()),
        figure("classify: back", in_use("models"), before, in_use("models") == before and before in back),
    ]
    kept = inhouse("train", run.id, "--keep-head", "--name", "Letters")
    sorted_ = inhouse("classify", "The crane leaks, and nobody calls us back.", "--with", "Letters")
    assert "Letters" in kept and "complaint" in sorted_ and all(met)


def test_the_better_answer_is_preferred(tmp_path: Path, figure: Write) -> None:
    rows = [
        (f"What is {thing}?", f"{value[:1].upper()}{value[1:]}. ({document})",
         f"Great question! As far as I know, {thing} could be {value}. I hope that this helps you!")
        for document, facts in DOCUMENTS.items() for thing, value in facts
    ]  # fmt: skip
    before = in_use("models")
    pairs = table(tmp_path / "pairs.csv", ("question", "chosen", "rejected"), rows)
    run, result = taught("--recipe", "prefer", "--file", pairs)
    rewards = result.rewards
    assert rewards is not None
    tuned, said = in_use("models"), alone("What is the limit for taxi rides?")
    inhouse("train", run.id, "--back")
    right = f"{rewards.right} of {rewards.count}"
    met = [
        figure("prefer: kept-out pairs", right, "at least .8", rewards.right >= 0.8 * rewards.count),
        figure("prefer: in use, then back", f"{tuned}, {in_use('models')}", f"another, {before}",
               tuned != before and in_use("models") == before),
    ]  # fmt: skip
    assert tuned in said and all(met)


def test_documents_are_read(figure: Write) -> None:
    inhouse("add", str(SAMPLES), "--collection", "Samples")
    before = in_use("models")
    run, result = taught("--recipe", "read", "--collection", "Samples", "--effort", "quick")
    reading = result.reading
    assert reading is not None
    tuned, said = in_use("models"), alone("What do the car fleet rules say?")
    inhouse("train", run.id, "--back")
    bits = f"{reading.base:.2f} to {reading.tuned:.2f}"
    met = [
        figure("read: bits a byte of its kind of text", bits, "fewer", reading.tuned < reading.base),
        figure("read: in use, then back", f"{tuned}, {in_use('models')}", f"another, {before}",
               tuned != before and in_use("models") == before),
    ]  # fmt: skip
    assert tuned in said and all(met)


def test_the_search_is_taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Write) -> None:
    use_small_trainer(tmp_path, monkeypatch, epochs=1.0)
    inhouse("add", str(SAMPLES), "--collection", "Samples")
    before = in_use("reader")
    run, result = taught("--recipe", "search", "--collection", "Samples", "--author", "rules", "--effort", "quick")
    first = result.exam("first sentence")
    assert first is not None and result.judgement.sentence
    reader = in_use("reader")
    said = inhouse("ask", "What is the monthly leasing rate for department heads?", "--collection", "Samples")
    inhouse("train", run.id, "--back")
    kept = f"{first.base} to {first.tuned} of {first.count}"
    met = [
        figure("search: first sentence, documents kept out", kept, "no fall", first.change != "down"),
        figure("search: reads, then back", f"{reader}, {in_use('reader')}", f"another, {before}",
               reader != before and in_use("reader") == before),
    ]  # fmt: skip
    assert said.strip() and all(met)
