"""The list that a person sees before anything trains: what was prepared, and what they decided about each line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.files import cannot_write
from app.types import Message
from trainer.spec import Example, Origins, Preference, ReviewDecision, TextDocument

State = Literal["open", "approved", "rejected", "aside"]
Decision = Literal["approve", "reject", "edit"]
Kind = Literal["questions", "labels", "pairs", "texts"]
"""What a review lists: questions with answers, texts with labels, pairs of answers, or documents to read."""
DEFAULT_QUALITY = 0.9
"""What *Continue* approves where a person saw the list and decided nothing: at least this quality, or none measured."""
SELF_APPROVED = ("person", "file", "replay")
"""The trainer takes examples of these origins without a word: a person wrote them."""
SHOWN = 4000
"""Characters of a document that are shown beside the list."""
BEGINNING = 200
"""Characters of it that stand in the list."""
T = TypeVar("T", bound=Struct)


class _Wanted(Struct):
    """What of a run's specification matters here."""

    recipe: str = ""


@dataclass
class Entry:
    """One line of the review."""

    example: Example
    state: State
    decided: bool = False
    edited: bool = False
    instead_of: str = ""
    """Of a pair: the worse answer."""
    is_text: bool = False
    """A document to read: it is taken or left, not edited."""
    was_aside: bool = field(init=False)
    """Cleaning set it aside. The trainer reads the last decision alone, so each one that keeps it takes it back."""

    def __post_init__(self) -> None:
        self.was_aside = self.example.split == "aside"

    @property
    def source_text(self) -> str:
        """ "Warranty-Terms-EU.pdf, page 4", or where else it comes from."""
        source = self.example.source
        if source.document:
            return f"{source.document}, page {source.page}" if source.page else source.document
        if source.row:
            name = Path(source.path).name if source.path else "file"
            return f"{name}, line {source.row}"
        return {"chat": "A chat", "feedback": "A rated answer", "model": "Written by the model"}.get(
            self.example.origin, "Your example"
        )


