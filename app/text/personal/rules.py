"""The table of rules: a pattern that takes time in proportion to the text, and a check that keeps look-alikes out.

Patterns begin with what a search can run to: a sign or a class of signs, and only then what must not stand before it.
Begun with a boundary they are tried at each letter, which takes ten times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.text.personal import checksums, contacts
from app.text.personal.kinds import PersonalKind

Check = Callable[[str], int]
"""A candidate → how many of its characters count, 0 where none do."""


@dataclass(frozen=True)
class Rule:
    """`pattern`'s group `v`, where there is one, is what is found. `name` says why, for a report."""

    kind: PersonalKind
    name: str
    pattern: re.Pattern[str]
    check: Check
    needs: tuple[str, ...] = ()
    """The rule is passed over in a text that has none of these, in lower case."""
    before: re.Pattern[str] | None = None
    """What must end where the pattern begins, and belongs to it; of at most `BEFORE` characters."""


BEFORE = 70


def whole(test: Callable[[str], bool]) -> Check:
    """A check that takes a candidate as a whole or not at all."""
    return lambda text: len(text) if test(text) else 0


def _rule(kind: PersonalKind, name: str, pattern: str, check: Check = len, needs: str = "", before: str = "") -> Rule:
    back = re.compile(before) if before else None
    return Rule(kind, name, re.compile(pattern), check, tuple(needs.split("|")) if needs else (), back)


def _first(signs: str, unless: str) -> str:
    """One of these signs, where none of the others stands before it."""
    return f"{signs}(?<![{unless}]{signs})"


def _key(text: str) -> bool:
    """Made by a machine: letters and digits mixed, and no words, path or address."""
    if not re.search(r"\d", text) or not re.search(r"[A-Za-z]", text):
        return False
    parts = re.split(r"[/_.~-]", text)
    words = sum(len(part) for part in parts if part.isalpha() and (part.islower() or part.istitle() or part.isupper()))
    return words <= len(text) / 3 and len(set(text)) >= 8


def _password(text: str) -> bool:
    """What someone chose: digits or signs among letters, no placeholder, no word of a sentence, no code."""
    text = text.rstrip(".,;:)")
    if len(text) < 6 or re.search(r"[<>{}()\[\]$]|\*{2}|://", text) or re.fullmatch(r"[*.xX_-]+", text):
        return False
    classes = (r"[a-z]", r"[A-Z]", r"\d", r"[^\w\s.\-/'’_]")
    held = [bool(re.search(each, text)) for each in classes]
    return sum(held) >= 2 and (held[2] or held[3])


_GAP = r"[ \t\u00a0]"
_PREFIX = "a key with its maker's prefix"
_DIGIT = _first("[0-9]", r"\w.,+/=-")
_PASSWORDS = r"pass(?:word|wort|phrase|code)?|pwd|kennwort|mot de passe|contraseña"
_NAMED_KEYS = (
    r"api[ _-]?key|access[ _-]?key(?:[ _-]?id)?|(?:client[ _-]?)?secret(?:[ _-]?(?:access[ _-]?)?key)?"
    r"|(?:(?:auth|access)[ _-]?)?token"
)
_DOCUMENTS = "passport|reisepass|personalausweis|ausweis|id card|identity card|driving licen|s licen|führerschein"
_NO_PASSWORDS = frozenset({"password", "passwd", "pass", "pwd", "port", "secret", "token"})

