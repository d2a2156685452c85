"""What is offered to be learned: each rule by itself, and all of them against pairs that were labelled by hand.

`data/labelled-questions.jsonl` holds pairs made of documents that no rule was tuned on before they were labelled: parts
"fit" (the shown chance), "report" (what is measured here), "mended" (no longer made: a rule came of it, or its words
changed with one) and "before" (made by the rules before these). Documents "written/…" were written for their round by
its reader, since few that are found ask what a company's do. docs/fine-tuning.md says how they were drawn.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from app.finetune.review import DEFAULT_QUALITY
from app.text.bm25 import Index
from app.types import Message
from trainer.prepare import chance, check, facts, faq, forms, markup, passages, personal, sound, split
from trainer.spec import Example, Origins, TextDocument

LABELS = Path(__file__).parent / "data" / "labelled-questions.jsonl"


class Labelled(msgspec.Struct, frozen=True):
    part: str
    round: int
    kind: str
    label: str
    document: str
    question: str
    answer: str


def labelled() -> list[Labelled]:
    return [msgspec.json.decode(line, type=Labelled) for line in LABELS.read_bytes().splitlines()]


# --- the labels -------------------------------------------------------------------------------------------------------


def test_the_shown_chance_is_what_was_labelled() -> None:
    fit = [row for row in labelled() if row.part == "fit"]
    good = Counter(row.kind for row in fit if row.label == "good")
    by_rule = {kind: share for kind, share in chance.chances().items() if kind != "model"}  # test_question_authors.py
    assert by_rule == {kind: (good[kind], n) for kind, n in Counter(row.kind for row in fit).items()}
    assert chance.of("cell") > 0.95 > chance.of("sentence") > 0.5 > chance.of("model")


def test_what_the_default_approval_offers_is_good() -> None:
    offered = [row for row in labelled() if row.part == "report" and chance.of(row.kind) >= DEFAULT_QUALITY]
    assert len(offered) >= 280 and len({(row.document, row.answer) for row in offered}) >= 220
    assert sum(row.label == "good" for row in offered) / len(offered) >= 0.95


def test_a_fresh_round_says_how_it_was_before_it_was_mended() -> None:
    """Round 3 is of the rules before it, errors and all: what its halves were used for does not change that."""
    fresh = [row for row in labelled() if row.round == 3]
    offered = [row for row in fresh if row.kind in ("cell", "entry")]
    assert len(fresh) == 290 and len(offered) == 188 and len({row.document for row in fresh}) > 70
    assert sum(row.label == "good" for row in offered) / len(offered) >= 0.95


@pytest.mark.parametrize(
    ("number", "found", "pairs", "least", "most"),
    [(5, True, 80, 0.4, 0.5), (5, False, 140, 0.85, 0.9), (6, None, 118, 0.85, 0.9), (7, None, 123, 0.95, 1.0)],
)
def test_a_round_of_the_default_says_how_it_was_before_it_was_mended(
    number: int, found: bool | None, pairs: int, least: float, most: float
) -> None:
    """Rounds 5 to 7 are of what the default approves, one pair a fact: 5 before the mending, 6 and 7 after parts."""
    rows = [row for row in labelled() if row.round == number]
    rows = [row for row in rows if found is None or found is not row.document.startswith("written/")]
    assert len(rows) == len({(row.document, row.answer) for row in rows}) == pairs
    assert least <= sum(row.label == "good" for row in rows) / pairs <= most


def test_no_shown_chance_flatters() -> None:
    """None lies far above what the other half allows: the upper end of Wilson's interval (1927), 95 %."""
    report = [row for row in labelled() if row.part == "report"]
    for kind, count in Counter(row.kind for row in report).items():
        good = sum(row.label == "good" for row in report if row.kind == kind)
        assert upper(good, count) >= chance.of(kind) - 0.03, kind


def upper(good: int, count: int, z: float = 1.96) -> float:
    share = good / count
    spread = z * ((share * (1 - share) + z * z / (4 * count)) / count) ** 0.5
    return (share + z * z / (2 * count) + spread) / (1 + z * z / count)


def test_most_of_what_was_made_before_was_not_good() -> None:
    """The labels are no rubber stamp."""
    before = [row.label for row in labelled() if row.part == "before"]
    assert before.count("good") <= 0.1 * len(before) and before.count("wrong") > 0.3 * len(before)


