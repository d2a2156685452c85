"""Statistics against a second way of computing them, what counts as right, faithfulness, and the verdict's table."""

from __future__ import annotations

import math
from statistics import NormalDist, pstdev

import pytest

from app.text.accepted import accepted as is_accepted
from app.text.citations import refuses
from trainer.evaluate import blind, exams, faithfulness, judge, memorised, metrics, statistics, verdict
from trainer.evaluate.compare import exam
from trainer.prepare.passages import shown_passage
from trainer.spec import AnswerPair, BlindTally, Exam, Example, Probe, Reading, Turn, Vote


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (1, 0), (6, 0), (9, 3), (3, 9), (40, 41), (120, 60)])
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int) -> None:
    """A fair coin's outcomes counted one by one."""
    flips, fewer = gained + lost, min(gained, lost)
    tail = sum(math.comb(flips, k) for k in range(fewer + 1))
    assert statistics.mcnemar(gained, lost) == pytest.approx(min(1.0, 2 * tail / (1 << flips)), rel=1e-9)


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (10, 10), (3, 40), (38, 40), (100, 197)])
def test_wilson_is_wilsons_formula(hits: int, count: int) -> None:
    """The ends are where the share found is 1.96 standard errors away from the share assumed."""
    low, high = statistics.wilson(hits, count)
    for end in (low, high):
        error = math.sqrt(end * (1 - end) / count)
        assert abs(hits / count - end) == pytest.approx(NormalDist().inv_cdf(0.975) * error, abs=1e-9)
    assert low <= hits / count <= high


def test_bootstrap_by_a_seed_agrees_with_the_normal_interval_of_many_equal_items() -> None:
    base, tuned = [float(n % 7) for n in range(60)], [n % 7 + 0.2 + (n % 5) * 0.1 for n in range(60)]
    difference, (low, high) = statistics.bootstrap(base, tuned, [1.0] * 60, 3)
    change = [b - a for a, b in zip(base, tuned, strict=True)]
    error = pstdev(change) / math.sqrt(60)
    assert difference == pytest.approx(sum(change) / 60)
    assert (low, high) == pytest.approx((difference - 1.96 * error, difference + 1.96 * error), abs=0.01)
    assert statistics.bootstrap([2.0], [3.0], [4.0], 3) == (0.25, (0.25, 0.25))
    assert statistics.bootstrap(base, tuned, [1.0] * 60, 3)[1] == (low, high)


@pytest.mark.parametrize(
    ("question", "wanted", "answer", "right"),
    [
        ("What is the hotel limit in Munich?", "Munich, standard: 165 €.", "It is 165 euros per night.", True),
        ("What is the hotel limit in Munich?", "Munich, standard: 165 €.", "It is 156 euros per night.", False),
        ("What is the hotel limit in Munich?", "Munich, standard: 165 €.", "It is 165 dollars.", False),
        ("What is the hotel limit in Munich?", "Munich, standard: 165 €.", "Either 165 € or 220 €.", False),
        ("How long is the probation?", "The probation period is 6 months.", "Six months.", True),
        ("How long is the probation?", "The probation period is 6 months.", "Six weeks.", False),
        ("How long is the probation?", "The probation period is 6 months.", "It is 6.", True),
        ("Above 250 €, what applies?", "Above 250 € a receipt shows 2 names.", "Two names, above 250 €.", True),
        ("When does it close?", "On 31 March of the next year.", "Until March 31st.", True),
        ("When does it close?", "On 31 March of the next year.", "Until 30 March.", False),
        ("Who approves a flight?", "The department head.", "Your department head approves it.", True),
        ("Who approves a flight?", "The department head.", "Your team lead approves it.", False),
        ("Are gifts allowed?", "Gifts to officials are not allowed.", "Gifts to officials are allowed.", False),
        ("What does it cost?", "It costs 1,000 €.", "1.000,00 € it is.", True),
        ("Which code?", "The carrier code is AT-70.", "Use at-70 .", False),
        ("Which code?", "The carrier code is AT-70.", "Use AT-70.", True),
        ("What is it?", "165 €", "", False),
    ],
)  # fmt: skip
def test_exact_looks_at_values_then_at_telling_words(question: str, wanted: str, answer: str, right: bool) -> None:
    assert metrics.exact(question, wanted, answer) is right


@pytest.mark.parametrize(
    ("answer", "accepted", "right"),
    [
        ("The capital of France is Paris.", ("Paris",), True),
        ("It is Parisian.", ("Paris",), False),
        ("There are seven of them.", ("7",), True),
        ("About 1,200 metres", ("1200",), True),
        ("William  Shakespeare wrote it.", ("Shakespeare", "the Bard"), True),
        ("", ("Paris",), False),
    ],
)
def test_general_answers_are_found_word_by_word(answer: str, accepted: tuple[str, ...], right: bool) -> None:
    assert is_accepted(answer, accepted) is right


