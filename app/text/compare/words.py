"""Says in words what a change is. The words come from the texts and from these templates; nothing is made up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.text.compare.result import Difference, Figure, PartKind

_SHOWN, _LONG = 3, 90
_BAR = re.compile(r" \|(?: \|)* ")
"""What parts the cells of a row."""
_NAMES: dict[PartKind, str] = {
    "heading": "The heading",
    "sentence": "",
    "item": "The item",
    "row": "The row",
    "column": "The column",
}


def quoted(text: str, longest: int = _LONG) -> str:
    """A text on one line in quotation marks, cut at a word."""
    line = _BAR.sub(", ", " ".join(text.split()).removeprefix("| ").removesuffix(" |"))
    if len(line) > longest:
        line = line[:longest].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return f"“{line}”"


def changed_words(
    left: str, right: str, differences: Sequence[Difference], figures: Sequence[Figure], subject: str = ""
) -> str:
    """“30 days” became “14 days”; figures first, then words. `subject` names the row: “Munich”."""
    said = list(dict.fromkeys(_figure_words(figure) for figure in figures))
    for one in differences:
        old, new = left[slice(*one.left)].strip(), right[slice(*one.right)].strip()
        named = any(old in figure.left and new in figure.right for figure in figures)
        if not named and not _told(old, new, figures):
            said.append(_difference_words(left, right, one, old, new))
    more = len(said) - _SHOWN
    sentence = "; ".join(said[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
    return f"{quoted(subject, 50)}: {sentence}." if subject else f"{sentence[:1].upper()}{sentence[1:]}."


def one_sided_words(kind: str, part: PartKind, text: str, heading: str, blocks: int, rows: int) -> str:
    """What was added or removed: a section by its heading, else by its first words."""
    verb = "was added" if kind == "added" else "was removed"
    if heading:
        more = f" with {blocks} {'paragraph' if blocks == 1 else 'paragraphs'}" if blocks else ""
        return f"{'The section' if blocks else 'The heading'} {quoted(heading)}{more} {verb}."
    if rows > 1:
        return f"{rows} rows {verb.replace('was', 'were')}, the first of them {quoted(text)}."
    return f"{_NAMES[part]} {quoted(text)} {verb}.".lstrip()


def moved_words(part: PartKind, text: str, heading: str, here: str, there: str, *, down: bool) -> str:
    """What was moved, from where and to where."""
    what = f"The section {quoted(heading)}" if heading else f"{_NAMES[part]} {quoted(text)}".lstrip()
    if here == there:
        return f"{what} moved {'down' if down else 'up'}{f' within {quoted(here)}' if here and not heading else ''}."
    old, new = (quoted(section) if section else "the beginning" for section in (here, there))
    return f"{what} moved from {old} to {new}."


def column_words(kind: str, name: str) -> str:
    """A column that only one version of a table has."""
    return f"The column {quoted(name)} was {kind}."


def _figure_words(figure: Figure) -> str:
    if not figure.left:
        return f"{quoted(figure.right)} was added"
    if not figure.right:
        return f"{quoted(figure.left)} was removed"
    return f"{quoted(figure.left)} became {quoted(figure.right)}"


def _told(old: str, new: str, figures: Sequence[Figure]) -> bool:
    """Whether the figures say all of a difference."""

    def rest(text: str, parts: Sequence[str]) -> str:
        for part in parts:
            for word in part.split():
                text = text.replace(word, "", 1)
        return text.strip(" .,;:()")

    return bool(figures) and not rest(old, [f.left for f in figures]) and not rest(new, [f.right for f in figures])


def _difference_words(left: str, right: str, one: Difference, old: str, new: str) -> str:
    if not old:
        return f"{quoted(new)} was added{_after(right, one.right[0])}"
    if not new:
        return f"{quoted(old)} was removed{_after(left, one.left[0])}"
    return f"{quoted(old)} became {quoted(new)}"


def _after(text: str, at: int) -> str:
    """ " after “payment within”": the two words before a place, on its line."""
    before = text[max(0, at - 60) : at].rsplit("\n", 1)[-1].replace("|", " ").split()
    return f" after {quoted(' '.join(before[-2:]))}" if before else ""
