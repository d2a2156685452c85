"""Questions that a document asks itself and answers at once: headings of a FAQ page, and lines "Q: …" with "A: …".

Nothing is worded by rule, so these hold in each language that the passages have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.text.sentences import sentence_texts
from app.text.structure import bare_item
from trainer.prepare import markup
from trainer.prepare.passages import Part, Passage

MOST_SENTENCES, LEAST_WORDS, MOST_WORDS = 3, 4, 45
"""Of an answer that can be learned as it stands."""
_OPENERS = (
    r"who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|would|"
    r"has|have|wer|wem|wen|was|welche[rsnm]?|wann|wo|wohin|woher|warum|wie|wieso|womit|wofür|ist|sind|kann|können|darf|"
    r"dürfen|muss|müssen|gibt|bekomm\w+|werde\w*|wird|hat|habe\w*"
)
_ASKED = re.compile(
    rf"(?:(?:Q|F|Question|Frage)\s?\d*\s?[.:)–-]+\s*)?(?P<question>(?:{_OPENERS})\b(?:(?!  )[^?\n\[\]|]){{8,160}}\?)$",
    re.IGNORECASE,
)
_MARK = re.compile(r"(?:A|Answer|Antwort)\s?\d*\s?[.:)–-]+\s*", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:here|below|above|following|see|refer|link|links|click|check out|visit|hier|unten|oben|siehe|folgende\w*|"
    r"(?:this|these|those|that|the earlier|the previous|diese[rsmn]?) (?:page|form|document|guide|section|tool|"
    r"article|video|post|doc|sheet|list|questions?|notes?|points?|table|spreadsheet|channel|seite|formular|dokument|abschnitt|liste|tabelle)|"
    r"answer (?:this|the|your) question|"
    r"(?:find|read|learn|review|look for|reference) (?:about|the|more|it|all|our|your))\b",
    re.IGNORECASE,
)
"""An answer that sends its reader on says nothing by itself."""
_HANGING = re.compile(
    r"(?:\w+, you\b|however|but|and|so|again|then|also|for example|e\.g|note|aber|und|z\. ?b)\b", re.IGNORECASE
)
_GROUP = re.compile(r"[^.:]{2,40}:(?:\s|$)")
"""An answer for some only: "US teammates: …"."""


_CLOSED = re.compile(r"(?:is|are|was|were|do|does|did|can|could|has|have|ist|sind|kann|hat)\b", re.I)
_YES_NO = re.compile(r"(?:yes|no|not|only|ja|nein|nicht|nur)\b", re.I)


def pairs(passage: Passage) -> Iterator[tuple[str, str]]:
    """The questions of a passage, each with its whole answer; a list of what is to be checked asks nothing."""
    found = list(_pairs(passage))
    asked = [asks for part in passage.parts if (asks := question(_text(part).partition("\n")[0]))]
    is_checklist = len(asked) > 2 and all(map(_CLOSED.match, asked)) and not any(_YES_NO.match(a) for _, a in found)
    return iter(() if is_checklist else found)


def _pairs(passage: Passage) -> Iterator[tuple[str, str]]:
    texts = [_text(part) for part in passage.parts]
    asked = [question(text) for text in texts]
    heading = question(passage.heading)
    if heading and passage.is_chapter and not any(asked) and all(part.kind == "paragraph" for part in passage.parts):
        if all(text.endswith((".", "!")) for text in texts):  # else one that broke off runs into the next
            yield from _answered(heading, " ".join(texts))
    elif heading and passage.is_chapter and len(texts) == 1 and passage.parts[0].kind == "list":
        yield from _answered(heading, texts[0])
    for number, text in enumerate(texts):
        first, _, rest = text.partition("\n")
        if rest and (asks := question(first)):
            yield from _answered(asks, rest)
        elif (asks := asked[number]) and number + 1 < len(texts) and not asked[number + 1]:
            is_answer = passage.parts[number + 1].kind == "paragraph" or _MARK.match(texts[number + 1])
            if is_answer and _ends(passage, texts, number + 2):  # else two entries of one list
                yield from _answered(asks, texts[number + 1])


def _ends(passage: Passage, texts: list[str], number: int) -> bool:
    """Whether an answer is over before a part: the chapter is, or the next question follows."""
    return passage.is_chapter if number == len(texts) else bool(question(texts[number].partition("\n")[0]))


def question(text: str) -> str:
    """The question that a heading or a line is, without "Q:" before it; "" where it is none."""
    match = _ASKED.match(bare_item(text.strip(" *_#")))
    return match["question"][0].upper() + match["question"][1:] if match else ""


def _text(part: Part) -> str:
    return "" if part.kind == "table" else bare_item(part.text).strip()


def _answered(asks: str, text: str) -> Iterator[tuple[str, str]]:
    answer = " ".join(_MARK.sub("", text, count=1).split()) if _MARK.match(text) else " ".join(text.split())
    if answer and is_whole(answer):
        yield asks, answer


def is_whole(answer: str) -> bool:
    """Whether an answer says all by itself, in few words, and to everybody."""
    if not LEAST_WORDS <= len(answer.split()) <= MOST_WORDS or len(sentence_texts(answer)) > MOST_SENTENCES:
        return False
    if not answer.endswith((".", "!")) or "?" in answer or markup.is_marked(answer):
        return False
    return not (_ELSEWHERE.search(answer) or _HANGING.match(answer) or _GROUP.match(answer))