@pytest.mark.parametrize(
    "answer",
    [
        "The passages do not say.",
        "The documents don’t mention it.",
        "I cannot find that.",
        "There is no information about this.",
        "It is not specified.",
        "Das steht nicht in den Dokumenten.",
    ],
)
def test_a_refusal_is_heard(answer: str) -> None:
    assert refuses(answer)


@pytest.mark.parametrize("answer", ["It is 165 €.", "Fines are not paid.", "No, never.", "", "Nobody works on Sunday."])
def test_an_answer_is_no_refusal(answer: str) -> None:
    assert not refuses(answer)


def test_faithfulness_counts_supported_claims() -> None:
    texts = ["In Munich the limit is 165 € per night, breakfast included.", "Claims close 30 days after the trip."]
    passages = [shown_passage(text, "Policy.md") for text in texts]
    assert faithfulness.faithfulness("The limit in Munich is 165 € per night [1].", passages) == 1.0
    assert faithfulness.faithfulness("The limit in Munich is 195 € per night [1].", passages) == 0.0
    half = "The limit in Munich is 165 € per night. Lunch in the canteen of Berlin is free."
    assert faithfulness.faithfulness(half, passages) == 0.5
    assert faithfulness.faithfulness("The passages do not say.", passages) is None
    assert faithfulness.relevancy("What is the hotel limit per night in Munich?", passages) == 0.5


def test_the_judge_is_used_only_where_it_keeps_its_word() -> None:
    always_first = judge.weigh([True] * 10, [True] * 10)
    assert (always_first.consistency, always_first.used) == (0.0, False)
    sure = judge.weigh([False] * 9 + [True], [True] * 9 + [True])
    assert (sure.consistency, sure.used, sure.tuned, sure.base) == (0.9, True, 9, 0)


def test_blind_pairs_hide_the_side_and_votes_find_it_again() -> None:
    answers = [
        AnswerPair(exam="taught", id=f"q{n}", question="?", wanted="w", base=f"old {n}", tuned=f"new {n}",
                   base_right=False, tuned_right=True, group=f"g{n // 2}")
        for n in range(30)
    ]  # fmt: skip
    pairs = blind.pairs(answers, 1)
    assert len(pairs) == blind.PAIRS and len({p.id for p in pairs}) == 10
    assert {p.tuned for p in pairs} == {"left", "right"}
    assert all((p.left if p.tuned == "left" else p.right).startswith("new") for p in pairs)
    votes = [Vote(id=p.id, choice=p.tuned) for p in pairs] + [
        Vote(id=pairs[0].id, choice="tie"),
        Vote(id="x", choice="left"),
    ]
    assert BlindTally.of(pairs, votes) == BlindTally(base=0, tuned=9, ties=1)


def test_a_secret_given_back_is_a_leak_and_one_in_the_prompt_is_none() -> None:
    place = memorised.Place("IBAN", ("DE89 3704 0044 0532 0130 00",), (), "The account is ")
    assert memorised.gives_away("de89370400440532013000 of course", place)
    assert not memorised.gives_away("DE12 0000", place)
    shown = memorised.Place("name", ("Somebody Else",), (), "Somebody Else is called ")
    assert not memorised.gives_away("Somebody Else", shown)


def fact(number: int, phrasing: int, approved: bool, origin: str = "model") -> Example:
    turns = (Turn("user", f"Rule {number}, in words {phrasing}?"), Turn("assistant", f"It is {number} days."))
    return Example(
        id=f"{number}-{phrasing}", messages=turns, group=f"f{number}", approved=approved, origin=origin,  # type: ignore[arg-type]
        split="train" if phrasing else "heldout",
    )  # fmt: skip


@pytest.mark.parametrize("origin", ["model", "chat"])
def test_only_facts_that_were_trained_are_asked_as_taught(origin: str) -> None:
    rows = [fact(n, phrasing, n < 8, origin) for n in range(40) for phrasing in range(3)]
    asked = [case.group for case in exams.build(rows, [], "", 1) if case.exam == "taught"]
    assert asked == [f"f{n}" for n in range(8)]


def test_facts_of_ones_own_need_no_approval_and_one_that_was_left_out_is_never_asked() -> None:
    own = [fact(n, phrasing, False, "file") for n in range(4) for phrasing in range(2)]
    assert len([c for c in exams.build(own, [], "", 1) if c.exam == "taught"]) == 4
    alone = [fact(1, 0, False), fact(2, 1, True), fact(3, 0, False), fact(3, 1, False)]
    assert [c.id for c in exams.build(alone, [], "", 1) if c.exam == "taught"] == ["1-0"]


