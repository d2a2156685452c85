"""A chat that has outgrown its context is not read again at every other turn: by tokens evaluated, not by a clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_helpers import GREEDY, conversations_of, passage, run, turn

from app.engine.worker import EngineRole
from app.llama.dropping import first_held
from app.llama.prompt import Composer, Turn, fit
from app.paths import Home
from app.text.earlier import HEAD, sum_up
from app.types import Message, Passage
from app.workers.calls.engine import Chat, Chatted, Load

CONTEXT, TURNS = 1024, 20
WORDS = "river stone lamp garden letter market winter engine paper morning house ship"


def asks(n: int) -> str:
    words = WORDS.split()
    return f"Note {n}: the {' '.join(words[n % 7 :])} stood where the {' '.join(words[: n % 5 + 5])} was."


@pytest.fixture(scope="module")
def small(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineRole]:
    engine = EngineRole(Home(tmp_path_factory.mktemp("home")))
    run(engine.handle(Load(path=str(starter), context=CONTEXT, threads=1)))
    yield engine
    engine.close()


def test_twenty_turns_past_the_limit_are_read_again_a_few_times(small: EngineRole) -> None:
    history: list[Message] = [m for n in range(24) for m in turn(asks(n), "Noted, and kept for later on.")]
    evaluated, whole, dropped = [], [], []
    for n in range(24, 24 + TURNS + 1):
        call = Chat(conversation="7", question=asks(n), history=tuple(history), sampling=GREEDY)
        result, _ = run(small.handle(call))
        assert isinstance(result, Chatted) and result.budget.dropped_messages > 0
        assert result.budget.used <= CONTEXT
        history += turn(asks(n), result.text)
        evaluated.append(result.stats.evaluated_tokens)
        whole.append(result.stats.prompt_tokens)
        dropped.append(result.budget.dropped_messages)
    again = [n for n in range(1, TURNS + 1) if evaluated[n] > whole[n] // 2]
    assert dropped == sorted(dropped), "what was dropped stays so"
    assert [n for n in range(1, TURNS + 1) if dropped[n] > dropped[n - 1]] == again, "a cut is the only reason"
    assert 2 <= len(again) <= TURNS // 3
    assert sum(evaluated[1:]) < 0.4 * sum(whole[1:])
    assert min(whole) > 0.55 * (CONTEXT - GREEDY.max_tokens), "more than half of the room stays in use"


def test_a_question_with_passages_moves_a_chat_once(small: EngineRole) -> None:
    """A longer last turn needs more room; the ones after it begin where it began, and do not move back and forth."""
    encoder = conversations_of(small).encoder
    found = (passage("The limit is 165 EUR a night. " * 20),)

    def alone(history: tuple[Message, ...], passages: tuple[Passage, ...] = ()) -> int:
        turn = Turn("And?", history, passages, grounded=bool(passages))
        return fit(encoder, turn, CONTEXT, 24, sum_up).budget.dropped_messages

    notes = [m for n in range(60) for m in turn(asks(n), "Noted.")]
    lengths = (size for size in range(60, 120, 2) if alone(tuple(notes[:size])) < alone(tuple(notes[:size]), found))
    history = tuple(notes[: next(lengths)])
    composer, starts = Composer(encoder, CONTEXT, sum_up), []
    for n in range(4):
        grown = (*history, *(m for _ in range(n) for m in turn("And?", "Yes.")))
        asked = Turn("And?", grown, found if n % 2 else (), grounded=bool(n % 2), conversation="8")
        starts.append(composer.compose(asked, 24).budget.dropped_messages)
    assert starts[0] < starts[1] and len(set(starts[1:])) == 1
    assert alone((*history, *turn("And?", "Yes."), *turn("And?", "Yes."))) < starts[2], "by itself it would move back"


def test_what_had_to_go_for_one_question_comes_back(small: EngineRole) -> None:
    composer = Composer(conversations_of(small).encoder, CONTEXT, sum_up)
    history = tuple(m for n in range(8) for m in turn(asks(n), "Noted."))
    asked = Turn("What?", history, conversation="9")
    assert composer.compose(asked, 24).budget.dropped_messages == 0
    crowded = Turn("What?", history, (passage("The limit is 165 EUR. " * 90),), grounded=True, conversation="9")
    assert composer.compose(crowded, 24).budget.dropped_messages > 4
    assert composer.compose(asked, 24).budget.dropped_messages == 0


def test_another_branch_of_a_chat_is_its_own(small: EngineRole) -> None:
    """A question that was asked anew has another history: nothing of it is left out for the other's sake."""
    composer = Composer(conversations_of(small).encoder, CONTEXT, sum_up)
    history = tuple(m for n in range(40) for m in turn(asks(n), "Noted."))
    dropped = composer.compose(Turn("And?", history, conversation="8"), 24).budget.dropped_messages
    assert dropped > 8
    other = composer.compose(Turn("And?", history[: dropped - 4], conversation="8"), 24).budget.dropped_messages
    fresh = Composer(conversations_of(small).encoder, CONTEXT, sum_up)
    assert other == fresh.compose(Turn("And?", history[: dropped - 4], conversation=""), 24).budget.dropped_messages


def test_each_turn_is_summed_up_alike_until_the_next_cut(small: EngineRole) -> None:
    encoder = conversations_of(small).encoder
    history = tuple(m for n in range(60) for m in turn(asks(n), "Noted."))
    said: dict[int, set[str]] = {}
    for upto in range(60, len(history), 2):
        fitted = fit(encoder, Turn("And?", history[:upto]), CONTEXT, 24, sum_up)
        text = encoder.text(fitted.encoded.tokens)
        said.setdefault(fitted.budget.dropped_messages, set()).add(text[text.index(HEAD) : text.index("<|im_end|>")])
    assert 3 <= len(said) < 12 and all(len(texts) == 1 for texts in said.values())


def test_a_history_of_any_length_is_cut_before_it_is_read() -> None:
    history = tuple(m for n in range(2000) for m in turn("x" * 100, "y" * 100))
    starts = [first_held(history[: 1000 + 2 * n], 50_000) for n in range(1500)]
    assert starts == sorted(starts) and len(set(starts)) < 25 and all(start % 2 == 0 for start in starts)
    assert all(sum(len(m.content) for m in history[starts[n] : 1000 + 2 * n]) <= 50_000 for n in range(1500))
    assert first_held(turn("x" * 10, "y"), 5) == 2
