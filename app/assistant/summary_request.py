"""Whether a question asks for a summary, and of what: by rule, and only where the whole question says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.assistant.query import LONGEST
from app.text import words
from app.types import Document

_POLITE = r"(?:please |can you |could you |would you |bitte |kannst du |können sie |i (?:want|need|would like) )*"
_ASKS = re.compile(
    rf"^{_POLITE}(?:(?:to )?(?:summari[sz]e|sum up|outline|recap)"
    r"|(?:give me |write |make |show me |create |i (?:want|need) )?(?:an? |the )?(?:short |brief |quick |one-page )?"
    r"(?:summary|overview|outline|tl;?dr) (?:of|for|about)|tl;?dr(?: of)?:?"
    r"|(?:gib mir |schreib(?:e)? |erstelle )?(?:eine? )?(?:kurze[nr]? )?"
    r"(?:zusammenfassung|überblick) (?:von|über|zu|des|der)"
    r"|résume[zr]?(?:-moi)?|fais(?:-moi)? un résumé d[eu]|resume|riassumi)\s+(?P<what>.+)$",
    re.IGNORECASE,
)
_SPLIT = re.compile(rf"^{_POLITE}(?:fasse?n?)(?: sie)?(?: mir)?\s+(?P<what>.+?)\s+zusammen$", re.IGNORECASE)
_SPLIT_END = re.compile(rf"^{_POLITE}(?P<what>.+?)\s+(?:kurz )?zusammenfassen$", re.IGNORECASE)
_INSIDE = re.compile(
    r"^what(?:['’]s|\s+is|\s+documents\s+are)\s+(?:there\s+)?in\s+(?P<what>.+?)(?:\s+about)?$"
    r"|^what\s+(?:is|are)\s+(?P<about>.+?)\s+about$|^what\s+does\s+(?P<holds>.+?)\s+(?:contain|hold|cover)$"
    r"|^was\s+(?:ist|steht|steckt)\s+in\s+(?P<drin>.+?)$|^worum\s+geht\s+es\s+in\s+(?P<worum>.+?)$",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"^{_POLITE}(?:summari[sz]e|summary|sum up|tl;?dr|zusammenfassung|zusammenfassen|résume[zr]?)$", re.IGNORECASE
)
_TAIL = re.compile(
    r"(?:[\s,]+(?:please|for me|briefly|shortly|in short|in brief|bitte|kurz|mal|in (?:a few|\w+)"
    r" (?:sentences?|words|lines|sätzen)))+$",
    re.IGNORECASE,
)
_ARTICLES = (
    r"(?:(?:the|this|that|these|those|my|our|all|of|whole|entire|complete|full|attached|uploaded|current|das|dies(?:e[srnm]?)?"
    r"|die|den|der|dem|des|alle[rn]?|ganze[nsrm]?|gesamte[nsrm]?|meine?[nrsm]?|le|la|les|l['’]|ce|cet|cette|ces|tout|toute|tous)\s+)*"
)
_DOCUMENT = re.compile(
    rf"^{_ARTICLES}(?:document|file|pdf|text|paper|report|dokuments?|datei|texte?s?|fichier)$", re.IGNORECASE
)
_POINTED = re.compile(r"^(?:it|this|that|everything|all of it|es|das|alles|dies)$", re.IGNORECASE)
_COLLECTION = re.compile(
    rf"^{_ARTICLES}(?:collection|documents|files|folder|sammlung|dokumenten?|dateien|unterlagen|ordners?|documents|fichiers"
    r"|dossier|here|hier)(?:\s+(?:here|hier))?$",
    re.IGNORECASE,
)
_QUOTES = "“”\"'„«»`’‘ "
_ENDING = re.compile(r"\.\w{2,5}$")


@dataclass(frozen=True)
class SummaryRequest:
    """What is to be summarised. `pointed`: “it”, which is a document only where there is just one."""

    of: Literal["document", "collection", "name"]
    name: str = ""  # as it was typed, where a document is named
    pointed: bool = False


def summary_request(question: str) -> SummaryRequest | None:
    """What a question wants summarised; None where it asks for anything else."""
    if len(question) > LONGEST:
        return None
    text = _TAIL.sub("", " ".join(question.split()).rstrip(" .?!"))
    if _BARE.match(text):
        return SummaryRequest("document", pointed=True)
    asked = _ASKS.match(text) or _SPLIT.match(text) or _SPLIT_END.match(text)
    inside = None if asked else _INSIDE.match(text)
    found = asked or inside
    if found is None:
        return None
    what = _TAIL.sub("", next(part for part in found.groups() if part)).strip(_QUOTES)
    if _COLLECTION.match(what):
        return SummaryRequest("collection")
    if inside is not None:
        # “What is in the canteen?” is a question; a file that is called by its whole name is none.
        return SummaryRequest("name", what) if _ENDING.search(what) else None
    if _DOCUMENT.match(what):
        return SummaryRequest("document")
    return SummaryRequest("document", pointed=True) if _POINTED.match(what) else SummaryRequest("name", what)


def named(name: str, documents: Sequence[Document]) -> Document | None:
    """The document that a name means: its file's name, or most of its words, and no other document's as well."""
    bare = name.casefold()
    exact = [each for each in documents if each.name.casefold() in (bare, _bare(bare))]
    exact = exact or [each for each in documents if _ENDING.sub("", each.name.casefold()) == bare]
    exact = exact or [each for each in documents if each.name.casefold() in bare]
    if exact:
        return exact[0] if len({each.name for each in exact}) == 1 else max(exact, key=lambda each: len(each.name))
    typed = set(words.query_terms(_bare(name)))
    close = [each for each in documents if _covers(typed, each.name)]
    return close[0] if len(close) == 1 else None


def _bare(name: str) -> str:
    """Without what people say round a name: “the file Travel-Policy.pdf” → “Travel-Policy.pdf”."""
    return re.sub(
        rf"^{_ARTICLES}(?:(?:document|file|pdf|datei|dokument|fichier)\s+)?", "", name, flags=re.IGNORECASE
    ).strip(_QUOTES)


def _covers(typed: set[str], name: str) -> bool:
    """Whether the typed words are all in a file's name, and are more than half of its words."""
    own = set(words.terms(re.sub(r"[-_.]+", " ", _ENDING.sub("", name))))
    spoken = {term for term in own if not any(char.isdigit() for char in term)}
    return bool(typed) and typed <= own and 2 * len(typed & spoken) > len(spoken)
