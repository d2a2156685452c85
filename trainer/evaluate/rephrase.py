"""The exam's own writer: asks for what was taught as people type, by rules that the training's questions never use.

The training's questions come from sentence frames (trainer.prepare.frames) or from a model; these are made from the
answer's telling words alone, curt, chatty, indirect or misspelt. A model that learned the frames, and not the facts,
fails here. The same rules cross one fact's subject with another's aspect: a question that lies near the documents and
that none of them answers.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.text.words import terms
from trainer.prepare import duplicates, quality, sound, split, values
from trainer.prepare.values import Value
from trainer.spec import Example

MOST_WORDS = 7
"""Of a curt question."""
ROW = re.compile(r"^(?P<subject>[^:.?!]{2,70}), (?P<aspect>[^:.,?!]{2,40}): (?P<value>[^:]{1,80})\.$")
"""How a table's cell is answered: row, column and value (trainer.prepare.facts)."""


def for_training(subject: str) -> bool:
    """Whether a row may be crossed in the training; the others are crossed in the exam alone."""
    return bool(zlib.crc32(subject.encode()) % 2)


_ASKED: dict[str, str] = {
    "money": "how much", "percent": "what percentage", "date": "when", "time": "what time", "day": "which day",
    "code": "which code", "number": "how many",
}  # fmt: skip
_STYLES = (
    "{words} - {ask}?",
    "hey, do you still know: {words}, {ask}? thx",
    "{ask} again for {words}",
    "not sure where to look, but it is about {words}: {ask}?",
    "{misspelt}, {ask}??",
)
_OPENERS = frozenset(
    ("must", "may", "can", "shall", "should", "will", "also", "please", "every", "each", "any", "only")
)


@dataclass(frozen=True)
class Asked:
    """One question in other words, and the fact's own example that says what is right."""

    question: str
    example: Example


def rephrased(examples: Sequence[Example]) -> list[Asked]:
    """One question for each taught fact of the documents that can be asked so; of English text, or curt elsewhere.

    Args:
        examples: those of the training, phrasings of one fact together in `group`; only what was made from documents
            is asked anew, since what a person wrote is in their own words already.
    """
    facts: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if example.origin == "model" and example.answer.strip():
            facts[example.group or example.id].append(example)
    words = {key: _telling(members) for key, members in facts.items()}
    often = Counter(tuple(sorted(each)) for each in words.values())
    made = []
    for key, members in facts.items():
        told = words[key]
        if len(told) < 2 or often[tuple(sorted(told))] > 1:
            continue
        question = _question(key, told, members)
        if question and not _taught(question, members):
            made.append(Asked(question, members[0]))
    return made


def crossed(examples: Sequence[Example], texts: Sequence[str]) -> list[str]:
    """Questions near the documents that they do not answer: a row of one table asked for a column of another.

    Args:
        examples: of the run; tables are known by their answers.
        texts: all passages. A pair of which any passage holds all telling words is not asked.
    """
    cells = list(dict.fromkeys(cell for e in examples if e.origin == "model" if (cell := _cell(e)) is not None))
    held = [frozenset(terms(text)) for text in texts]
    found = []
    for number, (subject, _, document) in enumerate(cells):
        if for_training(subject):
            continue
        others = [aspect for _, aspect, other in _turned(cells, number) if other != document]
        for aspect in dict.fromkeys(others):
            needed = frozenset(terms(f"{subject} {aspect}"))
            if len(needed) > 1 and not any(needed <= words for words in held):
                found.append(f"What is the {aspect} for {subject}?")
                break
    return list(dict.fromkeys(found))


def _cell(example: Example) -> tuple[str, str, str] | None:
    match = ROW.match(example.answer)
    return (match["subject"], match["aspect"].strip(), example.source.document) if match else None


def _turned(cells: Sequence[tuple[str, str, str]], number: int) -> Iterable[tuple[str, str, str]]:
    return (*cells[number + 1 :], *cells[:number])


def _wanted(members: Sequence[Example]) -> list[Value]:
    """The values of the answer that none of the taught questions holds."""
    asked = [value for e in members for value in values.find(e.question)]
    return values.without(values.find(members[0].answer), asked)


def _telling(members: Sequence[Example]) -> tuple[str, ...]:
    """The answer's own words without its value and small words, in their order, as they are typed in a hurry."""
    answer = members[0].answer
    if match := ROW.match(answer):
        answer = f"{match['subject']} {match['aspect']}"
    else:
        for value in reversed(_wanted(members)):
            answer = f"{answer[: value.start]} {answer[value.end :]}"
    small = frozenset().union(*quality.small_words().values()) | _OPENERS
    found = (w for w in re.findall(r"[^\W_][\w/-]*", answer) if len(w) > 1 and w.casefold() not in small)
    return tuple(dict.fromkeys(w if w.isupper() else w.casefold() for w in found))[:MOST_WORDS]


def _question(key: str, told: Sequence[str], members: Sequence[Example]) -> str:
    plain = " ".join(told)
    wanted = _wanted(members)
    if quality.language(members[0].answer + " " + members[0].source.text) != "en":
        return f"{plain}?"
    ask = _ask(members[0].answer, wanted[0]) if wanted else "what is it"
    style = int(hashlib.sha256(key.encode()).hexdigest(), 16)
    text = _STYLES[style % len(_STYLES)].format(words=plain, ask=ask, misspelt=_misspelt(told))
    given = " ".join(members[0].answer[value.start : value.end] for value in wanted)
    return text if not wanted or sound.has_no_rival(text, given) else ""


def _ask(answer: str, value: Value) -> str:
    """What is asked for, by the kind of the value: "how many days" for "30 days"."""
    if value.kind != "quantity":
        return _ASKED[value.kind]
    unit = answer[value.start : value.end].split()[-1].split("-")[-1]
    return f"how many {unit}" if not any(c.isdigit() for c in unit) else "how much"


def _misspelt(told: Sequence[str]) -> str:
    """Two letters of the longest word have changed places."""
    longest = max(told, key=len)
    at = len(longest) // 2
    wrong = longest[: at - 1] + longest[at] + longest[at - 1] + longest[at + 1 :] if len(longest) > 4 else longest
    return " ".join(wrong if word == longest else word for word in told)


def _taught(question: str, members: Sequence[Example]) -> bool:
    mine = duplicates.shingles(question)
    return any(duplicates.overlap(mine, duplicates.shingles(e.question)) >= split.LEAK for e in members)
