"""Answers a question from a table: the row that it names, under the column that it asks for, or an honest no.

A figure of a neighbour's row reads as well as the right one, so nothing here is likely, near or scored against a
threshold: every word of the question that names a row must name the same one, and a word that neither the table nor
what stands above it knows makes it no answer but a near miss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from app.text.alike import among, senses, tokens, weekdays
from app.text.support import is_common, language_of
from app.text.tables import Cell, Row, Table, tables_of


class TableAnswer(Struct, frozen=True):
    """What a table answers: words to show, the span of the row that says it, and the cells that hold it."""

    text: str  # "Munich, standard: 165 €"
    start: int  # of the row in the passage's text
    end: int
    cells: tuple[Cell, ...]
    named: bool = True  # whether the question holds most of what names the row


class NearMiss(Struct, frozen=True):
    """A table about what is asked that does not hold the answer."""

    missing: tuple[str, ...] = ()  # words of the question that stand nowhere in it
    labels: tuple[str, ...] = ()  # rows that the question could mean alike


class _Asked(Struct, frozen=True):
    """What a question asks for, word by word."""

    question: str
    words: tuple[str, ...]  # without those that every question holds
    names: frozenset[str]  # those that only one thing can be called: names and numbers
    days: frozenset[int]


_ASKING_WORDS = """
    what which how who whom whose when where why there here do does did done can could may might must should would
    shall will we i my me our us you your he she they them their it its one ones any some much many long often far
    big get gets got have has had need needs want wants is are be been being if during per each every by within than
    then please tell give given show know find about also only still needed required granted used charged number as
    for up after before until in out off over under between while so such same apply applies applied valid hold
    holds happen happens take takes make makes look looks work someone somebody person employee employees staff
    company people colleague way case currently usually and or but was wie wer wen wem wann wo wieviel viel viele
    lange hoch oft gibt man wir ich mein meine unser unsere bei für pro je darf dürfen muss müssen kann können soll
    bekomme bekommt bekommen habe hat gilt gelten welche welcher welches welchen welchem ist sind steht beträgt
    liegt hoch groß no not"""
_ASKING = frozenset(_ASKING_WORDS.split())
"""Words that say how is asked and not what for."""
_IDIOM = re.compile(
    r"\b(?:takes?|took|taking) (?:place|part)\b|\bfindet\b|\bstatt\b"
    r"|(?<=\b[Hh]ow )[a-z]+\b(?= (?:is|are|was|does|do|can)\b)|(?<=\b[Ii] )[a-z]+\b|(?<=\bwe )[a-z]+\b"
    r"|(?<=\byou )[a-z]+\b|\b[a-zäöüß]+ (?=(?:ich|wir|man)\b)|(?<=[a-zäöüß] )[a-zäöüß]+en(?=\?$)"
)
"""Words that name nothing where they stand: the place of "take place", the measure of "how fast", what "I" do."""
_AGGREGATE = re.compile(
    r"\b(?:total|altogether|average|difference|compared?|cheapest|dearest|most expensive|highest|lowest|longest"
    r"|shortest|biggest|smallest|fewest|more than|less than|cheaper|all together|insgesamt|summe|durchschnitt\w*"
    r"|unterschied|billigst\w*|teuerst\w*|höchst(?:e|er|en)\b|niedrigst\w*|mehr als|weniger als)\b",
    re.IGNORECASE,
)
"""What asks for more than one cell can say."""

_LIMITING = "for|with|without|in|on|at|of|from|to|as|by|during|if|when|für|mit|ohne|im|bei|am|von|zu|zum|zur|als|wenn"

_TIME = re.compile(
    r"\d{1,2}[:.]\d{2}|\b\d{1,2}\s*(?:am|pm|uhr|o'clock)\b|\b\d{1,2}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?[A-Z][a-zä]{2,}"
    r"|\b[A-Z][a-z]{2,}\s+\d{1,2}\b|\d{4}-\d\d-\d\d|\b(?:mon|tue|wed|thu|fri|sat|sun)|\bday\b|\bweek\b|\bmonth\b|\bnoon\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[€$£¥%]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|percent|prozent|free|none|included)\b", re.IGNORECASE
)
_SPAN = re.compile(r"\d.*\b(?:minute|hour|day|week|month|year|minuten?|stunden?|tage?|wochen?|monate?|jahre?)", re.I)
_WHICH = re.compile(r"^\W*(?:which|welche[nrsm]?)\b", re.IGNORECASE)
_OFTEN = re.compile(rf"{_SPAN.pattern}|\b(?:every|daily|weekly|monthly|yearly|once|twice|jede[nrs]?|täglich)\b", re.I)
_HOLDS: tuple[tuple[str, Callable[[Cell], object]], ...] = (
    (r"^\W*(?:when|what time|until when|wann|bis wann)\b", lambda cell: _TIME.search(cell.text)),
    (r"\bhow often\b|\bwie oft\b", lambda cell: _OFTEN.search(cell.text)),
    (r"\bhow long\b|\bwie lange\b", lambda cell: _SPAN.search(cell.text)),
    (r"\bhow (?:much|expensive)\b|\bcosts?\b|\bprices?\b|\bkoste[tn]\b|\bpreis", lambda cell: _MONEY.search(cell.text)),
    (r"\bhow many\b|\bwie ?viele?\b", lambda cell: re.search(r"\d", cell.text)),
    (r"\be-?mail|\bmail\b", lambda cell: "@" in cell.text),
    (r"\b(?:where|wo)\b", lambda cell: "place" in _header_senses(cell.header)),
    (r"\b(?:who|whom|wer|wen|wem)\b", lambda cell: "person" in _header_senses(cell.header)),
)
"""How a question asks for a kind of cell, where it names no column."""


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
    if not tables or _AGGREGATE.search(question):
        return None
    asked = _read(question)
    found = []
    for at, table in enumerate(tables):
        beside = tokens(f"{heading} {text[tables[at - 1].end if at else 0 : table.start]}")
        if (result := _answer(asked, table, beside, text)) is not None:
            found.append(result)
    answers = [result for result in found if isinstance(result, TableAnswer)]
    if len(answers) > 1:
        return NearMiss(labels=tuple(answer.text for answer in answers))
    return answers[0] if answers else next(iter(found), None)


def _read(question: str) -> _Asked:
    words = tokens(_IDIOM.sub(" ", question))
    names = {word for at, word in enumerate(words) if any(map(str.isdigit, word)) or (at and word[0].isupper())}
    kept = [word for word in words if not _is_asking(word)]
    return _Asked(question, tuple(dict.fromkeys(kept)), frozenset(names), frozenset(weekdays(question)))


def _is_asking(word: str) -> bool:
    """Whether a word names nothing; "IT" in capitals does, and so does a digit."""
    if word[0].isdigit() or (word.isupper() and len(word) > 1):
        return False
    return word.casefold() in _ASKING or is_common(word) or len(word) == 1


def _answer(asked: _Asked, table: Table, beside: Sequence[str], text: str) -> TableAnswer | NearMiss | None:
    above = [*beside, *(word for name in table.headers for word in tokens(name))]
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
    return _from_row(asked, best[0], naming, hard, above, text)


def _rows_with(word: str, table: Table) -> set[int]:
    day = weekdays(word)
    return {
        at
        for at, row in enumerate(table.rows)
        if any(among(word, tokens(cell.text)) or (day and day <= weekdays(cell.text)) for cell in row.cells)
    }


def _best_rows(rows: Sequence[Row], naming: Sequence[str], asked: _Asked) -> list[Row]:
    """Rows that the naming words fit best: those with most of them, then those that say least besides."""

    def fit(row: Row) -> tuple[int, int, int]:
        words = [word for cell in row.cells for word in tokens(cell.text)]
        said = sum(among(word, words) or bool(weekdays(word)) for word in naming)
        label = tokens(row.label)
        in_label = sum(among(word, label) or bool(weekdays(word) & weekdays(row.label)) for word in naming)
        return said, in_label, -len(_unsaid(row.label, asked))

    fits = [fit(row) for row in rows]
    return [row for row, each in zip(rows, fits, strict=True) if each == max(fits) and each[0]]


def _is_elsewhere(row: Row, asked: _Asked) -> bool:
    """Whether most of what names the row is not in the question: "days of leave a year" and "Moving house, once in 2
    years"."""
    words = [word for word in tokens(row.label) if not _is_asking(word)]
    return 2 * len(_unsaid(row.label, asked)) > len(words)


