"""Which edition of a document a text is: its own date, and whether another document is a newer version of it.

A date is the document's where a label says so ("valid from", "version of") at its head, else where its title or its
name holds one. A newer version has the same name but for year, version, date and "draft" or "final", or nearly the same
text under the same head with a later date of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePath

from msgspec import Struct

from app.text.fields.values import PATTERNS, iso_date

HEAD = 1500
"""Characters at the beginning of a document that may say what it is of."""
TITLE = 90
"""Characters of a first line that may be a title."""
TEXT = 12_000
"""Characters whose words two texts are compared by."""
ALIKE, ALIKE_HEADS = 0.5, 0.8
"""Shares of common word triples, and of common words of both heads, from which two texts are versions of one."""
_DAY_S = 86_400

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?![-_. ]?\d)")
_NAME_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])(?:[-_. ]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
_VERSION = re.compile(r"(?<![^\W_])(?:v|ver|version|rev|revision)[-_. ]?(\d+(?:\.\d+)*)", re.IGNORECASE)
_STATUS = re.compile(
    r"(?<![^\W_])(?:(draft|entwurf|old|alt|brouillon|borrador)|(final|finale|endfassung|approved|signed|new"
    r"|neu))(?![^\W_])",
    re.IGNORECASE,
)
_COPY = re.compile(r"(?<![^\W_])(?:copy|kopie)(?![^\W_])|\(\d\)", re.IGNORECASE)
_CLEAR = (
    r"(?:valid|effective|in force|in effect|applicable|applies)\s+(?:from|as of|since|on)|effective date"
    r"|(?:last\s+)(?:updated|revised|reviewed|changed|modified|amended)(?:\s+on)?"
    r"|(?:version|edition|revision)\s+(?:of|from|date|dated)"
    r"|gültig\s+(?:ab|seit)|gilt\s+(?:ab|seit)|in\s+kraft\s+(?:seit|ab)|fassung\s+vom|version\s+vom"
    r"|letzte änderung|geändert am|en vigueur\s+(?:depuis|à compter du|à partir du)|mise? à jour(?:\s+le)?"
    r"|version\s+du|vigente\s+desde|actualizado\s+el|versión\s+de|in vigore\s+dal|versie\s+van"
)
_OPENING = (
    r"effective|valid|updated|revised|reviewed|modified|version|edition|issue|status|revision|as (?:of|at)|dated?"
    r"|(?:published|issued|approved)(?:\s+on)?|stand|fassung|ausgabe|datum|vom"
)
"""Labels that say it only where they begin a line."""
_DATED = re.compile(
    rf"(?:(?<![^\W_])(?P<clear>{_CLEAR})|^[\W_]*(?P<opening>{_OPENING}))[\s*_:|(,-]{{1,6}}"
    rf"(?:the\s+|le\s+|el\s+|dem\s+|den\s+)?(?P<date>{PATTERNS['date']}|(?:19|20)\d\d)(?!\d)",
    re.IGNORECASE | re.MULTILINE,
)
_DATE = re.compile(PATTERNS["date"])
_WORD = re.compile(r"[^\W\d_]+|\d")


class Dated(Struct, frozen=True):
    """The date of a document: a day, a month or a year in ISO's way, and the words that say so ("valid from")."""

    date: str = ""
    words: str = ""  # "" where it stands in the title or the name


class Version(Struct, frozen=True):
    """What is known of a document to tell whether it is a version of another."""

    id: int
    name: str
    text: str  # its beginning
    dated: Dated
    modified: float = 0.0  # of its file
    path: str = ""


def dated(name: str, text: str, title: str = "") -> Dated:
    """The document's own date; an empty one where it says none."""
    return _dated(name, text[:HEAD], title)


@lru_cache(maxsize=2048)
def _dated(name: str, head: str, title: str) -> Dated:
    for match in _DATED.finditer(head):
        if date := iso(match["date"]):
            return Dated(date, " ".join((match["clear"] or match["opening"]).split()).lower())
    first = next((line for line in head.splitlines() if line.strip()), "")
    short = len(first) <= TITLE and not first.rstrip().endswith(".")
    for place in (title, first if short else ""):
        for found in (*_DATE.finditer(place), *_YEAR.finditer(place)):
            if date := iso(found.group()):
                return Dated(date)
    stem = PurePath(name).stem
    if named := _NAME_DATE.search(stem):
        return Dated("-".join(part for part in named.groups() if part))
    years = _YEAR.findall(stem)
    return Dated(max(years)) if years else Dated()


