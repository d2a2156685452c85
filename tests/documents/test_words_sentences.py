"""Words and sentences: what full text compares and where a citation may begin, in several scripts."""

from __future__ import annotations

import hashlib

import pytest

from app.text.exact import codes, codes_among, holds_phrase, phrases
from app.text.language import STOP_WORDS
from app.text.sentences import sentences
from app.text.words import VERSION, analysed, query_terms, terms

SAMPLE = """Résumé 1970s policies reimbursed Straße Häuser Reisekostenrichtlinie O’Neill's 3.5 1,200 XJ-4410/B ＡＢＣ
    石油危机 한국경제는 कंपनी की नीति ภาษาไทยที่ดี ガソリン والمدرسة بالكتاب للشركة договоры Łódź Ørsted kitaplar"""


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


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "Häuser", "Hauses"),
        ("de", "Muenchen", "München"),
        ("nl", "boeken", "boek"),
        ("fr", "remboursements", "remboursé"),
        ("es", "vacaciones", "vacación"),
        ("ru", "договора", "договоры"),
        ("tr", "kitaplar", "kitabın"),
        ("hi", "नीतियों", "नीति"),
        ("ar", "والمدرسة", "مدرسة"),
        ("ar", "بالكتاب", "الكتاب"),
        ("ar", "للشركة", "شركة"),
        ("ar", "مُدَرِّس", "مدرس"),
    ],
)
def test_forms_of_a_word_meet_in_its_language(language: str, one: str, other: str) -> None:
    assert terms(one, language) == terms(other, language) != []


@pytest.mark.parametrize(("one", "other"), [("がす", "かす"), ("йод", "иод"), ("ที่", "ที")])
def test_marks_that_make_another_letter_stay(one: str, other: str) -> None:
    assert terms(one) != terms(other)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The price of the hotel is in the list."),
        ("de", "Der Preis des Hotels steht in der Liste."),
        ("nl", "De prijs van het hotel staat in de lijst."),
        ("fr", "Le prix de l'hôtel est dans la liste."),
        ("es", "El precio del hotel está en la lista."),
        ("ru", "Цена за номер указана в этом списке и на сайте."),
        ("en", "Munich 165"),
    ],
)
def test_the_language_of_a_passage_shows(language: str, text: str) -> None:
    assert analysed("", text)[0] == language


@pytest.mark.parametrize("text", ["ภาษาไทย", "ພາສາລາວ", "ភាសាខ្មែរ", "မြန်မာဘာသာ", "石油危机", "ガソリン"])
def test_scripts_without_spaces_become_pairs(text: str) -> None:
    """A part of a word is found in it, and no term is a whole word."""
    found = terms(text)
    assert len(found) > 1 and all(term in text and len(term) < len(text) for term in found)


def test_terms_change_only_with_their_version() -> None:
    """Whoever changes the terms counts VERSION up, which has every index built anew, and writes the new digest here."""
    texts = [SAMPLE, *(sentence for words in STOP_WORDS.values() for sentence in sorted(words))]
    found = [terms(text, language) for text in texts for language in STOP_WORDS]
    digest = hashlib.sha256(repr([found, codes(SAMPLE)]).encode()).hexdigest()[:16]
    assert (VERSION, digest) == (2, "8fae354e118d5816")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Part XJ-4410/B, ISO-9001 and A320neo", ["xj4410b", "iso9001"]),
        ("RFC2119 for the 4410-XJ", ["rfc2119", "4410xj"]),
        ("In the mid-1990s a 16-year-old ran 5km on the 3rd, 1980s-1990s, 2024-01-05, 10AM, إترنت2", []),
    ],
)
def test_part_numbers_are_told_from_words_with_digits(text: str, found: list[str]) -> None:
    assert codes(text) == found
    assert codes_among(text, [*found, "xj441", "1990s", "zz9"]) == len(found), "a part of a code is none"


def test_phrases_are_quoted_in_any_style() -> None:
    assert phrases('"a b" “c d” „e f“ «g h» 「石油」 it\'s \'no\' "" "?"') == ["a b", "c d", "e f", "g h", "石油"]
    assert holds_phrase("The Remote, work policy.", "remote work") and not holds_phrase("remote works", "remote work")
    assert holds_phrase("一九七三年石油危机", "石油危机")


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


@pytest.mark.timeout(180)
def test_sentences_of_hostile_texts_take_linear_time() -> None:
    """Each took minutes with a careless rule; the test's own time-out is the judge."""
    dots = "." * 400_000 + "x"
    assert sentences(dots) == [(0, len(dots))]
    initials = "A. " * 400_000
    assert sentences(initials) == [(0, len(initials) - 1)]
    items = "1. a " * 240_000
    assert sentences(items) == [(0, len(items) - 1)]