# --- each rule --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("How many days of leave does everyone have a year?", True),
        ("Was steht unter „Hotels“ für „Berlin“ in der Spalte „Grenze“?", True),
        ("how long is the grace period", True),
        ("The which day please be sure to take an alternate day such as prior?", False),
        ("How many weeks do to submit a request, please email the team?", False),
        ("How many months is stipend provided within 30-days ( )?", False),
        ("Core time: 09:30 to 15:00.", False),
        ("Why?", False),
        ("What is “the limit?", False),
    ],
)
def test_a_question_is_whole(question: str, whole: bool) -> None:
    assert sound.is_whole(question) is whole


@pytest.mark.parametrize(("answer", "whole"), [("Pool cars: 14.", True), ("Sign the form and", False), ("…", False)])
def test_an_answer_is_whole(answer: str, whole: bool) -> None:
    assert sound.is_whole_answer(answer) is whole


@pytest.mark.parametrize(
    ("question", "value", "free"),
    [
        ("How many pool cars are there, 9 of them electric?", "14", False),
        ("How many pool cars are there?", "14", True),
        ("What is the discount from 2,500 €?", "4 %", True),
        ("What is the break after 6 hours of work?", "30 minutes", True),
        ("Is the stipend $50 or more?", "$75", False),
        ("What does GLVM stand for, an OS strategy?", "an OS strategy", False),
    ],
)
def test_no_value_of_the_asked_kind_stands_in_the_question(question: str, value: str, free: bool) -> None:
    assert sound.has_no_rival(question, value) is free


@pytest.mark.parametrize(
    ("text", "clean"),
    [("See [People](../people.md)", False), ("**Step 5**", False), ("📱 Mobile", False), ("https://a.org", False),
     ("The P-110 costs 284.00 €", True)],
)  # fmt: skip
def test_no_markup(text: str, clean: bool) -> None:
    assert sound.has_no_markup("What is it?", text) is clean


TABLE = "| City | Standard | Trade fair |\n|---|---|---|\n| Hamburg | 160 € | 195 € |\n| Munich | 165 € | 220 € |"


@pytest.mark.parametrize(
    ("answer", "value", "entailed"),
    [
        ("Munich, standard: 165 €.", "165 €", True),
        ("Munich, standard: 195 €.", "195 €", False),  # of the row above
        ("Claims are paid within 30 days.", "30 days", True),
        ("Claims are paid within 30 days of leave.", "30 days", False),  # two sentences in one
    ],
)
def test_one_row_or_sentence_says_the_answer(answer: str, value: str, entailed: bool) -> None:
    units = sound.units_of(f"Claims are paid within 30 days. Leave is 28 days.\n\n{TABLE}")
    assert sound.is_entailed(answer, value, units, "City Standard Trade fair") is entailed


@pytest.mark.parametrize(
    ("question", "contained"),
    [
        ("How many weeks of notice does the policy ask for?", False),
        ("According to the Travel Policy, how many weeks of notice does the policy ask for?", True),
        ("How long does it take?", False),
        ("How many days are these?", False),
        ("After how many days are Zoom recordings deleted?", True),
    ],
)
def test_a_question_says_what_it_is_about(question: str, contained: bool) -> None:
    assert sound.is_self_contained(question, ("Travel Policy", "Notice")) is contained


def test_a_value_stands_in_whole_words() -> None:
    rows = ["Resolution\nP3 24 hours"]
    assert not sound.is_answered_once("What is the target for P3?", "4 hours", "First response\nP3 4 hours", rows)
    assert not sound.is_entailed("P3: 4 hours.", "4 hours", ["P3 24 hours"])


def test_an_open_question_has_no_rival_of_any_kind() -> None:
    own, others = "Reporting\nP1: 95% compliance", ["First response\nP1 15 minutes"]
    question = "What does “SLA Targets” say about P1?"
    assert sound.is_answered_once(question, "95% compliance", own, others)
    assert not sound.is_answered_once(question, "95% compliance", own, others, any_kind=True)


def test_spans_and_more_are_no_value_of_a_question() -> None:
    assert sound.has_no_rival("What does “Vacation” say about “0-2 years” and “6+ years”?", "15 days per year")
    assert not sound.has_no_rival("What is given for 3-5 days of leave?", "15 days")


def test_another_place_with_another_value_is_seen() -> None:
    own = "Targets\nWeighted pipeline: $200k"
    question = "What does “Targets” say about the weighted pipeline?"
    assert not sound.is_answered_once(question, "$200k", own, ["Targets\nWeighted pipeline: $750k"])
    assert sound.is_answered_once(question, "$200k", own, ["Targets\nNew logos: $750k", "Notes\nPipeline: $1"])


