"""Reads a request for documents in English or German: "which contracts mention a surety but not arbitration"."""

from __future__ import annotations

import re

import msgspec

from app.formats import KIND_WORDS
from app.text.exact import phrases
from app.text.find.dates import read_dates
from app.text.find.plan import Plan, TextDate, together
from app.text.words import words_of
from app.types import Filter

_ANY = r"(?:documents?|docs?|files?|dokumente?n?|dateien?|unterlagen|texten?|schriftstücken?)"
_SORTS = (
    r"(?:contracts?|agreements?|polic(?:y|ies)|reports?|invoices?|letters?|e-?mails?|minutes|offers?|quotes|manuals?"
    r"|handbooks?|guidelines?|guides?|notes?|memos?|presentations?|spreadsheets?|certificates?|cvs?|resumes?|orders?"
    r"|brochures?|newsletters?|specifications?|datasheets?|plans?|procedures?|amendments?|statements?|applications?"
    r"|verträgen?|vereinbarungen|richtlinien|berichten?|rechnungen|briefen?|protokollen?|angeboten?|handbüchern?"
    r"|anleitungen|leitfäden|notizen|zeugnissen?|lebensläufen?|aufträgen?|bestellungen|bescheiden?|gutachten|plänen?)"
)
_KIND = rf"(?:{'|'.join(KIND_WORDS)})(?:s|[\s-]?{_ANY})"
_QUALITY = r"(?!(?:do|does|did|is|are|was|were|has|have|can|should|the|a|an|this|that)\b)[\w-]+"
_SUBJECT = rf"(?P<subject>(?:{_QUALITY}\s+){{0,2}}?(?:{_KIND}|{_ANY}|{_SORTS}))"
_POLITE = r"(?:please|can you|could you|bitte|kannst du|können sie|i need|i want|ich (?:brauche|suche|möchte))"
_ASKS = (
    rf"(?:{_POLITE}\s+)*(?:which|what|list|find|show(?:\s+me)?|give me|get me|search for|welche[rns]?|finde?|such[e]?"
    r"|zeige?(?:\s+mir)?|liste|nenne?(?:\s+mir)?|alle)(?:\s+(?:me|us|mir|uns|all|every|each|any|of|the|our|my|alle|die|der"
    r"|unsere[r]?|meine[r]?))*"
)
_WHO = r"(?:,?\s*(?:that|which|where|in which|die|in denen|wo))?"
_NOT = r"(?:do(?:es)?\s+not|don['’]t|doesn['’]t|did\s+not|never|nicht)"
_SAYS = (
    r"(?:mention(?:s|ed|ing)?|contain(?:s|ing)?|include(?:s)?|including|refer(?:s|ring)?\s+to|talk(?:s)?\s+about"
    r"|speak(?:s)?\s+(?:of|about)|have\s+the\s+words?|erwähn(?:en|t)|enthalten|enthält|nennen|nennt"
    r"|beinhalten|beinhaltet|sprechen\s+(?:von|über)|verweisen\s+auf|handeln\s+von)"
)
_HEAD = re.compile(
    rf"^{_ASKS}\s+{_SUBJECT}{_WHO}\s+(?:(?:also|auch)\s+)?(?P<not>{_NOT}\s+)?{_SAYS}\b\s*(?P<rest>.+)$", re.IGNORECASE
)
_WITH = re.compile(
    rf"^(?!which|what|welche){_ASKS}\s+{_SUBJECT}\s+(?P<not>with|without|mit|ohne)\b\s*(?P<rest>.+)$", re.IGNORECASE
)
"""Only of orders: “which contracts with suppliers expire” asks something else."""
_IN_WHICH = rf"^(?:in\s+(?:which|what|welche[nrm]?))\s+{_SUBJECT}\s+"
_INSIDE = re.compile(
    rf"{_IN_WHICH}(?:is|are|does|do|wird|werden|kommt|kommen|ist\s+von|steht|stehen)\s+(?P<rest>.+?)\s+"
    r"(?:mentioned|named|said|stand|appear|occur|erwähnt|genannt|die\s+rede|vor)\b(?P<tail>.*)$",
    re.IGNORECASE,
)
_STANDS = re.compile(rf"{_IN_WHICH}(?:steht|stehen|geht\s+es\s+um)\s+(?P<rest>.+)$", re.IGNORECASE)
_SUBORDINATE = re.compile(
    rf"^{_ASKS}\s+{_SUBJECT},?\s+(?:die|in\s+denen)\s+(?P<rest>.+?)\s+(?:erwähnen|enthalten|nennen|erwähnt\s+wird"
    r"|erwähnt\s+werden|vorkommt|vorkommen|steht|stehen)\b(?P<tail>.*)$",
    re.IGNORECASE,
)
LONGEST = 2_000
"""Characters of a request: a longer text is no sentence that asks for documents, and rules take their time over it."""
_QUOTE = "\ue100"
_FOLDER = re.compile(
    r"(?:,\s*)?\b(?:in|from|im|aus)\s+(?:the\s+|dem\s+)?(?:folder|directory|ordner|verzeichnis)\s+"
    rf"(?P<name>{_QUOTE}\d+{_QUOTE}|[\w./\\-]+(?:\s+(?!but\b|and\b|not\b|aber\b|und\b|nicht\b)[\w./\\-]+)*)",
    re.IGNORECASE,
)
_SHEET = re.compile(
    r"(?:,\s*)?\b(?:in|on|im|auf)\s+(?:the\s+|dem\s+)?(?:work)?(?:sheet|tab|tabellenblatt|blatt|reiter)\s+"
    rf"(?P<name>{_QUOTE}\d+{_QUOTE}|[\w.-]+)",
    re.IGNORECASE,
)
_ONLY_KIND = re.compile(
    rf"(?:,\s*)?\b(?:only\s+(?:in\s+)?|nur\s+(?:in\s+)?|as\s+|in\s+)(?P<kind>{'|'.join(KIND_WORDS)})(?:s|[\s-]?{_ANY})\b",
    re.IGNORECASE,
)
_NEGATIVE = (
    rf"(?:,?\s*\b(?:but|and|yet|though|aber|und|jedoch|doch)\b)?,?\s*(?:\b(?:which|that|die|do|does|they)\b\s+)*"
    rf"\b(?:do(?:es)?\s+not|don['’]t|doesn['’]t|not|nor|neither|never|without|except(?:\s+for)?|nicht|kein(?:e[nmrs]?)?"
    rf"|ohne|außer|weder|noch)\b(?:\s+(?:aber|auch|also|even|any))*(?:\s+{_SAYS}\b)?"
)
_POSITIVE = (
    rf",?\s*\b(?:but|and|aber|sondern|und)\b\s+(?:also\s+|auch\s+|do\s+|does\s+)?{_SAYS}\b"
    r"|,?\s*\b(?:but|sondern|aber)\b"
)
_SAME = r"\s*(?:,|;|\+|&|\band\b|\bund\b|\bas\s+well\s+as\b|\bsowie\b|\bplus\b|\bboth\b|\bsowohl\b|\bals\s+auch\b)\s*"
_JOINT = re.compile(rf"(?P<no>{_NEGATIVE})|(?P<yes>{_POSITIVE})|(?P<same>{_SAME})", re.IGNORECASE)
_FRAME = re.compile(
    r"^(?:(?:also|auch|any|both|something|anything|etwas|about|über|the|a|an|der|die|das|den|dem|ein(?:e[nmrs]?)?"
    r"|words?|wort|wörter|term|begriff|phrase|ausdruck|of|von)\s+)+(?=\S)",
    re.IGNORECASE,
)
_ABOUT: tuple[tuple[str, str], ...] = (
    (
        r"ends?|expires?|runs? out|enden|endet|auslaufen|ablaufen|laufen|läuft",
        "end or expire or expiry or expiration or valid until or run until or Ende or enden or endet or Ablauf"
        " or ablaufen or auslaufen or gültig bis or befristet bis or läuft bis or Vertragsende or Mietende or Enddatum"
        " or Ablaufdatum",
    ),
    (
        r"begins?|starts?|commences?|beginnen|beginnt|starten|anfangen",
        "begin or start or commence or effective or Beginn or beginnen or beginnt or Vertragsbeginn or Mietbeginn",
    ),
    (
        r"(?:were|was|are|is)\s+signed|unterzeichnet\s+w[ue]rden|unterschrieben\s+w[ue]rden",
        "sign or signed or signature or unterzeichnet or unterschrieben or Unterschrift",
    ),
    (r"(?:are|is)\s+due|fällig\s+(?:sind|werden)", "due or payable or fällig or zahlbar"),
)
"""What a document's text can say a date of, and by which words it does."""
_VERB = "|".join(f"(?P<about{n}>{verb})" for n, (verb, _) in enumerate(_ABOUT))
_DATED = re.compile(rf"^(?P<head>{_ASKS}\s+{_SUBJECT}){_WHO}\s+(?:{_VERB})\b(?P<tail>.+)$", re.IGNORECASE)
_DATED_LAST = re.compile(
    rf"^(?P<head>{_ASKS}\s+{_SUBJECT}),?\s+die\s+(?P<tail>.+?)\s+(?:{_VERB})\b(?P<more>.*)$", re.IGNORECASE
)
_WITH_DATE = re.compile(
    r",?\s+\b(?:with|and|mit|und)\s+(?:an?\s+|einem\s+|ein\s+)?(?:dates?|datum)\b(?P<tail>.+)$", re.IGNORECASE
)
_REST = re.compile(
    r"^\s*(?:aus|ab)?\s*(?:$|[,;]|(?:and|und|but|aber)\b)\s*(?:(?:and|und|but|aber)\b)?\s*", re.IGNORECASE
)
_PLEASE = re.compile(r"(?:[\s,]+(?:please|bitte|at all|überhaupt))+$", re.IGNORECASE)
_LAST = re.compile(r"(?:[\s,]+(?:erwähnen|enthalten|nennen|vorkommen|mentioned|erwähnt|genannt))+$", re.IGNORECASE)