def _unsaid(label: str, asked: _Asked) -> list[str]:
    """Words of a label that the question does not hold."""
    same_day = weekdays(label) & asked.days
    words = [word for word in tokens(label) if not _is_asking(word) and not among(word, asked.words)]
    return [word for word in words if not (same_day and weekdays(word))]


def _from_row(
    asked: _Asked, row: Row, naming: Sequence[str], hard: Sequence[str], above: Sequence[str], text: str
) -> TableAnswer | NearMiss | None:
    keys = {next((at for at, cell in enumerate(row.cells) if _names(word, cell)), 0) for word in hard or naming}
    open_ = [at for at, cell in enumerate(row.cells) if at not in keys]
    columns, named = _columns(asked, row, open_)
    missing = [word for word in asked.words if not _known(word, row, above, columns)]
    about = named or any(among(word, above) for word in asked.words)
    if missing and not (
        about and len(missing) == 1 and not _unsaid(row.label, asked) and _adds(missing[0], asked, above)
    ):
        return NearMiss(missing=tuple(missing))
    cells = tuple(row.cells[at] for at in columns if row.cells[at].text)
    if not cells:
        return NearMiss(missing=tuple(row.cells[at].header for at in columns))
    said = _sentence(row, keys, cells, german=language_of(text) == "de")
    return TableAnswer(said, row.start, row.end, cells, named=not _is_elsewhere(row, asked))


