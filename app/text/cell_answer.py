"""Answers a question from a table: the row that it names, under the column that it asks for, or an honest no.

A figure of a neighbour's row reads as well as the right one, so nothing here is likely, near or scored against a
threshold: every word of the question that names a row must name the same one, and a word that neither the table nor
what stands above it knows makes it no answer but a near miss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

import msgspec
from msgspec import Struct

from app.text.alike import among, senses, tokens, weekdays
from app.text.support import language_of
from app.text.table_question import AGGREGATE, IDIOM, SETS_ASIDE, YES_NO, Asked, asked_in, is_asking, set_aside
from app.text.tables import Cell, Row, Table, tables_of
from app.text.thresholds import Held, held_by


class TableAnswer(Struct, frozen=True):
    """What a table answers: words to show, the span of the row that says it, and the cells that hold it."""

    text: str  # "Munich, standard: 165 €"
    start: int  # of the row in the passage's text
    end: int
    cells: tuple[Cell, ...]
    named: bool = True  # whether the question holds most of what names the row
    column: tuple[str, ...] = ()  # words of the question that only the headers of these cells hold


class NearMiss(Struct, frozen=True):
    """A table about what is asked that does not hold the answer."""

    missing: tuple[str, ...] = ()  # words of the question that stand nowhere in it
    labels: tuple[str, ...] = ()  # rows that the question could mean alike


_TIME = re.compile(
    r"\d{1,2}[:.]\d{2}|\b\d{1,2}\s*(?:am|pm|uhr|o'clock)\b|\b\d{1,2}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?[A-Z][a-zä]{2,}"
    r"|\b[A-Z][a-z]{2,}\s+\d{1,2}\b|\d{4}-\d\d-\d\d|\b(?:mon|tue|wed|thu|fri|sat|sun)|\bday\b|\bweek\b|\bmonth\b|\bnoon\b"
    r"|^\W*(?:january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz"
    r"|mai|juni|juli|oktober|dezember)\W*$",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
_NONE = re.compile(
    r"^\W*(?:no|none|never|not|closed|included|free|n/a|nein|kein\w*|nie|nicht|geschlossen|inklusive)\b", re.IGNORECASE
)
"""What a cell says that has nothing of the kind that is asked for."""
_VERDICT = re.compile(
    rf"{_NONE.pattern}|^\W*(?:yes|only|after|before|allowed|possible|optional|required|ja|nur|nach|vor|erlaubt|möglich)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[€$£¥%]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|percent|prozent|free|none|included)\b", re.IGNORECASE
)
_SPAN = re.compile(r"\d.*\b(?:minute|hour|day|week|month|year|minuten?|stunden?|tage?|wochen?|monate?|jahre?)", re.I)
_WHICH = re.compile(r"^\W*(?:which|welche[nrsm]?)\b", re.IGNORECASE)
_OFTEN = re.compile(rf"{_SPAN.pattern}|\b(?:every|daily|weekly|monthly|yearly|once|twice|jede[nrs]?|täglich)\b", re.I)
_HOLDS: tuple[tuple[str, Callable[[Cell], object], bool], ...] = (
    (r"^\W*(?:when|what time|until when|wann|bis wann)\b", lambda cell: _TIME.search(cell.text), False),
    (r"\bhow often\b|\bwie oft\b", lambda cell: _OFTEN.search(cell.text), True),
    (r"\bhow long\b|\bwie lange\b", lambda cell: _SPAN.search(cell.text), True),
    (
        r"\bhow (?:much|expensive)\b|\bcosts?\b|\bprices?\b|\bkoste[tn]\b|\bpreis",
        lambda cell: _MONEY.search(cell.text),
        True,
    ),
    (r"\bhow many\b|\bwie ?viele?\b", lambda cell: re.search(r"\d", _CLOCK.sub("", cell.text)), True),
    (r"\be-?mail|\bmail\b", lambda cell: "@" in cell.text, False),
    (r"\b(?:where|wo)\b", lambda cell: "place" in _header_senses(cell.header), False),
    (r"\b(?:who|whom|wer|wen|wem)\b", lambda cell: "person" in _header_senses(cell.header), False),
)
"""How a question asks for a kind of cell, where it names no column; and whether no cell of another kind can answer."""


def cell_answer(question: str, text: str, heading: str = "", header: str = "") -> TableAnswer | NearMiss | None:
    """What the tables of a passage answer.

    Args:
        question: as it is asked, or with the words that it leans on.
        text: of the passage; `header` is the header row of the table that it is cut from, see `tables_of`.
        heading: the title and the headings above it.

    Returns:
        The answer; a near miss where a table is about this and does not say it, or says it in two rows; None where no
        row has anything to do with the question.
    """
    tables = tables_of(text, header)
    wide = AGGREGATE.search(question)
    named = [name.casefold() for table in tables for name in (*table.headers, *(row.label for row in table.rows))]
    if not tables or (wide and not any(wide[0].casefold() in name for name in named)):
        return None
    asked = asked_in(question)
    found = []
    for at, table in enumerate(tables):
        beside = tokens(f"{heading} {text[tables[at - 1].end if at else 0 : table.start]}")
        if (result := _answer(asked, table, beside, text)) is not None:
            found.append(result)
    answers = [result for result in found if isinstance(result, TableAnswer)]
    if len(answers) > 1:
        return NearMiss(labels=tuple(answer.text for answer in answers))
    return answers[0] if answers else next(iter(found), None)


def _answer(asked: Asked, table: Table, beside: Sequence[str], text: str) -> TableAnswer | NearMiss | None:
    above = [*beside, *(word for name in table.headers for word in tokens(name))]
    if (held := held_by(asked.question, table, text)) is not None:
        return _from_threshold(asked, table, held, above, text)
    places = {word: _rows_with(word, table) for word in asked.words}
    naming = [word for word in asked.words if 0 < len(places[word]) < max(len(table.rows), 2)]
    hard = [word for word in naming if not among(word, above) and (word in asked.names or not senses(word))]
    rows = [row for at, row in enumerate(table.rows) if all(at in places[word] for word in hard)]
    if not naming:
        return None
    if not rows:
        return NearMiss(missing=tuple(hard))
    headers = [word for name in table.headers for word in tokens(name)]
    best = _best_rows(rows, [word for word in naming if not among(word, headers)] or naming, asked)
    if len(best) > 1:
        return NearMiss(labels=tuple(row.label for row in best))
    if not hard and _is_elsewhere(best[0], asked):
        return None
    keys = {next((at for at, cell in enumerate(best[0].cells) if _names(word, cell)), 0) for word in hard or naming}
    if _is_beside(best[0], keys, naming, asked):
        return None
    return _from_row(asked, best[0], keys, above, text)


def _from_threshold(
    asked: Asked, table: Table, held: Held, above: Sequence[str], text: str
) -> TableAnswer | NearMiss | None:
    """The row whose range holds the amount; the question's other words must belong to it or stand above."""
    words = tuple(word for word in asked.words if word not in held.words)
    if not any(among(word, above) for word in words):
        return None
    if not held.rows:
        return NearMiss(labels=tuple(row.label for row in table.rows))
    rest = msgspec.structs.replace(asked, words=words)
    answer = _from_row(rest, table.rows[held.rows[0]], {held.column}, above, text)
    return msgspec.structs.replace(answer, named=True) if isinstance(answer, TableAnswer) else answer


