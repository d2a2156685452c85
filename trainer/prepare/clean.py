"""Stage 2: exclude what should not be learned and mask personal data; every decision is written down with its reason.

Nothing is deleted: what is excluded stays in the list with its reason, and the review can take it back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from app.types import Message
from trainer.context import Context, Summary
from trainer.prepare import duplicates, markup, personal, quality
from trainer.spec import EXCLUDED, Example, Preference, TextDocument, read_lines, write_lines

DecisionKind = Literal[
    "encoding", "boilerplate", "duplicate", "near-duplicate", "language", "quality", "personal-data", "contradiction"
]
SAME_QUESTION = 0.9
"""Overlap of two questions from which two different answers contradict each other."""
MAX_ANSWER_CHARACTERS = 8_000
Item = TypeVar("Item", Example, TextDocument)


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that cleaning did: to which example or document, by which rule. `other` is what it resembles."""

    id: str
    kind: DecisionKind
    rule: str
    before: str = ""
    after: str = ""
    other: str = ""
    excluded: bool = field(default=False, name="aside")


class Cleaner:
    """Applies the rules in order and notes each decision."""

    def __init__(self, mask: bool, languages: Sequence[str]) -> None:
        self._mask = mask
        self._languages = tuple(languages)
        self.decisions: list[Decision] = []

    # --- documents ----------------------------------------------------------------------------------------------------

    def clean_texts(self, texts: Iterable[TextDocument]) -> list[TextDocument]:
        """Documents: mended, without markup, headers and footers, masked; poor ones and near duplicates excluded."""
        cleaned = [self._clean_text(document) for document in texts]
        cleaned = self._drop_languages(cleaned, [document.text for document in cleaned])
        return self._drop_near_duplicates(cleaned, [document.text for document in cleaned])

    def _clean_text(self, document: TextDocument) -> TextDocument:
        text = self._without_boilerplate(document)
        text = self._sound(document.id, markup.stripped(text))
        document = replace(document, text=text, pages=())  # spans no longer hold
        if document.excluded:
            return document
        if complaint := quality.complaint(text, least_words=5):
            return self._exclude(document, "quality", complaint)
        return document

    def _without_boilerplate(self, document: TextDocument) -> str:
        pages = [document.text[start:end] for start, end in document.pages]
        repeated = quality.boilerplate(pages)
        if not repeated:
            return document.text
        lines = [line for page in pages for line in page.splitlines()]
        kept = [line for line in lines if quality.line_key(line) not in repeated]
        rule = f"{len(lines) - len(kept)} lines stand at the top or bottom of most pages."
        before = "\n".join(sorted(repeated))
        self.decisions.append(Decision(id=document.id, kind="boilerplate", rule=rule, before=before))
        return "\n".join(kept)

    # --- examples -----------------------------------------------------------------------------------------------------

    def clean_examples(self, examples: Iterable[Example]) -> list[Example]:
        """Examples: mended, masked; poor ones, near duplicates and contradictions excluded."""
        cleaned = [self._clean_example(example) for example in examples]
        whole = [f"{example.question}\n{example.answer}" for example in cleaned]
        cleaned = self._drop_languages(cleaned, whole)
        cleaned = self._drop_near_duplicates(cleaned, whole)
        return self._mark_contradictions(cleaned)

    def _clean_example(self, example: Example) -> Example:
        turns = tuple(Message(turn.role, self._sound(example.id, turn.content)) for turn in example.messages)
        example = replace(example, messages=turns)
        if example.excluded:
            return example
        complaint = quality.complaint(example.question) or quality.complaint(example.answer, least_words=1)
        if not complaint and len(example.answer) > MAX_ANSWER_CHARACTERS:
            complaint = f"The answer is longer than {MAX_ANSWER_CHARACTERS} characters."
        return self._exclude(example, "quality", complaint) if complaint else example

    def clean_preferences(self, preferences: Iterable[Preference]) -> list[Preference]:
        """Preferences: mended and masked; a pair whose answers are the same teaches nothing and is left out."""
        cleaned = []
        for pair in preferences:
            turns = tuple(Message(turn.role, self._sound(pair.id, turn.content)) for turn in pair.messages)
            chosen, rejected = self._sound(pair.id, pair.chosen), self._sound(pair.id, pair.rejected)
            pair = replace(pair, messages=turns, chosen=chosen, rejected=rejected)
            if duplicates.normalized(chosen) == duplicates.normalized(rejected):
                self.decisions.append(
                    Decision(id=pair.id, kind="duplicate", rule="Both answers are the same.", excluded=True)
                )
                pair = replace(pair, split=EXCLUDED)
            cleaned.append(pair)
        return cleaned

    # --- rules for both -----------------------------------------------------------------------------------------------

    def _sound(self, key: str, text: str) -> str:
        """Characters mended, then personal data masked."""
        mended = quality.repair(text)
        if quality.MOJIBAKE.search(text) and mended != text:
            rule = "Broken characters were mended."
            self.decisions.append(Decision(id=key, kind="encoding", rule=rule, before=text[:200], after=mended[:200]))
        findings = personal.find(mended) if self._mask else []
        for finding in findings:
            rule = f"{finding.kind}: {finding.rule}"
            before = mended[finding.start : finding.end]
            self.decisions.append(
                Decision(
                    id=key, kind="personal-data", rule=rule, before=before, after=personal.placeholder(finding.kind)
                )
            )
        return personal.mask(mended, findings)

    def _exclude(self, item: Item, kind: DecisionKind, rule: str, other: str = "") -> Item:
        self.decisions.append(Decision(id=item.id, kind=kind, rule=rule, other=other, excluded=True))
        return replace(item, split=EXCLUDED, reason=rule)

    def _drop_languages(self, items: Sequence[Item], texts: Sequence[str]) -> list[Item]:
        """Keep the wanted languages, or the main one where none is named and one clearly leads."""
        told = [quality.language(text) for text in texts]
        known = Counter(code for code in told if code)
        wanted = set(self._languages)
        if not wanted and known and known.most_common(1)[0][1] >= 0.8 * known.total():
            wanted = {known.most_common(1)[0][0]}
        if not wanted:
            return list(items)
        return [
            self._exclude(item, "language", f"It is in another language ({code}).")
            if code and code not in wanted and not item.excluded
            else item
            for item, code in zip(items, told, strict=True)
        ]

    def _drop_near_duplicates(self, items: Sequence[Item], texts: Sequence[str]) -> list[Item]:
        """Of items that say the same, the first stays: one that a person wrote or approved before others."""
        result = list(items)
        live = [n for n, item in enumerate(items) if not item.excluded]
        live.sort(key=lambda n: not _from_person(items[n]))
        for pair in duplicates.near_duplicates([texts[n] for n in live], 0.8, numbers_differ=True):
            first, second = live[pair.first], live[pair.second]
            if result[first].excluded or result[second].excluded:
                continue
            same = duplicates.normalized(texts[first]) == duplicates.normalized(texts[second])
            kind: DecisionKind = "duplicate" if same else "near-duplicate"
            rule = "The same is there already." if same else f"Nearly the same is there already ({pair.overlap:.0%})."
            result[second] = self._exclude(result[second], kind, rule, result[first].id)
        return result

    def _mark_contradictions(self, examples: Sequence[Example]) -> list[Example]:
        """The same question with different answers: all are excluded, since only a person knows which is right."""
        result = list(examples)
        live = [n for n, example in enumerate(examples) if not example.excluded]
        pairs = duplicates.near_duplicates([examples[n].question for n in live], SAME_QUESTION, numbers_differ=True)
        answers: defaultdict[int, set[int]] = defaultdict(set)
        for pair in pairs:
            one, other = live[pair.first], live[pair.second]
            if _differ(examples[one].answer, examples[other].answer):
                answers[one].add(other)
                answers[other].add(one)
        for n, others in answers.items():
            twin = examples[min(others)]
            rule = f"Another answer to the same question says: “{twin.answer[:200]}”. Keep the one that is right."
            result[n] = self._exclude(examples[n], "contradiction", rule, twin.id)
        return result