RULES: tuple[Rule, ...] = (
    _rule("key", "a private key", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S]){1,20000}-----END [A-Z ]{0,30}-----"),
    _rule("key", _PREFIX, r"A(?<!\w.)(?:KIA|SIA)[A-Z0-9]{16}\b", needs="akia|asia"),
    _rule("key", _PREFIX, r"g(?<!\w.)(?:h[pousr]_|ithub_pat_)\w{30,255}\b", needs="ghp_|gho_|ghu_|ghs_|ghr_|github_pat_"),
    _rule("key", _PREFIX, r"[spr]k(?<![\w-]..)[-_](?:live|test|proj|ant|svcacct)?[-_]?[A-Za-z0-9_-]{20,200}", whole(_key), "sk-|sk_|pk_|rk_"),
    _rule("key", _PREFIX, r"xox[abeoprs]-[\w-]{10,200}", needs="xox"),
    _rule("key", _PREFIX, r"gl(?:pat|dt|rt|cbt|ptt|soat)-[\w-]{16,100}", needs="glpat-|gldt-|glrt-|glcbt-|glptt-|glsoat-"),
    _rule("key", _PREFIX, r"hf_[A-Za-z]{30,60}\b", needs="hf_"),
    _rule("key", _PREFIX, r"AIza[\w-]{35}\b", needs="aiza"),
    _rule("key", _PREFIX, r"ya29\.[\w-]{20,200}", needs="ya29."),
    _rule("key", _PREFIX, r"GOCSPX-[\w-]{20,60}", needs="gocspx-"),
    _rule("key", _PREFIX, r"SG\.[\w-]{16,32}\.[\w-]{32,64}\b", needs="sg."),
    _rule("key", _PREFIX, r"npm_[A-Za-z0-9]{36}\b", needs="npm_"),
    _rule("key", _PREFIX, r"dop_v1_[a-f0-9]{64}\b", needs="dop_v1_"),
    _rule("key", _PREFIX, r"pypi-[\w-]{50,250}\b", needs="pypi-"),
    _rule("key", _PREFIX, r"https://hooks\.slack\.com/services/(?P<v>T\w{6,20}/B\w{6,20}/\w{16,40})", needs="hooks.slack.com"),
    _rule("key", "a storage key", r"AccountKey=(?P<v>[A-Za-z0-9+/]{86}==)", needs="accountkey="),
    _rule("key", "a signed token", r"eyJ[\w-]{8,2000}\.eyJ[\w-]{8,8000}\.[\w-]{8,2000}", needs=".eyj"),
    _rule(
        "key",
        "a value named key, token or secret",
        rf"(?i)\b(?:{_NAMED_KEYS})[\"']?{_GAP}{{0,3}}(?:[:=]|(?<= )(?:is|ist)\b)"
        rf"[ \t\"'`]{{0,3}}(?P<v>[A-Za-z0-9+/_.~-]{{16,200}}={{0,2}})",
        whole(_key),
        "key|secret|token",
    ),
    _rule("key", "a bearer token", r"[Bb]earer[ \t](?P<v>[A-Za-z0-9+/_.~-]{20,200}={0,2})", whole(_key), "bearer "),
    _rule(
        "password",
        "a value named password",
        rf"(?i)\b(?:{_PASSWORDS})\b[\"']?{_GAP}{{0,3}}(?:is\b|ist\b|[:=])[ \t\"'`]{{0,3}}(?P<v>[^\s\"',;`|]{{6,100}})",
        whole(_password),
        "pass|pwd|kennwort|contraseña",
    ),
    _rule("password", "a value named PIN", rf"(?i)\bpin{_GAP}{{0,3}}(?:is\b|ist\b|[:=]){_GAP}{{0,3}}(?P<v>\d{{4,8}})\b", needs="pin:|pin :|pin=|pin is|pin ist"),
    _rule(
        "password",
        "a password in an address",
        r"://[^\s:/@\"'<>]{1,64}:(?P<v>[^\s@/\"'<>:$]{3,100})@(?=[\w-])",
        whole(lambda said: said.lower() not in _NO_PASSWORDS),
        "://",
    ),
    _rule(
        "e-mail",
        "an e-mail address",
        r"@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b(?![/@]|:[\w~/])",
        whole(contacts.is_address),
        "@",
        r"(?<![\w.+@%-])[\w+%][\w.+%-]{0,63}$",
    ),
    _rule(
        "e-mail",
        "an e-mail address",
        r"(?i)[(\[]at[)\]]\s?[\w-]{1,63}(?:\s?(?:\(dot\)|\[dot\]|\.)\s?\w{2,63}){1,5}\b",
        needs="(at)|[at]",
        before=r"(?<![\w.+-])[\w.+-]{1,64}\s?$",
    ),
    _rule("IBAN", "its checksum is right", r"[A-Z](?<![A-Za-z0-9_].)[A-Z][0-9]{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}", checksums.iban_length),
    _rule("card number", "its checksum is right", rf"{_DIGIT}(?:[0-9]{{13,18}}|[0-9]{{3}}([ -])[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{2,4}}(?:\1[0-9]{{3}})?|[0-9]{{3}}([ -])[0-9]{{6}}\2[0-9]{{4,5}})(?![\w/=]|[.,-][0-9])", whole(checksums.is_card)),
    _rule("national id", "a Swiss AHV number", r"7(?<![0-9.,].)56[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}(?![.,]?[0-9])", whole(checksums.is_swiss_ahv)),
    _rule("national id", "a US Social Security number", r"[0-9](?<![\w-].)[0-9]{2}-[0-9]{2}-[0-9]{4}(?![\w-])", whole(checksums.is_us_ssn)),
    _rule("national id", "a US Social Security number", r"(?i)\b(?:ssn|social security)\b[^\d\n]{0,24}(?P<v>[0-9]{3} ?[0-9]{2} ?[0-9]{4})\b", whole(checksums.is_us_ssn), "ssn|social security"),
    _rule("national id", "a UK National Insurance number", r"[A-CEGHJ-PR-TW-Z](?<![\w-].)[A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\b", whole(checksums.is_uk_nino)),
    _rule("national id", "an Italian codice fiscale", r"[A-Z](?<!\w.)[A-Z]{5}[0-9]{2}[A-EHLMPR-T][0-9]{2}[A-Z][0-9]{3}[A-Z]\b", whole(checksums.is_italian_code)),
    _rule("national id", "a French social security number", r"[12](?<![\w.,+-].)[ .]?[0-9]{2}[ .]?(?:0[1-9]|1[0-2]|[2-9][0-9])[ .]?[0-9][0-9AB][ .]?[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{2}(?!\w|[.,-][0-9])", whole(checksums.is_french_nir)),
    _rule("national id", "a Spanish DNI or NIE", r"[0-9XYZ](?<![\w.,/-].)-?[0-9]{7}-?[A-HJ-NP-TV-Z](?![\w-])", whole(checksums.is_spanish_id)),
    _rule("national id", "a German tax id", rf"{_DIGIT}[0-9] ?[0-9]{{3}} ?[0-9]{{3}} ?[0-9]{{3}}(?!\w|[.,/-][0-9])", whole(checksums.is_german_tax_id)),
    _rule("national id", "a Belgian national number", rf"{_DIGIT}[0-9]\.[0-9]{{2}}\.[0-9]{{2}}-[0-9]{{3}}\.[0-9]{{2}}(?![0-9])", whole(checksums.is_belgian_number)),
    _rule("national id", "a Finnish identity code", rf"{_DIGIT}[0-9]{{5}}[-+A][0-9]{{3}}[0-9A-FHJ-NPR-Y](?![\w-])", whole(checksums.is_finnish_code)),
    _rule("national id", "a Polish PESEL", r"(?i)\bpesel\b[^\d\n]{0,12}(?P<v>[0-9]{11})\b", whole(checksums.is_polish_pesel), "pesel"),
    _rule("national id", "a Swedish personal number", r"(?i)\bpersonn(?:ummer|r)\b[^\d\n]{0,12}(?P<v>[0-9]{6}(?:[0-9]{2})?[-+]?[0-9]{4})\b", whole(checksums.is_swedish_number), "personn"),
    _rule("national id", "a Danish CPR number", r"(?i)\bcpr(?:-nummer|-nr)?\b[^\d\n]{0,12}(?P<v>[0-9]{6}-?[0-9]{4})\b", needs="cpr"),
    _rule("national id", "a number of social insurance", r"(?i)\b(?:svnr|sozialversicherungsnummer|sv-nummer)\b[^\d\n]{0,12}(?P<v>[0-9]{4} ?[0-9]{6}|[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3})\b", needs="svnr|sozialversicherungsnummer|sv-nummer"),
    _rule("national id", "a Dutch BSN", r"(?i)\b(?:bsn|burgerservicenummer|sofinummer)\b[^\d\n]{0,12}(?P<v>[0-9]{9}|[0-9]{4}[. ][0-9]{2}[. ][0-9]{3})\b", whole(checksums.is_dutch_bsn), "bsn|burgerservicenummer|sofinummer"),
    _rule(
        "national id",
        "a number named as an identity document",
        rf"\b(?i:passport|reisepass|personalausweis|ausweis|id card|identity card|driving licen[cs]e|driver['’]?s licen[cs]e|führerschein)"
        rf"(?i:[ -]?(?:no|nr|number|nummer))?\b\.?{_GAP}{{0,3}}[:#]?{_GAP}{{0,3}}(?P<v>(?=[A-Z]{{0,6}}[0-9][A-Z0-9]{{0,11}}[0-9])[A-Z0-9]{{6,12}})\b",
        needs=_DOCUMENTS,
    ),
    _rule("phone", "an international phone number", r"[+0](?<![\w+.,/=-].)(?:(?<=0)0|(?<=\+))[1-9][0-9]{0,2}(?:[ \u00a0()./-]{0,3}[0-9]){6,14}", contacts.international),
    _rule(
        "phone",
        "a number named as a phone",
        r"(?i)\b(?:tel(?:efon|ephone|\.)?|(?:tele)?phone|mobile?|handy|cell|fax|téléphone|teléfono)\b\.?(?:[ -]?(?:no|nr|number|nummer))?\.?"
        rf"{_GAP}{{0,3}}(?:(?:on|at|under|is|me|us){_GAP}){{0,2}}[:#]?{_GAP}{{0,3}}(?P<v>\(?[0-9](?:[ \u00a0()./-]{{0,2}}[0-9]){{6,14}})(?![0-9]|[.,][0-9])",
        whole(lambda said: not contacts.DATES.fullmatch(said)),
        "tel|phone|mobil|handy|cell|fax",
    ),
    _rule("phone", "a national phone number", r"[(0](?<![\w.,+/=:-].)(?:(?<=\()0|(?<=0))[0-9]{1,5}\)?(?:[ \u00a0/.-]{1,3}[0-9]{2,8}){1,5}(?!\w|[.,][0-9])", contacts.national),
    _rule("phone", "a US phone number", r"[(0-9](?<![\w.,/=].)(?:(?<=\()[0-9]{3}\) ?|(?<=[0-9])[0-9]{2}[-.])[0-9]{3}[-.][0-9]{4}(?!\w|[.,/-][0-9])", contacts.american),
)  # fmt: skip
"""Where two overlap, the one that stands first here is kept."""
