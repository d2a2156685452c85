"""Questions from documents: what is found, how it is asked, what is dropped, and that a killed run goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from app.text.bm25 import Index
from trainer.context import Context
from trainer.events import Event, Notice
from trainer.prepare import check, facts, forms, passages, personal, questions, values, wording
from trainer.prepare.ask import Trial
from trainer.prepare.duplicates import normalized
from trainer.spec import (
    BaseModel,
    Data,
    Example,
    Input,
    Prepare,
    RunSpec,
    TextDocument,
    read_json,
    read_lines,
    write_lines,
)

POLICY = """# Travel Policy

Valid for all employees of Larkfield Components.

## 4 Accommodation

### 4.2 Limits per night

| City | Standard | Trade fair |
|---|---|---|
| Berlin | 150 € | 190 € |
| Munich | 165 € | 220 € |

### 4.3 Longer stays

Hotels are paid for at most 21 nights. A higher rate needs written approval of the team lead.

## 6 Claims

Claims must be submitted within 30 days after the trip. Report a lost receipt within 5 working days to the expense team.
The travel desk answers within 2 working days. It is open from 07:30 to 18:00.

## 7 Goals

- Complaints from customers: at most 0.8 % of all deliveries.
- Deliveries on time: at least 96 %.
"""
FLEET = """# Car Fleet Rules

## Charging

The charging card is limited to 60 kilowatt hours a stop. A pool car is booked up to 6 weeks ahead.

## Winter

