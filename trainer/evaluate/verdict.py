"""The verdict in one plain sentence, from the figures alone. What got worse beyond chance is always named.

What was taught is judged by the strictest exam that no template of the training wrote: the person's own questions, or
phrasings by another writer. A model that answers in the taught wording alone has learned the wording.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from trainer.evaluate.statistics import mcnemar
from trainer.spec import EXAMS, BlindTally, Exam, Judgement, Probe, Reading, RewardAccuracy, strictest

MATERIAL = 0.05
"""Share of all general questions whose loss outweighs better answers on what was taught."""
READING_NAMED, READING_MATERIAL = 0.01, 0.15
"""Rise in bits a byte, of the base's: named from the first on; outweighs better answers from the second on."""
READS = "text like the documents'"
"""How the text that was kept out is named."""
CHANCE = 0.05
"""p below which a difference is more than chance."""
FEW_OWN = 6
"""Questions from which McNemar's test can tell a gain from chance at all (five gained of five: p = 0.06)."""
SELDOM, SOME = 0.5, 5
"""Share of unanswerable questions below which it is said that the model seldom says so, of at least so many."""
_SUBJECTS = {
    "own": "your own questions",
    "rephrased": "what was taught, asked in other words",
    "taught": "questions on what was taught",
    "taught with documents": "taught questions with the documents at hand",
    "unseen with documents": "questions on documents that were kept out, with the documents at hand",
    "unknown": "saying so when the documents do not hold the answer",
    "general": "general knowledge",
    "labels": "sorting into labels",
    "preferred": "holding the better answer for likelier",
}