def _rows_with(word: str, table: Table) -> set[int]:
    day = weekdays(word)
    return {
        at
        for at, row in enumerate(table.rows)
        if any(among(word, tokens(cell.text)) or (day and day <= weekdays(cell.text)) for cell in row.cells)
    }


def _best_rows(rows: Sequence[Row], naming: Sequence[str], asked: Asked) -> list[Row]:
    """Rows that the naming words fit best: those with most of them, then those that say least besides."""

    def fit(row: Row) -> tuple[int, int, int]:
        words = [word for cell in row.cells for word in tokens(cell.text)]
        said = sum(among(word, words) or bool(weekdays(word)) for word in naming)
        label = tokens(row.label)
        in_label = sum(among(word, label) or bool(weekdays(word) & weekdays(row.label)) for word in naming)
        return said, in_label, -len(_unsaid(row.label, asked))

    fits = [fit(row) for row in rows]
    return [row for row, each in zip(rows, fits, strict=True) if each == max(fits) and each[0]]


def _is_elsewhere(row: Row, asked: Asked) -> bool:
    """Whether most of what names the row is not in the question: "days of leave a year" and "Moving house, once in 2
    years"."""
    words = [word for word in tokens(row.label) if not is_asking(word)]
    return 2 * len(_unsaid(row.label, asked)) > len(words)


