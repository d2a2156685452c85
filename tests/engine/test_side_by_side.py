"""Several answers at once: each sees only its own tokens, a person's comes first, and what has no room waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from engine_helpers import GREEDY, run, said, together

from app.engine.load import SETUP
from app.engine.worker import EngineRole
from app.errors import AppError
from app.llama.context import Part
from app.paths import Home
from app.types import Sampling
from app.workers.calls.engine import (
    Chat,
    Complete,
    Completed,
    Load,
    Loaded,
    Prefill,
    SetAdapter,
    Token,
    TokenLogprob,
    Waiting,
)
from app.workers.message import Call, Data, Done
from app.workers.roles import Steps

SEQUENCES = SETUP.sequences
PROGRAMS = SEQUENCES - 1


def babbling(text: str, tokens: int = 24, **fields: object) -> Complete:
    sampling = Sampling(temperature=0, max_tokens=tokens, repeat_penalty=1.0)
    return Complete(prompt=text, sampling=sampling, logprobs=0, **fields)  # type: ignore[arg-type]


def words(letter: str, count: int) -> str:
    return " ".join(letter * (1 + n % 5) for n in range(count))


def completed(result: tuple[Data, list[Data]]) -> Completed:
    assert isinstance(result[0], Completed)
    return result[0]


def assert_same(one: Sequence[TokenLogprob], other: Sequence[TokenLogprob]) -> None:
    """The same greedy choices, as far as numbers of other batches allow: at a near tie they may part."""
    assert one and other
    for a, b in zip(one, other, strict=False):
        assert abs(a.logprob - b.logprob) < 0.05, (a, b)
        if a.bytes != b.bytes:
            return
    assert len(one) == len(other)


@pytest.fixture
def small(tiny: Path, tmp_path: Path) -> Iterator[EngineRole]:
    """An engine whose 256 cells are soon used up."""
    engine = EngineRole(Home(tmp_path))
    run(engine.handle(Load(path=str(tiny), context=256, threads=1)))
    yield engine
    engine.close()


def test_an_empty_prompt_is_refused_at_once(small: EngineRole) -> None:
    with pytest.raises(AppError, match="nothing to go on from"):
        run(small.handle(babbling("")))


class Batches:
    """What each batch of an engine carries, by sequence."""

    def __init__(self, role: EngineRole, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[dict[int, int]] = []
        context = role.conversations().context
        decode = context.decode

        def watched(parts: Sequence[Part]) -> int:
            self.seen.append({part.sequence: len(part.tokens) for part in parts})
            return decode(parts)

        monkeypatch.setattr(context, "decode", watched)


Begin = Callable[[Call], Steps]


@pytest.fixture
def begin(babble: EngineRole) -> Iterator[Begin]:
    """Starts a request that is closed with the test, however that ends."""
    babble.conversations().reset()
    begun: list[Steps] = []

    def start(call: Call) -> Steps:
        begun.append(babble.handle(call))  # type: ignore[arg-type]
        return begun[-1]

    yield start
    for steps in begun:
        steps.close()
    assert not babble.conversations().busy


@pytest.fixture
def batches(babble: EngineRole, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> Batches:
    return Batches(babble, monkeypatch)


# --- one batch for all ------------------------------------------------------------------------------------------------


def test_each_writes_as_if_it_were_alone(babble: EngineRole) -> None:
    calls = [babbling(f"{n} {words('abcdefgh'[n], 20)}") for n in range(PROGRAMS)]
    alone = []
    for call in calls:
        babble.conversations().reset()
        alone.append(completed(run(babble.handle(call))))
    babble.conversations().reset()
    for one, result in zip(alone, together(babble, calls), strict=True):
        assert_same(one.logprobs, completed(result).logprobs)
        assert "".join(event.text for event in result[1] if isinstance(event, Token)) == completed(result).text


def test_one_batch_carries_a_token_of_each(babble: EngineRole, batches: Batches) -> None:
    together(babble, [babbling(f"{n}", tokens=40) for n in range(PROGRAMS)])
    assert [set(batch.values()) for batch in batches.seen] == [{1}] * 40  # 40 tokens of each, eight at a time
    assert {len(batch) for batch in batches.seen} == {PROGRAMS}


def test_real_answers_side_by_side(role: EngineRole) -> None:
    questions = ["What is the opposite of up?", "What is the capital of Japan?", "What is the opposite of hot?"]
    calls = [Chat(conversation=f"side {n}", question=question, sampling=GREEDY) for n, question in enumerate(questions)]
    texts = [result.text for result, _ in together(role, calls)]  # type: ignore[union-attr]
    assert "down" in texts[0] and "Tokyo" in texts[1] and "cold" in texts[2]


def test_a_cancelled_one_leaves_the_others(begin: Begin, babble: EngineRole) -> None:
    call, other = babbling(words("a", 20)), babbling(words("b", 20))
    babble.conversations().reset()
    alone = completed(run(begin(call)))
    babble.conversations().reset()
    leaving, staying = begin(other), begin(call)
    said(leaving, 4)
    said(staying, 4)
    leaving.close()
    rest = completed(run(staying))
    assert_same(alone.logprobs, rest.logprobs)


# --- prompts in slices, persons first ---------------------------------------------------------------------------------


def test_a_long_prompt_is_read_between_the_others_words(begin: Begin, batches: Batches) -> None:
    writer = begin(babbling("a", tokens=200))
    said(writer, 2)
    sequence = next(iter(batches.seen[-1]))
    batches.seen.clear()
    reader = begin(babbling(words("b", 120)))
    told = [event for _ in range(6) for event in (*said(writer, 1), *said(reader, 1))]
    assert sum(isinstance(event, Token) for event in told) == 6
    assert all(batch[sequence] == 1 for batch in batches.seen)  # it writes all the while
    assert max(sum(batch.values()) for batch in batches.seen) <= 65
    assert [event.done for event in told if isinstance(event, Prefill)] == [64, 128, 192, 256, 320, 384]


def in_turn(one: Steps, others: Sequence[Steps]) -> Iterator[Data]:
    """The events of `one` while all are stepped in turn, as the host does."""
    while True:
        for steps in others:
            next(steps)
        try:
            event = next(one)
        except StopIteration:
            return
        if event is not None:
            yield event


def test_a_person_comes_before_eight_others(begin: Begin, batches: Batches) -> None:
    background = [begin(babbling(f"{n} {words('x', 10)}", tokens=200)) for n in range(PROGRAMS)]
    for steps in background:
        said(steps, 2)
    batches.seen.clear()
    person = begin(babbling("Why?", tokens=8, priority=1))
    assert next(person) is None  # it has come; its prompt is in the very next batch
    events = list(in_turn(person, background))
    (own, size), *others = batches.seen[0].items()
    assert size == 4 and not others  # alone, and at once
    assert sum(isinstance(event, Token) for event in events) == 8
    alone = [len(batch) == 1 for batch in batches.seen[1:] if own in batch]
    assert alone in ([True, False] * 3 + [True], [False, True] * 3 + [False])  # each second batch is the person's


def test_a_persons_first_word_waits_for_no_batch_of_others(begin: Begin, babble: EngineRole, batches: Batches) -> None:
    background = [begin(babbling(f"{n} {words('x', 10)}", tokens=200)) for n in range(PROGRAMS)]
    for steps in background:
        said(steps, 2)
    babble.interrupt()  # as it comes: the others' batch is ended
    for steps in background:
        while next(steps) is not None:
            pass
    babble.resume()
    batches.seen.clear()
    person = begin(babbling("Why?", tokens=8, priority=1))
    assert next(person) is None  # it is stepped first, then all in turn
    line, told = deque([*background, person]), None
    while not isinstance(told, Token):
        told = next(line[0]) if line[0] is person else not next(line[0])
        line.rotate(-1)
    assert [sum(batch.values()) for batch in batches.seen] == [4]  # its prompt and nothing else


def test_a_long_prompt_of_a_person_lets_the_others_write(begin: Begin, batches: Batches) -> None:
    background = [begin(babbling(f"{n}", tokens=200)) for n in range(4)]
    other = begin(babbling(words("y", 100)))
    for steps in (*background, other):
        said(steps, 1)
    batches.seen.clear()
    person = begin(babbling(words("z", 100), priority=1))
    events = in_turn(person, (*background, other))
    while not isinstance(next(events), Token):
        pass
    own = max(batches.seen[1], key=lambda sequence: batches.seen[1][sequence])
    slices = [batch for batch in batches.seen if own in batch]
    assert [batch[own] for batch in slices[:3]] == [128] * 3 and len(slices[1]) == 5  # and a word of each that writes
    assert not any(len(batch) > 5 for batch in slices)  # and of no other prompt


# --- who has no room --------------------------------------------------------------------------------------------------


def test_the_ninth_waits_and_says_so(babble: EngineRole) -> None:
    babble.conversations().reset()
    calls = [babbling(f"{n}", tokens=10 + 20 * n) for n in range(PROGRAMS + 2)]
    results = together(babble, calls)
    waits = [[event for event in events if isinstance(event, Waiting)] for _, events in results]
    assert not any(waits[:PROGRAMS]) and waits[-2][0].ahead == PROGRAMS and waits[-1][0].ahead == PROGRAMS + 1
    assert waits[-1][-1].ahead == PROGRAMS and waits[-1][0].note.endswith(".")
    assert all(completed(result).reason == "length" for result in results)


def test_a_person_does_not_wait_for_eight(begin: Begin) -> None:
    background = [begin(babbling(f"{n}", tokens=100)) for n in range(PROGRAMS + 1)]
    for steps in background[:-1]:
        said(steps, 1)
    assert isinstance(said(background[-1], 1)[0], Waiting)
    persons = [begin(babbling(text, tokens=4, priority=1)) for text in ("Why?", "How?")]
    for person in persons:  # the second takes the place of a program's answer
        assert not any(isinstance(event, Waiting) for event in said(person, 3))
    results = [completed(run(steps)) for steps in (*persons, *background)]
    assert all(result.stats.completion_tokens in (4, 100) for result in results)


def test_memory_for_some_is_shared_out(small: EngineRole) -> None:
    """256 cells, six answers of 90: they wait for each other, give up their place and come back, and none is lost."""
    calls = [babbling(f"{n} {words('abcdef'[n], 8)}", tokens=60) for n in range(6)]
    alone = []
    for call in calls:
        small.conversations().reset()
        alone.append(completed(run(small.handle(call))))
    small.conversations().reset()
    results = together(small, calls)
    for one, result in zip(alone, results, strict=True):
        assert_same(one.logprobs, completed(result).logprobs)
    assert any(isinstance(event, Waiting) for _, events in results for event in events)


def test_a_persons_question_takes_the_memory_of_others(small: EngineRole) -> None:
    background = [small.handle(babbling(f"{n} {words('w', 8)}", tokens=60)) for n in range(3)]
    for steps in background:
        said(steps, 3)
    person = small.handle(babbling(words("p", 45), tokens=20, priority=1))
    events = said(person, 3)
    assert not any(isinstance(event, Waiting) for event in events) and isinstance(events[-1], Token)
    assert completed(run(person)).stats.completion_tokens == 20
    for steps in background:
        assert completed(run(steps)).stats.completion_tokens == 60


def test_what_was_read_once_serves_others_at_once(babble: EngineRole, batches: Batches) -> None:
    """Three answers to one prompt: it is read once, and the first is as good as ever afterwards."""
    call = babbling(words("n", 60), tokens=20)
    results = [completed(result) for result in together(babble, [call] * 3)]
    evaluated = [result.stats.evaluated_tokens for result in results]
    assert evaluated == [results[0].stats.prompt_tokens, 1, 1]
    for result in results[1:]:
        assert_same(results[0].logprobs, result.logprobs)
    assert sum(sum(batch.values()) for batch in batches.seen) < results[0].stats.prompt_tokens + 3 * 21


def test_conversations_come_back_from_memory(small: EngineRole) -> None:
    """More conversations than the memory holds: their states are kept beside it."""
    calls = [babbling(words(letter, 45), tokens=4, conversation=letter) for letter in "abcd"]
    first = [completed(run(small.handle(call))) for call in calls]
    again = [completed(run(small.handle(call))) for call in calls]
    assert [result.stats.evaluated_tokens for result in again] == [1] * 4
    for one, other in zip(first, again, strict=True):
        assert_same(one.logprobs, other.logprobs)


# --- changes of the model ---------------------------------------------------------------------------------------------


def test_a_swap_waits_for_the_answers_and_holds_back_the_next(begin: Begin, babble: EngineRole, tiny: Path) -> None:
    answer = begin(babbling("a", tokens=30))
    said(answer, 2)
    swap, load = begin(SetAdapter()), begin(Load(path=str(tiny), context=1024, threads=1))
    later = begin(babbling("b", tokens=3))
    assert [said(steps, 1)[0].ahead for steps in (swap, load, later)] == [1, 2, 3]  # type: ignore[attr-defined]
    before = babble.conversations()
    assert completed(run(answer)).stats.completion_tokens == 30
    assert isinstance(run(swap)[0], Done) and isinstance(run(load)[0], Loaded)
    assert completed(run(later)).stats.completion_tokens == 3
    assert babble.conversations() is not before


def test_a_swap_that_is_given_up_holds_nobody(begin: Begin) -> None:
    answer = begin(babbling("a", tokens=30))
    said(answer, 2)
    swap = begin(SetAdapter())
    said(swap, 1)
    swap.close()
    assert completed(run(begin(babbling("b", tokens=3)))).stats.completion_tokens == 3


# --- batches that are ended early -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [2, 7])
def test_an_interrupted_batch_leaves_the_truth(role: EngineRole, steps: int) -> None:
    """While a prompt is read, while words are written: the books agree with llama.cpp, and the answer is the same."""
    sampling = msgspec.structs.replace(GREEDY, max_tokens=8)
    call = Chat(conversation="i", question="Name " + words("k", 250), sampling=sampling)
    conversations = role.conversations()
    conversations.reset()
    expected, _ = run(role.handle(call))
    conversations.reset()
    live = role.handle(call)
    try:
        assert isinstance(said(live, steps)[-1], Prefill if steps == 2 else Token)
        role.interrupt()
        held = conversations.slots.held("i")
        assert [next(live) for _ in range(3)] == [None] * 3  # each batch ends before it has begun
        assert conversations.slots.held("i") == held and held
        assert any(conversations.context.holds(number, len(held)) for number in range(SEQUENCES))
        role.resume()
        result, _ = run(live)
    finally:
        role.resume()
        live.close()
    assert result.text == expected.text  # type: ignore[union-attr]