# --- what the rules ask -----------------------------------------------------------------------------------------------


def asked(text: str, name: str = "Guide.md") -> list[str]:
    cut = passages.cut(TextDocument(id="d", text=text, name=name), 0)
    return [p.text for passage in cut for fact in facts.find(passage) for p in forms.phrase(fact, "en")]


@pytest.mark.parametrize(
    "sentence",
    [
        "We offer a $100 monthly wellness stipend that can be used at your discretion.",
        "Your paycheck includes a fixed reimbursement for $75 of mobile phone expenses monthly.",
        "The company has 14 pool cars, 9 of them electric.",
        "If it falls on a weekend, please take an alternate day such as the Friday prior.",
        "The best team trips are the ones with 50% bonding and 50% work.",
        "Leave must be requested at least 30 days in advance except in emergencies.",
        "You must be at least 18 years old to file a claim.",
        "An order is available 24 hours a day from the police.",
    ],
)
def test_what_cannot_be_asked_well_is_not_asked(sentence: str) -> None:
    assert asked(f"# Guide\n\n## Rules for all\n\n{sentence}\n") == []


def test_up_to_is_asked_as_at_most_and_you_as_i() -> None:
    questions = asked("# Guide\n\n## Trips\n\nYou can book a pool car for up to 14 days.\n")
    assert questions[0] == "How many days at most can I book a pool car?"


def test_phrasings_differ_in_words_and_in_form() -> None:
    """Distinct bigrams of a fact's phrasings over all of their bigrams (Li et al., 2016), and all the forms."""
    text = f"# Travel Policy\n\n## Limits per night\n\n{TABLE}\n\nClaims are paid within 30 days after the trip.\n"
    cut = passages.cut(TextDocument(id="d", text=text, name="t.md"), 0)
    found = [fact for passage in cut for fact in facts.find(passage)]
    assert {fact.kind for fact in found} == {"composed", "sentence"}
    for fact in found:
        phrasings = forms.phrase(fact, "en")
        assert {p.form for p in phrasings} >= {"plain", "titled", "polite", "indirect", "curt", "misspelt"}
        words = [p.text.casefold().split() for p in phrasings]
        bigrams = [pair for line in words for pair in pairwise(line)]
        assert len(set(bigrams)) / len(bigrams) > 0.4


def test_a_row_of_one_word_is_asked_with_what_it_is_one_of() -> None:
    """ "Retention for Log" says nothing, and neither does "Maintenance": round 5."""
    table = "| Backup type | Frequency |\n|---|---|\n| Log | 15 minutes |\n| 0x0C | 9 hours |\n| Full copy | 7 days |"
    questions = asked(f"# Hosting Plan\n\n## Maintenance\n\n{table}\n")
    assert "Under “Hosting Plan”, what is the frequency for the backup type “Log”?" in questions
    assert "According to the Hosting Plan, what is the frequency for “Full copy”?" in questions
    assert not any("0x0C" in question for question in questions)


@pytest.mark.parametrize("heading", ["Interval Output Examples", "Table 3. Examples of charges"])
def test_examples_are_not_asked(heading: str) -> None:
    assert asked(f"# Guide\n\n## {heading}\n\n{TABLE.replace('Standard', 'Price')}\n") == []


def test_a_number_in_a_documents_name_is_no_rival() -> None:
    table = "| Class | Weight limit |\n|---|---|\n| Half pallet | 500 kg |\n| Full pallet | 900 kg |"
    cut = passages.cut(TextDocument(id="d", text=f"# Freight List 2026\n\n## Limits\n\n{table}\n", name="f.md"), 0)
    fact = next(fact for fact in facts.find(cut[0]) if fact.subject == "Half pallet")
    checker = check.Checker(cut, Index([passage.searched for passage in cut]))
    assert not checker.complaint(0, fact, "According to “Freight List 2026”, what is the limit for “Half pallet”?", [])
    assert checker.complaint(0, fact, "Is 600 the weight limit for “Half pallet” in “Freight List 2026”?", [])


def test_rules_do_not_says() -> None:
    questions = asked("# Lending Rules\n\n## Late charges\n\n- Late return: 4 €\n- Lost card: 5 €\n- Lost key: 9 €\n")
    assert questions and not any("the Lending Rules" in question for question in questions)


def test_a_heading_that_names_nothing_gives_way_to_the_document() -> None:
    questions = asked("# Press HP-400\n\n## Technical data\n\n- Working pressure: 280 bar\n- Test pressure: 320 bar\n")
    assert "What does “Press HP-400” say about “Working pressure”?" in questions