def _is_beside(row: Row, keys: Collection[int], naming: Sequence[str], asked: Asked) -> bool:
    """Whether the question knows of the row one word behind its label, and not what its label is: "the limit in Munich"
    and "Flow and Pump Expo, Munich". A label of figures alone has nothing to know."""
    if (
        0 in keys
        or not any(map(str.isalpha, row.label))
        or sum(any(_names(word, row.cells[at]) for at in keys) for word in naming) > 1
    ):
        return False
    words = [word for word in tokens(f"{row.cells[0].header} {row.label}") if not is_asking(word)]
    return not any(among(word, asked.words) for word in words) and not _WHICH.search(asked.question)


def _unsaid(label: str, asked: Asked) -> list[str]:
    """Words of a label that the question does not hold."""
    same_day = weekdays(label) & asked.days
    words = [word for word in tokens(label) if not is_asking(word) and not among(word, asked.words)]
    return [word for word in words if not (same_day and weekdays(word))]


def _from_row(
    asked: Asked, row: Row, keys: Collection[int], above: Sequence[str], text: str
) -> TableAnswer | NearMiss | None:
    open_ = [at for at in range(len(row.cells)) if at not in keys]
    if (meant := _notset_aside(asked, row, open_, above)) is None:
        return NearMiss(missing=tuple(word for phrase in asked.negated for word in phrase))
    columns = _columns(asked, row, meant)
    missing = [
        word for word in asked.words if not _known(word, asked, row, above, columns) and not SETS_ASIDE.match(word)
    ]
    if missing:
        return NearMiss(missing=tuple(missing))
    cells = tuple(row.cells[at] for at in columns if row.cells[at].text)
    if not cells or not _are_told_apart(row, columns):
        return NearMiss(missing=tuple(row.cells[at].header for at in columns))
    if YES_NO.search(asked.question) and not all(_VERDICT.search(cell.text) for cell in cells):
        return None
    said = _sentence(row, set(keys), cells, german=language_of(text) == "de")
    own = [word for word in asked.words if all(among(word, tokens(cell.header)) for cell in cells)]
    others = [word for at in open_ if at not in columns for word in tokens(row.cells[at].header)]
    column = tuple(word for word in own if not among(word, others))
    return TableAnswer(said, row.start, row.end, cells, not _is_elsewhere(row, asked), column)


def _notset_aside(asked: Asked, row: Row, places: Sequence[int], above: Sequence[str]) -> list[int] | None:
    """The columns without those that the question sets aside; None where it sets aside what the row is about, or would
    have one number taken from another.

    "Outside Europe" sets nothing aside where a cell says so itself.
    """
    kept = list(places)
    said = [
        word for cell in row.cells for text in (cell.header, cell.text) for each in set_aside(text) for word in each
    ]
    for phrase in asked.negated:
        if any(among(word, said) for word in phrase):
            continue
        if not phrase:
            return None
        aside = [at for at in kept if any(among(word, tokens(row.cells[at].header)) for word in phrase)]
        kept = [at for at in kept if at not in aside]
        if not kept or re.search(r"\bhow many\b|\bwie ?viele?\b", asked.question, re.IGNORECASE):
            return None
        if not aside and any(_known(word, asked, row, above, ()) for word in phrase):
            return None
    return kept


def _are_told_apart(row: Row, columns: Sequence[int]) -> bool:
    """Whether each of the cells has a name of its own: a header may reach over columns that have none."""
    headers = [cell.header for cell in row.cells]
    if not any(headers):
        return True
    if len(columns) > 1 and len({headers[at] for at in columns}) < len(columns):
        return False
    following = [at + 1 for at in columns if at and at + 1 < len(headers)]
    unnamed = [at for at in (*columns, *following) if at and not headers[at] and row.cells[at].text]
    return not unnamed


def _names(word: str, cell: Cell) -> bool:
    day = weekdays(word)
    return among(word, tokens(cell.text)) or bool(day and day <= weekdays(cell.text))


