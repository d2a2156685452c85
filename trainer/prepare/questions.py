"""Stage 3: questions from documents, several phrasings a fact, each checked against its passage and by a search.

`questions/made.jsonl` grows by one line a passage, so a killed run goes on behind the last whole line.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.text.bm25 import Index
from app.types import Message
from trainer.context import Context, Summary
from trainer.prepare import check, facts, forms, markup, passages, quality
from trainer.prepare.ask import UNANSWERED
from trainer.prepare.authoring import Pen, open_pen, try_author
from trainer.prepare.facts import Fact
from trainer.prepare.frames import Phrasing
from trainer.prepare.passages import Passage
from trainer.spec import Example, Origins, TextDocument, Trial, read_lines, write_lines

BATCH = 8
"""Facts at least that go to the model together: it writes for many at once."""


class Dropped(Struct, frozen=True):
    """A question that did not pass, and the rule that said so."""

    question: str
    rule: str


class Made(Struct, frozen=True, kw_only=True):
    """What came of one passage."""

    passage: int
    examples: tuple[Example, ...]
    dropped: tuple[Dropped, ...] = ()
    by_model: int = 0  # of the examples


def run(context: Context) -> Summary:
    """Make questions; `questions/dropped.jsonl` holds what failed, with the rule."""
    folder, wishes = context.stage("questions"), context.spec.prepare
    documents = [t for t in read_lines(context.stage("clean") / "texts.jsonl", TextDocument) if not t.excluded]
    if not wishes.make_questions or not context.spec.training.makes_questions or not documents:
        write_lines(folder / "examples.jsonl", [])
        return {"examples": 0}
    maker = _Maker(context, documents)
    made = list(_resumed(folder / "made.jsonl"))
    with contextlib.ExitStack() as stack, (folder / "made.jsonl").open("ab") as out:
        pen = maker.pen(stack)
        for batch in maker.work({entry.passage for entry in made}, pen):
            for entry in maker.make(batch, pen):
                made.append(entry)
                out.write(msgspec.json.encode(entry) + b"\n")
            out.flush()
            os.fsync(out.fileno())
    made.sort(key=lambda entry: entry.passage)
    examples = [example for entry in made for example in entry.examples]
    dropped = [one for entry in made for one in entry.dropped]
    write_lines(folder / "dropped.jsonl", dropped)
    write_lines(folder / "examples.jsonl", examples)
    reasons = Counter(one.rule for one in dropped)
    return {
        "examples": len(examples),
        "facts": len({example.group for example in examples}),
        "by_model": sum(entry.by_model for entry in made),
        "dropped": len(dropped),
        **dict(reasons.most_common(8)),
    }


def trial(context: Context) -> Trial:
    """How well the author of a run writes, on the facts of its documents; collected and cleaned they must be.

    Raises:
        AppError: there is no model to try, it cannot be loaded, or nothing can be asked of the documents.
    """
    texts = read_lines(context.stage("clean") / "texts.jsonl", TextDocument)
    documents = [text for text in texts if not text.excluded]
    maker = _Maker(context, documents)
    return try_author(context, maker.facts, maker.complaint, maker.by_rule, documents=len(documents))


def _resumed(path: Path) -> Iterator[Made]:
    """Whole lines of an earlier start; a torn last one is cut off."""
    if not path.exists():
        return
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("rb+") as out:
            out.truncate(len(whole))
    for line in whole.splitlines():
        yield msgspec.json.decode(line, type=Made)


class _Maker:
    """All passages with their search, and the facts that were chosen from them."""

    def __init__(self, context: Context, documents: Sequence[TextDocument]) -> None:
        self._context, self._documents = context, documents
        self._passages = [p for n, document in enumerate(documents) for p in _cut(document, n)]
        self._checker = check.Checker(self._passages, Index([p.searched for p in self._passages]))
        self._languages = _languages(documents)
        self._chosen = choose([facts.find(p) for p in self._passages], self._passages, context.spec.prepare.max_facts)
        self._places = _Places(context.run / "collect" / "texts.jsonl")

    @property
    def facts(self) -> list[Fact]:
        """Those that were chosen, the first of each passage before all others: a trial takes some of all documents."""
        first = [here[0] for here in self._chosen if here]
        return [*first, *(fact for here in self._chosen for fact in here[1:])]

    def work(self, skip: set[int], pen: Pen) -> Iterator[list[tuple[int, list[Fact]]]]:
        """Passages with their chosen facts, some at a time, those of an earlier start left out; says how far it is."""
        todo = [(n, chosen) for n, chosen in enumerate(self._chosen) if chosen]
        left = [(n, chosen) for n, chosen in todo if n not in skip]
        total = sum(len(chosen) for _, chosen in todo)
        while left:
            pen.tell([fact for _, chosen in left for fact in chosen], total)
            batch = [left.pop(0)]
            while left and sum(len(chosen) for _, chosen in batch) < BATCH:
                batch.append(left.pop(0))
            yield batch
        pen.tell([], total)

    def pen(self, stack: contextlib.ExitStack) -> Pen:
        """Who writes, opened until the stack ends."""
        return open_pen(self._context, stack, self.facts, self.complaint, self.by_rule)

    def complaint(self, fact: Fact, question: str) -> str:
        """The rule that a question to a fact breaks, or ""."""
        if not question.endswith(("?", "？", "؟")):
            return "It is not a question."
        return self._checker.complaint(self._passages.index(fact.passage), fact, question, [])

    def by_rule(self, fact: Fact) -> str:
        """The plainest question of a rule to a fact that is sound, or ""."""
        number, language = self._passages.index(fact.passage), self._languages[fact.passage.document]
        texts = (phrasing.text for phrasing in forms.phrase(fact, language))
        return next((text for text in texts if not self._checker.complaint(number, fact, text, [])), "")

    def make(self, batch: Sequence[tuple[int, Sequence[Fact]]], pen: Pen) -> list[Made]:
        """The questions of some passages that passed, and what did not."""
        flat = [(number, fact) for number, chosen in batch for fact in chosen]
        written = pen.write([fact for _, fact in flat])
        made = {number: Made(passage=number, examples=()) for number, _ in batch}
        phrased = []
        for (number, fact), own in zip(flat, written, strict=True):
            good = [question for question, rule in own if not rule]
            kept, failed = self._phrase(number, fact, good)
            failed += [Dropped(question, rule) for question, rule in own if rule]
            phrased.append((number, fact, good, kept, failed))
        by_rule = [(fact, e.question) for _, fact, good, kept, _ in phrased for e in kept if e.question not in good]
        unanswered = pen.unanswered(by_rule)
        for number, fact, good, kept, failed in phrased:
            wrong = [e for e in kept if (fact.key, e.question) in unanswered]
            failed += [Dropped(e.question, UNANSWERED) for e in wrong]
            kept = [e for e in kept if e not in wrong]
            if len(kept) < check.LEAST_PHRASINGS:
                failed += [Dropped(e.question, "Too few phrasings of it passed.") for e in kept]
                kept = []
            before = made[number]
            made[number] = Made(
                passage=number,
                examples=(*before.examples, *kept),
                dropped=(*before.dropped, *failed),
                by_model=before.by_model + sum(e.question in good for e in kept),
            )
        return list(made.values())

    def _phrase(self, number: int, fact: Fact, written: Sequence[str]) -> tuple[list[Example], list[Dropped]]:
        """The model's questions first, then as many by rule as there is room for."""
        source = self._places.origins(self._documents[fact.passage.document], fact.passage)
        group = "fact:" + hashlib.sha256(fact.key.encode()).hexdigest()[:12]
        kept: list[Example] = []
        dropped: list[Dropped] = []
        by_rule = forms.phrase(fact, self._languages[fact.passage.document])
        for phrasing in [*(Phrasing(text, "model") for text in written), *by_rule]:
            if len(kept) >= self._context.spec.prepare.phrasings:
                break
            rule, score = self._checker.judge(number, fact, phrasing, [e.question for e in kept])
            if rule:
                dropped.append(Dropped(phrasing.text, rule))
                continue
            turns = (Message("user", phrasing.text), Message("assistant", fact.answer))
            key = f"{group}:{len(kept)}"
            kept.append(Example(id=key, messages=turns, origin="model", source=source, quality=score, group=group))
        return kept, dropped


