"""What makes a question and its answer fit to be taught: one small rule each, whoever wrote them.

Each takes texts and returns whether they are sound; `trainer.prepare.check` gives the reason in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from app.text.sentences import sentence_texts
from app.text.structure import cells
from app.text.words import query_terms, terms
from trainer.prepare import duplicates, markup, values

LONGEST_WORDS = 36
_QUESTION = re.compile(
    r"\b(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|may|must|should|shall|"
    r"will|would|has|have|tell|explain|know|need|remind|looking|was|welche\w*|wie\w*|wann|wer|wo|womit|gilt)\b",
    re.IGNORECASE,
)
_DOUBLED = re.compile(r"\b(\w+) \1\b|[,;:] ?[?.!]|\( ?\)|\?\?|\.\.", re.IGNORECASE)
_CROSSED = re.compile(
    r"\b(?:does|do|did|can|could|may|must|should|shall|will|would|is|are)\s+(?:please|however|but|and|or|to|as|at|in|"
    r"on|of|for|with|without|if|when|while|does|do|is|are|will)\b|\bhow (?:much|many)\s+(?:is|are|do|does|will)\s*\?|"
    r"\b(?:of|to|with|for|by|than|from|the|a|an|and|or)\s*[?.]?$|\ba (?:of|for|to|per|and|is|are)\b|"
    r"\b(?:a|an|the|their|your|our|my|its) (?:must|may|can|could|will|would|should|shall|is|are|was|does|do)\b|"
    r"\b(?:the|a|an|their|your) (?:how|which|what)\b|\b(?:does|do|did) (?:vary|apply|change|include|cover|exist)\b",
    re.IGNORECASE,
)
_BROKEN_OFF = re.compile(r"(?:\b(?:and|or|of|the|a|an|to|with|for|by|from|than|as|in)|[,;:–(-])\s*[.…]?$|\.\.\.|…")
_POINTING = re.compile(
    r"\b(?:this|these|those|it|its|they|them|their|theirs|he|him|his|she|her|hers|here|"
    r"(?<!is )(?<!are )there|such(?! as)|former|latter|above|"
    r"below|following|aforementioned|previous|said|the same|see|"
    r"(?<!know )(?<!me )that (?:is|are|was|will|can|has|must|should|may))\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"\b(?:the|our|your|my|each|every|all|any|an?) (?:\w+ )?(?:policy|policies|document|documents|program|programme|"
    r"process|team|teams|plan|page|section|table|list|rule|rules|gift|budget|amount|rate|total|report|meeting|request|"
    r"requests|form|project|tool|system|service|company|product|customer|customers|feature|release|issue|issues|link|post|"
    r"posts|file|message|response|reply|notice|window|period|option|item|items|assignment|details|deadline|limit)\b|"
    r"\b(?:are|is|must|do|does|can|should) (?:requests|responses|items|entries|results|messages|changes|updates)\b",
    re.IGNORECASE,
)

_NO_TITLE = re.compile(
    r"(?:skip|download|click|home|menu|header|footer|untitled|index|page|page \d+|contents|table of contents|main|"
    r"readme|document\d*|microsoft word.*|title|welcome|login|log in|sign in|for languages|the to|to|yes|no)\b",
    re.IGNORECASE,
)

_RANGES = re.compile(r"\b\d+ ?[–-] ?(\d+)(?= [a-z])|(?<=\d)(\+)(?= [a-z])")
"""What makes two numbers of "0-2 years", and a number without a unit of "6+ years"."""


def is_title(title: str) -> bool:
    """Whether a document's title names it: not "Download the ebook", "408983 0 1418" or "HEADER"."""
    return bool(re.search(r"[^\W\d_]{3}", title)) and not _NO_TITLE.match(title.strip())


def is_whole(question: str) -> bool:
    """Whether it reads as one question from its first word to its last: nothing doubled, crossed or left open."""
    words = question.split()
    if not 3 <= len(words) <= LONGEST_WORDS or not _balanced(question):
        return False
    return bool(_QUESTION.search(question)) and not _DOUBLED.search(question) and not _CROSSED.search(question)


