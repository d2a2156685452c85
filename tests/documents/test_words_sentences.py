"""Words and sentences: what full text compares and where a citation may begin, in several scripts."""

from __future__ import annotations

import pytest

from app.text.sentences import sentences
from app.text.words import query_terms, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Résumé", "resume"),
        ("policies", "policy"),
        ("reimbursed", "reimburses"),
        ("Straße", "STRASSE"),
        ("١٢", "١٢"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_forms_of_a_word_meet(one: str, other: str) -> None:
    assert terms(one) == terms(other)


def test_chinese_is_found_inside_a_run_without_spaces() -> None:
    assert set(terms("石油危机")) <= set(terms("一九七三年石油危机爆发"))
    assert set(terms("경제")) <= set(terms("한국경제는"))


def test_hindi_words_stay_whole() -> None:
    assert terms("कंपनी की नीति") == terms("कंपनी  की  नीति")
    assert len(terms("नीति")) == 1


def test_numbers_keep_their_point() -> None:
    assert "3.5" in terms("It costs 3.5 percent.")


def test_stop_words_of_one_language_only() -> None:
    assert query_terms("Which war was the last?") == terms("war last")
    assert query_terms("Wer war der Direktor?") == terms("Direktor")
    assert query_terms("who is it") == terms("who is it")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Smith paid 3.5 euros. He left.", 2),
        ("The U.S. economy grew. It did.", 2),
        ("Am 6. Oktober kam er. Dann ging er.", 2),
        ("他来了。他走了！真的吗？", 3),
        ("J. R. Tolkien wrote it. Yes!", 2),
        ("no end", 1),
        ("", 0),
        ("He said “Stop.” Then he left.", 2),
    ],
)
def test_sentences_end_where_they_end(text: str, count: int) -> None:
    spans = sentences(text)
    assert len(spans) == count, [text[a:b] for a, b in spans]
    assert "".join(text[a:b] for a, b in spans).replace(" ", "") == text.replace(" ", "")


@pytest.mark.timeout(60)
def test_sentences_of_hostile_texts_take_linear_time() -> None:
    """Each took minutes with a careless rule; the test's own time-out is the judge."""
    dots = "." * 400_000 + "x"
    assert sentences(dots) == [(0, len(dots))]
    initials = "A. " * 400_000
    assert sentences(initials) == [(0, len(initials) - 1)]
    items = "1. a " * 240_000
    assert sentences(items) == [(0, len(items) - 1)]
