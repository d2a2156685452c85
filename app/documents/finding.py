"""Finds every document that mentions some things and not others, with exact counts: no ranking, no first k.

All of it is read from the full text's positions; a passage's own text is looked at only for the sentence that is shown.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path, PurePath

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.catalogue import json_list
from app.documents.embed import Vectorizer
from app.documents.filters import Filed
from app.documents.find_export import save_findings
from app.documents.fulltext import name_words
from app.documents.mentions import Positions, Wanted
from app.documents.pages import marked
from app.documents.rewording import waiting
from app.documents.search import FOUND, RENEWING
from app.documents.stores import Opened
from app.documents.warm import in_thread
from app.text import words
from app.text.addressed import masked
from app.text.evidence import pieces_of_passage
from app.text.find.plan import Condition, Plan, TextDate, conditions, leave_out
from app.text.find.result import Excluded, Findings, Hit, Mentioned
from app.text.find.text_dates import dates_about
from app.text.fold import fold
from app.types import Passage
from app.workers.calls.finding import Find, Found
from app.workers.protocol import AnyData

HEADINGS = " › "
AT_ONCE = 500
"""Passages that are read with one query."""
BY_MEANING = 40
"""Passages near in meaning that are looked at for a thing that no document has the words of."""
NONE_CALLED = "No document is called “{0}”, so all of them were looked through."

Fit = tuple[int, tuple[int, int]]
"""A passage, and the span of a sentence or row in it."""
Load = Callable[[], Generator[AnyData, None, Vectorizer]]


class _Heard(msgspec.Struct):
    """Where one thing is mentioned: how often in each document, and in which of its passages most."""

    counts: Counter[int]  # document → mentions
    best: dict[int, tuple[int, int]]  # document → mentions in a passage, the passage
    by_meaning: bool = False


class Finding:
    """One request; other requests have their turn between its steps."""

    def __init__(self, opened: Opened, call: Find) -> None:
        """
        Raises:
            AppError: a collection is not there.
        """
        self._opened, self._store, self._call = opened, opened.store, call
        self._store.require(*call.collections)
        self._positions = Positions(self._store)
        self._filed = {each.id: each for each in self._store.filed(call.collections)}
        self._wanted: dict[str, Wanted] = {}
        self._notes = [RENEWING] if waiting(self._store) else []
        self._plan = self._known(call.plan)

    def missing(self) -> Generator[None, None, list[str]]:
        """What must be mentioned and what no document has the words of."""
        self._heard: dict[str, _Heard] = {}
        for mention in (*self._plan.must, *self._plan.without):
            self._heard[mention] = self._hear(mention)
            yield None
        self._stating: dict[str, dict[int, Fit | None]] = {}
        for date in self._plan.dates:
            self._stating[date.words] = yield from self._state(date)
        return [mention for mention in self._plan.must if not self._heard[mention].counts]

    def near(self, mention: str, vector: NDArray[np.float32]) -> None:
        """Look for a mention by meaning instead."""
        result = self._opened.searcher.search(mention, vector, self._call.collections, BY_MEANING)
        heard = _Heard(Counter(), {}, by_meaning=True)
        for passage in result.passages:
            if passage.score >= FOUND and passage.document_id not in heard.counts:
                heard.counts[passage.document_id] = 1
                heard.best[passage.document_id] = (1, -passage.id)
        if heard.counts:
            self._heard[mention] = heard

    def findings(self) -> Generator[None, None, Findings]:
        """What fits, and what was left out by which condition."""
        plan = self._plan
        fitting = set(self._filed)
        for mention in plan.must:
            fitting &= self._heard[mention].counts.keys()
        excluded = []
        for condition in conditions(plan):
            rest = fitting & self._meeting(condition)
            if len(rest) < len(fitting):
                dated = self._stating.get(condition.value, {}) if condition.part == "date" else fitting
                left_out = fitting - rest
                excluded.append(
                    Excluded(condition=condition, documents=len(left_out), undated=len(left_out.difference(dated)))
                )
            fitting = rest
        yield None
        hits = [hit for part in _parts(sorted(fitting), AT_ONCE) for hit in self._hits(part)]
        hits.sort(key=lambda hit: (hit.by_meaning, -hit.count, hit.name.casefold(), hit.path))
        mentioned = [
            Mentioned(mention=mention, documents=len(self._heard[mention].counts), by_meaning=self._near(mention))
            for mention in plan.must
        ]
        return Findings(
            plan=plan,
            hits=tuple(hits),
            searched=len(self._filed),
            mentioned=tuple(mentioned),
            excluded=tuple(excluded),
            note=" ".join(self._notes),
        )

    # --- which documents ----------------------------------------------------------------------------------------------

    def _known(self, plan: Plan) -> Plan:
        """The plan without a name that no document has: "contracts" may be all of them."""
        if not plan.called or any(_is_called(each, plan.called) for each in self._filed.values()):
            return plan
        self._notes.append(NONE_CALLED.format(plan.called))
        return msgspec.structs.replace(plan, called="")

    def _meeting(self, condition: Condition) -> set[int]:
        """The documents that meet one condition of the plan."""
        plan = self._plan
        match condition.part:
            case "must":
                return set(self._heard[condition.value].counts)
            case "without":
                return self._filed.keys() - self._heard[condition.value].counts.keys()
            case "called":
                return {each.id for each in self._filed.values() if _is_called(each, plan.called)}
            case "sheet":
                return set(self._filed)  # each mention was held against it
            case "date":
                return {document for document, fit in self._stating[condition.value].items() if fit is not None}
            case _:
                others = [each for each in conditions(Plan(filter=plan.filter)) if each.part != condition.part]
                alone = Plan(filter=plan.filter)
                for other in others:
                    alone = leave_out(alone, other)
                return set(self._store.fitting(alone.filter, self._call.collections))

    # --- where it is mentioned ----------------------------------------------------------------------------------------

    def _hear(self, mention: str) -> _Heard:
        wanted = self._wanted[mention] = Wanted(self._store, self._positions, mention)
        heard = _Heard(Counter(), {})
        self._hear_bodies(heard, wanted)
        self._hear_headings(heard, wanted)
        return heard

    def _hear_bodies(self, heard: _Heard, wanted: Wanted) -> None:
        places = wanted.positions("body")
        last_document = last_end = -1
        for id_, document, start, end, heading in self._rows(places):
            if document in self._filed and self._is_on_sheet(heading):
                at = places[id_]
                shared = last_end - start if document == last_document else 0
                if shared > 0:
                    at = at[_first_after(at, self._terms_in(id_, shared)) :]
                if at:
                    heard.counts[document] += len(at)
                    heard.best[document] = max(heard.best.get(document, (0, 0)), (len(at), -id_))
            last_document, last_end = document, end

    def _hear_headings(self, heard: _Heard, wanted: Wanted) -> None:
        """A heading stands above all of its passages, and counts once."""
        seen: dict[int, set[str]] = defaultdict(set)
        for id_, document, _, _, heading in self._rows(wanted.places("context")):
            if document not in self._filed or not self._is_on_sheet(heading):
                continue
            fresh = [part for part in heading.split(HEADINGS) if part not in seen[document]]
            seen[document].update(fresh)
            language = self._positions.language_of(id_)
            counts = [wanted.count_in(part, language) for part in fresh]
            if any(counts):
                heard.counts[document] += sum(counts)
                heard.best.setdefault(document, (0, -id_))

    def _rows(self, ids: Iterable[int]) -> list[tuple[int, int, int, int, str]]:
        """Passage, document, start, end and heading, in the order of the documents' texts."""
        rows = self._store.db.execute(
            'SELECT id, document_id, start, "end", heading FROM passages '
            "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY document_id, id",
            (json_list(list(ids)),),
        )
        return [tuple(row) for row in rows]

    def _terms_in(self, passage_id: int, length: int) -> int:
        """How many terms the beginning of a passage has that the one before it ends with."""
        row = self._store.db.execute(
            "SELECT substr(text, 1, ?) FROM passages WHERE id = ?", (length, passage_id)
        ).fetchone()
        return len(words.terms(row[0]))

    def _state(self, date: TextDate) -> Generator[None, None, dict[int, Fit | None]]:
        """The documents that state a date of this, with where it is one that is asked for, or None."""
        found: dict[int, Fit | None] = {}
        places = Wanted(self._store, self._positions, date.near).places("body")
        here = [row[0] for row in self._rows(places) if row[1] in self._filed and self._is_on_sheet(row[4])]
        for part in _parts(here, AT_ONCE):
            for id_, passage in sorted(self._store.passages(part).items()):
                language = self._positions.language_of(id_)
                for piece in pieces_of_passage(_evidence(passage)):
                    about = dates_about(piece.text, date.near, language)
                    if (
                        about
                        and found.setdefault(passage.document_id, None) is None
                        and any(
                            date.since <= each.since and (not date.until or each.until <= date.until) for each in about
                        )
                    ):
                        found[passage.document_id] = (id_, (piece.start, piece.end))
            yield None
        return found

    def _is_on_sheet(self, heading: str) -> bool:
        sheet = self._plan.sheet
        return not sheet or any(fold(part) == fold(sheet) for part in heading.split(HEADINGS))

    # --- what is shown ------------------------------------------------------------------------------------------------

    def _near(self, mention: str) -> bool:
        return self._heard[mention].by_meaning

    def _hits(self, documents: Sequence[int]) -> list[Hit]:
        heard = [self._heard[mention] for mention in self._plan.must]
        shown = {document: self._shown(document, heard) for document in documents}
        passages = self._store.passages([id_ for id_ in shown.values() if id_])
        formats = self._formats(documents)
        hits = []
        for document in documents:
            passage = passages.get(shown[document])
            if passage is None:
                continue
            counts = tuple(0 if each.by_meaning else each.counts[document] for each in heard)
            hits.append(
                Hit(
                    document_id=document,
                    name=passage.document,
                    path=passage.path,
                    format=formats[document],
                    modified=passage.modified,
                    counts=counts,
                    by_meaning=any(each.by_meaning for each in heard),
                    passage=self._marked(passage),
                )
            )
        return hits

    def _shown(self, document: int, heard: Sequence[_Heard]) -> int:
        """The passage that states a date that is asked for, or mentions most of what is wanted, or else the first."""
        if (fit := self._stated(document)) is not None:
            return fit[0]
        mentions: Counter[int] = Counter()
        for each in heard:
            if document in each.best:
                count, id_ = each.best[document]
                mentions[-id_] += 1000 + min(count, 999)
        if mentions:
            return min(mentions, key=lambda id_: (-mentions[id_], id_))
        row = self._store.db.execute("SELECT min(id) FROM passages WHERE document_id = ?", (document,)).fetchone()
        return int(row[0] or 0)

    def _stated(self, document: int) -> Fit | None:
        """Where the first date that is asked for stands in a document that fits."""
        return next((fit for stating in self._stating.values() if (fit := stating.get(document))), None)

    def _formats(self, documents: Sequence[int]) -> dict[int, str]:
        return {id_: self._filed[id_].kind for id_ in documents}

    def _marked(self, passage: Passage) -> Passage:
        """With the sentence or row that states the date, or mentions most of it; none that speaks to an assistant."""
        fit = self._stated(passage.document_id)
        if fit is not None and fit[0] == passage.id:
            return marked(self._store, passage, fit[1])
        wanted = [self._wanted[mention] for mention in self._plan.must]
        language = self._positions.language_of(passage.id)
        best, most = None, (0, 0)
        for piece in pieces_of_passage(_evidence(passage)):
            counts = [each.count_in(piece.text, language) for each in wanted]
            score = (sum(map(bool, counts)), sum(counts))
            if score > most:
                best, most = (piece.start, piece.end), score
        return marked(self._store, passage, best)