@pytest.mark.parametrize(
    ("chapter", "count"),
    [
        ("## Can I leave?\n\nWrite to the desk or\n\nYou may also call it.", 0),  # the first part broke off
        ("## Why not ours?\n\nAgain. It does not work with the proxy.", 0),
        ("## Can I sign in?\n\nNo, unless the office answered those questions before.", 0),
        ("1. Is the user known?\nOnly known users may run it.\n2. Is the user NOT root?\nRoot may not run any of it.\n"
         "3. Does the program exist?\nElse it cannot be run by anyone.", 1),  # an answer "Only …" is one
        ("1. Is the user known?\nThe server asks for that.\n2. Is the user NOT root?\nRoot may not run any of it.\n"
         "3. Does the program exist?\nElse it cannot be run by anyone.", 0),
        ("## Can I leave?\n\nYes, at the end of a month.\n\nWrite to the desk.", 1),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_question_with_its_answer_is_not_asked(chapter: str, count: int) -> None:
    passage = passages.cut(TextDocument(id="d", text=f"# Guide\n\n{chapter}\n", name="g.md"), 0)
    assert bool(sum(len(list(faq.pairs(p))) for p in passage)) is bool(count)


# --- what comes before ------------------------------------------------------------------------------------------------


def test_markup_goes_and_every_character_knows_where_it_stood() -> None:
    text = (
        "# 📱 Mobile **phone**\n\n<!-- draft -->See [the *guide*](https://a.org/x) at 10:30:15 :tada: &amp; `code`.\n"
        "\n"
        "- ![logo](l.png) _new_ rule {#rule}\n\n| [a](b) | __c__ |\n|---|---|\n| x<br/>y | 5 * 3 |\n"
    )
    plain, places = markup.stripped(text), markup.places(text)
    assert plain == (
        "# Mobile phone\n\nSee the guide at 10:30:15  & code.\n\n-  new rule\n\n| a | c |\n|---|---|\n| xy | 5 * 3 |\n"
    )
    assert len(places) == len(plain) + 1 and places == sorted(places)
    assert all(text[place] == c or text.startswith("&amp;", place) for place, c in zip(places, plain, strict=False))
    assert not markup.is_marked(plain.replace("|---|---|", "")) and markup.is_marked(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to acme@help.sequoia.com, or 1-844-891-3044.", 0),
        ("All questions go to travel@firma.com and userhappiness@remote.com.", 0),
        ("Share our company phone number, +1 (650) 273-5591, with them.", 0),
        ("Write to ida.berg@firma.com or +49 171 2345678.", 2),
    ],
)
def test_shared_mailboxes_and_helpdesks_are_no_persons(text: str, masked: int) -> None:
    assert len(personal.find(text)) == masked


def test_documents_fall_on_one_side_by_what_they_say() -> None:
    """Eight files are index.md and say different things; two of other names say the same."""
    words = ["alpha", "beta", "gamma", "delta", "kappa", "sigma", "omega", "theta"]
    texts = [
        TextDocument(id=str(n), name="index.md", path=f"{w}/index.md", document_id=n, text=f"{w} rule one two. " * 20)
        for n, w in enumerate(words)
    ]
    texts.append(TextDocument(id="c", name="copy.md", path="copy.md", document_id=9, text=texts[0].text))
    answer = "Claims of the beta team are paid within 30 days."
    examples = [example(f"{n}", path, answer) for n, path in enumerate(("beta/index.md", "gamma/index.md"))]
    found = split.families(texts, examples)
    assert {"alpha/index.md", "copy.md"} in found and {"beta/index.md", "gamma/index.md"} in found
    assert sum(map(len, found)) == 9 and {"delta/index.md"} in found
    chosen = split.Splitter(1, 1, 0.1).held_out_documents(texts, examples)
    assert chosen == {"beta/index.md", "gamma/index.md"}  # those that can be examined


def example(key: str, path: str, answer: str) -> Example:
    turns = (Message("user", f"What about {key}?"), Message("assistant", answer))
    return Example(id=key, messages=turns, source=Origins(document="index.md", path=path, document_id=int(key) + 1))


def test_a_watched_question_is_never_taught_in_the_same_words() -> None:
    question = (
        Message("user", "Within how many days are claims of the beta team paid?"),
        Message("assistant", "30 days."),
    )
    taught = Example(id="a", messages=question, group="a")
    kept, leaked = split.without_leaks([taught, Example(id="b", messages=question, group="b", split="validation")])
    assert leaked == 1 and [e.split for e in kept] == ["train", "aside"]
