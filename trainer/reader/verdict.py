"""The verdict on a taught reader in one sentence, from the figures alone.

What speaks for it is decided by documents that were kept out: the right sentence first, or among five. What speaks
against it is anything that fell beyond chance, also on the sample documents.
"""

from __future__ import annotations

from collections.abc import Sequence

from trainer.spec import Exam, Judgement

GAINS = ("first sentence", "five sentences")
LINES = {
    "first sentence": "questions whose first sentence is right",
    "five sentences": "questions with the right sentence among five",
    "sure and right": "questions that the chat answers rightly",
    "not wrong": "questions that the chat does not answer wrongly",
    "unknown": "saying so when the documents do not hold the answer",
    "samples": "the sample documents, which it was not taught: first sentence right",
    "samples not wrong": "the sample documents: not answered wrongly",
}
LEAST = 20
"""Questions on documents that were kept out, below which nothing is called better."""
KEEP = "Installing it is not advised."


def judge(exams: Sequence[Exam], *, by_document: bool) -> Judgement:
    """Weigh the figures (McNemar's exact test, p < 0.05).

    Better: a gain on at least `LEAST` questions of documents that were kept out, and nothing that fell. Worse: anything
    fell. All else is no clear change, and then the old reader stays.
    """
    up = [_line(each) for each in exams if each.change == "up" and each.name in GAINS and each.count >= LEAST]
    down = [_line(each) for each in exams if each.change == "down"]
    first = next((each for each in exams if each.name == GAINS[0]), None)
    if down:
        better = f" Better: {'; '.join(up)}." if up else ""
        sentence = f"Worse. {_sentence('; '.join(down))}{better} {KEEP}"
        return Judgement(verdict="worse", sentence=sentence, worse=tuple(down), better=tuple(up), default="keep")
    if up and by_document:
        return Judgement(
            verdict="better", sentence=f"Better. {_sentence('; '.join(up))}", better=tuple(up), default="use"
        )
    if first is None:
        return Judgement(verdict="no clear change", sentence=f"Nobody can say: no question was kept out. {KEEP}")
    why = _why(first, up=bool(up), by_document=by_document)
    figures = f"{first.tuned} of {first.count} first sentences are right, {first.base} before"
    return Judgement(verdict="no clear change", sentence=f"No clear change: {figures}. {why} {KEEP}")


def _why(first: Exam, *, up: bool, by_document: bool) -> str:
    if not by_document:
        return "All documents were learned from, so nothing shows that it helps with others."
    if first.count < LEAST:
        return f"So few questions prove nothing; {LEAST} on documents that are kept out are needed."
    return "That is within chance."


def _line(exam: Exam) -> str:
    return f"{LINES[exam.name]}: {exam.tuned} of {exam.count}, {exam.base} before"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
