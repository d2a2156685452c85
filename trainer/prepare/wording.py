"""Turns an English sentence that holds a value into questions for that value, by rule.

The value with its preposition is taken out and put to the front as a question word: "Claims must be submitted within
30 days after the trip." gives "within how many days" and "claims must be submitted after the trip". An indirect
question ("Do you know within how many days claims must be …?") needs no more; a direct one needs the auxiliary moved,
or "does".
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

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
_AUXILIARIES = word_lists()["auxiliaries"]
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


_FRONT = re.compile(
    r"(?:(?:for )?(?P<most>up to|at most|no more than|not more than)|"
    r"(?:at least|within|after|for|about|around|until|from|by|before|at)) (?=how m|what (?:time|date|percent))"
)
_FOLLOWING = re.compile(
    r"$|(?:per|a|an|of|for|on|in|from|after|before|when|if|at|each|every|with|during|through|by|within|monthly|annually|"
    r"yearly|ahead|prior|long|old|as|to|via|once|and a half)\b"
)
"""What may stand behind a value that is taken out: before a noun it would leave "a … stipend" behind."""
_UNCLEAR = re.compile(
    r"[()\[\]:;“”\"/~+<>=|–—´]|\w['’](?:ll|d|ve|re|m|t)\b|\b(?:it|its|they|them|their|this|these|those|he|she|his|her|here|there|such|please|next|example|instance|"
    r"however|therefore|also|additional|another|etc|i|same|above|below|following)\b",
    re.IGNORECASE,
)
MOST_SUBJECT, MOST_AFTER, LONGEST = 7, 12, 28
"""Words of a clause's subject, of what follows its value, and of its sentence."""


def clear_gap(sentence: str, value: Value) -> Gap | None:
    """`open_gap` where its question is sure to be good English: a named subject, one clause, nothing left dangling.

    "up to" is asked as "how much … at most".
    """
    if value.kind in ("day", "code") or len(sentence.split()) > LONGEST or _UNCLEAR.search(sentence):
        return None
    after = sentence[value.end :].lstrip(" ,.")
    if not _FOLLOWING.match(after) or _ATTRIBUTE.search(sentence[: value.start]):
        return None
    if value.kind == "number" and re.match(r"(?:on|in|at|for|of|to|from|with|per|by)\b", after):
        return None  # "code 0 on success"
    if value.kind == "percent" and re.search(r"\bup to\s+$", sentence[: value.start]):
        return None
    if after.startswith("of ") and not _WHOLE_MATTER.match(after):
        return None
    gap = open_gap(sentence, value)
    if gap is None or not gap.before or not gap.direct or not _is_plain(gap):
        return None
    gap = _with_its_event(gap, value)
    if re.search(r"\b(?:we|us|our)\b", sentence, re.I) and re.search(r"\b(?:you|your)\b", sentence, re.I):
        return None  # who asks would be both
    if not (match := _FRONT.match(gap.front)):
        return gap if re.match(r"how m|what percentage|when\b|what (?:time|date)", gap.front) else None
    if match["most"]:
        return dataclasses.replace(gap, front=f"{gap.front[match.end() :]} at most")
    return gap


def _with_its_event(gap: Gap, value: Value) -> Gap:
    """ "how many minutes before the interview"; a date without a preposition is asked for with "when"."""
    if value.kind == "date" and gap.front == "what date":
        return dataclasses.replace(gap, front="when")
    if gap.front.startswith("how many") and re.match(r"(?:before|prior to|after|following) ", gap.after):
        return dataclasses.replace(gap, front=f"{gap.front} {gap.after}", after="")
    return gap


_ATTRIBUTE = re.compile(
    r"\b(?:an?|the|additional|another|of|total of|total|first|last|next|past|every|additional)\s+$", re.I
)
_SUBJECT = re.compile(r"(?:an?|the|each|every|all|any|our|your|you|we|everyone|new)\b|[A-Z]|\w+s\b")


def _is_plain(gap: Gap) -> bool:
    """One clause: subject, verb and little more on either side of the gap."""
    words, after = gap.before.split(), gap.after.split()
    verb = _verb(words)
    if verb is None or verb > MOST_SUBJECT or len(after) > MOST_AFTER or not _SUBJECT.match(words[0]):
        return False
    if "," in gap.before or "," in gap.after or re.search(r"\b(?:not|never|only if|unless)\b", gap.before):
        return False
    if any(
        word in _ANY_VERB for word in after if word not in ("use", "work", "visit", "order", "start", "means", "leave")
    ):
        return False
    if re.match(r"(?:old|a day|a week)\b", gap.after) and words[verb] in ("is", "are", "must"):
        return False  # "available 24 hours a day", "18 years old"
    if re.search(r"\b(?:be|is|are)$", gap.before) and re.match(r"(?:before|prior|after|old)\b", gap.after):
        return False
    if words[0].lower() == "our" and verb == 2 and words[verb] in ("is", "are"):
        return False  # "our target is": of what
    if any(one in _ANY_VERB and other in _ANY_VERB for one, other in pairwise(words[1:]) if one not in _AUXILIARIES):
        return False
    if re.search(r"\b(?:only|as)\b", gap.before) or re.search(r"\b(?:as|only)$", gap.after):
        return False
    if not after and words[-1] in ("approve", "receive", "provide", "send", "submit", "complete", "offer"):
        return False
    if words[0].lower() in ("do", "leave", "open", "start", "use", "work"):
        return False  # a noun that reads like an order
    if re.match(r"(?:about|around) ", gap.front) and re.match(r"(?:before|prior|after|following) ", gap.after):
        return False
    if "," in gap.leading or _PRONOUN.search(gap.leading.partition(" ")[2]):
        return False
    return not re.search(r"\b(?:and|or|but)\b", f"{' '.join(words[verb:])} {gap.leading}") and "and" not in after[:2]


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


_OF_SOMETHING = (
    r"^of (?:the |an? )?(?:\w+ )?\w+(?= (?:per|a|an|on|for|in|from|with|at|each|together|after|before)\b|$|[,.;])"
)
_WHOLE_MATTER = re.compile(_OF_SOMETHING)
_MATTER = re.compile(rf"{_OF_SOMETHING}|^of \w+")
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
            if unit.lower().endswith(("s", "people", "bar", "°c", "m³/h", "km", "kg", "cm", "mm", "kwh", "gb", "mb"))
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
    auxiliary = second in word_lists()["auxiliaries"]
    if (
        first.lower() in IMPERATIVES
        and not auxiliary
        and second not in ("of", "is", "are", "for")
        and second not in VERBS
    ):
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