def _adds(word: str, asked: _Asked, above: Sequence[str]) -> bool:
    """Whether a word that the table lacks only describes one that stands above it ("the hotel limit"), and limits
    nothing ("the limit for guests", "in Oslo")."""
    limiting = rf"\b(?:{_LIMITING})\s+(?:[^\W\d_]+\s+){{0,2}}?{re.escape(word)}\b"
    following = asked.words[asked.words.index(word) + 1 :][:1]
    described = any(among(each, above) for each in following)
    return described and word not in asked.names and not re.search(limiting, asked.question, re.IGNORECASE)


def _names(word: str, cell: Cell) -> bool:
    day = weekdays(word)
    return among(word, tokens(cell.text)) or bool(day and day <= weekdays(cell.text))


def _columns(asked: _Asked, row: Row, places: Sequence[int]) -> tuple[list[int], bool]:
    """The columns that are asked for, and whether the question names them.

    The kind of answer comes first ("who", "how often"), where a cell is of that kind; then a header's own words, then
    words that mean the same.
    """
    fitting = _of_kind(asked, row, places)
    scores = {at: _score(asked, row, at) for at in places}
    empty = [at for at in places if scores[at] == max(scores.values()) >= 1 and not row.cells[at].text]
    if empty:
        return empty, True
    scores = {at: scores[at] for at in fitting or places}
    best = max(scores.values(), default=0.0)
    if best > 0:
        return [at for at, score in scores.items() if score == best], True
    if 0 in places and _WHICH.search(asked.question):
        return [0], False
    rest = [at for at in places if row.cells[at].text and at != 0] or [at for at in places if row.cells[at].text]
    return fitting or rest, False


def _of_kind(asked: _Asked, row: Row, places: Sequence[int]) -> list[int]:
    """Columns whose cells are of the kind that the question asks for."""
    for question, holds in _HOLDS:
        if re.search(question, asked.question, re.IGNORECASE):
            return [at for at in places if row.cells[at].text and holds(row.cells[at])]
    return []


def _score(asked: _Asked, row: Row, at: int) -> float:
    header = tokens(row.cells[at].header)
    own = sum(among(word, header) for word in asked.words)
    if own:
        return 10.0 * own - 0.1 * len(
            [word for word in header if not among(word, asked.words) and not _is_asking(word)]
        )
    meant = _header_senses(row.cells[at].header)
    words = [word for word in tokens(_IDIOM.sub(" ", asked.question)) if senses(word) & meant]
    return float(len(words))


def _header_senses(header: str) -> frozenset[str]:
    """What a column can be asked for; one that ends with "by" names who did it."""
    found = frozenset().union(*(senses(word) for word in tokens(header)))
    return found | {"person"} if re.search(r"\b(?:by|durch|von)$", header) else found


def _known(word: str, row: Row, above: Sequence[str], columns: Sequence[int]) -> bool:
    """Whether a word of the question has its place: in the row, above it, or as a name for what is answered."""
    if any(_names(word, cell) for cell in row.cells) or among(word, above):
        return True
    meant = senses(word)
    for at in columns:
        cell = row.cells[at]
        if meant & (_header_senses(cell.header) | _kind(cell)):
            return True
    return bool(meant & {sense for each in above for sense in senses(each)}) and word[0].islower()


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