def _from_person(item: Example | TextDocument) -> bool:
    return not isinstance(item, Example) or item.approved or item.origin != "model"


def _differ(one: str, other: str) -> bool:
    """Two answers differ when a number or most of their words do."""
    first, second = set(duplicates.normalized(one).split()), set(duplicates.normalized(other).split())
    numbers = {w for w in first if w.isdigit()} != {w for w in second if w.isdigit()}
    return numbers or len(first & second) < 0.5 * min(len(first), len(second))


def run(context: Context) -> Summary:
    """Clean what was collected; `clean/report.jsonl` holds a `Decision` a line."""
    source, folder = context.stage("collect"), context.stage("clean")
    wishes = context.spec.prepare
    cleaner = Cleaner(wishes.mask_personal_data, wishes.languages)
    texts = cleaner.clean_texts(read_lines(source / "texts.jsonl", TextDocument))
    examples = cleaner.clean_examples(read_lines(source / "examples.jsonl", Example))
    preferences = cleaner.clean_preferences(read_lines(source / "preferences.jsonl", Preference))
    write_lines(folder / "texts.jsonl", texts)
    write_lines(folder / "examples.jsonl", examples)
    write_lines(folder / "preferences.jsonl", preferences)
    write_lines(folder / "report.jsonl", cleaner.decisions)
    counts = Counter(decision.kind for decision in cleaner.decisions)
    aside = sum(item.excluded for item in texts) + sum(item.excluded for item in examples)
    if counts["contradiction"]:
        message = f"{counts['contradiction']} answers contradict each other."
        context.notice(message, "Choose the right ones in the review.")
    return {
        "documents": len(texts),
        "examples": len(examples),
        "aside": aside,
        **{str(k): n for k, n in counts.items()},
    }