class ReviewList:
    """Reads the prepared examples and the decisions so far; each decision is on disk before it shows.

    The core's writes (`decide`); those of the doors follow it (`read_new`).
    """

    def __init__(self, run: Path, approve_above: float | None = None) -> None:
        """Raises AppError: the list cannot be read."""
        self._run = run
        self._limit = approve_above
        self.entries: list[Entry] = []
        self.texts: list[TextDocument] = []
        self._offset = 0  # of review.jsonl, as far as it is shown
        self._load()

    @property
    def ready(self) -> bool:
        """Whether there is a list."""
        return (self._run / "split" / "done.json").exists()

    @property
    def decided(self) -> bool:
        """Whether the person decided anything."""
        return any(entry.decided for entry in self.entries)

    @property
    def kind(self) -> Kind:
        """What it lists."""
        if any(entry.instead_of for entry in self.entries):
            return "pairs"
        if self._goal == "classify":
            return "labels"
        return "texts" if any(entry.is_text for entry in self.entries) else "questions"

    def count(self, state: State) -> int:
        return sum(entry.state == state for entry in self.entries)

    def trainable(self) -> int:
        """How many lines would be learned from as things stand."""
        return sum(entry.state == "approved" and entry.example.split == "train" for entry in self.entries)

    def good(self, quality: float = DEFAULT_QUALITY) -> list[Entry]:
        """Open lines of at least this quality; what nobody measured counts as good, but for answers of chats: a model
        wrote them, and only a person approves these."""
        return [
            e
            for e in self.entries
            if e.state == "open"
            if (e.example.quality is None and e.example.origin != "chat") or (e.example.quality or 0.0) >= quality
        ]

    def left_to_continue(self) -> list[str]:
        """Ids of what *Continue* approves: the good ones, where the person decided nothing and nothing would train."""
        if self.decided or self.trainable():
            return []
        return [entry.example.id for entry in self.good()]

    def decide(
        self, ids: Iterable[str], decision: Decision, messages: tuple[Message, ...] | None = None
    ) -> list[ReviewDecision]:
        """Write decisions down, then show them; → the lines that were written.

        Raises:
            NoSpace: they could not be written; nothing changed.
        """
        wanted = set(ids)
        chosen = [entry for entry in self.entries if entry.example.id in wanted]
        lines = [self._decision(entry, decision, messages) for entry in chosen]
        self._append(lines)
        self._apply(lines)
        return lines

    def read_new(self) -> None:
        """Show what another list has written since this one was read. Raises AppError: it cannot be read."""
        path = self._run / "review.jsonl"
        try:
            with path.open("rb") as lines:
                lines.seek(self._offset)
                said = lines.read()
        except FileNotFoundError:
            return
        except OSError as error:
            raise AppError("What was decided could not be read.", "Check the data folder.", str(error)) from error
        whole = said[: said.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._apply(msgspec.json.decode(line, type=ReviewDecision) for line in whole.splitlines())

    def _apply(self, decisions: Iterable[ReviewDecision]) -> None:
        by_id = {entry.example.id: entry for entry in self.entries}
        for decision in decisions:
            if decision.id in by_id:
                _apply(by_id[decision.id], decision)

    def undo(self, entry: Entry) -> None:
        """Back to undecided: the trainer reads the last word, so a reject is the safe one until the person decides."""
        self.decide([entry.example.id], "reject")
        entry.state, entry.decided = "aside" if entry.was_aside else "open", True

    def _decision(self, entry: Entry, decision: Decision, messages: tuple[Message, ...] | None) -> ReviewDecision:
        example = entry.example
        taken_back = decision != "reject" and entry.was_aside
        kept = messages or (example.messages if entry.edited else None)
        return ReviewDecision(id=example.id, decision=decision, messages=kept, split="train" if taken_back else None)

    def _append(self, lines: Sequence[ReviewDecision]) -> None:
        path = self._run / "review.jsonl"
        data = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        try:
            with path.open("ab") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
                self._offset = out.tell()
        except OSError as error:
            raise cannot_write(path, error) from error

    def _load(self) -> None:
        folder, self._goal = self._run / "split", self._recipe()
        self.texts = read_lines(folder / "texts.jsonl", TextDocument)
        for example in read_lines(folder / "examples.jsonl", Example):
            self.entries.append(Entry(example, self._first_state(example)))
        for pair in read_lines(folder / "preferences.jsonl", Preference):
            shown = _pair_as_example(pair)
            self.entries.append(Entry(shown, self._first_state(shown), instead_of=pair.rejected))
        if self._goal == "read":
            shown_texts = [_text_as_example(text) for text in self.texts]
            self.entries += [Entry(shown, self._first_state(shown), is_text=True) for shown in shown_texts]
        self._apply(read_lines(self._run / "review.jsonl", ReviewDecision))
        self._offset = _whole_bytes(self._run / "review.jsonl")
        self.entries.sort(key=lambda entry: entry.state != "open")

    def _recipe(self) -> str:
        try:
            return msgspec.json.decode((self._run / "run.json").read_bytes(), type=_Wanted).recipe
        except (OSError, msgspec.MsgspecError):
            return ""

    def _first_state(self, example: Example) -> State:
        if example.split == "aside":
            return "aside"
        above = self._limit is not None and (example.quality or 0.0) >= self._limit
        return "approved" if example.approved or above or example.origin in SELF_APPROVED else "open"


def _pair_as_example(pair: Preference) -> Example:
    """The better answer; who rated an answer has approved it."""
    messages = (*pair.messages, Message("assistant", pair.chosen))
    approved = pair.approved or pair.origin == "feedback"
    return Example(
        id=pair.id, messages=messages, origin=pair.origin, source=pair.source, approved=approved, split=pair.split
    )  # fmt: skip


def _text_as_example(text: TextDocument) -> Example:
    """A document by its name and how it begins; choosing its collection was the approval."""
    source = Origins(document=text.name, path=text.path, document_id=text.document_id, text=text.text[:SHOWN])
    beginning = Message("assistant", " ".join(text.text[:BEGINNING].split()))
    return Example(
        id=text.id, messages=(Message("user", text.name), beginning),
        origin="file", source=source, approved=True, split=text.split, reason=text.reason,
    )  # fmt: skip


def _apply(entry: Entry, decision: ReviewDecision) -> None:
    if decision.messages is not None:
        entry.example = msgspec.structs.replace(entry.example, messages=decision.messages)
        entry.edited = True
    if decision.split is not None:
        entry.example = msgspec.structs.replace(entry.example, split=decision.split)
    entry.state = "rejected" if decision.decision == "reject" else "approved"
    entry.decided = True


def _whole_bytes(path: Path) -> int:
    """How much of a file of lines is whole."""
    try:
        return path.read_bytes().rfind(b"\n") + 1
    except OSError:
        return 0


def read_lines(path: Path, kind: type[T]) -> list[T]:
    """Rows of one of the trainer's data files; none where it is not there, and a torn last line is passed over.

    Raises:
        AppError: it cannot be read.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise AppError(f"“{path.name}” of this run could not be read.", "Check the data folder.", str(error)) from error
    decoder = msgspec.json.Decoder(kind)
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            if number == len(lines):
                break
            hint = "Prepare the data again."
            raise AppError(f"Line {number} of “{path.name}” of this run is damaged.", hint, str(error)) from error
    return rows
