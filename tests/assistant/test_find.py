"""A question that plainly asks for documents is answered with the list of them, cited, and no model is asked."""

from __future__ import annotations

from app.assistant.asking import Ask, Stopped, run
from app.assistant.summarise import respond
from app.chats.forget import documents_of, without
from app.text.find.plan import Condition, in_words
from app.text.find.result import Excluded, Findings, Hit, Mentioned
from app.types import Filter, Passage
from app.workers.calls.documents import Search
from app.workers.calls.finding import Find, Found

QUESTION = "Which documents mention a bank guarantee but not arbitration, after 2024?"


def hit(n: int, name: str) -> Hit:
    text = f"The bank guarantee of document {n}. More."
    passage = Passage(
        id=n, document_id=n, document=name, path=f"/files/{name}", collection="Contracts", start=0, end=len(text),
        text=text, best=(0, text.index(".") + 1),
    )  # fmt: skip
    return Hit(
        document_id=n, name=name, path=passage.path, format="markdown", modified=1_740_830_400.0, counts=(n,),
        passage=passage,
    )  # fmt: skip


def played(calls: list[Find], count: int):
    def perform(step):
        assert isinstance(step.call, Find) and step.role == "documents"
        calls.append(step.call)
        plan = step.call.plan
        return Found(
            findings=Findings(
                plan=plan,
                hits=tuple(hit(n, f"Lease-{n}.md") for n in range(1, count + 1)),
                searched=90,
                mentioned=(Mentioned(mention="bank guarantee", documents=count),),
                excluded=(Excluded(condition=Condition("without", "arbitration"), documents=4),),
            )
        )

    return perform


def test_the_list_is_cited_and_says_what_was_left_out() -> None:
    calls: list[Find] = []
    ask = Ask(question=QUESTION, collections=(3,), searched="Contracts", model="m", filter=Filter(kinds=("pdf",)))
    answer = run(respond(ask), played(calls, 2))
    assert in_words(calls[0].plan) == "mentions: bank guarantee · not: arbitration · kind: pdf · from 2025"
    assert calls[0].collections == (3,)
    lines = answer.text.split("\n")
    assert lines[0].startswith("2 of 90 documents: mentions: bank guarantee")
    assert lines[2] == ("> **Lease-1.md** (1 March 2025, mentioned once): The bank guarantee of document 1. [1]")
    assert [source.passage.document for source in answer.sources] == ["Lease-1.md", "Lease-2.md"]
    assert answer.note == "Left out: 4 (not: arbitration)."
    assert not answer.not_found


def test_every_document_is_named_also_where_they_are_many_and_goes_with_its_removal() -> None:
    answer = run(respond(Ask(question=QUESTION, collections=())), played([], 60))
    assert all(f"Lease-{n}.md" in answer.text for n in range(1, 61))
    assert [source.passage.text for source in answer.sources][-1] == "The bank guarantee of document 60."
    left = without(answer, [7, 55])
    assert "Lease-7.md" not in left.text and "Lease-55.md" not in left.text and "Lease-8.md" in left.text
    assert documents_of(answer) == set(range(1, 61))
    many = run(respond(Ask(question=QUESTION, collections=())), played([], 205))
    assert len(many.sources) == 200 and "And 5 more" in many.text


def test_none_says_which_part_left_all_out() -> None:
    answer = run(respond(Ask(question=QUESTION, collections=())), played([], 0))
    assert not answer.not_found and "No document mentions “bank guarantee”." in answer.text


def test_a_stopped_list_is_empty() -> None:
    def perform(step):
        raise Stopped()

    assert run(respond(Ask(question=QUESTION, collections=())), perform).stopped


def test_other_questions_are_searched_as_before() -> None:
    steps = respond(Ask(question="What is the hotel limit?", collections=()))
    assert isinstance(next(steps).call, Search)
    steps.close()


def test_the_model_alone_knows_no_documents() -> None:
    step = next(respond(Ask(question=QUESTION, collections=None)))
    assert step.role == "engine"
