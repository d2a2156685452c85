"""What chance can do is never a verdict, and nothing that a run holds is too long or too much for a comparison."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from two_models import TwoModels

from trainer.context import Context
from trainer.evaluate import judge, memorised, reading, verdict
from trainer.evaluate.compare import _Comparison, exam
from trainer.evaluate.statistics import bootstrap, mcnemar, sign_flip
from trainer.spec import AnswerPair, BaseModel, Data, Example, RunSpec, TextDocument, Turn, write_lines

# --- chance -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 5, 6, 8, 12])
def test_sign_flips_are_all_choices_of_signs(count: int) -> None:
    drawn = np.random.default_rng(count)
    for shift in (0.0, 0.8):
        differences = drawn.normal(shift, 1, count)
        sums = [np.dot(signs, differences) for signs in product((1, -1), repeat=count)]
        known = sum(abs(each) >= abs(sum(differences)) - 1e-9 for each in sums) / 2**count
        assert sign_flip(list(differences)) == pytest.approx(known)


def test_fewer_than_six_units_never_differ_and_equals_never_do() -> None:
    assert [sign_flip([0.3] * n) < 0.05 for n in (1, 2, 3, 4, 5, 6, 16)] == [False] * 5 + [True] * 2
    assert sign_flip([0.0] * 9) == sign_flip([]) == 1.0


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_noise_seldom_moves_the_verdict(count: int) -> None:
    """The bootstrap's interval alone is off zero in 100 % (one unit) to 18 % (eight) of these draws."""
    drawn, moved, off = np.random.default_rng(count), 0, 0
    for _ in range(300):
        tuned = 10 + drawn.normal(0, 1, count)
        difference, interval = bootstrap([10.0] * count, list(tuned), [1.0] * count, 1, 200)
        read = reading.Reading(
            base=10, tuned=10 + difference, difference=difference, interval=interval, documents=count, bytes=1,
            unit="document", p=sign_flip(list(tuned - 10)),
        )  # fmt: skip
        off += interval[0] > 0 or interval[1] < 0
        judged = verdict.judge((), read, None)
        moved += judged.verdict != "no clear change"
    assert moved / 300 <= 0.08 and moved <= off  # 5 %, and what a draw of 300 may add (two standard errors)
    assert count > 5 or moved == 0


@pytest.mark.parametrize(("documents", "said"), [(1, "no clear change"), (5, "no clear change"), (6, "worse")])
def test_a_comparison_calls_reading_worse_from_six_documents_on(tmp_path: Path, documents: int, said: str) -> None:
    comparison, models = _comparison(tmp_path, TwoModels(base=6.0, tuned=5.5))
    comparison._texts = [  # a passage each
        TextDocument(id=str(n), name=str(n), text=f"Page {n} is about bridges and boats. " * 6, split="unseen")
        for n in range(documents)
    ]
    result = comparison.run("m.gguf")
    assert result.judgement.verdict == said
    assert result.reading is not None and result.reading.interval[0] > verdict.READING_NAMED * result.reading.base
    found = reading.read(models, comparison._texts, 1)
    assert found is not None and found.p == pytest.approx(min(1.0, 2 / 2**documents))


# --- nothing is too long or too much ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("gained", "lost"), [(1000, 50), (50, 1000), (700, 640), (1500, 1500), (9, 2), (0, 0)])
def test_mcnemar_counts_thousands_of_questions(gained: int, lost: int) -> None:
    assert exam("general", [(False, True)] * gained + [(True, False)] * lost).p == mcnemar(gained, lost)
    tail = sum(math.comb(gained + lost, k) for k in range(min(gained, lost) + 1))
    known = min(Fraction(1), Fraction(2 * tail, 1 << (gained + lost)))  # a float ends at 1,023 flips
    assert mcnemar(gained, lost) == pytest.approx(float(known), rel=1e-9, abs=1e-300)


def test_places_behind_a_conversation_too_long_are_left_out() -> None:
    short = memorised.Place("phone", ("+49 30 1234567",), (Turn("user", "Whom do I call?"),), "Call ")
    long = memorised.Place("phone", ("+49 30 1234567",), (Turn("user", "word " * 5000),), "Call ")
    probed = memorised.probe(TwoModels(), [long, short])
    assert probed is not None and probed.places == 1
    assert memorised.probe(TwoModels(), [long]) is None
    probed = memorised.probe(TwoModels(), [*[long] * memorised.MOST, *[short] * (memorised.MOST + 1)])
    assert probed is not None and probed.places == memorised.MOST


def test_a_comparison_survives_rows_of_25000_characters(tmp_path: Path) -> None:
    comparison, _ = _comparison(tmp_path, TwoModels(), "classify")
    comparison._examples = [
        _example("train", "train", "billing +49 30 1234567"), _example("held", "heldout", "billing")
    ]  # fmt: skip
    result = comparison.run("m.gguf")
    assert result.probe is None and "1 questions are too long for the model and were left out." in result.notes


def test_the_judge_is_not_asked_about_what_it_cannot_hold() -> None:
    def answer(wanted: str) -> AnswerPair:
        return AnswerPair(
            exam="taught", id="i", question="q", wanted=wanted, base="one", tuned="two", base_right=False,
            tuned_right=False,
        )  # fmt: skip

    judged = judge.judge(TwoModels(), [answer("long " * 5000), *[answer("short")] * judge.LEAST])
    assert judged is not None and judged.count == judge.LEAST
    assert judge.judge(TwoModels(), [answer("long " * 5000)] * judge.MOST) is None


def _comparison(folder: Path, models: TwoModels, recipe: str = "teach") -> tuple[_Comparison, TwoModels]:
    for name in ("examples", "texts"):
        write_lines(folder / f"{name}.jsonl", [])
    data = Data(examples=str(folder / "examples.jsonl"), texts=str(folder / "texts.jsonl"), labels=("billing", "other"))
    spec = RunSpec(id="r", recipe=recipe, base=BaseModel(path="m.gguf"), data=data)  # type: ignore[arg-type]
    return _Comparison(Context(spec, folder, lambda _: None), models), models


def _example(id: str, split: str, answer: str) -> Example:
    turns = (Turn("user", "word " * 5000), Turn("assistant", answer))
    return Example(id=id, messages=turns, split=split)  # type: ignore[arg-type]
