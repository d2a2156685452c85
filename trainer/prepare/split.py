"""Stage 4: two held-out sets: other phrasings of what is taught (learned?), whole documents (still sound?).

A held-out question that is taught elsewhere is excluded, so that the comparison stays honest.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from trainer.context import Context, Summary
from trainer.prepare import duplicates, own, quality
from trainer.prepare.split_pairs import split_pairs
from trainer.spec import (
    EXCLUDED,
    HELD_OUT,
    HELD_OUT_DOCUMENT,
    Example,
    Preference,
    Split,
    TextDocument,
    read_lines,
    write_lines,
)

LEAK = 0.85
"""Overlap of two questions from which a held-out one was in effect taught. Phrasings of a fact stay well below."""
SHARED_WORDS = 0.2
"""Overlap of the telling words of two questions with the same answer from which they ask for one fact."""
SAID_AGAIN = 5
"""Words of an answer from which the same one in two documents makes them one family; "30 days" says nothing."""
WATCHED = 48
"""Facts of which one phrasing is watched while training, to stop by. With 16 of them one that turned decided which
weights were kept: those of half-way, and of 42 facts 38 were known."""
FEW = 30
"""With fewer examples than this and no phrasings, each is worth more taught than kept out; five are still measured."""


def group_phrasings(examples: Sequence[Example]) -> list[Example]:
    """Give examples that ask for one fact in other words the same `group`; those that have one keep it."""
    by_answer: defaultdict[str, list[int]] = defaultdict(list)
    for n, example in enumerate(examples):
        if not example.group:
            by_answer[duplicates.normalized(example.answer)].append(n)
    pairs = []
    for members in by_answer.values():
        words = {n: _telling_words(examples[n].question) for n in members}
        pairs += [
            duplicates.NearDuplicate(one, other, 1.0)
            for i, one in enumerate(members)
            for other in members[i + 1 :]
            if duplicates.overlap(words[one], words[other]) >= SHARED_WORDS
        ]
    grouped = list(examples)
    for members in duplicates.clusters(len(examples), pairs):
        for n in members:
            grouped[n] = replace(examples[n], group=f"same-answer:{examples[members[0]].id}")
    return [e if e.group else replace(e, group=e.id) for e in grouped]


def _telling_words(question: str) -> frozenset[str]:
    small = set().union(*quality.small_words().values()) | {
        "what",
        "which",
        "who",
        "how",
        "when",
        "where",
        "does",
        "much",
    }
    return frozenset(w for w in re.findall(r"\w+", question.casefold()) if w not in small)


def document_of(item: TextDocument | Example) -> str:
    """What a document is known by: its path, since many are called index.md; its name where it has none."""
    if isinstance(item, Example):
        return item.source.path or item.source.document
    return item.path or item.name


def families(texts: Sequence[TextDocument], examples: Sequence[Example] = ()) -> list[frozenset[str]]:
    """Documents that belong on one side by what they say, each known by `document_of`; one alone is a family too.

    They are near twins, also through one between them (version 1, 2 and 3), or they answer with the same sentence.
    """
    keys = list(dict.fromkeys([*map(document_of, texts), *(document_of(e) for e in examples if e.source.document_id)]))
    number = {key: n for n, key in enumerate(keys)}
    twins = [
        duplicates.NearDuplicate(number[document_of(texts[p.first])], number[document_of(texts[p.second])], p.overlap)
        for p in duplicates.near_duplicates([text.text for text in texts], 0.5)
    ]
    first: dict[str, int] = {}
    for example in examples:
        if document_of(example) in number and len(example.answer.split()) >= SAID_AGAIN:
            here = number[document_of(example)]
            twins.append(duplicates.NearDuplicate(first.setdefault(example.answer, here), here, 1.0))
    together = duplicates.clusters(len(keys), twins)
    alone = set(range(len(keys))).difference(*together)
    return [frozenset(keys[n] for n in members) for members in [*together, *([n] for n in sorted(alone))]]


MOST_FACTS = 0.2
"""Share of the facts that documents may hold which are kept out."""


class Splitter:
    """Chooses by a seeded draw, so that the same data always falls apart in the same way."""

    def __init__(self, seed: int, phrasings: int, document_share: float) -> None:
        self._draw = random.Random(seed)
        self._phrasings = phrasings
        self._share = document_share

    def held_out_documents(self, texts: Sequence[TextDocument], examples: Sequence[Example]) -> frozenset[str]:
        """Documents to keep out whole, known by `document_of`; none where there are fewer than four.

        Those that questions were made of come first: a document without one examines nothing. What says the same goes
        together, and a family too large for its share, or with too many of the facts, stays to be learned: of a
        handbook whose tables stood in three of 26 documents 15 of 23 facts were once kept out.
        """
        live = [text for text in texts if not text.excluded]
        found = sorted(families(live, [e for e in examples if not e.excluded]), key=sorted)
        asked_of = {document_of(example) for example in examples if not example.excluded}
        count = sum(map(len, found))
        if count < 4 or self._share <= 0:
            return frozenset()
        self._draw.shuffle(found)
        found.sort(key=lambda family: not family & asked_of)
        facts = Counter(document for document, _ in {(document_of(e), e.group) for e in examples if not e.excluded})
        asked = {family: sum(facts[document] for document in family) for family in found}
        wanted, chosen, held = max(1, round(self._share * count)), frozenset[str](), 0
        for family in found:
            small = held + asked[family] <= MOST_FACTS * facts.total()
            if small and len(chosen) < wanted and len(chosen | family) <= max(wanted, count // 2):
                chosen, held = chosen | family, held + asked[family]
        if not held and facts:
            chosen = min((family for family in found if asked[family]), key=lambda family: asked[family])
        return chosen if len(chosen) <= count // 2 else frozenset()

    def split(self, examples: Sequence[Example], documents: frozenset[str]) -> list[Example]:
        """Put each example where it belongs; phrasings of a fact first, else a tenth at random."""
        places: dict[str, Split] = {}
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for example in examples:
            if example.excluded:
                continue
            if document_of(example) in documents:
                places[example.id] = HELD_OUT_DOCUMENT
            else:
                groups[example.group].append(example.id)
        rich = [members for members in groups.values() if len(members) >= self._phrasings + 2]
        for number, members in enumerate(rich):
            self._draw.shuffle(members)
            for key in members[: self._phrasings]:
                places[key] = HELD_OUT
            if len(members) >= self._phrasings + 3 and number < WATCHED:
                places[members[self._phrasings]] = "validation"
        poor = [members[0] for members in groups.values() if len(members) < self._phrasings + 2]
        if len(poor) > len(rich):
            self._hold_out_some(poor, _gone_on_from(examples), places)
        return [replace(e, split=places.get(e.id, e.split)) for e in examples]

    def split_by_label(self, examples: Sequence[Example]) -> list[Example]:
        """Texts to sort: a tenth of each label is the exam; of small labels a quarter, up to five, since from three
        texts nothing could be told from chance (McNemar).

        Texts with the same label are no phrasings of one fact, so each stands for itself.
        """
        places: dict[str, Split] = {}
        labels: defaultdict[str, list[str]] = defaultdict(list)
        for example in examples:
            if not example.excluded:
                labels[example.answer.strip()].append(example.id)
        for keys in labels.values():
            self._draw.shuffle(keys)
            tenth = len(keys) // 10
            held = max(tenth, min(5, len(keys) // 4), 1 if len(keys) > 1 else 0)
            for n, key in enumerate(keys[: held + tenth]):
                places[key] = HELD_OUT if n < held else "validation"
        return [replace(e, split=places.get(e.id, e.split), group=e.group or e.id) for e in examples]

    def _hold_out_some(self, keys: Sequence[str], gone_on: frozenset[str], places: dict[str, Split]) -> None:
        free = [key for key in keys if key not in gone_on]
        self._draw.shuffle(free)
        count = len(keys) // 10 if len(keys) >= FEW else min(5, len(keys) // 4)
        count = min(count, len(free) // 2)
        for n, key in enumerate(free[: 2 * count]):
            places[key] = HELD_OUT if n < count else "validation"


def _gone_on_from(examples: Sequence[Example]) -> frozenset[str]:
    """Ids of examples whose question stands in a longer conversation: each answer of a chat is an example of its own.

    Kept out, such a question would still be read in the history of the next one.
    """
    history = {question for e in examples for question in asked([e])[:-1]}
    return frozenset(e.id for e in examples if e.question in history)


def asked(examples: Iterable[Example]) -> list[str]:
    """All that is asked in these conversations, not only at their ends; the same words once."""
    return list(dict.fromkeys(turn.content for e in examples for turn in e.messages if turn.role == "user"))


def without_leaks(examples: Sequence[Example]) -> tuple[list[Example], int]:
    """Exclude what is asked or watched and taught in nearly the same words; returns how many.

    Held-out questions are compared with all that is taught or watched, watched ones with what is taught.
    """
    taught = asked([e for e in examples if e.split == "train"])
    watched = [e for e in examples if e.split == "validation"]
    leaked = _leaked(taught, watched)
    read = [*taught, *asked(watched)]
    leaked |= _leaked(read, [e for e in examples if e.held_out])
    return [
        replace(e, split=EXCLUDED, reason=f"It is nearly a question that is taught: “{leaked[e.id]}”.")
        if e.id in leaked
        else e
        for e in examples
    ], len(leaked)


def _leaked(read: Sequence[str], kept: Sequence[Example]) -> dict[str, str]:
    """Ids of kept-out examples → the question among those read that is nearly theirs."""
    return {kept[p.second].id: read[p.first] for p in duplicates.leaks(read, [e.question for e in kept], LEAK)}


def run(context: Context) -> Summary:
    """Split what was cleaned and asked; writes the lists that training and the review read."""
    clean, questions, folder = context.stage("clean"), context.stage("questions"), context.stage("split")
    wishes = context.spec.prepare
    texts = list(read_lines(clean / "texts.jsonl", TextDocument))
    examples = [*read_lines(clean / "examples.jsonl", Example), *read_lines(questions / "examples.jsonl", Example)]
    splitter = Splitter(context.spec.seed, wishes.heldout_phrasings, wishes.heldout_documents)
    documents = splitter.held_out_documents(texts, examples)
    if context.spec.training.needs_labels:
        placed = splitter.split_by_label(examples)
    else:
        placed = splitter.split(group_phrasings(examples), documents)
    examples, leaked = without_leaks(own.kept_apart(context, placed))
    if wishes.approve_above is not None:
        limit = wishes.approve_above
        examples = [replace(e, approved=True) if (e.quality or 0) >= limit else e for e in examples]
    texts = [
        replace(t, split=HELD_OUT_DOCUMENT) if document_of(t) in documents and not t.excluded else t for t in texts
    ]
    write_lines(folder / "examples.jsonl", examples)
    write_lines(folder / "texts.jsonl", texts)
    pairs = split_pairs(list(read_lines(clean / "preferences.jsonl", Preference)), context.spec.seed)
    write_lines(folder / "preferences.jsonl", pairs)
    counts = {s: sum(e.split == s for e in examples) for s in ("train", "validation", "heldout", "unseen", "aside")}
    counts |= {"pairs": len(pairs), "pairs_heldout": sum(pair.split == HELD_OUT for pair in pairs)} if pairs else {}
    taught = counts["train"]
    if 0 < taught < FEW:
        context.notice(
            f"Only {taught} examples are taught.", "That is allowed; more, in several phrasings, work better."
        )
    return {**counts, "facts": len({e.group for e in examples if e.split == "train"}), "leaks": leaked}