def find_request(text: str) -> Plan | None:
    """The plan of a sentence that plainly asks for documents; None of any other."""
    return _plan(text, loose=False)


def plan_of(text: str) -> Plan:
    """The plan of what was typed where documents are looked for: "bank guarantee, not arbitration, after 2024" too."""
    return _plan(text, loose=True) or Plan()


def _plan(text: str, *, loose: bool) -> Plan | None:
    if len(text) > LONGEST and not loose:
        return None
    text = text[:LONGEST]
    kept = list(phrases(text))
    for n, phrase in enumerate(kept):
        text = re.sub(rf"[\"“”„«»「」『』]\s*{re.escape(phrase)}\s*[\"“”„«»「」『』]", f"{_QUOTE}{n}{_QUOTE}", text)
    text = whole = " ".join(text.split()).rstrip(" .?!")
    stated, text = _text_date(text)
    if stated is not None and stated.near and text == "":
        return Plan(called=_called(_subject(whole)), filter=Filter(kinds=_kinds("", _subject(whole))), dates=(stated,))
    dates, text = read_dates(text)
    text = " ".join(text.split())
    kind, text = _taken(_ONLY_KIND, text, "kind")
    folder, text = _taken(_FOLDER, text, "name")
    sheet, text = _taken(_SHEET, text, "name")
    text = _PLEASE.sub("", text.strip(" ,;"))
    subject, rest, negated = _head(text)
    if not rest:
        if not loose:
            return None
        rest = text
    must, without = _mentions(rest, negated)
    kinds = _kinds(kind, subject)
    read = Filter(folder=_restored(folder, kept).strip('"'), kinds=kinds)
    plan = Plan(
        must=_each(must, kept),
        without=_each(without, kept),
        called=_called(subject),
        filter=together(read, dates),
        sheet=_restored(sheet, kept).strip('"'),
    )
    if stated is not None and (near := stated.near or next(iter(plan.must), "")):
        plan = msgspec.structs.replace(plan, dates=(msgspec.structs.replace(stated, near=near),))
    return plan if plan.asks or loose else None


