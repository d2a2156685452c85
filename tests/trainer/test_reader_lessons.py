"""What the reader learns from: which sentence answers, which passages do not, and what must stay out of sight."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from app.assistant.flow import READ as READ_BY_THE_CHAT
from app.assistant.quote import SURE as SURE_OF_THE_CHAT
from app.finetune.cases import READ
from app.types import Message, Passage
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.reader import exam
from trainer.reader.fine_tuning import Item, ReadingObjective, batches
from trainer.reader.lessons import Asked, ask, gather, lessons, pieces, states
from trainer.reader.network import Encoded
from trainer.reader.verdict import judge
from trainer.spec import BaseModel, Data, Exam, Example, Found, RunSpec, TextDocument, Turn, write_lines

LEAVE = "Employees in Berlin get 28 days of leave a year. Employees in Munich get 30 days. It is booked in the portal."
TABLE = "| Town | Limit |\n|---|---|\n| Berlin | 150 € |\n| Munich | 165 € |"
CANTEEN = "The canteen opens at 11:30 and closes at 14:00. On Fridays it serves fish."
"""Written for this test."""


def passage(number: int, text: str, document: str = "House.md", heading: str = "House") -> Passage:
    return Passage(
        id=number, document_id=number, document=document, path="", collection="", start=0, end=len(text), text=text,
        heading=heading, score=0.5,
    )  # fmt: skip


PASSAGES = (passage(1, LEAVE, "Leave.md", "Leave"), passage(2, CANTEEN), passage(3, TABLE, "Travel.md", "Hotels"))


def said(asked: Asked) -> str:
    assert asked.gold is not None
    return asked.gold[1].text


def test_the_sentence_that_states_the_answer_is_found_by_the_question() -> None:
    assert said(ask("1", "", "How much leave is there in Munich?", "30 days", PASSAGES)).startswith(
        "Employees in Munich"
    )
    twice = (passage(1, "Claims are paid in 30 days. Employees in Munich get 30 days."),)
    assert said(ask("1", "", "When are claims paid?", "30 days", twice)).startswith("Claims")
    assert "165" in said(ask("1", "", "What is the hotel limit in Munich?", "Munich, limit: 165 €.", PASSAGES))
    assert ask("1", "", "Who repairs the lift?", "The porter repairs it on Mondays.", PASSAGES).gold is None


def test_an_answer_is_stated_by_its_numbers_and_nearly_all_of_its_words() -> None:
    first = pieces(PASSAGES[0])[0]
    assert states(first, PASSAGES[0], "In Berlin employees get 28 days of leave a year.")
    assert not states(first, PASSAGES[0], "In Berlin employees get 29 days of leave a year.")
    assert not states(first, PASSAGES[0], " "), "nothing is no answer"


def test_a_question_is_taught_beside_passages_that_do_not_answer_it() -> None:
    asked = ask("1", "", "How much leave is there in Munich?", "30 days", PASSAGES)
    made = lessons([asked], seed=1)
    spans = [each.example.answer and each.example.paragraph[slice(*each.example.answer)] for each in made]
    assert spans == ["30 days", None, None]
    assert {each.example.paragraph for each in made[1:]} == {CANTEEN, TABLE} and all(each.taught for each in made)
    more = ask("1", "", asked.question, "30 days", (*PASSAGES, passage(4, "The lift is old."), passage(5, "Keys.")))
    assert [each.taught for each in lessons([more], seed=1)] == [True, True, True, False]


def test_where_search_finds_one_passage_others_of_its_document_stand_in() -> None:
    alone = ask("1", "", "How much leave is there in Munich?", "30 days", PASSAGES[:1])
    other = ask(
        "2", "", "What do trainees get?", "books", (passage(9, "Trainees get books.", "Leave.md"), *PASSAGES[1:])
    )
    made = [each for each in lessons([alone, other], seed=1) if each.example.question == alone.question]
    assert "Trainees get books." in [each.example.paragraph for each in made]


# --- a run's questions ------------------------------------------------------------------------------------------------


def run_with(folder: Path, kept: tuple[str, ...], approved: int = 6) -> Context:
    """Six questions on Leave.md and one on the hotels; `kept` are documents that were kept out."""
    names = ("Leave.md", "House.md", "Travel.md")
    texts = [TextDocument(id=n, text="x", name=n, split="unseen" if n in kept else "train") for n in names]
    asked = [(f"leave-{n}", f"How much leave is there in Munich, {n}?", "30 days") for n in range(6)]
    asked.append(("hotel", "What is the hotel limit in Munich?", "165 €"))
    examples = [
        Example(id=key, messages=(Turn("user", question), Message("assistant", answer)), approved=n < approved)
        for n, (key, question, answer) in enumerate(asked)
    ]
    folder.mkdir(parents=True)
    write_lines(folder / "split" / "texts.jsonl", texts)
    write_lines(folder / "split" / "examples.jsonl", [_from_model(each) for each in examples])
    write_lines(folder / "inputs" / "found.jsonl", [Found(id=each.id, passages=PASSAGES) for each in examples])
    spec = RunSpec(id="r", recipe="search", base=BaseModel(path="x"), data=Data())
    return Context(spec, folder, lambda _: None)


def _from_model(example: Example) -> Example:
    return Example(id=example.id, messages=example.messages, approved=example.approved, origin="model")


def test_questions_on_documents_that_were_kept_out_are_the_exam_and_their_passages_are_not_read(tmp_path: Path) -> None:
    material = gather(run_with(tmp_path / "run", ("Travel.md",)))
    assert [each.id for each in material.exam] == ["hotel"] and material.by_document
    assert len(material.train) == 6
    assert all(each.document != "Travel.md" for asked in material.train for each in asked.passages)
    assert all("165" not in each.example.paragraph for each in lessons(material.train, 1))


def test_what_nobody_approved_is_not_learned_and_too_little_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainerError, match="answer to 2 of these"):
        gather(run_with(tmp_path / "run", ("Travel.md",), approved=2))


def test_without_documents_kept_out_it_says_so(tmp_path: Path) -> None:
    material = gather(run_with(tmp_path / "run", (), approved=7))
    assert not material.by_document and not material.exam


# --- the aim ----------------------------------------------------------------------------------------------------------


class Fixed(nn.Module):
    """Says the same logits of every token."""

    def __init__(self, start: list[float], end: list[float]) -> None:
        super().__init__()
        self.start, self.end = torch.tensor([start]), torch.tensor([end])

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.start, self.end


def item(start: int, end: int, *, exact: bool = True, taught: bool = True) -> Item:
    ids = [0, 9, 2, 2, 10, 11, 12, 2]  # the question ends at 4; then three tokens of a passage
    return Item(tuple(ids), Encoded(ids, start, end, 4), exact, taught, 0)


def loss(model: Fixed, one: Item, objective: ReadingObjective) -> float:
    ((batch, examples),) = batches([(one,)], 100)
    return float(objective.total(model, batch, examples))


def test_the_loss_is_the_surprise_at_the_answer_and_at_the_whole_sentence_where_that_is_known() -> None:
    logits = [1.0, 50.0, 50.0, 50.0, 1.0, 1.0, 1.0, 50.0]  # question and markers cannot be the answer
    model, objective = Fixed(logits, logits), ReadingObjective({})
    even = torch.log(torch.tensor(4.0)).item()  # the first token and three of the passage
    assert loss(model, item(5, 6), objective) == pytest.approx(even, abs=1e-5)
    assert loss(model, item(0, 0), objective) == pytest.approx(even, abs=1e-5), "no answer here"
    assert loss(model, item(4, 6, exact=False), objective) == pytest.approx(
        -torch.log(torch.tensor(0.75)).item(), abs=1e-5
    )


def test_what_is_not_taught_costs_nothing_until_it_is_read_otherwise() -> None:
    logits = [1.0, 0.0, 0.0, 0.0, 2.0, 1.0, 1.0, 0.0]
    allowed = torch.tensor([True, False, False, False, True, True, True, False])
    before = torch.log_softmax(torch.tensor(logits).masked_fill(~allowed, -1e4), -1)
    objective, one = ReadingObjective({0: (before, before)}), item(0, 0, taught=False)
    assert loss(Fixed(logits, logits), one, objective) == pytest.approx(0.0, abs=1e-6)
    other = [5.0, 0.0, 0.0, 0.0, 2.0, 1.0, 1.0, 0.0]
    assert loss(Fixed(other, other), one, objective) > 0.3


# --- the verdict ------------------------------------------------------------------------------------------------------


def an_exam(name: str, count: int, base: int, tuned: int, p: float) -> Exam:
    return Exam(
        name=name, count=count, base=base, tuned=tuned, gained=max(tuned - base, 0), lost=max(base - tuned, 0), p=p,
        base_interval=(0.0, 1.0), tuned_interval=(0.0, 1.0),
    )  # type: ignore[arg-type]  # fmt: skip


def test_only_a_gain_on_documents_kept_out_without_a_loss_is_better() -> None:
    gain, same = an_exam("first sentence", 60, 30, 41, 0.01), an_exam("samples", 80, 60, 60, 1.0)
    assert judge([gain, same], by_document=True).default == "use"
    told = judge([gain, same], by_document=False)
    assert told.verdict == "no clear change" and "not advised" in told.sentence
    few = judge([an_exam("first sentence", 12, 4, 11, 0.01)], by_document=True)
    assert few.default == "keep" and "prove nothing" in few.sentence
    chance = judge([an_exam("first sentence", 60, 30, 33, 0.5)], by_document=True)
    assert chance.sentence.startswith("No clear change: 33 of 60") and "not advised" in chance.sentence
    lost = judge([gain, an_exam("samples not wrong", 80, 70, 50, 0.001)], by_document=True)
    assert lost.verdict == "worse" and lost.default == "keep" and "Better:" in lost.sentence


def test_the_exam_decides_as_the_chat_does() -> None:
    assert exam.SURE == SURE_OF_THE_CHAT and READ == READ_BY_THE_CHAT
