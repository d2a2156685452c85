"""What was found, and why nothing was, in the same words for the window, the terminal, a chat and a saved list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.cited import where
from app.text.find.plan import Plan, in_words
from app.text.find.result import Excluded, Findings, Hit
from app.text.plain import shown

BY_MEANING = "by meaning"
SENTENCE = 320
"""Characters of a passage that stand for it where no sentence of it is marked."""


def headline(found: Findings) -> str:
    """ "3 of 21 documents: mentions: bank guarantee · not: arbitration"."""
    plural = "" if found.searched == 1 else "s"
    return f"{len(found.hits):,} of {found.searched:,} document{plural}: {in_words(found.plan) or 'no condition'}"


def left_out(found: Findings) -> str:
    """ "Left out: 4 (not: arbitration), 12 (from 2025)."; "" where nothing was."""
    told = [f"{each.documents:,} ({each.condition.words}{_undated(each)})" for each in found.excluded]
    return f"Left out: {', '.join(told)}." if told else ""


def _undated(excluded: Excluded) -> str:
    if not excluded.undated:
        return ""
    return f"; {excluded.undated:,} of them {'says' if excluded.undated == 1 else 'say'} no date"


def details(found: Findings) -> str:
    """What else there is to say: what was found by meaning, what was left out, and the note."""
    near = [each.mention for each in found.mentioned if each.by_meaning]
    told = f"No document has the words “{'”, “'.join(near)}”: these come near by meaning." if near else ""
    return " ".join(part for part in (told, left_out(found), found.note) if part)


def nothing(found: Findings) -> str:
    """Why no document fits: the part that excludes all of them."""
    if not found.searched:
        return "There are no documents to look through yet."
    unknown = [each.mention for each in found.mentioned if not each.documents]
    if unknown:
        listed = "” and none “".join(unknown)
        under = f" under “{found.plan.sheet}”" if found.plan.sheet else ""
        return f"No document mentions “{listed}”{under}."
    if found.excluded:
        last = found.excluded[-1]
        count = sum(each.documents for each in found.excluded)
        rest = "all" if last.documents == count else "the last"
        them = "it" if count == 1 else f"{rest} of them"
        if not found.mentioned:
            return f"No document fits. {left_out(found)}"
        return f"{_documents(count)} the words, but “{last.condition.words}” leaves {them} out."
    told = ", ".join(f"“{each.mention}” in {each.documents:,}" for each in found.mentioned)
    return f"Each is mentioned ({told}), but no document mentions all of them." if told else "No document fits."


def often(hit: Hit) -> str:
    """ "mentioned 3 times", or that it was found by meaning."""
    if hit.by_meaning:
        return BY_MEANING
    if not hit.counts:
        return ""
    return "mentioned once" if hit.count == 1 else f"mentioned {hit.count:,} times"


def as_json(found: Findings, *, paths: bool) -> dict[str, Any]:
    """All of it for programs; with the files' paths only where they may be known."""
    return {
        "plan": plan_json(found.plan),
        "documents": [_hit(hit, found.plan, paths) for hit in found.hits],
        "searched": found.searched,
        "mentioned": [
            {"mention": each.mention, "documents": each.documents, "by_meaning": each.by_meaning}
            for each in found.mentioned
        ],
        "excluded": [
            {
                "part": each.condition.part,
                "value": each.condition.value,
                "documents": each.documents,
                **({"no_date": each.undated} if each.condition.part == "date" else {}),
            }
            for each in found.excluded
        ],
        "note": nothing(found) if not found.hits else found.note,
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """What was understood, part by part and in words."""
    chosen = plan.filter
    return {
        "words": in_words(plan),
        "with": list(plan.must),
        "without": list(plan.without),
        "called": plan.called,
        "documents": list(chosen.documents),
        "folder": chosen.folder,
        "kinds": list(chosen.kinds),
        "since": _date(chosen.since),
        "before": _date(chosen.until),
        "sheet": plan.sheet,
        "dates": [{"near": each.near, "since": _date(each.since), "before": _date(each.until)} for each in plan.dates],
    }


def _hit(hit: Hit, plan: Plan, paths: bool) -> dict[str, Any]:
    passage = hit.passage
    place = {"path": hit.path} if paths else {}
    return {
        "document_id": hit.document_id,
        "document": hit.name,
        **place,
        "format": hit.format,
        "modified": _date(hit.modified),
        "mentions": dict(zip(plan.must, hit.counts, strict=True)),
        "by_meaning": hit.by_meaning,
        "sentence": shown(passage, SENTENCE),
        "page": passage.page,
        "place": where(passage),
        "heading": passage.heading,
        "start": passage.start + (passage.best or (0, 0))[0],
        "end": passage.start + (passage.best or (0, len(passage.text)))[1],
    }


def _date(seconds: float) -> str | None:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}" if seconds else None


def _documents(count: int) -> str:
    return "1 document has" if count == 1 else f"{count:,} documents have"
