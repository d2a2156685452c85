"""Masks personal data in what was recognised on a page, before anything of it is kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.documents.loaders.scan import Scan, ScanLine, Word
from app.text.personal.finding import Finding, find
from app.text.personal.kinds import PersonalKind, placeholder


def masked_scan(scan: Scan, kinds: Sequence[PersonalKind]) -> Scan:
    """The page with each word that belongs to something personal replaced: the first by its kind, others by nothing."""
    lines = []
    for line in scan.lines:
        findings = find(line.text, kinds)
        masked = _line(line, findings) if findings else line
        if masked.words:
            lines.append(masked)
    return msgspec.structs.replace(scan, lines=tuple(lines))


def _line(line: ScanLine, findings: Sequence[Finding]) -> ScanLine:
    text = ""
    words: list[Word] = []
    told: set[Finding] = set()
    for word in line.words:
        inside = [each for each in findings if each.start < word.end and each.end > word.start]
        said = line.text[word.start : word.end]
        if inside:
            first = min(each.start for each in inside)
            last = max(each.end for each in inside)
            fresh = "".join(placeholder(each.kind) for each in inside if each not in told)
            head = line.text[word.start : first] if first > word.start else ""
            tail = line.text[last : word.end] if last < word.end else ""
            told.update(inside)
            said = head + fresh + tail
            if words and not head + fresh:  # a comma behind the last word of a number stays with what replaced it
                text += tail
                words[-1] = msgspec.structs.replace(words[-1], end=len(text))
                continue
        if said:
            text += " " if text else ""
            words.append(Word(len(text), len(text) + len(said), word.box, word.sure))
            text += said
    return ScanLine(text, line.height, tuple(words))
