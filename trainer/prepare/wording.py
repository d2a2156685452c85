"""Turns an English sentence that holds a value into questions for that value, by rule.

The value with its preposition is taken out and put to the front as a question word: "Claims must be submitted within
30 days after the trip." gives "within how many days" and "claims must be submitted after the trip". An indirect
question ("Do you know within how many days claims must be …?") needs no more; a direct one needs the auxiliary moved,
or "does".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from app.paths import RESOURCES
from trainer.prepare import values
from trainer.prepare.values import Value

WORDS_FILE = RESOURCES / "prepare" / "english.txt"
_BEFORE = re.compile(
    r"(?:(?:^|(?<=\s))(?:up to|at least|at most|no more than|not more than|more than|less than|"
    r"no later than|within|for|after|before|from|until|till|by|every|to|with|of|at|on|in|above|below|under|over|"
    r"about|around|than)\s+){0,2}(?:the\s+)?$",
    re.IGNORECASE,
)
_NOUN_BEFORE = re.compile(
    r"\b(extension|version|edition|room|level|class|line|section|weeks?|article|form|building|hall|point|gate|floor|month)\s+$"
)
_AUXILIARY = re.compile(r"\s(is|are|was|were|must|may|can|could|will|would|should|shall)\s")
_RELATIVE = re.compile(r"\b(who|that|which|whose|when|if|where|because)\b", re.IGNORECASE)
_LEADING = re.compile(
    r"^((?:If|When|After|Before|For|During|From|Until|On|In|At|With|Without|Between|Outside|Beyond|Above|Below|Once|"
    r"As soon as)\b[^,;]{3,90}),\s+(?=\w)"
)
_PRONOUN = re.compile(
    r"^(?:it|its|they|their|them|this|these|those|that|he|she|such|there it|here|both|then|later|otherwise|"
    r"outside these|beyond that|after that|above that)\b",
    re.IGNORECASE,
)


@cache
def word_lists() -> dict[str, frozenset[str]]:
    """Word lists by name: verbs, what opens a sentence, what has no one who does it."""
    lines = WORDS_FILE.read_text(encoding="utf-8").splitlines()
    parts = (line.partition(":") for line in lines if not line.startswith("#"))
    return {name: frozenset(words.split()) for name, _, words in parts}


def _base_form(verb: str) -> str:
    """ "carries" → "carry", "reaches" → "reach", "has" → "have"."""
    if verb == "has":
        return "have"
    if verb.endswith("ies") and len(verb) > 4:
        return verb.removesuffix("ies") + "y"
    return verb[:-2] if re.search(r"(?:ch|sh|ss|x)es$", verb) else verb.removesuffix("s")


IMPERATIVES = word_lists()["imperatives"]
VERBS = {verb: _base_form(verb) for verb in word_lists()["singular"]}
PLURAL_VERBS = word_lists()["plural"]
_COMMON = word_lists()["openers"]
_NO_SUBJECTS = word_lists()["subjectless"]
_ANY_VERB = frozenset(VERBS) | PLURAL_VERBS | word_lists()["auxiliaries"]


@dataclass(frozen=True)
class Gap:
    """A clause without its value: `front` is the question word with its preposition, `rest` what remains.

    For "the plan is published 4 weeks ahead": front "how many weeks", before "the plan is published", after "ahead".
    """

    front: str
    before: str
    after: str
    leading: str = ""  # "if a device is found out of tolerance": what stood before the clause's comma

    @property
    def indirect(self) -> str:
        """Behind "Do you know …"."""
        return _join(self.front, self.before, self.after, self.leading)

    @property
    def direct(self) -> str:
        """A question of its own, "" where the rules cannot turn the clause round."""
        turned = _turn(self.before)
        return _join(self.front, turned, self.after, self.leading) if turned is not None else ""


def _join(*parts: str) -> str:
    return re.sub(r"\s+([,.;])", r"\1", " ".join(part.strip() for part in parts if part.strip())).strip(" ,;")


def clause(sentence: str, value: Value) -> tuple[str, int]:
    """The part of a sentence that holds the value, cut at semicolons, and where it begins."""
    begin = sentence.rfind("; ", 0, value.start)
    begin = begin + 2 if begin >= 0 else 0
    end = sentence.find(";", value.end)
    return sentence[begin : end if end >= 0 else len(sentence)].rstrip(" ."), begin


def starts_with_pronoun(text: str) -> bool:
    """Whether a sentence speaks of something that stands before it."""
    return bool(_PRONOUN.match(text))


def open_gap(text: str, value: Value) -> Gap | None:
    """Take the value of an English clause out; None where it cannot be asked for."""
    question = _question_word(text, value)
    if question is None:
        return None
    front, start, end = question
    before, after = text[:start].rstrip(), text[end:].strip()
    leading = ""
    if match := _LEADING.match(before + " "):
        leading, before = _uncapital(match[1]), before[match.end() :]
    before = _as_statement(before)
    after = _first_part(after)
    if re.match(r"(?:and|or|to|times)\b", after) or (before.endswith(",") and front.startswith("which")):
        return None
    if ahead := re.match(r"(?:ahead|later|earlier|long|old|away|before|in advance)\b(?! \w)", after):
        front, after = f"{front} {ahead[0]}", after[ahead.end() :].strip()
    if matter := _MATTER.match(after):
        front, after = f"{front} {matter[0]}", after[matter.end() :].strip()
    if not before and front.split()[0] not in ("how", "what", "which", "when"):
        before, after = after, ""
    one = _conjunct(before)
    if one is None or _misleading(one, after, text[: value.start]):
        return None
    gap = Gap(front, _uncapital(one), _until_conjunct(after), leading)
    return gap if len(_join(gap.before, gap.after, leading).split()) >= 2 else None


_MATTER = re.compile(
    r"^of (?:the |an? )?(?:\w+ )?\w+(?= (?:per|a|an|on|for|in|from|with|at|each|together|after|before)\b|$|[,.;])"
    r"|^of \w+"
)
_PARTICIPLE = rf"(?:\w+ed|{'|'.join(sorted(word_lists()['participles']))})"
_JOINED = re.compile(r",? (?:and|but) (?=(?:is|are|was|were|has|have|must|may|can|will|" + "|".join(VERBS) + r")\b)")
_JOINED_PART = re.compile(rf" (?:and|but|or) {_PARTICIPLE}\b")


def _verb(words: list[str]) -> int | None:
    """Where the first word stands that must be a verb."""
    return next((n for n, word in enumerate(words) if n and word.strip(",") in _ANY_VERB), None)


def _conjunct(before: str) -> str | None:
    """ "the team answers calls and closes claims" → "the team closes claims"; None where the rules cannot tell."""
    if _JOINED_PART.search(before):
        return None
    joins = list(_JOINED.finditer(before))
    if not joins:
        return before
    verb = _verb(before.split())
    subject = " ".join(before.split()[:verb]) if verb else ""
    if not subject or len(subject) > joins[0].start():
        return None
    return f"{subject} {before[joins[-1].end() :]}"


def _until_conjunct(after: str) -> str:
    after = f" {after}"
    for pattern in (_JOINED, _JOINED_PART):
        if match := pattern.search(after):
            after = after[: match.start()]
    return re.sub(r",? (?:but|and|or)$", "", after.rstrip()).strip()


def _misleading(before: str, after: str, original: str) -> bool:
    """Whether the question would ask for something else than the sentence says."""
    words = before.split()
    if before and (_verb(words) is None or words[0].lower() in _NO_SUBJECTS):
        return True  # the value stands inside the subject, or nothing has it
    if not before and _verb(["", *after.split()]) is None:
        return True
    if _RELATIVE.search(before) or re.search(
        r"\b(?:first|last|next|same|each|every|other|older|longer|larger|of|and|or|never|not)$", before
    ):
        return True
    if re.search(r"\d[^,;]*(?:,| and | or )", original[-90:]) and values.find(original):
        return True  # one of several values: which one is asked for would be left open
    whole = before + after
    return whole.count("(") != whole.count(")") or whole.count("“") != whole.count("”") or ":" in whole


def _question_word(text: str, value: Value) -> tuple[str, int, int] | None:
    """The words that ask for a value, and the span that they replace."""
    shown = text[value.start : value.end]
    start = value.start - len(_BEFORE.search(text[: value.start])[0])  # type: ignore[index]
    preposition = text[start : value.start].strip().removesuffix(" the")
    if preposition.split(" ")[-1:] in (["of"], ["than"], ["above"], ["below"], ["over"], ["under"]) and not re.match(
        r"(?:more|less|no more|not more) than$", preposition
    ):
        return None
    if re.match(r"\s*(?:to|or|and|–|-)\s+[\d€$£]", text[value.end :]) or re.search(
        r"\d\s*(?:to|or|and)\s+$", text[: value.start]
    ):
        return None  # one end of a range, one of several
    if value.kind == "money":
        return _uncapital(_join(preposition, "how much")), start, value.end
    if value.kind == "percent":
        return _uncapital(_join(preposition, "what percentage")), start, value.end
    if value.kind == "quantity":
        unit = re.sub(r"^\S+(?: and a half)?[ -]", "", shown)
        unit = re.sub(r"^(?:and a half )", "", unit)
        plural = (
            unit
            if unit.endswith(("s", "people", "bar", "°C", "m³/h", "km", "kg", "cm", "mm", "kWh", "GB", "MB"))
            else unit + "s"
        )
        return _uncapital(_join(preposition, f"how many {plural}")), start, value.end
    if value.kind in ("time", "date"):
        word = "what time" if value.kind == "time" else "what date"
        preposition = preposition.lower()
        if preposition in ("on", "at", ""):
            return ("when" if preposition else word), start, value.end
        return _join(preposition, word), start, value.end
    if value.kind == "day":
        word = "which month" if shown in values.MONTHS else "which day"
        return (_join(preposition.lower(), word), start, value.end) if preposition else None
    if noun := _NOUN_BEFORE.search(text[: value.start]):
        begin = noun.start()
        head = _BEFORE.search(text[:begin])
        before = head[0] if head else ""
        return _uncapital(_join(before, "which", noun[1])), begin - len(before), value.end
    following = re.match(r"\s+((?:[a-z]+ )?[a-z]+s)\b", text[value.end :])
    if value.kind == "number" and following and not preposition.lower().startswith(("on", "in", "from", "after")):
        noun_text = following[1]
        if noun_text.split()[0] in ("of", "is", "are", "per", "a", "and", "or", "times") or noun_text in VERBS:
            return ("how many times", start, value.end + 6) if noun_text.startswith("times") else None
        return _uncapital(_join(preposition, "how many", noun_text)), start, value.end + following.end()
    return None


def _uncapital(text: str) -> str:
    """Lower case at the beginning of what was a sentence, names aside."""
    if text.startswith("A "):
        return "a" + text[1:]
    if len(text) > 1 and text[0].isupper() and text[1].islower() and text.split()[0].lower() in _COMMON | IMPERATIVES:
        return text[0].lower() + text[1:]
    if len(text) > 1 and text[0].isupper() and text[1].islower() and not re.match(r"\w+(?: \w+)? [A-Z]", text):
        first = text.split()[0]
        if first not in values.MONTHS and first not in values.DAYS:
            return text[0].lower() + text[1:]
    return text


def _as_statement(before: str) -> str:
    """ "Report damage" → "you must report damage"."""
    first = before.split()[0] if before.split() else ""
    second = before.split()[1] if len(before.split()) > 1 else ""
    if first.lower() in IMPERATIVES and second not in ("of", "is", "are", "for") and second not in VERBS:
        return f"you must {first.lower()}{before[len(first) :]}"
    return before


def _first_part(after: str) -> str:
    """What follows the value, up to a comma behind which another statement begins."""
    if cut := re.search(r",\s+(?:otherwise|so that|because|unless)\b", after):
        after = after[: cut.start()]
    cut = re.search(
        r",\s+(?:and|or|but|otherwise|so|because|at|in|on|for|with|which|it|they|then|also|even|whichever)\b", after
    )
    if cut and values.find(after[cut.end() :]):
        return after[: cut.start()]
    cut = re.search(r"\s+(?:and|or)\s+(?=[^,]*\d)", after)
    return after[: cut.start()] if cut else after


def _turn(before: str) -> str | None:
    """Subject and auxiliary trade places; "does" comes in where there is no auxiliary. "" where the value led."""
    if not before:
        return ""
    words = before.split()
    padded = f" {before} "
    auxiliary = _AUXILIARY.search(padded)
    verbs = [n for n, word in enumerate(words) if n and (word in VERBS or word in PLURAL_VERBS)]
    if len(verbs) > 1 and verbs[1] == verbs[0] + 1:
        verbs = verbs[1:]  # "the answer comes": the first is a noun
    verb = verbs[0] if verbs else None
    if auxiliary:
        subject = padded[: auxiliary.start()].strip()
        if (
            0 < len(subject.split()) <= 8
            and not _RELATIVE.search(subject)
            and (verb is None or verb >= len(subject.split()))
        ):
            return _join(auxiliary[1], subject, padded[auxiliary.end() :])
        return None
    if verb is None or verb > 7 or _RELATIVE.search(" ".join(words[:verb])):
        return None
    subject, tail = " ".join(words[:verb]), " ".join(words[verb + 1 :])
    if words[verb] in VERBS:
        return _join("does", subject, VERBS[words[verb]], tail)
    return _join("do", subject, words[verb], tail)
