"""Idle chats leave the cache to the one that writes, and go on from ordinary memory as if they had never left."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from engine_helpers import GREEDY, conversations_of, run, said, together, turn

from app.engine.worker import EngineRole
from app.llama.slots import Slots
from app.types import Message
from app.workers.calls.engine import Chat, Chatted, SetAdapter, Token

Ask = Callable[..., Chatted]
STORY = "The audit of the second supplier took place in March and found nothing. " * 8
HISTORY = turn(f"Remember this. {STORY}", "Noted.")
OTHER = turn(f"Read this. {STORY[::-1]}", "Read.")
QUESTION = "When was the audit?"


@pytest.fixture
def slots(role: EngineRole) -> Iterator[Slots]:
    """The engine's sequences, with nothing of other tests in them."""
    conversations = conversations_of(role)
    conversations.reset()
    yield conversations.slots
    assert not conversations.busy


@pytest.fixture
def short_of_memory(slots: Slots, monkeypatch: pytest.MonkeyPatch) -> int:
    """Room for one of the conversations beside the cache, and not for two."""
    limit = 9 << 20
    monkeypatch.setattr(slots.saved, "limit", limit)
    return limit


def follow_up(answer: Chatted) -> tuple[Message, ...]:
    return (*HISTORY, *turn(QUESTION, answer.text))


def in_cache(slots: Slots) -> int:
    return slots.cells(slots.idle)


def ids_of_two_turns(slots: Slots, ask: Ask, between: Callable[[], object] = lambda: None) -> tuple[list[int], int]:
    """The tokens that the chat "a" holds after two turns with something between, and how many the second evaluated."""
    first = ask(QUESTION, "a", history=HISTORY)
    between()
    second = ask("And what was found?", "a", history=follow_up(first))
    assert second.text
    return slots.held("a"), second.stats.evaluated_tokens


def test_a_parked_chat_goes_on_with_the_same_ids(role: EngineRole, slots: Slots, ask: Ask) -> None:
    undisturbed, evaluated = ids_of_two_turns(slots, ask)
    conversations_of(role).reset()

    def other() -> None:
        held = slots.held("a")
        ask("What did you read?", "b", history=OTHER)
        assert in_cache(slots) == len(slots.held("b"))  # the other has the cache for itself
        assert slots.held("a") == held and slots.saved.bytes > 0

    assert ids_of_two_turns(slots, ask, other) == (undisturbed, evaluated)
    assert in_cache(slots) == len(undisturbed)


def test_those_that_ran_together_are_apart_afterwards(role: EngineRole, slots: Slots, ask: Ask) -> None:
    """The one that goes on has the first cells, although it began behind the other's."""
    undisturbed, _ = ids_of_two_turns(slots, ask)
    conversations_of(role).reset()
    calls = [
        Chat(conversation=key, question=question, history=history, sampling=GREEDY)
        for key, question, history in (("b", "What did you read?", OTHER), ("a", QUESTION, HISTORY))
    ]
    (_, _), (first, _) = together(role, calls)
    assert isinstance(first, Chatted)
    assert in_cache(slots) > len(slots.held("a"))  # both are there
    second = ask("And what was found?", "a", history=follow_up(first))
    assert second.stats.evaluated_tokens < 24 and second.text
    assert in_cache(slots) == len(slots.held("a"))
    context = conversations_of(role).context
    assert [context.holds(slot.number, len(slot.tokens)) for slot in slots.idle] == [True] * len(slots.idle)
    assert slots.held("a")[: len(undisturbed) // 2] == undisturbed[: len(undisturbed) // 2]


def test_a_running_answer_keeps_its_cells(role: EngineRole, slots: Slots, ask: Ask) -> None:
    ask("What did you read?", "b", history=OTHER)
    running = role.handle(Chat(conversation="a", question=QUESTION, history=HISTORY, sampling=GREEDY))
    while not isinstance(said(running, 1)[0], Token):
        pass
    held = slots.held("a")
    ask("Hello", "c")
    assert slots.held("a")[: len(held)] == held and slots.busy[0].key == "a"
    assert in_cache(slots) == len(slots.held("c"))  # of the idle ones only the last is there
    run(running)


def test_the_memory_holds_and_what_was_dropped_is_read_again(slots: Slots, ask: Ask, short_of_memory: int) -> None:
    def two_others() -> None:
        ask("What did you read?", "b", history=OTHER)
        assert slots.saved.held("a")
        ask("Hello", "c")
        assert slots.saved.held("b") and not slots.held("a")  # the oldest went
        assert 0 < slots.saved.bytes <= short_of_memory

    dropped, evaluated = ids_of_two_turns(slots, ask, two_others)
    slots.clear()
    undisturbed, least = ids_of_two_turns(slots, ask)
    assert dropped == undisturbed and evaluated > least + 100


def test_what_is_too_large_to_be_kept_stays_in_the_cache(
    slots: Slots, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots.saved, "limit", 0)

    def other() -> None:
        ask("Hello", "b")
        assert in_cache(slots) > len(slots.held("b")) and slots.saved.bytes == 0

    _, evaluated = ids_of_two_turns(slots, ask, other)
    assert evaluated < 24


def test_it_goes_on_after_a_cancel(role: EngineRole, slots: Slots, ask: Ask) -> None:
    undisturbed, evaluated = ids_of_two_turns(slots, ask)
    conversations_of(role).reset()

    def cancelled() -> None:
        other = role.handle(Chat(conversation="b", question="What did you read?", history=OTHER, sampling=GREEDY))
        said(other, 1)
        other.close()

    assert ids_of_two_turns(slots, ask, cancelled) == (undisturbed, evaluated)


def test_a_swap_clears_what_is_parked(role: EngineRole, slots: Slots, ask: Ask) -> None:
    undisturbed, _ = ids_of_two_turns(slots, ask)
    conversations_of(role).reset()

    def swapped() -> None:
        ask("Hello", "b")
        assert slots.saved.held("a")
        run(role.handle(SetAdapter()))
        assert slots.saved.bytes == 0 and not slots.held("a")

    again, evaluated = ids_of_two_turns(slots, ask, swapped)
    assert again == undisturbed and evaluated > len(undisturbed) // 2


def test_it_goes_on_after_its_state_was_forgotten(role: EngineRole, slots: Slots, ask: Ask) -> None:
    undisturbed, _ = ids_of_two_turns(slots, ask)
    conversations_of(role).reset()

    def forgotten() -> None:
        ask("Hello", "b")
        slots.forget("a")
        assert not slots.held("a")

    assert ids_of_two_turns(slots, ask, forgotten)[0] == undisturbed


def test_what_a_parked_chat_has_read_serves_another(slots: Slots, ask: Ask) -> None:
    """A beginning that both have is not read again, and what followed it in the one is not in the other."""
    first = ask(QUESTION, "a", history=HISTORY)
    ask("Hello", "b")
    third = ask("Who audits?", "c", history=HISTORY)
    assert first.stats.evaluated_tokens == first.stats.prompt_tokens
    assert third.stats.evaluated_tokens < 24
    assert slots.held("a")[:100] == slots.held("c")[:100] and slots.saved.held("a") == slots.held("a")