The workshop lends snow chains for 14 days. Summer tyres are stored for 12 years.
"""
MakeRun = Callable[..., tuple[Context, list[Event]]]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """A run whose clean texts are there; without a model file, so that the rules work alone."""

    def make(texts: list[TextDocument], model: str = "none.gguf", **wishes: object) -> tuple[Context, list[Event]]:
        said: list[Event] = []
        data = Data(inputs=(Input(kind="documents", path="texts.jsonl"),))
        spec = RunSpec(id="r", base=BaseModel(path=model), data=data, prepare=Prepare(**wishes))  # type: ignore[arg-type]
        context = Context(spec, tmp_path / "runs" / "r", said.append)
        for stage in ("collect", "clean"):
            write_lines(context.stage(stage) / "texts.jsonl", texts)
        return context, said

    return make


def both() -> list[TextDocument]:
    return [
        TextDocument(id="p", name="Policy.md", text=POLICY, document_id=1),
        TextDocument(id="f", name="Fleet.md", text=FLEET, document_id=2),
    ]


def made(context: Context) -> dict[str, list[Example]]:
    groups: dict[str, list[Example]] = {}
    for example in read_lines(context.stage("questions") / "examples.jsonl", Example):
        groups.setdefault(example.answer, []).append(example)
    return groups


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("165 €", "EUR 165.00", True),
        ("thirty days", "30 days", True),
        ("1,000 €", "1.000,00 €", True),
        ("15 %", "15 percent", True),
        ("31 March", "March 31st", True),
        ("four and a half years", "4.5 years", True),
        ("07:30", "7:30", True),
        ("30 days", "30 weeks", False),
        ("165 €", "165 dollars", False),
        ("AT-70", "AT-71", False),
    ],
)
def test_values_are_known_by_their_sense(one: str, other: str, same: bool) -> None:
    (first,), (second,) = values.find(one), values.find(other)
    assert first.same(second) is same


def test_values_and_findings_of_a_long_text_never_overlap_and_cost_little() -> None:
    """Each was held against all before it: 4,000 rows took a quarter of a minute."""
    started = time.process_time()
    found = values.find("\n".join(f"| P{n} | {n * 3} EUR | {n} kg | in March | {n % 90}% |" for n in range(4000)))
    mails = personal.find("\n".join(f"user{n}@firma.de" for n in range(8000)))
    assert time.process_time() - started < 5
    assert len(found) == 5 * 4000 and len(mails) == 8000
    draw = random.Random(5)
    parts = ["30 days", "EUR 165.00", "May", "in March", "31 March 2024", "7:30 am", "AT-70", "15 %", "in \nMarch"]
    parts += ["| ", "name@firma.de", "+49 30 1234567", "tel. 030 123456", "Anna Berg", "begin March", "1.5", "to ", "x"]
    for _ in range(100):
        text = "".join(draw.choice(parts) + draw.choice(("", " ", "\n")) for _ in range(40))
        for spans in ([(v.start, v.end) for v in values.find(text)], [(f.start, f.end) for f in personal.find(text)]):
            assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "days"),
    [("May I go?", 0), ("paid until May", 1), ("in\nMay", 0), ("begin March", 0)],
)
def test_may_and_march_are_months_behind_a_preposition(text: str, days: int) -> None:
    assert len(values.find(text)) == days


def test_words_that_hold_number_words_are_no_values() -> None:
    assert values.find("Someone often attends the tennis club; one may come.") == []


# --- wording ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "direct", "indirect"),
    [
        ("Claims must be submitted within 30 days after the trip",
         "within how many days must claims be submitted after the trip",
         "within how many days claims must be submitted after the trip"),
        ("Every pump runs on the bench for 12 minutes", "for how many minutes does every pump run on the bench",
         "for how many minutes every pump runs on the bench"),
        ("Report damage within 24 hours through the portal",
         "within how many hours must you report damage through the portal",
         "within how many hours you must report damage through the portal"),
        ("If a device fails, the lead informs production within 4 hours",
         "within how many hours does the lead inform production if a device fails",
         "within how many hours the lead informs production if a device fails"),
        ("Everyone has 30 days of leave a year", "how many days of leave does everyone have a year",
         "how many days of leave everyone has a year"),
        ("The plan is published 4 weeks ahead", "how many weeks ahead is the plan published",
         "how many weeks ahead the plan is published"),
        ("From 1 January 2027 only electric cars are ordered", "from what date are only electric cars ordered",
         "from what date only electric cars are ordered"),
        ("The smallest order is 150 €", "how much is the smallest order", "how much the smallest order is"),
    ],
)  # fmt: skip
def test_sentences_are_turned_round(sentence: str, direct: str, indirect: str) -> None:
    gap = wording.open_gap(sentence, values.find(sentence)[0])
    assert gap is not None
    assert (gap.direct, gap.indirect) == (direct, indirect)


@pytest.mark.parametrize(
    "sentence",
    [
        "Nobody works more than 10 hours on a day",  # "more than how many hours does nobody work"
        "The company is closed between 24 December and 1 January",  # one end of a range
        "Repairs take 5 or 10 days",
        "Three fines within 12 months lead to a talk",  # the value stands inside the subject
        "Document valid from 12 January 2026",  # no verb
    ],
)
def test_sentences_that_would_be_asked_wrongly_are_left_to_a_gap(sentence: str) -> None:
    first = values.find(sentence)[-1 if "between" not in sentence else 0]
    assert wording.open_gap(sentence, first) is None


# --- the stage --------------------------------------------------------------------------------------------------------


def test_each_fact_gets_its_phrasings_and_its_source(make_run: MakeRun) -> None:
    context, _ = make_run(both())
    summary = questions.run(context)
    groups = made(context)
    assert {"Munich, limit per night (standard): 165 €.", "Claims must be submitted within 30 days after the trip.",
            "Deliveries on time: at least 96 %."} <= groups.keys()  # fmt: skip
    assert summary["facts"] == len({e.group for here in groups.values() for e in here})
    for answer, examples in groups.items():
        assert 3 <= len(examples) <= 7 and len({e.question for e in examples}) == len(examples)
        for e in examples:
            assert e.origin == "model" and not e.approved and 0 < (e.quality or 0) <= 1
            assert e.source.start is not None and e.source.document
            whole = POLICY if e.source.document_id == 1 else FLEET
            assert whole[e.source.start : e.source.end] in e.source.text
            wanted = values.find(answer)
            assert any(v.same(w) for v in values.find(e.source.text) for w in wanted)


def test_questions_never_hold_their_answer_and_are_found_by_a_search(make_run: MakeRun) -> None:
    context, _ = make_run(both())
    questions.run(context)
    cut = [p for n, text in enumerate(both()) for p in passages.cut(text, n)]
    index = Index([p.searched for p in cut])
    for here in made(context).values():
        for e in here:
            found = [cut[n].text for n in index.search(e.question, check.TOP)]
            assert any(text in e.source.text for text in found), e.question
    asked = [e.question for e in made(context)["Munich, limit per night (standard): 165 €."]]
    assert not [q for q in asked if "165" in q]


def test_the_same_texts_give_the_same_questions(make_run: MakeRun) -> None:
    context, _ = make_run(both())
    questions.run(context)
    first = (context.stage("questions") / "examples.jsonl").read_bytes()
    (context.stage("questions") / "made.jsonl").unlink()
    questions.run(context)
    assert (context.stage("questions") / "examples.jsonl").read_bytes() == first


def test_a_killed_run_goes_on_behind_the_last_whole_line(make_run: MakeRun) -> None:
    context, _ = make_run(both())
    questions.run(context)
    folder = context.stage("questions")
    whole, lines = (folder / "examples.jsonl").read_bytes(), (folder / "made.jsonl").read_bytes().splitlines(True)
    for keep in range(len(lines)):
        (folder / "examples.jsonl").unlink()
        (folder / "made.jsonl").write_bytes(b"".join(lines[:keep]) + lines[keep][:40])
        questions.run(context)
        assert (folder / "examples.jsonl").read_bytes() == whole


def test_as_many_facts_as_wished_from_all_documents(make_run: MakeRun) -> None:
    context, _ = make_run(both(), max_facts=4, phrasings=5)
    questions.run(context)
    groups = made(context)
    assert len(groups) == 4 and max(map(len, groups.values())) == 5
    assert {e.source.document for here in groups.values() for e in here} == {"Policy.md", "Fleet.md"}


def test_what_was_masked_is_not_asked_for(make_run: MakeRun) -> None:
    text = (
        "# Desk\n\n## Contact\n\nThe desk is reached under [phone number] within 2 hours. "
        "Badges are printed within 3 days.\n"
    )
    context, _ = make_run([TextDocument(id="d", name="d.md", text=text)])
    questions.run(context)
    assert all("[phone number]" not in answer for answer in made(context))
    cut = passages.cut(TextDocument(id="d", name="d.md", text=text), 0)
    fact = facts.Fact("sentence", cut[0], "The desk is reached under [phone number] within 2 hours.", "2 hours")
    question = "Within what time is the desk in “Desk” reached under [phone number]?"
    told = check.Checker(cut, Index([cut[0].searched])).complaint(0, fact, question, [])
    assert told == "It is about something that was masked."


def test_german_is_asked_only_of_tables(make_run: MakeRun) -> None:
    rule = "Der Antrag ist innerhalb von 30 Tagen nach der Reise zu stellen und wird geprüft."
    table = "| Stadt | Grenze |\n|---|---|\n| Berlin | 150 € |\n| München | 165 € |"
    text = f"# Reiserichtlinie\n\n## Fristen\n\n{rule}\n\n## Hotels im Inland\n\n{table}\n"
    context, _ = make_run([TextDocument(id="d", name="d.md", text=text)])
    questions.run(context)
    assert made(context).keys() == {"Berlin, grenze: 150 €.", "München, grenze: 165 €."}
    assert all("Grenze" in e.question and "€" not in e.question for here in made(context).values() for e in here)


@pytest.mark.parametrize(
    "text", ["", "\n\n", "|||\n|-|-|\n", "# A\n\n" + "x" * 50_000, "1 2 3 " * 4000, "a | b\n" * 500]
)
def test_odd_texts_give_no_questions_and_no_error(make_run: MakeRun, text: str) -> None:
    context, _ = make_run([TextDocument(id="d", name="d.md", text=text)])
    assert questions.run(context)["examples"] == 0


def test_without_leave_no_question_is_made(make_run: MakeRun) -> None:
    context, _ = make_run(both(), make_questions=False)
    assert questions.run(context) == {"examples": 0}
    assert (context.stage("questions") / "examples.jsonl").read_bytes() == b""


def test_every_kind_of_fact_has_enough_different_phrasings() -> None:
    kinds = set()
    for number, text in enumerate(both()):
        for passage in passages.cut(text, number):
            for fact in facts.find(passage):
                kinds.add(fact.kind)
                texts = [p.text for p in forms.phrase(fact, "en")]
                assert len({normalized(t) for t in texts}) == len(texts) >= 7
    assert kinds == {"composed", "entry", "sentence"}


def test_a_large_table_is_searched_once_for_all_its_phrasings(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "\n".join(f"| Part P{n}X | {n * 3 + 1} EUR | {n} kg |" for n in range(200))
    table = f"# Price list\n\n| Part | Price | Weight |\n|---|---|---|\n{rows}"
    cut = passages.cut(TextDocument(id="d", text=table, name="Prices.xlsx"), 0)
    checker = check.Checker(cut, Index([passage.searched for passage in cut]))
    number = max(range(len(cut)), key=lambda n: len(cut[n].searched))
    asked: list[str] = []
    find = values.find
    monkeypatch.setattr(values, "find", lambda text: asked.append(text) or find(text))
    for fact in facts.find(cut[number])[:20]:
        for phrasing in forms.phrase(fact, "en")[:3]:
            assert checker.judge(number, fact, phrasing, [])[0] == ""
            assert checker.is_stated(number, fact.answer, fact.value)
            assert not checker.is_stated(number, f"{fact.answer} P99X", fact.value)  # of another row
    assert len(asked) > 100 and cut[number].searched not in asked


def test_another_model_may_write_the_questions(make_run: MakeRun, tmp_path: Path) -> None:
    """One that is no model is tried in the base's place, and said; the rules go on."""
    author = tmp_path / "author.gguf"
    author.write_bytes(b"GGUF of nothing")
    context, said = make_run(both(), author=str(author))
    assert questions.run(context)["by_model"] == 0 and made(context)
    assert [e.message for e in said if isinstance(e, Notice)] == [
        "The model cannot write questions, so they are made by rule."
    ]


@pytest.mark.real
def test_the_starter_is_tried_and_the_rules_fill_up(make_run: MakeRun, starter: Path) -> None:
    context, said = make_run(both(), model=str(starter))
    questions.run(context)
    trial = read_json(context.stage("questions") / "trial.json", Trial)
    assert trial.asked >= 12 and trial.used == (2 * trial.passed >= trial.asked)
    assert any(isinstance(e, Notice) and "too small to ask well" in e.message for e in said) == (not trial.used)
    assert len(made(context)) >= 8