def judge(
    exams: Sequence[Exam],
    reading: Reading | None,
    probe: Probe | None,
    blind: BlindTally | None = None,
    rewards: RewardAccuracy | None = None,
    *,
    reads: bool = False,
    skipped: bool = False,
    shortened: bool = False,
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
        rewards: on pairs of answers that were kept out. They speak where the model does not already write the better
            answer more readily than before, and against it as soon as training moved the worse ones up.
        reads: the model was to get to know how the documents are written (continued pretraining), and was asked for no
            answers: the verdict speaks from the text that was kept out, and questions count like general knowledge.
        skipped: the person was asked for questions of their own and gave none, which the sentence says.
        shortened: the comparison was cut short, which the sentence says.
    """
    if reads:
        found = _weigh_reading(exams, reading, probe, blind)
        skipped = False  # questions are not what it speaks from
    else:
        found = _weigh(exams, reading, probe, blind, strictest(exams), rewards)
    asides = tuple(_asides(exams, skipped, shortened))
    return structs.replace(found, sentence=" ".join([found.sentence, *asides]), asides=asides)


def _weigh_reading(
    exams: Sequence[Exam], reading: Reading | None, probe: Probe | None, blind: BlindTally | None
) -> Judgement:
    """Whether it reads text like the documents' better; no gain elsewhere makes up for that."""
    weighed = _weigh(exams, reading, probe, blind, None, reads=True)
    if weighed.verdict == "worse":
        return structs.replace(weighed, about="reading")
    if reading is None:
        said, gained = "nothing was kept out to read, so nobody can say whether it reads them better", False
    else:
        gained = any(line.startswith(READS) for line in weighed.better)
        said = f"{READS}: {reading.base:.2f} bits a byte before, {reading.tuned:.2f} now, which may be chance"
    if gained:
        return structs.replace(weighed, about="reading")
    worse = f" Worse: {'; '.join(weighed.worse)}." if weighed.worse else ""
    sentence = f"No clear change: {said}.{worse}"
    return Judgement(
        verdict="no clear change", sentence=sentence, worse=weighed.worse, better=weighed.better, about="reading"
    )


def _weigh(
    exams: Sequence[Exam],
    reading: Reading | None,
    probe: Probe | None,
    blind: BlindTally | None,
    strict: Exam | None,
    rewards: RewardAccuracy | None = None,
    *,
    reads: bool = False,
) -> Judgement:
    if reading is not None and reading.p >= CHANCE:
        reading = None
    learned = strict is None or _confirmed(strict, exams)
    up = [_line(exam) for exam in _risen(exams, strict, learned=learned)]
    down = [_line(exam) for exam in exams if exam.change == "down"]
    heavy = any(_heavy(exam) for exam in exams)
    if reading and reading.interval[0] > 0 and reading.difference > READING_NAMED * reading.base:
        down.append(f"plain text it has not seen: {reading.base:.2f} bits a byte before, {reading.tuned:.2f} now")
        heavy |= reading.difference > READING_MATERIAL * reading.base
    if probe and probe.tuned > probe.base:
        places = "place" if probe.tuned == 1 else "places"
        down.append(f"personal data: it completes what stood at {probe.tuned} {places}, {probe.base} before")
        heavy = True
    gains = reading and reading.interval[1] < 0 and reading.difference < -READING_NAMED * reading.base
    if reading and gains and (reads or not up):
        up.insert(0, f"{READS}: {reading.base:.2f} bits a byte before, {reading.tuned:.2f} now")
    up += _blind(blind, "up")
    down += _blind(blind, "down")
    moved = _moved(rewards, exams)
    if rewards is not None and rewards.change == "down":
        down, heavy = [*down, *moved], True
    else:
        up += moved
    if down and (heavy or not up):
        return _say("worse", down, up)
    if strict is not None and not learned:
        return _not_learned(strict, exams, down)
    return _say("better", down, up) if up else _say("no clear change", down, up)


def _confirmed(strict: Exam, exams: Sequence[Exam]) -> bool:
    """Whether the strictest exam shows that something was learned.

    Its gain is beyond chance; or, of so few own questions that no gain could be, most are right, more than before, and
    the other writer's phrasings show a gain beyond chance.
    """
    if strict.count >= FEW_OWN or strict.name != "own":
        return strict.change == "up"
    others = [exam for exam in exams if exam.name in EXAMS and exam is not strict]
    return 2 * strict.tuned > strict.count and strict.gained > strict.lost and any(e.change == "up" for e in others)


def _risen(exams: Sequence[Exam], strict: Exam | None, *, learned: bool) -> list[Exam]:
    """What speaks for the model: of what was taught the strictest exam alone, and nothing where that shows no gain."""
    taught = (*EXAMS, "taught", "taught with documents")
    risen = [exam for exam in exams if exam.change == "up" and (strict is None or exam.name not in taught)]
    return [strict, *risen] if strict is not None and learned else risen


def _not_learned(strict: Exam, exams: Sequence[Exam], down: Sequence[str]) -> Judgement:
    """No gain in other words than the training's: the wording was learned where that alone rose."""
    taught = next((exam for exam in exams if exam.name == "taught"), None)
    figures = f"on {_SUBJECTS[strict.name]} it is right in {strict.tuned} of {strict.count}, {strict.base} before"
    worse = f" Worse: {'; '.join(down)}." if down else ""
    if taught is not None and taught.change == "up":
        learned = f"in the wording that it was taught with, in {taught.tuned} of {taught.count}"
        sentence = f"It learned the wording, not the facts: {figures}; {learned}."
    else:
        sentence = f"No clear change: {figures}."
    return Judgement(verdict="no clear change", sentence=sentence + worse, worse=tuple(down), default="keep")


def _asides(exams: Sequence[Exam], skipped: bool, shortened: bool) -> list[str]:
    """What has to be known with any verdict: what was not asked, and whether it says so when it does not know."""
    said = ["You asked no questions of your own, so this is of our wording alone."] if skipped else []
    unknown = next((exam for exam in exams if exam.name == "unknown"), None)
    if (
        unknown is not None
        and unknown.count >= SOME
        and unknown.tuned < SELDOM * unknown.count
        and unknown.change != "down"
    ):
        said.append(f"It says in {unknown.tuned} of {unknown.count} cases that it does not know.")
    if shortened:
        said.append("The comparison was cut short, so chance plays a larger part.")
    return said


def _heavy(exam: Exam) -> bool:
    if exam.change != "down":
        return False
    learned = exam.name in ("own", "rephrased", "taught", "labels", "preferred")
    return learned or (exam.lost - exam.gained) / exam.count >= MATERIAL


def _line(exam: Exam) -> str:
    return f"{_SUBJECTS[exam.name]}: {exam.tuned} of {exam.count} right, {exam.base} before"


def _moved(rewards: RewardAccuracy | None, exams: Sequence[Exam]) -> list[str]:
    """What training did to held-out pairs, where that is more than chance and not said by the plain measure already."""
    plain = next((exam for exam in exams if exam.name == "preferred"), None)
    if rewards is None or rewards.change == "chance" or (plain is not None and plain.change == rewards.change):
        return []
    if rewards.change == "up" and plain is not None and (plain.change == "down" or 2 * plain.tuned <= plain.count):
        return []
    where = f"{rewards.right} of {rewards.count} pairs that were kept out"
    return [f"preferring the better answer: training moved it up against the worse one in {where}"]


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