def _columns(asked: Asked, row: Row, places: Sequence[int]) -> list[int]:
    """The columns that are asked for; none where no cell is of the kind that the question needs.

    The kind of answer comes first ("who", "how often"), where a cell is of that kind; then a header's own words, then
    words that mean the same.
    """
    fitting, strict = _of_kind(asked, row, places)
    scores = {at: _score(asked, row, at) for at in places}
    empty = [at for at in places if scores[at] == max(scores.values()) >= 1 and not row.cells[at].text]
    if empty:
        return empty
    if strict and not fitting:
        return []
    scores = {at: scores[at] for at in fitting or places}
    best = max(scores.values(), default=0.0)
    if best > 0:
        named = [at for at, score in scores.items() if score == best]
        return named if not strict or _go_together(asked, row, named) else []
    if not fitting and any(re.search(kind, asked.question, re.IGNORECASE) for kind, _, _ in _HOLDS):
        return []
    if 0 in places and _WHICH.search(asked.question):
        return [0]
    rest = [at for at in places if row.cells[at].text and at != 0] or [at for at in places if row.cells[at].text]
    return fitting or rest


def _go_together(asked: Asked, row: Row, columns: Sequence[int]) -> bool:
    """Whether the question means each of these columns: "electric vans" are neither the electric cars nor the vans."""
    by = {frozenset(w for w in asked.words if among(w, tokens(row.cells[at].header))) for at in columns}
    return len(by) < 2 or bool(re.search(r"\b(?:and|or|und|oder)\b", asked.question, re.IGNORECASE))


def _of_kind(asked: Asked, row: Row, places: Sequence[int]) -> tuple[list[int], bool]:
    """Columns whose cells are of the kind that the question asks for, and whether no other can answer it."""
    for question, holds, strict in _HOLDS:
        if re.search(question, asked.question, re.IGNORECASE):
            cells = [(at, row.cells[at]) for at in places if row.cells[at].text]
            fitting = [at for at, cell in cells if holds(cell)]
            none = [at for at, cell in cells if _NONE.search(cell.text) and (not strict or _score(asked, row, at))]
            return fitting or none, strict
    return [], False


def _score(asked: Asked, row: Row, at: int) -> float:
    header = tokens(row.cells[at].header)
    own = sum(among(word, header) for word in asked.words)
    if own:
        return 10.0 * own - 0.1 * len([word for word in header if not among(word, asked.words) and not is_asking(word)])
    meant = _header_senses(row.cells[at].header)
    words = [word for word in tokens(IDIOM.sub(" ", asked.question)) if senses(word) & meant]
    return float(len(words))


def _header_senses(header: str) -> frozenset[str]:
    """What a column can be asked for; one that ends with "by" names who did it."""
    found = frozenset().union(*(senses(word) for word in tokens(header)))
    return found | {"person"} if re.search(r"\b(?:by|durch|von)$", header) else found


def _known(word: str, asked: Asked, row: Row, above: Sequence[str], columns: Sequence[int]) -> bool:
    """Whether a word of the question has its place: in the row, above it, or as a name for what is answered."""
    if any(_names(word, cell) for cell in row.cells) or among(word, above):
        return True
    meant = senses(word)
    for at in columns:
        cell = row.cells[at]
        if meant & (_header_senses(cell.header) | _kind(cell)):
            return True
    return bool(meant & {sense for each in above for sense in senses(each)}) and word not in asked.names


def _kind(cell: Cell) -> frozenset[str]:
    """What a cell is by its look."""
    found = {"price": _MONEY, "time": _TIME, "begin": _TIME, "end": _TIME, "deadline": _TIME}
    kinds = {sense for sense, look in found.items() if look.search(cell.text)}
    if re.search(r"\d", cell.text):
        kinds.add("limit")
    return frozenset(kinds | ({"mail"} if "@" in cell.text else set()))


def _sentence(row: Row, keys: set[int], cells: Sequence[Cell], *, german: bool) -> str:
    """ "Munich, standard: 165 €", or "Munich: standard 165 €, during trade fairs 220 €"."""
    shown = [row.cells[at].text for at in sorted(keys | {0}) if row.cells[at].text and row.cells[at] not in cells]
    subject = ", ".join(shown) or row.label
    named = [(_header(cell.header, german), cell.text) for cell in cells]
    if len(named) == 1:
        header, value = named[0]
        return f"{subject}, {header}: {value}" if header else f"{subject}: {value}"
    return f"{subject}: " + ", ".join(f"{header} {value}".strip() for header, value in named)


def _header(header: str, german: bool) -> str:
    """A header inside a sentence: small where it is a phrase of its language and no name."""
    words = header.split()
    phrase = len(words) > 1 and all(word.islower() for word in words[1:] if word[0].isalpha())
    ordinary = phrase or bool(senses(header)) or header.casefold() in ("standard", "regular", "normal", "supplement")
    return header[:1].lower() + header[1:] if ordinary and not german and not header[1:2].isupper() else header
