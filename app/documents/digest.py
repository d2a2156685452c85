"""What a summary is made of: the parts of a document, the sentences that carry them, the topics of a collection.

A sentence carries its part where it is near to the middle of all that the part says (the mean of its passages'
vectors), holds its frequent words, figures and obligations, and stands at its beginning. Only the likeliest sentences
of the likeliest passages are embedded, so that a part of 200 pages takes as long as one of 20.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import groupby, pairwise

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from app.documents import attached
from app.documents.contents import Stretch
from app.documents.embed import Vectorizer
from app.documents.ground import Encode
from app.documents.pages import document_of, marked
from app.documents.store import Store
from app.text.salience import Unit, heading_text, is_navigation, length, salience, speaks_of_itself, units, weights
from app.text.words import query_terms
from app.types import Document, Excerpt, Part, Passage, Topic
from app.workers.calls.digest import Extract, Extracted, FindTopics, Outline, Outlined, Topics
from app.workers.calls.documents import Warming
from app.workers.protocol import AnyData
from app.workers.roles import Steps

FEWEST_PARTS, CHARS_A_PART = 4, 450
"""A short document has fewer parts: a summary as long as the document is none."""
FIRST, FIRST_OF_ALL, CENTRAL = 3, 9, 9
"""Passages of a stretch that are read: its first ones (more where it is the document's opening), and those
nearest to its middle."""
EMBEDDED = 10
"""Sentences of a stretch that are embedded, the likeliest by their words."""
BEGINNING, OPENS, CONTINUES = 0.12, 0.4, -0.1
"""What it is worth to stand at the beginning of a part, to say what the whole document is where that is looked for, and
to go on with a table whose first rows stand elsewhere."""
LEAST = -0.1
"""The salience from which a unit may stand in a summary: below it are links, captions and sentences without an end."""
REPEATS = 0.7
"""The share of words from which two sentences say the same."""
MIDDLE = 0.12
"""What a sentence is worth that is one standard deviation nearer to the middle of its part than its neighbours."""
SAMPLED = 2000
"""Passages whose vectors are read at most, of a stretch and of a collection."""
A_SHARE = 0.2
"""A document is about a topic where at least this share of its passages is."""

Mark = Callable[[Passage, tuple[int, int]], Passage]


class _Candidate(Struct, frozen=True):
    """A unit of a passage that may stand in the summary."""

    unit: Unit
    passage: Passage
    score: float

    @property
    def span(self) -> tuple[int, int]:
        """In the document's text."""
        return self.passage.start + self.unit.start, self.passage.start + self.unit.end


class Digest:
    """Reads what is stored of documents; asks the embedder for single sentences only."""

    def __init__(self, store: Store, mark: Mark) -> None:
        self._store, self._mark = store, mark

    def outline(self, document: Document, most: int) -> Outlined:
        """At most `most` parts by the document's own headings, the largest ones divided first."""
        places = self._store.places(document.id)
        if not places:
            return Outlined(document=document, parts=())
        most = max(FEWEST_PARTS, min(most, (places[-1].end - places[0].start) // CHARS_A_PART))
        return Outlined(document=document, parts=tuple(_parts(places, most)))

    def extract(self, call: Extract, encode: Encode) -> Generator[AnyData, None, Extracted]:
        """The units that carry a stretch, in the order of the document; what the document says of itself opens it."""
        places = self._store.places(call.document_id)
        within = [place for place in places if call.start <= place.start < call.end]
        if not within:
            return Extracted(excerpts=())
        within = within[:: -(-len(within) // SAMPLED)]
        vectors = self._vectors([place.id for place in within])
        centre = _middle(vectors)
        found = self._candidates(_central(within, vectors @ centre, FIRST_OF_ALL if call.opening else FIRST), call)
        yield Warming()
        if not found:
            return Extracted(excerpts=())
        picked = [found[i] for i in _pick(found, encode([each.unit.text for each in found]) @ centre, call)]
        picked.sort(key=lambda one: (not (call.opening and speaks_of_itself(one.unit.text)), one.span))
        return Extracted(
            excerpts=tuple(
                Excerpt(text=one.unit.text, passage=self._mark(one.passage, (one.unit.start, one.unit.end)))
                for one in picked
            )
        )

    def _candidates(self, places: Sequence[Stretch], call: Extract) -> list[_Candidate]:
        """The likeliest units by their words."""
        ids = [place.id for place in places]
        passages, bodies = self._store.passages(ids), self._store.bodies(ids)
        weight = weights([text for *_, text in bodies.values()])
        found: list[_Candidate] = []
        n = -1  # of the passages that say anything: a title alone does not
        for place in places:
            if is_navigation(place.heading.split(HEADINGS)[-1]):
                continue
            _, context, text = bodies[place.id]
            listed = units(text, context.partition("\n")[2])
            n += bool(listed)
            for k, unit in enumerate(listed):
                if call.opening and unit.kind != "sentence":
                    continue
                if any(a < unit.end and unit.start < b for a, b in passages[place.id].flagged):
                    continue  # it speaks to an assistant, not to readers
                score = salience(unit, weight)
                if score >= LEAST:
                    score += _placed(n, k, unit, opening=call.opening)
                    found.append(_Candidate(unit, passages[place.id], score))
        fresh = [one for one in found if not any(a < one.span[1] and one.span[0] < b for a, b in call.without)]
        return sorted(fresh, key=lambda one: -one.score)[:EMBEDDED]

    def _vectors(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """One row a passage; zeros where another embedder made its vector."""
        known = self._store.vectors_of(ids)
        return np.frombuffer(b"".join(known[id_] for id_ in ids), "<f4").reshape(len(ids), -1)

    def topics(self, call: FindTopics) -> Topics:
        """Groups of like passages (k-means over their vectors), named by the heading nearest to their middle."""
        rows = self._store.sampled(call.collections, SAMPLED)
        if not rows:
            return Topics(topics=())
        vectors = self._vectors([row[0] for row in rows])
        owners = np.array([row[1] for row in rows])
        groups, middles = _grouped(vectors, max(2, min(call.count, len(set(owners.tolist())))))
        found: list[tuple[int, Topic]] = []
        for k, middle in enumerate(middles):
            inside = np.flatnonzero(groups == k)
            named = [i for i in inside if not is_navigation(rows[i][2].split(HEADINGS)[-1])]
            if not named:
                continue
            nearest = rows[max(named, key=lambda i: float(vectors[i] @ middle))]
            about = _mostly(owners, inside)
            path = nearest[2].split(HEADINGS)
            name = _label(path[:1] if len(about) == 1 else path)  # one document is called by its title
            passage = self._store.passages([nearest[0]])[nearest[0]]
            if name and name.casefold() not in {topic.name.casefold() for _, topic in found}:
                found.append((len(inside), Topic(name=name, documents=about, excerpt=passage)))
        found.sort(key=lambda pair: (-len(pair[1].documents), -pair[0]))
        return Topics(topics=tuple(topic for _, topic in found))


HEADINGS = " › "
"""What stands between the headings of a passage."""


def _placed(passage: int, unit: int, found: Unit, *, opening: bool) -> float:
    """What a place is worth: the first words of a part say what it is about."""
    score = BEGINNING * (0.5 if passage else 1.0) if unit == 0 else 0.0
    score += CONTINUES * found.continues
    if opening:
        return score + OPENS * (speaks_of_itself(found.text) + (passage == 0 and unit == 0) + 0.4 * (passage <= 1))
    return score


def _pick(found: Sequence[_Candidate], near: NDArray[np.float32], call: Extract) -> list[int]:
    """The best ones that say different things, as far as words are left for them."""
    scores = np.array([one.score for one in found]) + MIDDLE * (near - near.mean()) / max(float(near.std()), 1e-6)
    terms = [set(query_terms(one.unit.text)) for one in found]
    picked: list[int] = []
    room = call.words
    for i in (int(i) for i in np.argsort(-scores, kind="stable")):
        if len(picked) == call.count:
            break
        size = length(found[i].unit.text)
        if picked and size > room:
            continue
        if any(_overlap(found[i].span, found[j].span) or _repeats(terms[i], terms[j]) for j in picked):
            continue
        picked.append(i)
        room -= size
    return picked


def _repeats(one: set[str], other: set[str]) -> bool:
    """Whether most words of the shorter one are in the other: cosines mean other things with each embedder."""
    return len(one & other) >= REPEATS * max(1, min(len(one), len(other)))


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _central(places: Sequence[Stretch], near: NDArray[np.float32], first: int) -> list[Stretch]:
    """The first passages of a stretch and those nearest to its middle, in order."""
    chosen = {*range(min(first, len(places))), *(int(i) for i in np.argsort(-near, kind="stable")[:CENTRAL])}
    return [places[i] for i in sorted(chosen)]


def _middle(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = vectors.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


# --- parts ------------------------------------------------------------------------------------------------------------


class _Run(Struct, frozen=True):
    """Passages `first` to `last` (not included) that have `level` headings in common."""

    first: int
    last: int
    level: int


def _parts(places: Sequence[Stretch], most: int) -> Iterator[Part]:
    paths = [tuple(filter(None, place.heading.split(HEADINGS))) for place in places]
    shared = 1 if len({path[:1] for path in paths}) == 1 and paths[0] else 0
    runs = [_Run(0, len(places), shared)]
    while (divided := _divide(runs, paths, most)) is not None:
        runs = divided
    if len(runs) == 1:
        runs = _evenly(len(places), min(most, len(places) // 3), shared)
    for run in runs:
        path = paths[run.first][: run.level]
        if path and is_navigation(path[-1]):
            continue
        yield Part(
            heading=_label(path) if run.level > shared else "",
            start=places[run.first].start,
            end=max(place.end for place in places[run.first : run.last]),
            page=places[run.first].page,
            passages=run.last - run.first,
        )


def _divide(runs: Sequence[_Run], paths: Sequence[tuple[str, ...]], most: int) -> list[_Run] | None:
    """The largest run that has headings inside, in their place; None where there is none, or no room for them.

    The headings of the whole document stand for it even where they are too many: then neighbours share a part.
    """
    share = len(paths) / most
    for run in sorted(runs, key=lambda run: run.first - run.last):
        if run.last - run.first <= max(1.0, share):
            break
        inside = _below(run, paths)
        if len(runs) == 1 and len(inside) > most:
            return _merged(inside, most, run.level)
        if len(inside) > 1 and len(runs) - 1 + len(inside) <= most:
            at = runs.index(run)
            return [*runs[:at], *inside, *runs[at + 1 :]]
    return None


def _below(run: _Run, paths: Sequence[tuple[str, ...]]) -> list[_Run]:
    made: list[_Run] = []
    level = run.level
    while len(made) < 2 and level < run.level + 6:
        level += 1
        made = []
        for _, group in groupby(range(run.first, run.last), key=lambda i: paths[i][:level]):
            inside = list(group)
            made.append(_Run(inside[0], inside[-1] + 1, min(level, len(paths[inside[0]]))))
    return made


def _merged(runs: Sequence[_Run], most: int, level: int) -> list[_Run]:
    """Neighbours together until there are no more than `most`, each about as long; those have `level` headings."""
    total = runs[-1].last - runs[0].first
    made: list[_Run] = []
    for run in runs:
        if made and len(made) * total / most > made[-1].last - runs[0].first and len(made) <= most:
            made[-1] = _Run(made[-1].first, run.last, level)
        else:
            made.append(run)
    return made


def _evenly(passages: int, count: int, level: int) -> list[_Run]:
    edges = [round(i * passages / max(1, count)) for i in range(max(1, count) + 1)]
    return [_Run(a, b, level) for a, b in pairwise(edges)]


def _label(path: Sequence[str]) -> str:
    return heading_text(path[-1]) if path else ""


# --- topics -----------------------------------------------------------------------------------------------------------


def _grouped(vectors: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """k-means on the sphere, begun with vectors far from each other: the group of each vector, the groups' middles."""
    seeds = [int(np.argmax(vectors @ _middle(vectors)))]
    while len(seeds) < min(count, len(vectors)):
        seeds.append(int(np.argmin((vectors @ vectors[seeds].T).max(axis=1))))
    middles = vectors[seeds]
    groups = np.zeros(len(vectors), np.int64)
    for _ in range(10):
        groups = np.argmax(vectors @ middles.T, axis=1)
        middles = np.stack(
            [_middle(vectors[groups == k]) if (groups == k).any() else middles[k] for k in range(len(middles))]
        )
    return groups, middles


def _mostly(owners: NDArray[np.int64], inside: NDArray[np.int64]) -> tuple[int, ...]:
    """The documents that have a good share of their passages in a group, or else the one with most."""
    ids, counts = np.unique(owners[inside], return_counts=True)
    shares = {int(i): n / int((owners == i).sum()) for i, n in zip(ids, counts, strict=True)}
    return tuple(i for i, share in shares.items() if share >= A_SHARE) or (max(shares, key=lambda i: shares[i]),)


def summarised(
    store: Store,
    call: Outline | Extract | FindTopics,
    load: Callable[[], Generator[AnyData, None, Vectorizer]],
) -> Steps:
    """What a summary asks for next; `load` waits for the embedder."""
    digest = Digest(store, lambda passage, best: marked(store, passage, best))
    match call:
        case Outline():
            return digest.outline(document_of(store, call.document_id), call.parts)
        case Extract():
            embedder = yield from load()
            return (yield from digest.extract(call, embedder.encode))
        case FindTopics():
            collections = attached.searched(store, call.collections)
            yield from load()
            return digest.topics(msgspec.structs.replace(call, collections=collections))
