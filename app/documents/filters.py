"""Which documents a question means: "in the 2025 price list", "laut Reiserichtlinie.pdf", "nur in PDF-Dateien".

Only what clearly names documents counts: a file's whole name; after "in" a name that sounds like a document's;
after "according to" any name; a kind or a year with a word for documents beside it. Everything else is a question.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath

from msgspec import Struct

from app.documents.fulltext import name_words
from app.formats import KIND_WORDS
from app.members import lies_in
from app.text.fold import fold
from app.text.words import terms, words_of
from app.types import Filter

_FILES = r"(?:files?|documents?|docs|dateien|dokumente?n?|fichiers?|documentos|archivos|bestanden|documenten)"
_IN = r"(?:in|from|within|inside|aus|im|dans|en|uit)"
_SAYS = r"(?:according to|laut|gem(?:ä|ae?)(?:ß|ss)|selon|seg[uú]n|volgens)"
_THE = (
    r"(?:the|our|my|this|that|der|die|das|dem|den|unserer?m?|unserem|la|le|les|el|los|las|de|het|onze|notre|nuestra?)"
)
_ONLY = r"(?:only|just|nur|ausschlie(?:ß|ss)lich|seulement|uniquement|solo|sólo|alleen)"
_KIND_NAME = rf"({'|'.join(KIND_WORDS)})(?:s|[\s-]?{_FILES})"
_KIND = re.compile(
    rf"\b(?:{_ONLY}\s+{_IN}\s+(?:{_THE}\s+)?|{_IN}\s+{_ONLY}\s+|{_ONLY}\s+|{_IN}\s+{_THE}\s+){_KIND_NAME}\b",
    re.IGNORECASE,
)
_WHEN = r"(from|of|since|after|aus|von|seit|nach|de|depuis|desde|van|sinds)"
_YEAR = re.compile(rf"\b{_FILES}\s+{_WHEN}\s+((?:19|20)\d\d)\b", re.IGNORECASE)
_SINCE = frozenset({"since", "seit", "depuis", "desde", "sinds"})
_AFTER = frozenset({"after", "nach"})
_FOLDER = re.compile(
    r"\b(?:folder|directory|ordner|verzeichnis|dossier|carpeta|map)\s+[\"“„«]?([\w./\\ -]*\w)", re.IGNORECASE
)
_NAMING = re.compile(rf"\b(?:({_SAYS})|{_IN})\s+(?:{_THE}\s+)?", re.IGNORECASE)
_SOUNDS_LIKE_ONE = re.compile(
    r"polic(?:y|ies)|lists?$|guides?|guidelines?|manual|handbook|report|contract|agreement|plan$|minutes|invoice|brochure"
    r"|catalog(?:ue)?|datasheet|specification|handbuch|richtlinie|ordnung|liste|vertrag|bericht|protokoll|anleitung"
    r"|leitfaden|rechnung|katalog|politique|contrat|rapport|manuel|tarifs|contrato|informe|lista|handleiding"
    r"|beleid|\bprices\b|rates$|fees$|budget|preise|tarife?$|faq|terms|schedule|calendar|memo|newsletter|offer|order"
)
LONGEST = 8
"""Words of the longest name that is looked for."""


class Filed(Struct, frozen=True):
    """A document as the catalogue lists it."""

    id: int
    name: str
    title: str
    path: str
    kind: str


def asked_filter(question: str, catalogue: Sequence[Filed]) -> tuple[Filter, str]:
    """The filter that a question asks for in words, and what to call it; an empty one where it asks for none."""
    named = _by_file_name(question, catalogue) or _by_name(question, catalogue)
    folder = _folder(question, catalogue)
    kinds = tuple(dict.fromkeys(KIND_WORDS[match[1].casefold()] for match in _KIND.finditer(question)))
    kinds = tuple(kind for kind in kinds if any(each.kind == kind for each in catalogue))
    since, until = _dates(question)
    said = [each.name for each in named] + [f"folder {folder}"] * bool(folder) + [f"{kind} files" for kind in kinds]
    if since:
        said.append(f"files since {_year(since)}" if not until else f"files of {_year(since)}")
    paths = {each.path for each in named}
    meant = [each.id for each in catalogue if each.path in paths or lies_in(each.path, paths)] if named else []
    found = Filter(documents=tuple(meant), folder=folder, kinds=kinds, since=since, until=until)
    return found, ", ".join(dict.fromkeys(said))


def in_folder(path: str, folder: str) -> bool:
    """Whether a file lies in a folder that is named by the end of its path, or below it."""
    wanted = [fold(part) for part in re.split(r"[/\\]+", folder) if part]
    parents = [fold(part) for part in PurePath(path.replace("\\", "/")).parts[:-1]]
    return any(parents[at : at + len(wanted)] == wanted for at in range(len(parents) - len(wanted) + 1))


def _by_file_name(question: str, catalogue: Sequence[Filed]) -> list[Filed]:
    """Whole file names, ending included, that stand in the question; the longest where one is part of another."""
    asked = fold(question)
    if "." not in asked:
        return []
    there = [each for each in catalogue if fold(each.name) in asked and PurePath(each.name).suffix]
    bounded = [each for each in there if re.search(rf"(?<!\w){re.escape(fold(each.name))}(?!\w)", asked)]
    names = {fold(each.name) for each in bounded}
    return [each for each in bounded if not any(fold(each.name) in other[1:] for other in names)]


def _by_name(question: str, catalogue: Sequence[Filed]) -> list[Filed]:
    places = [(match.end(), bool(match[1])) for match in _NAMING.finditer(question)]
    if not places:
        return []
    names: dict[frozenset[str], list[Filed]] = {}
    for each in catalogue:
        for words in _names_of(each.name, each.title):
            names.setdefault(words, []).append(each)
    for start, says in places:
        following = terms(question[start:])[:LONGEST]
        for length in range(len(following), 0, -1):
            meant = frozenset(following[:length])
            if meant in names and (says or _SOUNDS_LIKE_ONE.search(" ".join(words_of(question[start:])[:length]))):
                return list(dict.fromkeys(names[meant]))
    return []


@lru_cache(maxsize=100_000)
def _names_of(file_name: str, title: str) -> set[frozenset[str]]:
    """The sets of words by which a document may be called: its file's name and title, with and without numbers."""
    found = set()
    for name in (name_words(file_name), title):
        words = terms(name)
        if 0 < len(words) <= LONGEST:
            found.add(frozenset(words))
            found.add(frozenset(word for word in words if not word.isdigit()))
    return {words for words in found if words}


def _folder(question: str, catalogue: Sequence[Filed]) -> str:
    """The longest run of words after "folder" that is one."""
    for match in _FOLDER.finditer(question):
        words = match[1].split()
        for length in range(len(words), 0, -1):
            name = " ".join(words[:length])
            if any(in_folder(each.path, name) for each in catalogue):
                return name
    return ""


def _dates(question: str) -> tuple[float, float]:
    match = _YEAR.search(question)
    if match is None:
        return 0.0, 0.0
    how, year = match[1].casefold(), int(match[2])
    if how in _AFTER:
        return _begin(year + 1), 0.0
    return _begin(year), 0.0 if how in _SINCE else _begin(year + 1)


def _begin(year: int) -> float:
    return float(timegm((year, 1, 1, 0, 0, 0)))


def _year(seconds: float) -> int:
    return round(1970 + seconds / (365.2425 * 86400))