def _text_date(text: str) -> tuple[TextDate | None, str]:
    """The date that the text of a document must state, and the request without it; "" where that is all of it.

    `near` is "" where it belongs to what is mentioned: “mentions rent with a date after 2024”.
    """
    match = _WITH_DATE.search(text)
    if match is not None:
        dates, rest = read_dates(match["tail"])
        if dates != Filter():
            return TextDate(near="", since=dates.since, until=dates.until), f"{text[: match.start()]} {rest}".strip()
    match = _DATED.match(text) or _DATED_LAST.match(text)
    if match is None:
        return None, text
    dates, rest = read_dates(match["tail"])
    joint = _REST.match(rest)
    if dates == Filter() or joint is None:
        return None, text
    near = next(words for n, (_, words) in enumerate(_ABOUT) if match[f"about{n}"])
    more = rest[joint.end() :] + (match.groupdict().get("more") or "")
    return TextDate(near=near, since=dates.since, until=dates.until), f"{match['head']} {more}" if more.strip() else ""


def _subject(text: str) -> str:
    match = _DATED.match(text) or _DATED_LAST.match(text)
    return match["subject"] if match else ""


def _kinds(kind: str, subject: str) -> tuple[str, ...]:
    return tuple(KIND_WORDS[each.casefold()] for each in dict.fromkeys(filter(None, (kind, _kind_of(subject)))))


