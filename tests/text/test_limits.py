"""Which side of a number is spoken of."""

from __future__ import annotations

import pytest

from app.text.limits import limits, on_the_other_side


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who approves a trip within Europe above 400 €?", "Trips up to 400 € are approved by the team lead."),
        ("What holds for orders over 1,000 EUR?", "Orders below EUR 1000 need one offer."),
        ("Wer genehmigt Reisen über 400 €?", "Reisen bis zu 400 € genehmigt die Teamleitung."),
        ("Is there a discount for 50 pieces or more?", "Fewer than 50 pieces cost the full price."),
    ],
)
def test_the_other_side_does_not_answer(question: str, sentence: str) -> None:
    assert on_the_other_side(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who approves a trip above 400 €?", "Trips above 400 € are approved by the head of department."),
        ("Who approves a trip above 400 €?", "Up to 400 € the team lead approves, above 400 € the head of department."),
        ("Who approves a trip above 400 €?", "Trips up to 600 € are approved by the team lead."),
        ("What does the 400 series cost?", "Up to 400 € are paid."),
        ("How many people lived there from 1990 on?", "From 1990 to 1995 it had 400 people."),
        ("Who approves a trip of 400 €?", "Trips up to 400 € are approved by the team lead."),
    ],
)
def test_everything_else_may(question: str, sentence: str) -> None:
    assert not on_the_other_side(question, sentence)


def test_a_limit_has_its_sides() -> None:
    assert limits("up to 1,000 €, over 1.000 €") == {"1000": {"up", "down"}}
    assert limits("400 € in 2024") == {}
