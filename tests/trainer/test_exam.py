"""The exam that is not the textbook: who learned the wording alone is found out, and own questions stay out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from two_models import TwoModels

from app.paths import RESOURCES
from app.types import Message
from trainer.context import Context
from trainer.evaluate import metrics, rephrase, verdict
from trainer.evaluate.compare import _Comparison, exam
from trainer.evaluate.exams import Case
from trainer.prepare import duplicates, own, passages
from trainer.spec import (
    BaseModel,
    CompareResult,
    Control,
    Data,
    Exam,
    Example,
    Input,
    Prepare,
    ReviewDecision,
    RunSpec,
    TextDocument,
    read_lines,
    write_json,
    write_lines,
)
from trainer.stages import PREPARE
from trainer.train import selection

Answers = Callable[[Case], str]
OWN = (
    ("how long do I get off when I marry", "2 days"),
    ("latest I can leave the office", "20:00"),
    ("what does fast charging get me, how many kWh", "60 kilowatt hours a stop"),
    ("price of the P-110 please", "284.00 €"),
    ("biggest leasing rate for someone in the field", "520 €"),
    ("how far ahead do they put up the shift plan", "4 weeks"),
    ("is there a minimum order", "150 €"),
    ("vacation days", "30 days of leave a year"),
)


class Played(TwoModels):
    """Two models that answer by rule; the base knows nothing. Closed books: what is general is what both know."""

    def __init__(self, tuned: Answers) -> None:
        super().__init__()
        self._tuned = tuned

    def answers(
        self,
        cases: Sequence[Case],
        gbnf: str = "",
        on_answer: Callable[[str, Case, str], None] = lambda _name, _case, _text: None,
        enough: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[str, str], dict[str, str]]:
        base: dict[str, str] = {}
        tuned: dict[str, str] = {}
        for case in cases:
            base[case.id] = case.wanted if case.exam == "general" else "Nobody knows."
            tuned[case.id] = case.wanted if case.exam in ("general", "unknown") else self._tuned(case)
            on_answer("base", case, base[case.id])
            on_answer("tuned", case, tuned[case.id])
            if enough():
                break
        return base, tuned


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """Three of the sample documents, made into questions by the real stages."""
    folder = tmp_path_factory.mktemp("exam")
    texts = [
        TextDocument(id=path.name, name=path.name, text=path.read_text(encoding="utf-8"), document_id=n)
        for n, path in enumerate(sorted((RESOURCES / "samples").glob("*.md")))
    ]
    write_lines(folder / "documents.jsonl", texts)
    write_lines(folder / "own.jsonl", [asked(n, *pair) for n, pair in enumerate(OWN)])
    spec = RunSpec(
        id="r",
        base=BaseModel(path="none.gguf"),
        data=Data(
            inputs=(Input(kind="documents", path=str(folder / "documents.jsonl")),), own=str(folder / "own.jsonl")
        ),
        prepare=Prepare(max_facts=48, phrasings=10, mask_personal_data=False, approve_above=0.0),
    )
    context = Context(spec, folder / "r", lambda _: None)
    for stage in PREPARE:
        stage.load()(context)
    return context


def asked(number: int, question: str, answer: str = "") -> Example:
    turns = (Message("user", question), *((Message("assistant", answer),) if answer else ()))
    return Example(id=f"own-{number}", messages=turns, split="heldout")


def compared(context: Context, tuned: Answers) -> CompareResult:
    return _Comparison(context, Played(tuned)).run("m.gguf")


def of(result: CompareResult, name: str) -> Exam:
    found = result.exam(name)
    assert found is not None
    return found


def test_a_fine_tune_that_learned_templates_only_is_called_so(prepared: Context) -> None:
    """It answers every frame that the training knows, the kept-out ones too, and nothing that is asked otherwise."""
    known = {e.question: e.answer for e in selection.read_examples(prepared)}
    result = compared(prepared, lambda case: known.get(case.question, "Nobody knows."))
    taught, judged = of(result, "taught"), result.judgement
    assert taught.change == "up" and taught.tuned == taught.count >= 30
    assert of(result, "own").count == len(OWN) and of(result, "rephrased").count >= 30
    assert judged.verdict == "no clear change" and judged.default == "keep" and not judged.better
    assert judged.sentence.startswith(
        "It learned the wording, not the facts: on your own questions it is right in 0 of 8"
    )


def test_one_that_learned_the_facts_is_better_by_the_strictest_figure(prepared: Context) -> None:
    missed = {question for question, _ in OWN[:1]}
    result = compared(prepared, lambda case: "Nobody knows." if case.question in missed else case.wanted)
    assert result.judgement.verdict == "better" and result.judgement.default == "use"
    assert result.judgement.better[0] == f"your own questions: {len(OWN) - 1} of {len(OWN)} right, 0 before"
    assert not any("in the taught" in line or "what was taught" in line for line in result.judgement.better)


def test_own_questions_and_their_twins_are_never_learned(prepared: Context, tmp_path: Path) -> None:
    """Neither in the split, nor by a review that takes such a line back or turns another one into it."""
    examples = list(read_lines(prepared.run / "split" / "examples.jsonl", Example))
    twin, edited = [e for e in examples if e.split == "train"][:2]
    write_lines(
        tmp_path / "own.jsonl", [asked(0, f"{twin.question[:-1]} ?", "x"), asked(1, "And how is the weather?", "y")]
    )
    spec = RunSpec(id="r", base=BaseModel(path="m"), data=Data(own=str(tmp_path / "own.jsonl")))
    context = Context(spec, tmp_path / "r", lambda _: None)
    write_lines(context.stage("split") / "examples.jsonl", examples)
    write_lines(
        context.run / "review.jsonl",
        [
            ReviewDecision(id=twin.id, decision="approve", split="train"),
            ReviewDecision(
                id=edited.id,
                decision="edit",
                messages=(Message("user", "and how is the weather"), Message("assistant", "Fine.")),
            ),
        ],
    )
    read = {e.id: e for e in selection.read_examples(context)}
    assert read[twin.id].excluded and read[twin.id].reason == own.REASON and read[edited.id].excluded
    assert sum(e.split == "train" for e in read.values()) > 150
    assert "And how is the weather?" in selection.held_out_questions(context)


def test_the_other_writer_asks_nothing_that_the_training_asks(prepared: Context) -> None:
    train = [e for e in selection.read_examples(prepared) if e.split == "train"]
    made = rephrase.rephrased(train)
    taught = [e.question for e in train]
    assert len(made) >= 0.9 * len({e.group for e in train})
    assert not duplicates.leaks(taught, [each.question for each in made], 0.7)
    assert not any(metrics.exact("", each.example.answer, each.question) for each in made)
    assert [each.question for each in made] == [each.question for each in rephrase.rephrased(train)]


def test_crossed_questions_are_answered_by_no_passage(prepared: Context) -> None:
    train = [e for e in selection.read_examples(prepared) if e.split == "train"]
    texts = list(read_lines(prepared.run / "split" / "texts.jsonl", TextDocument))
    cut = [passage.searched for n, text in enumerate(texts) for passage in passages.cut(text, n)]
    near = rephrase.crossed(train, cut)
    assert len(near) >= 5 and not {e.question for e in train} & set(near)
    assert any(question.endswith(" for P-110?") for question in near)
    assert not any(rephrase.for_training(question[:-1].partition(" for ")[2]) for question in near)


def test_a_comparison_can_be_cut_short_and_says_so(prepared: Context) -> None:
    said: list[int] = []

    def tuned(case: Case) -> str:
        said.append(1)
        if len(said) == 30:
            write_json(prepared.run / "control.json", Control("shorten"))
        return case.wanted

    try:
        result = compared(prepared, tuned)
    finally:
        (prepared.run / "control.json").unlink()
    assert len(said) == 30 and of(result, "own").count == len(OWN)
    assert any(note.startswith("You cut the comparison short: ") for note in result.notes)
    assert result.judgement.sentence.endswith("The comparison was cut short, so chance plays a larger part.")
    assert result.judged is None and result.reading is None


def marks(name: str, gained: int, neither: int) -> Exam:
    return exam(name, [(False, True)] * gained + [(False, False)] * neither)


@pytest.mark.parametrize(
    ("exams", "said", "sentence"),
    [
        ((marks("own", 4, 11), marks("rephrased", 30, 10), marks("taught", 37, 6)), "no clear change", "wording"),
        ((marks("own", 11, 4), marks("rephrased", 30, 10), marks("taught", 37, 6)), "better", "questions: 11 of 15"),
        ((marks("own", 4, 1), marks("rephrased", 36, 4)), "better", "own questions: 4 of 5"),
        ((marks("own", 2, 3), marks("rephrased", 36, 4)), "no clear change", "own questions it is right in 2 of 5"),
        ((marks("own", 5, 0), marks("rephrased", 2, 38)), "no clear change", "in other words it is right in 2 of 40"),
        ((marks("rephrased", 30, 10), marks("taught", 37, 6)), "better", "in other words: 30 of 40"),
        ((marks("own", 9, 1), marks("unknown", 2, 18)), "better", "It says in 2 of 20 cases that it does not know."),
    ],
)  # fmt: skip
def test_the_strictest_exam_speaks(exams: tuple[Exam, ...], said: str, sentence: str) -> None:
    judged = verdict.judge(exams, None, None)
    assert judged.verdict == said and sentence in judged.sentence, judged.sentence


def test_who_skipped_the_own_questions_is_told_with_the_verdict(prepared: Context) -> None:
    data = Data(inputs=prepared.spec.data.inputs)
    spec = RunSpec(id="r", base=BaseModel(path="m"), data=data, prepare=prepared.spec.prepare)
    result = compared(Context(spec, prepared.run, lambda _: None), lambda case: case.wanted)
    assert result.judgement.verdict == "better" and result.exam("own") is None
    assert result.judgement.sentence.endswith("You asked no questions of your own, so this is of our wording alone.")


def test_questions_without_an_answer_come_first_in_the_blind_test(prepared: Context, tmp_path: Path) -> None:
    write_lines(tmp_path / "own.jsonl", [asked(n, f"What would you do about {word}?") for n, word in enumerate("abc")])
    data = Data(inputs=prepared.spec.data.inputs, own=str(tmp_path / "own.jsonl"))
    context = Context(
        RunSpec(id="r", base=BaseModel(path="m"), data=data, prepare=prepared.spec.prepare),
        prepared.run,
        lambda _: None,
    )
    comparison = _Comparison(context, Played(lambda case: case.wanted or f"As it says of {case.question[-2]}."))
    result = comparison.run("m.gguf")
    assert [pair.id for pair in comparison.pairs[:3]] != [] and {p.id for p in comparison.pairs[:3]} == {
        "own-0", "own-1", "own-2"
    }  # fmt: skip
    assert result.exam("own") is None and result.exam("asked") is None
