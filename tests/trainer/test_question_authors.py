"""Who writes a run's questions: tried, bounded by its pace, a server's mailbox, and the round trip for all of them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from msgspec import Struct
from test_questions import MakeRun, both, made, make_run

from app.errors import AppError
from app.finetune.review import DEFAULT_QUALITY
from trainer.context import Context
from trainer.events import Notice, Progress
from trainer.prepare import chance, questions, writers
from trainer.prepare.ask import UNANSWERED
from trainer.prepare.questions import Dropped
from trainer.spec import ANSWERED, ASKED, MAILBOX, Answered, Asked, Trial, Wish, read_json, read_lines, write_json

__all__ = ["make_run"]  # a fixture
LABELS = Path(__file__).parent / "data" / "model-questions.jsonl"
Says = Callable[[Wish], str]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "LOOK_S", 0.002)


@contextmanager
def answering(context: Context, says: Says, problem: str = "") -> Iterator[list[Wish]]:
    """Plays the core: answers what lies in the run's mailbox."""
    asked: list[Wish] = []
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            for path in (context.run / MAILBOX).glob(f"*{ASKED}"):
                answered = path.with_name(path.name.replace(ASKED, ANSWERED))
                if answered.exists():
                    continue
                try:
                    wishes = msgspec.json.decode(path.read_bytes(), type=Asked).wishes
                except FileNotFoundError:
                    continue
                asked.extend(wishes)
                said = Answered(problem=problem, hint="Try later.") if problem else None
                write_json(answered, said or Answered(texts=tuple(says(wish) for wish in wishes)))
            time.sleep(0.002)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield asked
    finally:
        over.set()
        thread.join()


def reader(right: bool) -> Says:
    """Cannot ask; answers rules' questions right, with the whole row or sentence, or never."""

    def says(wish: Wish) -> str:
        if not wish.passage:
            return json.dumps({"questions": ["It is what?", "nothing", "x"]})
        return ANSWERS.get(wish.text, "") if right else "I do not know."

    return says


ANSWERS: dict[str, str] = {}


@pytest.fixture
def known(make_run: MakeRun, tmp_path: Path) -> Iterator[None]:
    """What rules ask of these documents, with the answers."""
    context, _ = make_run(both())
    questions.run(context)
    for answer, examples in made(context).items():
        ANSWERS.update({example.question: answer for example in examples})
    for path in (context.run / "questions").iterdir():
        path.unlink()
    yield
    ANSWERS.clear()


def served(make_run: MakeRun, **wishes: object) -> tuple[Context, list[object]]:
    context, said = make_run(both(), writer="served", author="models.example", **wishes)
    return context, said  # type: ignore[return-value]


def dropped(context: Context) -> list[Dropped]:
    return list(read_lines(context.stage("questions") / "dropped.jsonl", Dropped))


def test_a_server_that_asks_well_writes_and_its_mailbox_is_gone_then(known: None, make_run: MakeRun) -> None:
    by_answer = {answer: [q for q, a in ANSWERS.items() if a == answer][:3] for answer in set(ANSWERS.values())}

    def says(wish: Wish) -> str:
        if wish.passage:
            return ANSWERS.get(wish.text, "")
        fact = wish.text.rsplit("Fact: ", 1)[1]
        return json.dumps({"questions": by_answer.get(fact, ["What is it?"] * 3)})

    context, said = served(make_run)
    with answering(context, says) as asked:
        summary = questions.run(context)
    trial = read_json(context.stage("questions") / "trial.json", Trial)
    assert trial.used and trial.able and trial.passed >= 9 and summary["by_model"]
    assert asked[0].system and "models.example" not in asked[0].text and json.loads(asked[0].schema)
    assert not (context.run / MAILBOX).exists(), "it held text of documents"
    told = [each for each in said if isinstance(each, Progress) and each.unit == "facts" and each.seconds_left]
    assert told and told[0].total >= 8


