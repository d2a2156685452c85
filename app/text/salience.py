"""What of a passage can stand in a summary, and how much it says: sentences, lists and tables, by rule.

A summary is made of the document's own words. What only makes sense beside its neighbours (a sentence that points
backwards, an entry of a list, a row of a table) stands there with them or not at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from app.text import words
from app.text.parsed import Block
from app.text.sentences import sentences
from app.text.structure import bare_item, cells, parse

UnitKind = Literal["sentence", "list", "table"]

SHORTEST, LONGEST = 6, 42
"""Words that a sentence of a summary has; a longer one is taken only where nothing else says it."""
SHORTEST_BEFORE = 4
"""Words of a sentence that one which points backwards may come with."""
LONG_ITEM = 9
"""Words from which an entry of a list reads as a sentence of its own."""
SELF_WITHIN = 60
"""Characters at the beginning of a sentence in which its subject stands."""
FACTS_COUNTED = 3

_LEANING_WORDS = """
    this these that those they it he she his her its their such however therefore thus hence but and or so also then
    otherwise instead moreover furthermore additionally both another here nevertheless accordingly similarly finally
    second third next again yet still meanwhile consequently likewise afterwards later former latter
    dies diese dieser dieses diesem diesen er sie es dabei dadurch daher deshalb jedoch außerdem damit dazu dafür danach
    dann ferner zudem allerdings somit sonst ebenso hierbei hierzu davon deren dessen und aber oder auch
    il elle ils elles ce cela ces cette cet celui celle donc ainsi toutefois cependant puis mais et"""
_LEANING = frozenset(_LEANING_WORDS.split())
_DEFERRING = re.compile(
    r"^(?:in (?:this|that|these|those|such) |for (?:this|that|these) |as (?:above|before|such)\b|on the other hand"
    r"|for (?:example|instance)|e\.g\.|z\. ?B\.|zum Beispiel|par exemple|if (?:so|not|it|they|this)\b"
    r"|when (?:this|it)\b"
    r"|in addition|as a result|among (?:these|them))",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"\b(?:this|the following|dies(?:e[rs]?)|ce|cette|cet)\s+(?:\w+\s+)?(?:polic|guide|document|manual|page|handbook"
    r"|report|agreement"
    r"|contract|article|paper|procedure|standard|process|excerpt|list|plan|act|regulation|terms|richtlinie|dokument"
    r"|handbuch|leitfaden|vertrag|bericht|anleitung|ordnung|vereinbarung|guide|règlement|contrat|rapport)",
    re.IGNORECASE,
)
"""“This policy says …” points to the document itself: the best first sentence that there is."""
_FACT = re.compile(
    r"\d+(?:[.,]\d+)*\s?(?:%|€|\$|£|[A-Za-zµ°²³/]{1,12})|[€$£]\s?\d"
    r"|\b(?:must|shall|required?|mandatory|only|never|deadline|limits?|maximum|minimum|at (?:least|most)|within|until"
    r"|prohibited|forbidden|entitled|liable|responsible|approv\w+|muss|müssen|darf|dürfen|Frist|höchstens|mindestens"
    r"|spätestens|innerhalb|verboten|verpflichtet|doit|doivent|obligatoire|délai|interdit)\b",
    re.IGNORECASE,
)
_DEFECTIVE = re.compile(
    r"https?://|www\.|\.{4,}|_{3,}|[{}<>=\\]{2,}|^\W*(?:see|refer to|click|figure|fig\.|table|note:|siehe|abbildung)\b"
    r"|\(?(?:see|siehe) (?:section|above|below|also|chapter|abschnitt)[^.]*\.?$|\bcopyright\b|\bISBN\b"
    r"|\bhere\W*$|^\W*[#^]|\b(?:table|list|figure|section|example|diagram|chart|steps?)s? (?:below|above)\b"
    r"|all rights reserved|©|[×∑∫√]",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]\[]*)\]\([^)]*\)|\[([^\]\[]+)\]\[[^\]\[]*\]")
_REFERENCE = re.compile(r"\[\s*\^?\d{1,3}\s*\]|(?<=[.)]):\d{1,3}(?:[–-]\d{1,3})?(?=\s|$)")
_INLINE_TAG = re.compile(r"</?(?:a|b|code|em|i|small|span|strong|sub|sup|u)(?:\s[^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->")
_STRONG = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=[\w.,;:!?)])[*_](?!\w)|`")
_LINE_MARK = re.compile(r"^\s*(?:(?:>|#{1,6}|[-*+•–]|\d{1,3}[.)])\s+)+(?:\[[ xX]\]\s+)?")
_STOP = re.compile(r"[.!?…。！？:]$")
_HEADING_NUMBER = re.compile(r"^(?:§\s*)?\d{1,3}(?:\.\d{1,3})*[.)]?\s+(?=\D)")
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_LETTERS = re.compile(r"[^\W\d_]")
_NAVIGATION = frozenset(
    (
        *("contents", "table of contents", "index", "references", "bibliography", "notes", "footnotes", "see also"),
        *(
            "revision history",
            "version history",
            "change log",
            "changelog",
            "change record",
            "document history",
            "further reading",
        ),
        *(
            "external links",
            "citations",
            "sources",
            "inhalt",
            "inhaltsverzeichnis",
            "quellen",
            "literatur",
            "literaturverzeichnis",
        ),
        *("änderungsverzeichnis", "sommaire", "table des matières", "références"),
    )
)


@dataclass(frozen=True)
class Unit:
    """Something that can stand in a summary by itself."""

    start: int  # span in the passage's text
    end: int
    text: str  # on one line, without marks of Markdown; of a list and a table the first entries
    kind: UnitKind
    continues: bool = False  # a table that began before the passage


def plain(text: str) -> str:
    """A stretch of a document on one line: links by their words, no emphasis, reference numbers, tags or list mark."""
    text = _IMAGE.sub(" ", _LINE_MARK.sub("", text))
    text = _LINK.sub(lambda link: link[1] or link[2] or "", text)
    return " ".join(_STRONG.sub("", _TAG.sub(" ", _INLINE_TAG.sub("", _REFERENCE.sub("", text)))).split())


def length(text: str) -> int:
    """Words, in scripts without spaces pairs of characters."""
    counted = len(text.split())
    return counted if len(text) < 20 * max(1, counted) else len(text) // 2


def units(text: str, header: str = "") -> list[Unit]:
    """What of a passage can stand in a summary, in order.

    Args:
        text: of the passage.
        header: the header row of a table that began before it.
    """
    found: list[Unit] = []
    blocks = [part for block in parse(text).blocks for part in _without_entries(text, block)]
    for kind, group in groupby(blocks, key=lambda block: block.kind.replace("header_row", "row")):
        run = list(group)
        if kind == "paragraph":
            for block in run:
                found += _of_paragraph(text, block)
        elif kind == "list":
            found += _of_list(text, run, _lead_in(text, run[0].start))
        elif kind == "row":
            found += _of_table(text, run, header)
    return found


def weights(texts: Sequence[str]) -> dict[str, float]:
    """How much each term says about these texts: its share of the most frequent one, stop words left out."""
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(term for term in words.query_terms(text) if len(term) > 1)
    most = max(counted.values(), default=1)
    return {term: count / most for term, count in counted.items()}


def salience(unit: Unit, weight: dict[str, float]) -> float:
    """How much a unit says by its words alone: frequent terms, facts and obligations; long and broken ones say less."""
    known = sorted((weight.get(term, 0.0) for term in set(words.query_terms(unit.text))), reverse=True)[:6]
    score = 0.3 * sum(known) / 6 + 0.06 * min(FACTS_COUNTED, len(_FACT.findall(unit.text)))
    if length(unit.text) > LONGEST and unit.kind == "sentence":
        score -= 0.2 if length(unit.text) < 1.5 * LONGEST else 0.6
    if _DEFECTIVE.search(unit.text):
        score -= 0.4
    if unit.text.endswith(("?", "？", "؟")):
        score -= 0.3
    return score


def speaks_of_itself(text: str) -> bool:
    """Whether a sentence says what its document is: “This policy says how …”."""
    found = _SELF.search(text[:SELF_WITHIN])
    return found is not None and not _DEFECTIVE.search(text)


def leans(sentence: str) -> bool:
    """Whether a sentence points to the one before it, so that it says nothing alone."""
    first = re.match(r"\W*([^\W_]+(?:['’]\w+)?)", sentence)
    if first is None or _DEFERRING.match(sentence):
        return True
    if _SELF.match(sentence.lstrip("\"'“„«( ")):
        return False
    return first[1].casefold() in _LEANING or sentence.lstrip("\"'“„«( ")[:1].islower()


def _without_entries(text: str, block: Block) -> Iterator[Block]:
    """A paragraph whose last lines are a list, as a paragraph and its entries."""
    if block.kind != "paragraph":
        yield block
        return
    lines = [
        (block.start + line.start(), block.start + line.end()) for line in _LINE.finditer(text[block.start : block.end])
    ]
    entries = [i for i, (a, b) in enumerate(lines) if bare_item(text[a:b]) != text[a:b].strip()]
    if not entries or len(entries) < len(lines) - entries[0]:
        yield block
        return
    if entries[0]:
        yield Block("paragraph", block.start, lines[entries[0] - 1][1])
    yield from (Block("list", *lines[i]) for i in entries)


def _of_paragraph(text: str, block: Block) -> Iterator[Unit]:
    before: Unit | None = None
    for a, b in sentences(text[block.start : block.end]):
        start, end = block.start + a, block.start + b
        shown = plain(text[start:end])
        leaning = leans(shown)
        whole = _STOP.search(shown.rstrip("\"'”’»)")) is not None and _is_prose(shown)
        unit = Unit(start, end, shown, "sentence")
        if whole and not shown.endswith(":"):
            if not leaning and length(shown) >= SHORTEST:
                yield unit
            elif leaning and before is not None and length(before.text) + length(shown) <= LONGEST:
                yield Unit(before.start, end, f"{before.text} {shown}", "sentence")
        before = unit if whole and not leaning and length(shown) >= SHORTEST_BEFORE else None


def _is_prose(text: str) -> bool:
    """Letters, mostly: no formula, no code, no row of figures."""
    return " | " not in text and len(_LETTERS.findall(text)) >= 0.6 * len(text.replace(" ", ""))


def _of_list(text: str, entries: Sequence[Block], lead: tuple[int, str]) -> Iterator[Unit]:
    shown = [plain(bare_item(text[entry.start : entry.end])) for entry in entries]
    if sum(map(length, shown)) >= LONG_ITEM * len(shown):
        for entry, each in zip(entries, shown, strict=True):
            if length(each) >= SHORTEST and not leans(each) and _is_prose(each) and not each.endswith(":"):
                yield _first_sentence(text, entry)
        return
    start, intro = lead
    joined, end = _joined([each.rstrip(".;,") for each in shown], LONGEST - length(intro))
    if end and sum(map(len, shown)) and all(map(_is_prose, shown[:end])):
        first = start if intro else entries[0].start
        yield Unit(first, entries[end - 1].end, f"{intro} {joined}".strip(), "list")


def _first_sentence(text: str, entry: Block) -> Unit:
    """What a long entry of a list begins with; the others explain it."""
    mark = _LINE_MARK.match(text[entry.start : entry.end])
    start = entry.start + (mark.end() if mark else 0)
    for _, b in sentences(text[start : entry.end]):
        if length(text[start : start + b]) >= SHORTEST:
            return Unit(start, start + b, plain(text[start : start + b]), "sentence")
    return Unit(start, entry.end, plain(text[start : entry.end]), "sentence")


def _lead_in(text: str, at: int) -> tuple[int, str]:
    """Where the line before a list begins that ends in a colon, and its words; "" where there is none."""
    before = text[:at].rstrip()
    if not before.endswith(":"):
        return at, ""
    a, b = sentences(before)[-1]
    shown = plain(before[a:b])
    return (a, shown) if length(shown) <= LONGEST // 2 else (at, "")


def _of_table(text: str, rows: Sequence[Block], header: str) -> Iterator[Unit]:
    lines = [(row, [plain(cell) for cell in cells(text[row.start : row.end])]) for row in rows]
    names = [plain(cell) for cell in cells(header)] if header else lines[0][1]
    body = [(row, each) for row, each in lines if [c for c in each if c] != [n for n in names if n]]
    if len(names) < 2 or not body or max(len(each) for _, each in body) < 2:
        return
    said, title = [_row(each) for _, each in body], _row(names)
    joined, end = _joined(said, LONGEST - length(title))
    if end and any(_LETTERS.search(each) for each in said[:end]):
        begins = len(body) < len(lines)
        yield Unit(body[0][0].start, body[end - 1][0].end, f"{title}: {joined}", "table", continues=not begins)


def _row(row: Sequence[str]) -> str:
    """A row of a table in words: “Caliper (12 months, Metrology room)”; of two columns “Lunch – 40 %”."""
    first, *others = row
    said = [cell for cell in others if cell]
    if len(row) == 2 or not first:
        return " – ".join([*([first] if first else []), *said])
    return f"{first} ({', '.join(said)})" if said else first


def _joined(entries: Sequence[str], room: int) -> tuple[str, int]:
    """As many entries as there is room for in words, and how many these are; “…” stands for the others."""
    taken: list[str] = []
    for entry in entries:
        if taken and sum(map(length, taken)) + length(entry) > room:
            break
        taken.append(entry)
    if sum(map(length, taken)) > LONGEST + SHORTEST:
        return "", 0
    return "; ".join(taken) + (" …" if len(taken) < len(entries) else "."), len(taken)


def heading_text(heading: str) -> str:
    """A heading on one line without its number: “4.2 Limits per night” → “Limits per night”."""
    return plain(_HEADING_NUMBER.sub("", heading))


def is_navigation(heading: str) -> bool:
    """Whether a section only leads elsewhere: contents, references, history of the document."""
    return heading_text(heading).casefold().strip(" .:") in _NAVIGATION
