"""What is left of messages that a model has no room for."""

from __future__ import annotations

from app.text.earlier import HEAD, sum_up
from app.types import Message


def turn(question: str, answer: str) -> tuple[Message, Message]:
    return Message("user", question), Message("assistant", answer)


def test_each_message_says_its_first_sentence_and_quotations_are_left_out() -> None:
    answer = "## Leave\n> A quotation stood here.\nThirty days a year. More with overtime, as the next page says."
    said = sum_up(turn("How many days of leave do I have? I joined in May.", answer), 100)
    first, second = "- User: How many days of leave do I have?", "- Assistant: Thirty days a year."
    assert said.splitlines() == [HEAD, first, second]


def test_the_first_and_the_newest_stay_where_room_is_short() -> None:
    messages = tuple(m for n in range(200) for m in turn(f"Question number {n}?", f"Answer number {n}."))
    said = sum_up(messages, 60)
    assert len(said.split()) < 80
    assert "number 0?" in said and "Answer number 199." in said and "number 100" not in said and "…" in said
    assert said == sum_up(messages, 60)


def test_hostile_and_empty_messages() -> None:
    assert sum_up((), 60) == "" and sum_up(turn("", "> only quoted"), 60) == ""
    assert len(sum_up(turn("x" * 1_000_000, "a." * 500_000), 60)) < 1000