def choose(found: Sequence[Sequence[Fact]], places: Sequence[Passage], most: int) -> list[list[Fact]]:
    """At most `most` facts, in turn from each document and passage."""
    order: list[tuple[int, int, int, Fact]] = []
    seen: Counter[int] = Counter()
    for number, here in enumerate(found):
        for rank, fact in enumerate(here):
            order.append((rank, seen[places[number].document], number, fact))
        seen[places[number].document] += 1
    order.sort(key=lambda item: item[:3])
    chosen: list[list[Fact]] = [[] for _ in found]
    taken: set[tuple[int, str, str]] = set()
    for *_, number, fact in order:
        if len(taken) >= most:
            break
        same = (fact.passage.document, fact.answer, fact.value)  # neighbours of a long paragraph share a sentence
        if same not in taken:
            taken.add(same)
            chosen[number].append(fact)
    return chosen


def _languages(documents: Sequence[TextDocument]) -> list[str]:
    """The language of each document; of one that is too short to tell, the commonest of the others."""
    told = [quality.language(document.text) for document in documents]
    main = Counter(filter(None, told)).most_common(1)
    return [code or (main[0][0] if main else "") for code in told]


def _cut(document: TextDocument, number: int) -> list[Passage]:
    """Passages without fenced code, which nobody asks for."""
    return passages.cut(replace(document, text=markup.without_code(document.text)), number)


class _Places:
    """Where a passage stands in the document as it was handed over: cleaning moves what comes behind it."""

    def __init__(self, collected: Path) -> None:
        texts = read_lines(collected, TextDocument) if collected.exists() else ()
        self._originals = {text.id: text for text in texts}
        self._stripped: dict[str, tuple[str, list[int]]] = {}

    def origins(self, document: TextDocument, passage: Passage) -> Origins:
        """The source of a question, with page and span where the passage is found as it stands."""
        original = self._originals.get(document.id)
        at, end = self._span(original, passage.text) if original else (-1, -1)
        page = None
        if original and at >= 0:
            page = next((n for n, (begin, end) in enumerate(original.pages, 1) if begin <= at < end), None)
        text = passage.text if not passage.heading else f"{passage.heading}\n{passage.text}"
        return Origins(
            document=document.name,
            path=document.path,
            document_id=document.document_id,
            page=page,
            start=at if at >= 0 else None,
            end=end if at >= 0 else None,
            text=text,
        )

    def _span(self, original: TextDocument, text: str) -> tuple[int, int]:
        """Where a passage stands in a document with its markup; (-1, -1) where cleaning changed more than that."""
        if original.id not in self._stripped:
            self._stripped[original.id] = markup.stripped(original.text), markup.places(original.text)
        plain, places = self._stripped[original.id]
        at = plain.find(text)
        return (places[at], places[at + len(text) - 1] + 1) if at >= 0 and text else (-1, -1)