def is_whole_answer(answer: str) -> bool:
    """Whether an answer is not broken off and holds something besides signs."""
    return any(c.isalnum() for c in answer) and _balanced(answer) and not _BROKEN_OFF.search(answer.rstrip(" ."))


def _balanced(text: str) -> bool:
    """Whether what is opened is closed."""
    quoted = text.count("“") == text.count("”") + text.count("„")  # a German quotation ends with what opens ours
    return quoted and all(text.count(a) == text.count(b) for a, b in ("()", "[]")) and text.count('"') % 2 == 0


def has_no_markup(question: str, answer: str) -> bool:
    """Whether neither holds a mark, an address on the web or an emoji."""
    return not markup.is_marked(f"{question} {answer}")


def has_no_rival(question: str, value: str) -> bool:
    """Whether no value of the asked kind stands in the question, right or wrong: it would be taken for the answer.

    "How many pool cars are there, 9 of them electric?"
    """
    wanted = values.find(value)
    question = _RANGES.sub(lambda match: match[1] or "", question)
    if not wanted:
        return duplicates.normalized(value) not in duplicates.normalized(question)
    kinds = {(one.kind, one.unit if one.kind == "quantity" else "") for one in wanted}
    kinds |= {("number", "")} if any(one.kind == "quantity" for one in wanted) else set()
    return not any((one.kind, one.unit if one.kind == "quantity" else "") in kinds for one in values.find(question))


def is_entailed(answer: str, value: str, units: Iterable[str], above: str = "") -> bool:
    """Whether one sentence or row alone says the answer: all of its words and values, and the asked value.

    Args:
        answer: what is to be taught.
        value: what was asked for; it must stand in the unit itself.
        units: sentences and rows of the passage, see `units_of`.
        above: title, heading and a table's header, whose words the answer may use.
    """
    said, told = set(terms(answer)), values.find(answer)
    headings = set(terms(above))
    return any(
        holds(unit, value)
        and said <= headings.union(terms(unit))
        and not values.without(told, values.find(f"{unit}\n{above}"))
        for unit in units
    )


def holds(text: str, value: str) -> bool:
    """Whether a value stands in a text in whole words: "4 hours" does not stand in "24 hours"."""
    return f" {duplicates.normalized(value)} " in f" {duplicates.normalized(text)} "


def units_of(text: str) -> list[str]:
    """The sentences and the rows of a passage, each of which can answer by itself."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*•]|\d{1,3}[.)])\s)|\n(?=\|)|(?<=\|)\n", text):
        found += [" ".join(cells(block))] if "|" in block else sentence_texts(block)
    return found


def is_self_contained(question: str, names: Sequence[str]) -> bool:
    """Whether someone who has not seen the document knows what is asked.

    Args:
        question: as it would be asked.
        names: the document's title and the heading; where one of them is named, "the policy" says which.
    """
    if _POINTING.search(question):
        return False
    return is_named(question, names) or not _BARE.search(question)


def is_named(question: str, names: Sequence[str]) -> bool:
    """Whether one of these names of a document or a chapter stands in the question."""
    bare = [name.strip(" :.") for name in names]
    folded = question.casefold()
    return any(  # "notice" names no chapter "Notice"
        len(name) > 3 and (name in question or (" " in name and name.casefold() in folded)) for name in bare
    )


def is_answered_once(question: str, value: str, own: str, others: Iterable[str], any_kind: bool = False) -> bool:
    """Whether nothing else answers the same question with another value.

    Args:
        question: as it would be asked.
        value: the right answer.
        own: the sentence or row that answers, with the heading above it: which of its words are asked decides.
        others: the other sentences and rows of what search finds, each with its heading.
        any_kind: whether the question leaves open what kind of value it asks for: "What does it say about P1?"
    """
    wanted = values.find(value)
    asked = set(query_terms(question)) & set(terms(own))
    if not wanted or not asked:
        return True
    kinds = {one.kind for one in wanted}
    for other in others:
        if holds(other, value) or not asked.issubset(terms(other)):
            continue
        if any(any_kind or one.kind in kinds for one in values.find(other)):
            return False
    return True
