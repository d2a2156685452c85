"""The reader with its own weights: the sentence, the answer in it, and how sure it is."""

from __future__ import annotations

import pytest

from app.documents.reader import Reader
from app.documents.warm import Warm
from app.documents.weigh import Candidate, weigh
from app.types import Passage, Reading


def passage_of(text: str, heading: str = "", score: float = 0.5) -> Passage:
    return Passage(
        id=1, document_id=1, document="House.md", path="/House.md", collection="", start=0, end=len(text), text=text,
        heading=heading, score=score,
    )  # fmt: skip


@pytest.fixture(scope="module")
def reader(warm: Warm) -> Reader:
    while not warm.wait(1):
        pass
    loading = warm.reader()
    while True:
        try:
            next(loading)
        except StopIteration as end:
            found: Reader = end.value
            return found


LEAVE = (
    "Employees in Berlin get 28 days of leave a year. Employees in Munich get 30 days, as they have more holidays. "
    "Leave is asked for in the portal, two weeks before it begins."
)
CANTEEN = "The canteen opens at 11:30 and closes at 14:00. On Fridays it serves fish."
"""Written for this test."""
PASSAGES = (passage_of(LEAVE, heading="Leave", score=0.9), passage_of(CANTEEN, heading="Canteen", score=0.4))


def read(reader: Reader, question: str, passages: tuple[Passage, ...] = PASSAGES) -> tuple[Reading, ...]:
    steps = reader.read(question, passages)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: tuple[Reading, ...] = end.value
            return found


def said(reading: Reading, passages: tuple[Passage, ...] = PASSAGES) -> tuple[str, str]:
    text = passages[reading.n - 1].text
    return text[slice(*reading.sentence)], text[reading.start : reading.end]


def test_the_sentence_that_answers_comes_first_with_the_answer_in_it(reader: Reader) -> None:
    sentence, answer = said(read(reader, "When does the canteen open?")[0])
    assert sentence == "The canteen opens at 11:30 and closes at 14:00." and "11:30" in answer
    sentence, answer = said(read(reader, "How many days of leave do employees in Munich get?")[0])
    assert sentence.startswith("Employees in Munich") and "30 days" in answer


def test_a_question_in_another_language_finds_it_too(reader: Reader) -> None:
    assert "11:30" in said(read(reader, "Um wie viel Uhr öffnet die Kantine?")[0])[0]


def test_what_is_not_there_has_a_small_chance(reader: Reader) -> None:
    there = read(reader, "When does the canteen open?")[0].chance
    missing = read(reader, "Who pays for parking at the airport?")[0].chance
    assert missing < there / 2


def test_a_long_passage_is_read_in_windows_and_each_sentence_once(reader: Reader) -> None:
    filler = " ".join(f"Locker {n} stands in hall {n % 7} and belongs to team {n % 13}." for n in range(120))
    passages = (passage_of(f"{filler} {CANTEEN}", heading="House", score=0.9),)
    readings = read(reader, "When does the canteen open?", passages)
    assert said(readings[0], passages)[0].startswith("The canteen opens")
    spans = [reading.sentence for reading in readings]
    assert len(spans) == len(set(spans))
    assert all(a <= reading.start < reading.end <= b for reading in readings for a, b in [reading.sentence])


def test_an_empty_passage_and_none_are_no_error(reader: Reader) -> None:
    assert read(reader, "When?", ()) == ()
    assert read(reader, "When?", (passage_of("  ", heading=""),)) == ()


def test_coverage_and_search_decide_between_like_scores() -> None:
    likely = Candidate(2.0, (0, 48), (28, 35))
    passages = (passage_of(LEAVE, score=0.9), passage_of(LEAVE, score=0.1))
    assert [each.n for each in weigh("days of leave in Berlin", passages, [[likely], [likely]])] == [1, 2]


def test_a_sentence_about_another_name_comes_after_the_one_that_holds_it() -> None:
    berlin, munich = Candidate(3.0, (0, 48), (28, 35)), Candidate(2.5, (49, 110), (77, 84))
    found = weigh("How many days do employees in Munich get?", (passage_of(LEAVE, score=0.9),), [[berlin, munich]])
    assert LEAVE[slice(*found[0].sentence)].startswith("Employees in Munich")
    assert found[1].chance < found[0].chance


def test_a_sentence_without_an_amount_hardly_answers_what_is_paid() -> None:
    passages = (passage_of("It emits 95 grams per kilometre. It is paid with 0.30 € per kilometre.", score=0.9),)
    grams, euros = Candidate(4.0, (0, 32), (9, 17)), Candidate(1.0, (33, 71), (49, 55))
    for question, least in (("How much do I get per kilometre?", False), ("How heavy is it per kilometre?", True)):
        first = weigh(question, passages, [[grams, euros]])[0]
        assert first.start == 9 and (first.chance > 0.5) is least


def test_a_close_second_makes_it_less_sure() -> None:
    passages = (passage_of(LEAVE, score=0.9),)
    first, second = Candidate(4.0, (0, 48), (28, 35)), Candidate(3.9, (49, 110), (71, 78))
    alone = weigh("How many days?", passages, [[first]])[0].chance
    assert weigh("How many days?", passages, [[first, second]])[0].chance < alone


def test_two_answers_together_are_likelier_than_one_and_a_third_makes_them_less_sure() -> None:
    passages = (passage_of(LEAVE, score=0.9),)
    first, second = Candidate(4.0, (0, 48), (28, 35)), Candidate(3.9, (49, 110), (71, 78))
    two = weigh("How many days?", passages, [[first, second]])[0]
    assert two.either > two.chance
    third = Candidate(3.8, (49, 110), (84, 91))
    assert weigh("How many days?", passages, [[first, second, third]])[0].either < two.either


def test_the_other_side_of_a_limit_hardly_answers() -> None:
    text = "Trips up to 400 € are approved by the team lead."
    found = [
        weigh(
            f"Who approves a trip {side} 400 €?", (passage_of(text, score=0.9),), [[Candidate(6.0, (0, 48), (34, 47))]]
        )
        for side in ("of", "above")
    ]
    assert found[1][0].chance < found[0][0].chance / 2
