"""How sure a model is of each word: of what a model wrote, with the passages that it cites, and of nothing else."""

from __future__ import annotations

import math

import pytest
from core_world import CoreWorld
from test_core_chats import load

from app.core.calls import chats as c
from app.types import Answer, AnswerSettings, Budget, Passage, Source, Stats, Trace
from app.workers.calls.engine import Chat, Chatted, Token, TokenLogprob


def passage(n: int, text: str) -> Passage:
    return Passage(
        id=n, document_id=n, document=f"{n}.pdf", path=f"/{n}.pdf", collection="HR", start=0, end=9, text=text
    )


def trace(wording: str) -> Trace:
    how = AnswerSettings(only_from_documents=True, passages=6, temperature=0.2, seed=None)
    return Trace(asked="q", searched_as="q", documents=1, passages=1, wording=wording, settings=how)  # type: ignore[arg-type]


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    made = CoreWorld()
    load(made)
    return made


def stored(world: CoreWorld, answer: Answer) -> int:
    store = world.core.store
    question = store.add_question(store.create("Hotels").id, "How much is allowed?")
    return store.finish_answer(store.begin_answer(question.id).id, answer).id


CITED = (Source(n=2, passage=passage(8, "Meals: 40 EUR.")), Source(n=1, passage=passage(7, "Munich: 165 EUR.")))


def test_an_answer_from_sources_is_weighed_with_what_it_cites(world: CoreWorld) -> None:
    door = world.door()
    key = door.call(c.WeighWords(answer_id=stored(world, Answer(text="165 [1].", sources=CITED, trace=trace("model")))))
    job = world.engine.last(Chat)
    call = job.call
    assert isinstance(call, Chat) and call.grounded and call.says == "165 [1]." and call.logprobs
    assert [each.text for each in call.passages] == ["Munich: 165 EUR.", "Meals: 40 EUR."], "by their numbers"
    job.say(Token(text="165", logprobs=(TokenLogprob("165", math.log(0.5)),)))
    job.finish(
        Chatted(text="", thinking="", reason="end", stats=Stats(), budget=Budget(context=8, used=1), passages_used=0)
    )
    data = door.result(key)
    assert isinstance(data, c.WordsWeighed) and len(data.words) == 1 and data.passages == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(text="> Munich: 165 EUR. [1]", sources=CITED, trace=trace("documents")),
        Answer(text="Not found.", not_found=True, trace=trace("none")),
        Answer(text="165", sources=tuple(Source(n=1, passage=passage(7, "")) for _ in "1"), trace=trace("model")),
        Answer(text="", stopped=True),
    ],
)
def test_documents_words_and_what_is_gone_are_not_weighed(world: CoreWorld, answer: Answer) -> None:
    door = world.door()
    end = door.end(door.call(c.WeighWords(answer_id=stored(world, answer))))
    assert end is not None and end.error is not None and "no model's" in end.error.message
    assert not world.engine.waiting(Chat)
