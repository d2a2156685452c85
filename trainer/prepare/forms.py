"""Phrasings of what `trainer.prepare.frames` has no frames for: questions that a document asks itself, contacts and the
day from which a document is valid. All else is left to the frames."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from trainer.prepare import frames
from trainer.prepare.facts import Fact, Kind
from trainer.prepare.frames import Phrasing

_PLAIN_TITLE = re.compile(r"(?:[A-Z][\w&-]*|\d{4}|of|for|and|in)(?: (?:[A-Z][\w&-]*|\d{4}|of|for|and|in)){1,6}")
_NAMED = re.compile(r"(?:Policy|Policies|Rules|Guide|Guidelines|Handbook|Manual|Terms|Plan|Standards?|List)\b")

_FRAMED: dict[str, Kind] = {"composed": "cell", "words": "cell", "listed": "entry"}
"""Kinds that are measured apart and asked in the frames of another."""


def phrase(fact: Fact, language: str) -> list[Phrasing]:
    """All phrasings that the rules know for a fact, the plainest first; none in a language whose grammar they lack."""
    if fact.kind == "faq":
        return list((_german_faq if language == "de" else _faq)(fact))
    if fact.kind in _FRAMED and language == "en":
        return frames.phrase(dataclasses.replace(fact, kind=_FRAMED[fact.kind]), language)
    if fact.kind in ("contact", "valid"):
        return list((_contact if fact.kind == "contact" else _valid)(fact)) if language == "en" else []
    if fact.kind in _FRAMED:  # in German, a cell whose column is quoted
        return frames.phrase(dataclasses.replace(fact, kind="column"), language) if fact.kind == "words" else []
    return frames.phrase(fact, language)


def _title(fact: Fact) -> str:
    """The document's name in a sentence: "the Travel Policy 2026", "“How we travel”"."""
    title = fact.passage.title.strip(" :.")
    if _PLAIN_TITLE.fullmatch(title) and _NAMED.search(title):
        return title if title.startswith(("The ", "Our ")) else f"the {title}"
    return f"“{title}”"


def _faq(fact: Fact) -> Iterator[Phrasing]:
    """As the document asks it; who names the document may be asking for what no other one says."""
    asks, title = fact.subject, _title(fact)
    low = asks[0].lower() + asks[1:]
    yield Phrasing(asks, "plain")
    yield Phrasing(f"According to {title}: {low}", "titled")
    yield Phrasing(f"Hello, I have a question about {title}. {asks}", "polite")
    yield Phrasing(f"I could not find an answer in {title}. {asks}", "indirect")
    yield Phrasing(re.sub(r"\b(?:the|an?) ", "", low.rstrip("?")), "curt")
    yield Phrasing(f"Qiuck question on {title}: {low}", "misspelt")


def _german_faq(fact: Fact) -> Iterator[Phrasing]:
    asks, title = fact.subject, f"„{fact.passage.title.strip(' :.')}“"
    low = asks[0].lower() + asks[1:]
    yield Phrasing(asks, "plain")
    yield Phrasing(f"Laut {title}: {low}", "titled")
    yield Phrasing(f"Hallo, ich habe eine Frage zu {title}. {asks}", "polite")
    yield Phrasing(f"Ich finde es in {title} nicht. {asks}", "indirect")
    yield Phrasing(low.rstrip("?"), "curt")


def _contact(fact: Fact) -> Iterator[Phrasing]:
    """ "the fleet office", "extension"."""
    who, what, title = fact.subject, fact.aspect, _title(fact)
    yield Phrasing(f"What is the {what} of {who}?", "plain")
    yield Phrasing(f"Which {what} does {title} give for {who}?", "titled")
    yield Phrasing(f"Could you please tell me the {what} of {who}?", "polite")
    yield Phrasing(f"I need to reach {who}. What is the {what}?", "indirect")
    yield Phrasing(f"{who.removeprefix('the ')}, {what}: what is it in {title}", "curt")
    yield Phrasing(f"Waht is the {what} of {who} in {title}?", "misspelt")


def _valid(fact: Fact) -> Iterator[Phrasing]:
    title = _title(fact)
    is_are = "are" if re.search(r"\b(?:Rules|Guidelines|Terms|Policies|Standards)\b[^“”]*$", title) else "is"
    yield Phrasing(f"From which date {is_are} {title} valid?", "plain")
    yield Phrasing(f"According to the document itself, from when {is_are} {title} valid?", "titled")
    yield Phrasing(f"Could you please tell me from when {title} {is_are} valid?", "polite")
    yield Phrasing(f"I am not sure whether {title} {is_are} valid yet. From which date?", "indirect")
    yield Phrasing(f"{fact.passage.title}: valid from when", "curt")
    yield Phrasing(f"Since whne {is_are} {title} valid?", "misspelt")
