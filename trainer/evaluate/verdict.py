"""The verdict in one plain sentence, from the figures alone. What got worse beyond chance is always named."""

from __future__ import annotations

from collections.abc import Sequence

from trainer.evaluate.statistics import mcnemar
from trainer.spec import BlindTally, Exam, Judgement, Probe, Reading

MATERIAL = 0.05
"""Share of all general questions whose loss outweighs better answers on what was taught."""
READING_NAMED, READING_MATERIAL = 0.01, 0.15
"""Rise in bits a byte, of the base's: named from the first on; outweighs better answers from the second on."""
CHANCE = 0.05
"""p below which a difference is more than chance."""
_SUBJECTS = {
    "taught": "questions on what was taught",
    "taught with documents": "taught questions with the documents at hand",
    "unseen with documents": "questions on documents that were kept out, with the documents at hand",
    "unknown": "saying so when the documents do not hold the answer",
    "general": "general knowledge",
    "labels": "sorting into labels",
}


def judge(
    exams: Sequence[Exam],
    reading: Reading | None,
    probe: Probe | None,
    blind: BlindTally | None = None,
) -> Judgement:
    """Weigh the figures.

    Better: something rose beyond chance, and nothing that fell outweighs it. Worse: something fell beyond chance and
    nothing rose, or what fell is material. Everything else is no clear change.

    Args:
        exams: the questions, each with its own test.
        reading: counts where it is large enough, its interval is off zero, and its p, which knows how little a few
            passages say, is below 0.05.
        probe: counts from the first place on.
        blind: a person's votes.
    """
    if reading is not None and reading.p >= CHANCE:
        reading = None
    up = [_line(exam) for exam in exams if exam.change == "up"]
    down = [_line(exam) for exam in exams if exam.change == "down"]
    heavy = any(_heavy(exam) for exam in exams)
    if reading and reading.interval[0] > 0 and reading.difference > READING_NAMED * reading.base:
        down.append(f"plain text it has not seen: {reading.base:.2f} bits a byte before, {reading.tuned:.2f} now")
        heavy |= reading.difference > READING_MATERIAL * reading.base
    if probe and probe.tuned > probe.base:
        places = "place" if probe.tuned == 1 else "places"
        down.append(f"personal data: it completes what stood at {probe.tuned} {places}, {probe.base} before")
        heavy = True
    if reading and not up and reading.interval[1] < 0 and reading.difference < -READING_NAMED * reading.base:
        up.append(f"text like the documents': {reading.base:.2f} bits a byte before, {reading.tuned:.2f} now")
    up += _blind(blind, "up")
    down += _blind(blind, "down")
    if down and (heavy or not up):
        return _say("worse", down, up)
    return _say("better", down, up) if up else _say("no clear change", down, up)


def _heavy(exam: Exam) -> bool:
    if exam.change != "down":
        return False
    return exam.name in ("taught", "labels") or (exam.lost - exam.gained) / exam.count >= MATERIAL


def _line(exam: Exam) -> str:
    return f"{_SUBJECTS[exam.name]}: {exam.tuned} of {exam.count} right, {exam.base} before"


def _blind(blind: BlindTally | None, way: str) -> list[str]:
    """A person's votes count when a fair coin would rarely fall so (sign test)."""
    if blind is None:
        return []
    if mcnemar(blind.tuned, blind.base) >= CHANCE or (blind.tuned > blind.base) != (way == "up"):
        return []
    return [f"your own choice: {blind.tuned} times the new answer, {blind.base} times the old one"]


def _say(verdict: str, down: Sequence[str], up: Sequence[str]) -> Judgement:
    worse, better = "; ".join(down), "; ".join(up)
    if verdict == "worse":
        sentence = f"Worse. {_sentence(worse)}" + (f" Better: {better}." if better else "")
        return Judgement(verdict="worse", sentence=sentence, worse=tuple(down), better=tuple(up), default="keep")
    if verdict == "better":
        sentence = f"Better. {_sentence(better)}" + (f" Worse: {worse}." if worse else "")
        return Judgement(verdict="better", sentence=sentence, worse=tuple(down), better=tuple(up), default="use")
    sentence = "No clear change: the differences are within chance."
    return Judgement(verdict="no clear change", sentence=sentence, default="keep")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