def find(opened: Opened, call: Find, embedder: Load) -> Generator[AnyData | None, None, Found]:
    """Every document that fits; `embedder` gives what finds by meaning, and is asked only where that is needed.

    Raises:
        AppError: a collection is not there, or the list cannot be saved.
    """
    began = time.perf_counter()
    finding = Finding(opened, call)
    missing = yield from finding.missing()
    if missing and call.meaning:
        encode = (yield from embedder()).encode_queries
        for mention in missing:
            finding.near(mention, encode([mention])[0])
    found = yield from finding.findings()
    if call.export:
        yield from in_thread(lambda: save_findings(Path(call.export), found))
    return Found(findings=msgspec.structs.replace(found, elapsed_ms=(time.perf_counter() - began) * 1000))


def _evidence(passage: Passage) -> Passage:
    """Without what speaks to an assistant."""
    return msgspec.structs.replace(passage, text=masked(passage.text, passage.flagged))


def _first_after(places: Sequence[int], terms: int) -> int:
    """Where the places begin that lie beyond so many terms."""
    return next((n for n, at in enumerate(places) if at >= terms), len(places))


def _is_called(filed: Filed, noun: str) -> bool:
    """Whether a document's name, title or one of its folders has a word of this stem, or a compound that ends with it:
    "Mietvertrag.pdf" for "Verträge"."""
    folders = " ".join(PurePath(filed.path.replace("\\", "/")).parts[-4:-1])
    named = words.words_of(f"{name_words(filed.name)} {filed.title} {folders}")
    for language in ("en", "de"):
        wanted = words.terms(noun, language)
        terms = [term for word in named for term in words.terms_of(word, language)]
        if any(term == wanted[-1] or (len(wanted[-1]) >= 5 and term.endswith(wanted[-1])) for term in terms):
            return True
    return False


def _parts(ids: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    return (ids[at : at + size] for at in range(0, len(ids), size))
