"""Words of an office that stand for each other."""

from __future__ import annotations

import json

import pytest

from app.text.glossary import PATH, glossed, meanings
from app.text.language import STOP_WORDS


def names(question: str, language: str = "en") -> set[str]:
    return {" ".join(name) for meaning in meanings(question) for name in meaning.names.get(language, ())}


@pytest.mark.parametrize(
    "question",
    [
        "Wie viele Tage Urlaub habe ich im Jahr?",
        "How many vacation days do I have?",
        "How much annual leave do I get?",
        "我有多少天年假？",
    ],
)
def test_other_words_for_leave(question: str) -> None:
    assert "leave" in names(question)


def test_longer_phrases_go_first() -> None:
    said = [meaning.said for meaning in meanings("Who grants annual leave?")]
    assert ("annual", "leave") in said and ("leave",) not in said


def test_what_may_mean_something_else_is_marked() -> None:
    (sure,) = [each.sure for each in meanings("Wo reiche ich Urlaub ein?") if each.said == ("urlaub",)]
    (perhaps,) = [each.sure for each in meanings("When may I leave?") if each.said == ("leave",)]
    assert sure and not perhaps


def test_a_question_of_other_things_has_no_other_words() -> None:
    assert not any(map(meanings, ("Who discovered oxygen?", "", "?!")))


def test_each_concept_has_words_in_two_languages_and_none_is_a_stop_word() -> None:
    concepts = json.loads(PATH.read_text(encoding="utf-8"))
    assert len(concepts) > 500
    for concept in concepts:
        assert {"en", "de"} <= concept.keys() and all(concept.values()), concept
        for language, listed in concept.items():
            assert not {name.casefold() for name in listed} & STOP_WORDS.get(language, frozenset()), (language, listed)


def test_a_text_s_own_word_is_put_behind_the_one_that_was_asked() -> None:
    text = "Leave. Everyone has 30 days of leave a year. Quotations stay valid for 45 days."
    assert "Urlaub (leave) habe" in glossed("Wie viele Tage Urlaub habe ich?", text)
    assert glossed("Wie lange gilt ein Angebot?", text).startswith("Wie lange gilt ein Angebot (")
    assert glossed("How many days of leave do I have?", text) == "How many days of leave do I have?"
    assert glossed("Wie viele Tage Urlaub habe ich?", "The pump runs.") == "Wie viele Tage Urlaub habe ich?"