def iso(date: str) -> str:
    """ "2026-03-01" of "1 March 2026", "2026-03" of "March 2026"; "" of what is no date."""
    if re.fullmatch(r"(?:19|20)\d\d", date):
        return date
    return iso_date(date)


def is_older(name: str, other: str) -> bool:
    """Whether one file name is that of an earlier edition: only the year or the version differs, and is lower.

    A full date is none: minutes of two meetings are not two editions.
    """
    (rest, edition), (other_rest, other_edition) = _edition(name), _edition(other)
    return rest == other_rest and bool(edition) and len(edition) == len(other_edition) and edition < other_edition


@lru_cache(maxsize=8192)
def family(name: str) -> str:
    """A file's name without all that differs between versions, in lower case."""
    stem = PurePath(name).stem.casefold()
    for pattern in (_VERSION, _NAME_DATE, _YEAR, _STATUS, _COPY):
        stem = pattern.sub(" ", stem)
    return " ".join(re.split(r"[\W_]+", stem)).strip()


def supersedes(new: Version, old: Version) -> bool:
    """Whether one document is a newer version of another."""
    if new.id == old.id:
        return False
    if not family(new.name) or family(new.name) != family(old.name):
        return _later(new.dated.date, old.dated.date) and heads_alike(new, old) and versions_of_one(new.text, old.text)
    if is_older(old.name, new.name):
        return True
    if is_older(new.name, old.name) or not heads_alike(new, old) or not versions_of_one(new.text, old.text):
        return False
    ours, theirs = _order(new.name), _order(old.name)
    if ours != theirs:
        return ours > theirs
    if new.dated.date and old.dated.date:
        return _later(new.dated.date, old.dated.date)
    return new.modified > old.modified + _DAY_S > _DAY_S


def versions_of_one(text: str, other: str) -> bool:
    """Whether two texts say nearly the same; a copy is no version."""
    return alike(text, other) >= ALIKE and text.split() != other.split()


def alike(text: str, other: str) -> float:
    """The share of word triples that two texts have in common; figures count as one word."""
    ours, theirs = _triples(text), _triples(other)
    return len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0


def heads_alike(new: Version, old: Version) -> bool:
    """Whether both begin with the same words: the same letter to two customers does not."""
    ours, theirs = _head_words(new.text[:HEAD]), _head_words(old.text[:HEAD])
    return bool(ours) and len(ours & theirs) >= ALIKE_HEADS * len(ours | theirs)


def _later(date: str, other: str) -> bool:
    """Whether a date is later; a year is neither before nor after a day in it."""
    known = min(len(date), len(other))
    return known > 0 and date[:known] > other[:known]


@lru_cache(maxsize=64)
def _triples(text: str) -> frozenset[tuple[str, ...]]:
    words = ["#" if word.isdigit() else word for word in _WORD.findall(text[:TEXT].casefold())]
    return frozenset(zip(words, words[1:], words[2:], strict=False))


@lru_cache(maxsize=2048)
def _head_words(head: str) -> set[str]:
    """The first forty words without figures and without the words of dates and versions."""
    plain = _DATED.sub(" ", head)
    plain = _VERSION.sub(" ", _DATE.sub(" ", plain))
    return {word for word in _WORD.findall(plain.casefold())[:40] if not word.isdigit()}


def _versions(name: str) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(map(int, found.group(1).split("."))) for found in _VERSION.finditer(name))


def _order(name: str) -> tuple[tuple[tuple[int, ...], ...], str, int]:
    """Version, date and status of a file's name; what is not named comes before what is."""
    stem = PurePath(name).stem
    found, status = _NAME_DATE.search(stem), _STATUS.search(stem)
    date = "-".join(part for part in found.groups() if part) if found else ""
    return _versions(stem), date, 0 if status is None else -1 if status.group(1) else 1


@lru_cache(maxsize=8192)
def _edition(name: str) -> tuple[str, tuple[tuple[int, ...], ...]]:
    """A file's name without years and versions, and those in their order."""
    stem = PurePath(name).stem.casefold()
    rest = _VERSION.sub("#", stem)
    years = [(int(found.group()),) for found in _YEAR.finditer(rest)]
    return _YEAR.sub("#", rest), (*years, *_versions(stem))
