"""What is to be found: what a document must mention, what it must not, and which documents are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct

from app.text.find.mention import options
from app.types import Filter

Part = Literal["must", "without", "called", "folder", "kind", "since", "until", "documents", "sheet", "date"]
CALLED: dict[Part, str] = {
    "must": "mentions: {0}",
    "without": "not: {0}",
    "called": "called: {0}",
    "folder": "folder: {0}",
    "kind": "kind: {0}",
    "since": "from {0}",
    "until": "before {0}",
    "documents": "only in {0}",
    "sheet": "sheet: {0}",
    "date": "a date in the text {0}",
}
"""How a part of a plan is told."""


TOLD = 3
"""Words that are told of those for the same thing."""


class TextDate(Struct, frozen=True, kw_only=True):
    """A date that the text itself must state, in a sentence or row with what it is about."""

    near: str  # a mention; of “end or expire” one is enough
    since: float = 0.0  # seconds since the epoch; 0: any
    until: float = 0.0  # the date is before it

    @property
    def words(self) -> str:
        """ "near “end, expire, expiry …”, from 2026-04"."""
        near = ", ".join(options(self.near)[:TOLD]) + (" …" if len(options(self.near)) > TOLD else "")
        since, until = day(self.since) if self.since else "", day(self.until) if self.until else ""
        return f"near “{near}”" + (f", from {since}" if since else "") + (f", before {until}" if until else "")


class Plan(Struct, frozen=True, kw_only=True):
    """All of it holds together. A mention is a word or several near each other; one in double quotation marks counts to
    the letter, and of “surety or guarantee” one is enough."""

    must: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    called: str = ""  # a word of the file's name, title or folder: "contracts"
    filter: Filter = Filter()
    sheet: str = ""  # a sheet or a heading that the mentions stand under
    dates: tuple[TextDate, ...] = ()  # that the text states; `filter` has the date of the document itself

    @property
    def asks(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.must or self.without or self.dates)


class Condition(Struct, frozen=True):
    """A part of a plan that can be taken out by itself."""

    part: Part
    value: str  # as it is shown: "arbitration", "2025"

    @property
    def words(self) -> str:
        """ "not: arbitration"."""
        return CALLED[self.part].format(self.value)


def conditions(plan: Plan, names: Sequence[str] = ()) -> tuple[Condition, ...]:
    """The parts of a plan in the order in which they are told; `names` are those of its filter's documents."""
    chosen = plan.filter
    found = [Condition("must", each) for each in plan.must] + [Condition("without", each) for each in plan.without]
    if plan.called:
        found.append(Condition("called", plan.called))
    if chosen.documents:
        found.append(Condition("documents", ", ".join(names) or _documents(len(chosen.documents))))
    if chosen.folder:
        found.append(Condition("folder", chosen.folder))
    if chosen.kinds:
        found.append(Condition("kind", ", ".join(chosen.kinds)))
    if chosen.since:
        found.append(Condition("since", day(chosen.since)))
    if chosen.until:
        found.append(Condition("until", day(chosen.until)))
    if plan.sheet:
        found.append(Condition("sheet", plan.sheet))
    found += [Condition("date", each.words) for each in plan.dates]
    return tuple(found)


def in_words(plan: Plan) -> str:
    """ "mentions: bank guarantee · not: arbitration · from 2025"."""
    return " · ".join(each.words for each in conditions(plan))


def leave_out(plan: Plan, condition: Condition) -> Plan:
    """The plan without one of its conditions."""
    match condition.part:
        case "must":
            return msgspec.structs.replace(plan, must=tuple(each for each in plan.must if each != condition.value))
        case "without":
            rest = tuple(each for each in plan.without if each != condition.value)
            return msgspec.structs.replace(plan, without=rest)
        case "called":
            return msgspec.structs.replace(plan, called="")
        case "date":
            rest_of_dates = tuple(each for each in plan.dates if each.words != condition.value)
            return msgspec.structs.replace(plan, dates=rest_of_dates)
        case "sheet":
            return msgspec.structs.replace(plan, sheet="")
        case part:
            return msgspec.structs.replace(plan, filter=without_part(plan.filter, part))


def without_part(chosen: Filter, part: Part) -> Filter:
    """A filter without its condition of a kind."""
    match part:
        case "documents":
            return msgspec.structs.replace(chosen, documents=())
        case "folder":
            return msgspec.structs.replace(chosen, folder="")
        case "kind":
            return msgspec.structs.replace(chosen, kinds=())
        case "since":
            return msgspec.structs.replace(chosen, since=0.0)
        case "until":
            return msgspec.structs.replace(chosen, until=0.0)
    return chosen


def together(read: Filter, given: Filter) -> Filter:
    """A filter that was read from words, with what is set in another one in its place."""
    return Filter(
        documents=given.documents or read.documents,
        folder=given.folder or read.folder,
        kinds=given.kinds or read.kinds,
        since=given.since or read.since,
        until=given.until or read.until,
    )


def day(seconds: float) -> str:
    """A day as a plan tells it: "2025" for the first of a year, "2025-04" of a month, else "2025-04-16"."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(seconds))
    if (when.month, when.day) == (1, 1):
        return f"{when:%Y}"
    return f"{when:%Y-%m}" if when.day == 1 else f"{when:%Y-%m-%d}"


def _documents(count: int) -> str:
    return f"{count} document{'' if count == 1 else 's'}"