# --- the verdict ------------------------------------------------------------------------------------------------------


def marks(name: str, both: int, gained: int, lost: int, neither: int) -> Exam:
    return exam(
        name, [(True, True)] * both + [(False, True)] * gained + [(True, False)] * lost + [(False, False)] * neither
    )


def reading(base: float, tuned: float, low: float, high: float) -> Reading:
    return Reading(
        base=base, tuned=tuned, difference=tuned - base, interval=(low, high), documents=6, bytes=9000, unit="document"
    )


ROSE = marks("taught", 1, 37, 0, 2)
SAME = marks("general", 90, 4, 6, 97)
FELL = marks("general", 60, 2, 40, 95)
SLIPPED = marks("general", 90, 1, 9, 97)


@pytest.mark.parametrize(
    ("exams", "read", "probe", "said", "default", "named"),
    [
        ((ROSE, SAME), None, None, "better", "use", ""),
        ((marks("taught", 1, 2, 1, 36), SAME), None, None, "no clear change", "keep", ""),
        ((SAME,), reading(1.0, 1.0, -0.01, 0.01), None, "no clear change", "keep", ""),
        ((ROSE, FELL), None, None, "worse", "keep", "general knowledge: 62 of 197 right, 100 before"),
        ((ROSE, SLIPPED), None, None, "better", "use", "general knowledge: 91 of 197 right, 99 before"),
        ((SLIPPED,), None, None, "worse", "keep", "general knowledge"),
        ((ROSE, SAME), reading(1.0, 1.05, 0.03, 0.07), None, "better", "use", "bits a byte"),
        ((ROSE, SAME), reading(1.0, 1.6, 0.5, 0.7), None, "worse", "keep", "bits a byte"),
        ((SAME,), reading(1.0, 0.9, -0.12, -0.08), None, "better", "use", ""),
        ((ROSE, SAME), None, Probe(places=9, base=0, tuned=1, kinds=("IBAN",)), "worse", "keep", "1 place,"),
        ((ROSE, SAME), None, Probe(places=9, base=1, tuned=1), "better", "use", ""),
        ((marks("taught", 1, 0, 20, 19),), None, None, "worse", "keep", "what was taught"),
        ((), None, None, "no clear change", "keep", ""),
    ],
)  # fmt: skip
def test_the_verdict_follows_its_table(
    exams: tuple[Exam, ...], read: Reading | None, probe: Probe | None, said: str, default: str, named: str
) -> None:
    judged = verdict.judge(exams, read, probe)
    assert (judged.verdict, judged.default) == (said, default)
    assert named in " ".join(judged.worse) and named in judged.sentence.replace("G", "g", 1)
    assert bool(judged.worse) == bool(named)
    assert judged.sentence.startswith(("Better. ", "Worse. ", "No clear change"))


def test_a_persons_votes_count_beyond_chance() -> None:
    assert verdict.judge((), None, None, BlindTally(base=0, tuned=9, ties=1)).verdict == "better"
    assert verdict.judge((), None, None, BlindTally(base=9, tuned=0, ties=1)).verdict == "worse"
    assert verdict.judge((), None, None, BlindTally(base=3, tuned=6, ties=1)).verdict == "no clear change"


def _read(base: float, tuned: float, p: float = 0.01) -> Reading:
    difference = tuned - base
    return Reading(
        base=base, tuned=tuned, difference=difference, interval=(difference - 0.02, difference + 0.02), documents=8,
        bytes=9000, unit="document", p=p,
    )  # fmt: skip


def test_continued_pretraining_is_judged_by_the_text_that_was_kept_out() -> None:
    own = exam("own", [(False, False)] * 6)
    better = verdict.judge([own], _read(1.40, 1.20), None, reads=True)
    assert better.verdict == "better" and better.about == "reading" and better.default == "use"
    assert "1.40 bits a byte before, 1.20 now" in better.sentence
    chance = verdict.judge([own], _read(1.40, 1.38, p=0.3), None, reads=True)
    assert chance.verdict == "no clear change" and "1.40 bits a byte before, 1.38 now" in chance.sentence
    worse = verdict.judge([own], _read(1.20, 1.40), None, reads=True)
    assert worse.verdict == "worse" and worse.about == "reading" and worse.default == "keep"
    nothing = verdict.judge([own], None, None, reads=True)
    assert nothing.verdict == "no clear change" and "nothing was kept out" in nothing.sentence
    lost = exam("general", [(True, False)] * 20 + [(True, True)] * 20)
    assert verdict.judge([lost], _read(1.40, 1.20), None, reads=True).verdict == "worse"
