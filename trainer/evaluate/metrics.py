"""Whether an answer is right, by rules that can be read: its values, or else its words."""

from __future__ import annotations

import re
from decimal import Decimal

from app.text.words import query_terms, terms
from trainer.prepare import values

ENOUGH = 0.8
"""Share of a longer answer's terms that must be there; of five terms or fewer, all."""
_NEGATION = re.compile(r"\b(?:not|no|never|none|cannot|nothing|nicht|kein\w*|nie|ne|pas|non)\b|n't\b", re.IGNORECASE)


def exact(question: str, wanted: str, answer: str) -> bool:
    """Whether an answer says what is wanted.

    When the wanted answer holds values that the question does not (sums, dates, quantities, codes), all of them must be
    in the answer, and no other value of such a kind may be. Else its terms, less those of the question, must be
    there, and a "not" where it has one. Number words count as numbers, "165 €" as "EUR 165.00"; length and wording are
    free.
    """
    asked, said = values.find(question), values.find(answer)
    needed = values.without(values.find(wanted), asked)
    if needed:
        kinds = {value.kind for value in needed}
        others = [v for v in values.without(said, [*needed, *asked]) if v.kind in kinds]
        return not values.without(needed, [*said, *_spelt(answer)]) and not others
    tell = _telling(wanted) - _telling(question) or _telling(wanted)
    found = len(tell & set(terms(answer)))
    if found < (len(tell) if len(tell) <= 5 else ENOUGH * len(tell)):
        return False
    return bool(_NEGATION.search(wanted)) == bool(_NEGATION.search(answer)) or bool(_NEGATION.search(question))


def _spelt(text: str) -> list[values.Value]:
    """Number words without a unit, "one" aside: they may be what is wanted, but contradict nothing."""
    words = [word for word in re.findall(r"\w+", text.casefold()) if word in values.WORDS and word != "one"]
    return [values.Value(0, 0, "number", Decimal(values.WORDS[word]), "") for word in words]


def _telling(text: str) -> set[str]:
    """The terms of a text that tell it from others."""
    return set(query_terms(text))