def _head(text: str) -> tuple[str, str, bool]:
    """What sort of documents is asked for, what of them, and whether that begins with a no."""
    match = _INSIDE.match(text) or _SUBORDINATE.match(text)
    if match:
        return match["subject"], f"{match['rest']} {match['tail']}", False
    match = _STANDS.match(text)
    if match:
        return match["subject"], match["rest"], False
    match = _HEAD.match(text) or _WITH.match(text)
    if match is None:
        return "", "", False
    negative = (match["not"] or "").strip().casefold()
    return match["subject"], match["rest"], negative not in ("", "with", "mit")


def _mentions(text: str, negated: bool) -> tuple[list[str], list[str]]:
    """What must and what must not be mentioned, cut at "and", "but", "not" and commas."""
    found: tuple[list[str], list[str]] = ([], [])
    at, side = 0, int(negated)
    for joint in _JOINT.finditer(text):
        found[side].append(text[at : joint.start()])
        if joint["no"]:
            side = 1
        elif joint["yes"]:
            side = 0
        at = joint.end()
    found[side].append(text[at:])
    return found


def _each(pieces: list[str], kept: list[str]) -> tuple[str, ...]:
    cleaned = (_restored(_FRAME.sub("", _LAST.sub("", piece.strip(" ,;:()[]"))), kept) for piece in pieces)
    return tuple(dict.fromkeys(piece for piece in cleaned if words_of(piece)))


def _restored(text: str, kept: list[str]) -> str:
    """With the quotations in their places, in plain marks."""
    for n, phrase in enumerate(kept):
        text = text.replace(f"{_QUOTE}{n}{_QUOTE}", f'"{phrase}"')
    return text.strip()


def _taken(pattern: re.Pattern[str], text: str, group: str) -> tuple[str, str]:
    """What a pattern finds, and the text without it."""
    match = pattern.search(text)
    if match is None:
        return "", text
    return match[group], " ".join(f"{text[: match.start()]} {text[match.end() :]}".split())


def _kind_of(subject: str) -> str:
    match = re.search(rf"\b({'|'.join(KIND_WORDS)})(?:s|[\s-]?{_ANY})$", subject, re.IGNORECASE)
    return match[1] if match else ""


def _called(subject: str) -> str:
    """ "contracts" of “our signed contracts”; nothing of “PDF files” and of “documents”."""
    noun = subject.split()[-1] if subject else ""
    plain = re.fullmatch(rf"{_ANY}", noun, re.IGNORECASE) or _kind_of(subject)
    return "" if plain else noun


def narrowed(plan: Plan, given: Plan) -> Plan:
    """A plan that was read, with what is added to it by options."""
    return msgspec.structs.replace(
        plan,
        must=tuple(dict.fromkeys((*plan.must, *given.must))),
        without=tuple(dict.fromkeys((*plan.without, *given.without))),
        called=given.called or plan.called,
        filter=together(plan.filter, given.filter),
        sheet=given.sheet or plan.sheet,
        dates=tuple(dict.fromkeys((*plan.dates, *given.dates))),
    )
