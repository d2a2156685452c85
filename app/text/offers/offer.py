"""A use case that fits what is being typed, and how doors name it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.text.find.plan import Plan as FindPlan
from app.text.sheets.plan import Plan as SheetPlan

OfferKind = Literal["calculate", "find", "table", "compare", "summarise"]

ACTIONS: dict[OfferKind, str] = {
    "calculate": "Calculate",
    "find": "Find them",
    "table": "Ask each",
    "compare": "Compare",
    "summarise": "Summarise",
}
"""The button of an offer."""
_CALCULATED = {
    "count": "a count",
    "distinct": "a count",
    "sum": "a sum",
    "average": "an average",
    "min": "the smallest value",
    "max": "the largest value",
    "share": "a share",
    "list": "a list of rows",
}


class Offer(Struct, frozen=True, kw_only=True):
    """One use case with what it is to be done with; `documents` and `names` belong together."""

    kind: OfferKind
    request: str = ""  # the text that it fits
    documents: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    attached: bool = False  # the documents are files of the chat itself
    words: str = ""  # of calculate, what is asked for: "a sum"; of find: "mentions: warranty · not: pumps"
    field: str = ""  # of table: what each document is asked
    count: int = 0  # of table: how many documents there are to ask

    @property
    def action(self) -> str:
        """What the button that takes it says."""
        return ACTIONS[self.kind]

    @property
    def sentence(self) -> str:
        """What a door shows before anything is done: "This asks for a sum over Prices.xlsx"."""
        match self.kind:
            case "calculate":
                return f"This asks for {self.words} over {self.names[0]}"
            case "find":
                return f"Find every document that {self.words}"
            case "table":
                return f"Ask this of each of the {self.count:,} documents"
            case "compare":
                return f"Compare {self.names[0]} and {self.names[1]} side by side"
            case "summarise":
                return f"Summarise {self.names[0]}"


def calculated(plan: SheetPlan) -> str:
    """What a plan calculates, in a few words: "a sum for each Region"."""
    if plan.limit and (plan.group or plan.operation == "list"):
        return "a ranking"
    words = _CALCULATED[plan.operation]
    return f"{words} for each {plan.group}" if plan.group else words


def looked_for(plan: FindPlan) -> str:
    """What documents must and must not hold: "mentions warranty and pumps, but not Hamburg"."""
    parts = []
    if plan.must:
        parts.append(f"mentions {' and '.join(plan.must)}")
    if plan.without:
        joined = " or ".join(plan.without)
        parts.append(f"{'but does not' if plan.must else 'does not'} mention {joined}")
    return ", ".join(parts) or "fits this"
