"""Finds personal data and secrets by rule, and puts what kind it was in its place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.text.personal.contacts import SERVICE_BEFORE, is_service_number, is_shared_mailbox
from app.text.personal.kinds import KINDS, PersonalKind, placeholder
from app.text.personal.rules import BEFORE, RULES, Rule


@dataclass(frozen=True)
class Finding:
    """A stretch of text that identifies someone or opens something. `rule` says why, for a report."""

    start: int
    end: int
    kind: str
    rule: str


def find(text: str, kinds: Iterable[PersonalKind] = KINDS) -> list[Finding]:
    """Personal data and secrets of these kinds in a text, in order; where two overlap the rule that stands first is
    kept. All rules are asked whatever is wanted: a part of a key is no phone number because keys are left alone."""
    wanted = set(kinds)
    return [each for each in apart(_by_rule(text)) if each.kind in wanted]


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """In the order of the text, without those that overlap one that came before."""
    taken: list[Finding] = []
    starts: list[int] = []
    for finding in findings:
        place = bisect_right(starts, finding.start)
        free = not place or taken[place - 1].end <= finding.start
        if free and (place == len(taken) or finding.end <= taken[place].start):
            taken.insert(place, finding)
            starts.insert(place, finding.start)
    return taken


def mask(text: str, findings: Sequence[Finding]) -> str:
    """The text with each finding, in order, replaced by its kind in brackets."""
    return replaced(text, findings, [placeholder(each.kind) for each in findings])


def replaced(text: str, findings: Sequence[Finding], marks: Sequence[str]) -> str:
    """The text with each finding, in order, replaced by its mark."""
    parts: list[str] = []
    at = 0
    for finding, mark in zip(findings, marks, strict=True):
        parts += text[at : finding.start], mark
        at = finding.end
    return "".join([*parts, text[at:]])


def _by_rule(text: str) -> Iterator[Finding]:
    lowered = text.lower()
    for rule in RULES:
        if rule.needs and not any(each in lowered for each in rule.needs):
            continue
        for match in rule.pattern.finditer(text):
            start, end = match.span("v" if "v" in rule.pattern.groupindex else 0)
            if rule.before is not None:
                near = text[max(0, start - BEFORE) : start]
                back = rule.before.search(near)
                if back is None:
                    continue
                start -= len(near) - back.start()
            if length := rule.check(text[start:end]):
                yield Finding(start, start + length, *_whose(rule, text, start, start + length))


def _whose(rule: Rule, text: str, start: int, end: int) -> tuple[str, str]:
    """Kind and rule: an office's mailbox or number is nobody's own."""
    if rule.kind == "e-mail" and is_shared_mailbox(text[start:end]):
        return "shared contact", "a mailbox that an office reads"
    if rule.kind == "phone":
        line = max(start - SERVICE_BEFORE, text.rfind("\n", 0, start) + 1)
        if is_service_number(text[start:end], text[line:start]):
            return "shared contact", "a number that is given out to everybody"
    return rule.kind, rule.name
