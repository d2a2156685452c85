"""Reads a question that is meant for every document: "which end date has each contract"."""

from __future__ import annotations

import re

LONGEST = 300
_ONE = (
    r"documents?|docs?|files?|pdfs?|contracts?|agreements?|leases?|reports?|invoices?|receipts?|letters?|e-?mails?|offers?"
    r"|quot(?:e|ation)s?|manuals?|certificates?|cvs?|r[eé]sum[eé]s?|statements?|applications?|amendments?|data ?sheets?"
    r"|polic(?:y|ies)"
)
_EINS = (
    r"dokument(?:e?s|e|en)?|dateien|datei|pdfs?|vertr[aä]g(?:e?s|e|en)?|vereinbarung(?:en)?|bericht(?:e?s|e|en)?"
    r"|rechnung(?:en)?|quittung(?:en)?|brief(?:e?s|e|en)?|e-?mails?|angebot(?:e?s|e|en)?|handb[uü]ch(?:e?s|er|ern)?"
    r"|zertifikat(?:e?s|e|en)?|zeugnis(?:ses|se|sen)?|leben[sl]l[aä]uf(?:e?s|e|en)?|bescheid(?:e?s|e|en)?|gutachtens?"
    r"|polic(?:e|en)"
)
_WHICH = r"(?:(?:single|individual|one) )?(?:of (?:the|these|those|our|my) )?"
_EACH = rf"(?:each|every|each and every|any and every|each one|every one) {_WHICH}(?P<noun>{_ONE})"
_ALL = rf"(?:{_EACH}|all (?:of )?(?:the |these |those |our |my )?(?P<nouns>{_ONE}))"
_JEDER = rf"jede[rsnm]? (?:einzelne[rsnm]? )?(?:(?:der|dieser|unserer|meiner) )?(?P<nomen>{_EINS})"
_ALLER = rf"(?:{_JEDER}|(?:alle[nr]?|sämtliche[nr]?) (?:der |dieser |unserer? |meiner? )?(?P<nomina>{_EINS}))"
_OF = r"(?:of|in|for|from|on)"
_VON = r"(?:von|in|aus|für|zu|bei) "
_ARTICLE = r"(?:the |its |a |an |der |die |das |den |dem |des |ihre[nm]? |seine[nm]? )?"
_TELL = (
    r"(?:please |can you |could you |i (?:want|need) )*(?:list|show|give|tell|extract|get|name|find|need|want)"
    r"(?: (?:me|us|out))?"
)
_SAG = r"(?:bitte )?(?:liste|zeige?|gib|nenne?|sage?|finde?|lies|extrahiere)(?: (?:mir|uns))?(?: bitte)?"
_FIELDS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:what|which)(?: is| are|['’]s| was| were) {_ARTICLE}(?P<field>.{{2,60}}?) {_OF} {_ALL}$",
        rf"^(?:what|which) (?P<field>.{{2,60}}?) (?:has|have) {_ALL}$",
        rf"^(?:what|which) (?P<field>.{{2,60}}?) (?:does|do) {_ALL} (?:have|state|contain|give|name|say|set|mention)$",
        rf"^{_TELL} {_ARTICLE}(?P<field>.{{2,60}}?) {_OF} {_ALL}$",
        rf"^{_OF} {_ALL}[,:]? (?:(?:what is|{_TELL}) )?{_ARTICLE}(?P<field>.{{2,60}}?)$",
        rf"^(?:welche[rsnm]?|was für eine?n?) (?P<field>.{{2,60}}?) (?:hat|haben|nennt|nennen) {_ALLER}$",
        rf"^(?:was|wie|welches) (?:ist|sind|lautet|lauten) {_ARTICLE}(?P<field>.{{2,60}}?) (?:{_VON})?{_ALLER}$",
        rf"^{_SAG} {_ARTICLE}(?P<field>.{{2,60}}?) (?:{_VON})?{_ALLER}(?: auf| an)?$",
        rf"^{_VON}{_ALLER}[,:]? {_ARTICLE}(?P<field>.{{2,60}}?)$",
    )
]
"""A noun: a column of that name."""
_ASKS = re.compile(
    rf"^(?:who|whom|when|where|how long|until when|which \w+|what)\b(?P<before>.{{0,60}}) {_EACH}\b"
    r"(?P<after>.{0,60})$",
    re.IGNORECASE,
)
_FRAGT = re.compile(
    rf"^(?:wer|wem|wen|wann|wo|wie lange|bis wann|ab wann|mit wem|von wem)\b(?P<before>.{{0,60}}) {_JEDER}\b"
    r"(?P<after>.{0,60})$",
    re.IGNORECASE,
)
_DER = {"jeder": "der", "jede": "die", "jedes": "das", "jeden": "den", "jedem": "dem"}
_ENGLISH_EACH = re.compile(rf"\b{_EACH}", re.IGNORECASE)
_GERMAN_EACH = re.compile(rf"\b(?P<jeder>jede[rsnm]?) (?:einzelne[rsnm]? )?(?P<noun>{_EINS})", re.IGNORECASE)


def asked_of_each(text: str) -> str:
    """What a text wants to know of every document, as a field of a table is named or asked; "" of any other text.

    "Which end date has each contract?" → "End date"; "Who signed each contract?" → "Who signed the contract?".
    """
    plain = " ".join(text.split()).rstrip(" .?!") if len(text) <= LONGEST else ""
    for pattern in _FIELDS:
        if match := pattern.match(plain):
            field = match["field"].strip(" ,:")
            return field[:1].upper() + field[1:]
    if match := _ASKS.match(plain):
        single = _ENGLISH_EACH.sub(lambda found: f"the {_single(found['noun'])}", plain, count=1)
        return f"{single}?"
    if match := _FRAGT.match(plain):
        single = _GERMAN_EACH.sub(lambda found: f"{_DER[found['jeder'].casefold()]} {found['noun']}", plain, count=1)
        return f"{single}?"
    return ""


def _single(noun: str) -> str:
    """ "contract" of "contracts": “each of the contracts”."""
    if noun.casefold().endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-1] if noun.casefold().endswith("s") else noun
