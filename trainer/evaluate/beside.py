"""The head on the embedder beside the tuned model: both sorted the same texts, and a head is often enough."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import stats

from trainer.context import Context
from trainer.evaluate.statistics import mcnemar, wilson
from trainer.spec import AnswerPair, Confusion, HeadAnswer, HeadBeside, HeadResult, TrainResult, read_json, read_lines

CHANCE = 0.05
"""p below which a difference is more than chance."""
FEWEST = 20
"""Texts from which no clear difference is taken for as good; of fewer the head has to be right as often."""


def said_by_head(context: Context) -> dict[str, str]:
    """The head's label of each text that was kept out, by the example's id; empty where no head was made."""
    path = context.run / "head" / "answers.jsonl"
    return {answer.id: answer.said for answer in read_lines(path, HeadAnswer)} if path.exists() else {}


def beside(context: Context, answers: Sequence[AnswerPair], tuned_ms: float | None) -> HeadBeside | None:
    """Both on the texts that both sorted; None where there is no head, or no text was kept out."""
    said = said_by_head(context)
    both = [answer for answer in answers if answer.exam == "labels" and answer.id in said]
    if not both:
        return None
    head = read_json(context.run / "head" / "result.json", HeadResult)
    training = read_json(context.run / "train" / "result.json", TrainResult)
    marks = [(said[answer.id] == answer.wanted, answer.tuned_right) for answer in both]
    right = sum(mine for mine, _ in marks)
    gained, lost = sum(mine and not other for mine, other in marks), sum(other and not mine for mine, other in marks)
    p = mcnemar(gained, lost)
    as_good = gained >= lost or (p >= CHANCE and len(both) >= FEWEST)
    usual = head.commonest / head.count
    guessed = stats.binomtest(right, len(both), min(usual, 1.0), alternative="greater").pvalue >= CHANCE
    return HeadBeside(
        count=len(both),
        right=right,
        interval=wilson(right, len(both)),
        tuned=sum(other for _, other in marks),
        gained=gained,
        lost=lost,
        p=p,
        enough=as_good and not guessed,
        learning_s=head.seconds,
        ms_a_text=head.ms_a_text,
        tuned_learning_s=round(training.seconds, 1),
        tuned_ms_a_text=tuned_ms,
    )


def confusion(answers: Sequence[AnswerPair], said: dict[str, str]) -> tuple[Confusion, ...]:
    """How often each label was called which, by both models and, where it sorted the text, the head."""
    sorted_ = [answer for answer in answers if answer.exam == "labels"]
    calls = [(a.wanted, a.base.strip(), a.tuned.strip(), said.get(a.id, "")) for a in sorted_]
    names = sorted({name for row in calls for name in row} - {""})
    rows = []
    for wanted in names:
        here = [row for row in calls if row[0] == wanted]
        for name in names:
            base, tuned, head = (sum(row[place] == name for row in here) for place in (1, 2, 3))
            if base or tuned or head:
                rows.append(Confusion(wanted=wanted, said=name, base=base, tuned=tuned, head=head))
    return tuple(rows)