def test_a_weak_author_is_said_with_who_else_may_write_and_weighs_what_it_can(known: None, make_run: MakeRun) -> None:
    context, said = served(make_run)
    with answering(context, reader(right=True)) as asked:
        summary = questions.run(context)
    trial = read_json(context.stage("questions") / "trial.json", Trial)
    assert not trial.used and trial.able and summary["by_model"] == 0
    notices = [each for each in said if isinstance(each, Notice)]
    assert "too small to ask well" in notices[0].message and "your company's server" in notices[0].hint
    weighed = [wish.text for wish in asked if wish.passage]
    assert set(ANSWERS) <= set(weighed), "each question of a rule"
    assert len(made(context)) == len(set(ANSWERS.values()))


def test_a_rules_question_that_an_able_model_cannot_answer_is_dropped(known: None, make_run: MakeRun) -> None:
    wrong = next(iter(ANSWERS.values()))
    asked_before: list[str] = []

    def says(wish: Wish) -> str:
        right = reader(right=True)(wish)
        if wish.passage and right == wrong and len(asked_before) > 6:
            return "Something else."
        asked_before.append(wish.text)
        return right

    context, _ = served(make_run)
    with answering(context, says):
        questions.run(context)
    assert wrong not in made(context) and UNANSWERED in {each.rule for each in dropped(context)}


def test_one_that_neither_asks_nor_reads_costs_a_trial_and_no_more(known: None, make_run: MakeRun) -> None:
    context, _ = served(make_run)
    with answering(context, reader(right=False)) as asked:
        questions.run(context)
    assert len(asked) <= 12 and made(context) and not (context.run / MAILBOX).exists()


def test_its_pace_bounds_what_it_writes_for_and_that_is_said(known: None, make_run: MakeRun) -> None:
    context, said = served(make_run, author_minutes=0.0001)
    with answering(context, reader(right=True)) as asked:
        questions.run(context)
    notice = next(each.message for each in said if isinstance(each, Notice) and "minutes" in each.message)
    assert "of" in notice and "longer than 0 minutes" in notice
    assert len([wish for wish in asked if wish.passage]) < len(ANSWERS)
    assert made(context), "rules ask for the others"


def test_a_server_that_fails_ends_the_stage_in_words_and_it_goes_on_later(known: None, make_run: MakeRun) -> None:
    context, _ = served(make_run)
    problem = "models.example does not answer."
    with answering(context, reader(right=True), problem), pytest.raises(AppError) as caught:
        questions.run(context)
    assert caught.value.message == problem and "Start the run again" in caught.value.hint
    with answering(context, reader(right=True)):
        questions.run(context)
    assert made(context)


def test_a_silent_core_is_waited_for_and_said(known: None, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "SILENT_S", 0.0)
    context, said = served(make_run)
    with answering(context, lambda wish: time.sleep(0.01) or reader(right=False)(wish)):
        questions.run(context)
    assert any(isinstance(each, Progress) and each.note == "Waiting for models.example" for each in said)


def test_rules_alone_load_no_model_to_write_with(make_run: MakeRun) -> None:
    context, said = make_run(both(), writer="rules")
    assert questions.run(context)["by_model"] == 0 and made(context)
    assert not any(isinstance(each, Notice) for each in said)


def test_the_trial_of_an_author_counts_what_it_found(known: None, make_run: MakeRun) -> None:
    context, _ = served(make_run)
    with answering(context, reader(right=True)):
        trial = questions.trial(context)
    assert trial.documents == 2 and trial.facts >= 8 and trial.able and len(trial.tried) == 18
    assert trial.seconds_for(10, 7) == pytest.approx(10 * 7 * trial.reading)


class Labelled(Struct):
    """A question that a model wrote of a fact, read beside its source; `rule` is what the checks said, "" for none."""

    author: str
    kind: str
    label: Literal["good", "awkward", "wrong"]
    rule: str
    document: str
    question: str
    answer: str


def test_the_shown_chance_of_what_a_model_wrote_is_what_was_labelled() -> None:
    rows = list(read_lines(LABELS, Labelled))
    passed = {(row.question, row.answer): row.label for row in rows if not row.rule}  # said twice it is dropped once
    good = sum(label == "good" for label in passed.values())
    assert len(rows) == 60 and chance.chances()["model"] == (good, len(passed))
    assert chance.of("model") < DEFAULT_QUALITY, "no model is taken at its word"
    assert sum(row.label == "wrong" for row in rows if row.rule) == 42, "of 43 wrong ones the checks let one through"
