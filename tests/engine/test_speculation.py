"""Guesses by prompt lookup: the very words of an answer without them, with any sampling, alone and beside others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine_helpers import conversations_of, run, together

from app.engine import speculation
from app.engine.speculation import Lookup, Speculation
from app.engine.worker import EngineRole
from app.types import Sampling
from app.workers.calls.engine import Chat, Chatted

QUESTION = "the cat sat on the mat and the dog sat on the log and the cat sat on the mat again"


@pytest.fixture
def eager(babble: EngineRole, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """Guesses are made wherever there are any; → (guesses, right ones) of each batch."""
    seen: list[tuple[int, int]] = []
    kept = Lookup.kept
    monkeypatch.setattr(speculation, "GAIN", 0.0)
    monkeypatch.setattr(Lookup, "kept", lambda self, *counts: (seen.append(counts), kept(self, *counts)))
    yield seen
    conversations_of(babble).speculation.usable = True


def ask(engine: EngineRole, *, guesses: bool, **sampling: object) -> str:
    conversations_of(engine).reset()
    conversations_of(engine).speculation.usable = guesses
    call = Chat(conversation="", question=QUESTION, sampling=Sampling(max_tokens=150, **sampling))  # type: ignore[arg-type]
    result, _ = run(engine.handle(call))
    assert isinstance(result, Chatted)
    return result.text


@pytest.mark.parametrize("sampling", [{"temperature": 0.0, "repeat_penalty": 1.0}, {"temperature": 0.4, "seed": 5}])
def test_the_words_are_those_without_guesses(
    babble: EngineRole, eager: list[tuple[int, int]], sampling: dict[str, object]
) -> None:
    plain = ask(babble, guesses=False, **sampling)
    assert not eager
    assert ask(babble, guesses=True, **sampling) == plain
    assert eager and conversations_of(babble).speculation.usable
    if sampling["temperature"] == 0.0:
        assert sum(right for _, right in eager) > 20


def test_nobody_guesses_while_several_write(babble: EngineRole, eager: list[tuple[int, int]]) -> None:
    conversations_of(babble).reset()
    greedy = Sampling(temperature=0, max_tokens=40, repeat_penalty=1.0)
    calls = [Chat(conversation=str(n), question=QUESTION, sampling=greedy) for n in range(2)]
    one, two = (result for result, _ in together(babble, calls))
    assert isinstance(one, Chatted) and isinstance(two, Chatted) and one.text == two.text
    assert not eager


def test_guesses_are_what_followed_last() -> None:
    lookup = Lookup()
    assert lookup.guess([1, 2, 3, 4, 5, 9, 1, 2, 3], 7) == [4, 5, 9, 1, 2, 3, 4]
    assert lookup.guess([1, 2, 3, 4, 5, 9, 1, 2, 3, 8, 1, 2, 3], 2) == [8, 1]
    assert lookup.guess([1, 2], 7) == []


def test_it_pays_or_it_is_left() -> None:
    model = Speculation(usable=True)
    tokens = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3]
    assert model.guess(Lookup(), tokens) == []  # nothing was measured
    for size, seconds in ((1, 1.0), (3, 1.2), (5, 1.5), (8, 2.0)):
        model.took(size, seconds)
    assert len(model.guess(Lookup(right=0.95), tokens)) == 7
    assert model.guess(Lookup(right=0.1), tokens) == []
    for _ in range(30):
        model.took(8, 8.0)
        model.took(5, 5.0)
        model.took(3, 3.0)
    assert model.guess(Lookup(right=0.95), tokens) == []
    lookup = Lookup(right=0.1)
    for _ in range(20):  # the guesses that are not tried are looked at all the same
        lookup.guess(tokens, 2)
        lookup.came(4)
    assert lookup.right > 0.8
