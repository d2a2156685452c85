"""What crosses the trainer's border as data: a run's specification, its data files and its results.

Only msgspec, so the app imports it too. One run folder holds everything of a run:

    runs/ID/run.json            RunSpec
    runs/ID/events.jsonl        every event (trainer.events)
    runs/ID/control.json        Control: what the user asks of the run under way
    runs/ID/collect|clean|questions|split/   the rooms of trainer.prepare
    runs/ID/split/examples.jsonl             Example, all of them, with their split
    runs/ID/split/preferences.jsonl          Preference
    runs/ID/split/texts.jsonl                TextDocument
    runs/ID/review.jsonl        ReviewDecision, one a line; written by the wizard, the last one of an id counts
    runs/ID/reviewed            an empty file: a person has seen the list. Nothing trains before it
    runs/ID/base/report.json    BaseReport
    runs/ID/train/result.json   TrainResult      train/adapter/ (PEFT)   train/checkpoints/
    runs/ID/export/result.json  ExportResult     export/*.gguf
    runs/ID/gate/result.json    GateResult
    runs/ID/compare/result.json CompareResult    compare/answers.jsonl AnswerPair
    runs/ID/compare/blind.jsonl BlindPair        compare/votes.jsonl Vote, appended by the wizard
    runs/ID/README.md           the model card
    STAGE/done.json             Marker, written last: a stage without it is run again
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from trainer.errors import TrainerError

VERSION = 1
Recipe = Literal["teach", "read", "prefer", "classify"]
Origin = Literal["person", "file", "chat", "feedback", "model", "replay"]
Split = Literal["train", "validation", "heldout", "unseen", "aside"]
Role = Literal["system", "user", "assistant"]
Precision = Literal["auto", "bf16", "fp32", "nf4"]
Quantization = Literal["Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16"]
Action = Literal["run", "pause", "stop", "skip"]
DTYPES_BYTES = {"bf16": 2.0, "fp32": 4.0, "nf4": 0.75}
"""Bytes a weight, scales and unquantized tensors included."""


class BaseModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model that is taught: a GGUF file, or a Hugging Face folder with safetensors."""

    path: str
    name: str = ""
    gguf: str = ""  # for a folder: the GGUF of the same model, which the export is grafted on


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that the prepare stages collect from."""

    kind: Literal["documents", "file", "chats", "feedback"]
    path: str  # documents: JSON lines of TextDocument; file: CSV, XLSX or JSONL; chats and feedback: JSON lines
    name: str = ""  # of the collection or file, for people


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the data is: inputs to prepare, or files that are ready (they skip prepare and its review)."""

    inputs: tuple[Input, ...] = ()
    examples: str = ""  # JSON lines of Example
    preferences: str = ""  # JSON lines of Preference
    texts: str = ""  # JSON lines of TextDocument
    labels: tuple[str, ...] = ()  # classify: the only answers allowed
    system: str | None = None  # system message put before each example; None: what the model's template does by itself


class Prepare(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the prepare stages may do."""

    make_questions: bool = True
    phrasings: int = 7  # a fact
    max_facts: int = 200
    mask_personal_data: bool = True
    languages: tuple[str, ...] = ()  # () keeps the main language of the data
    heldout_phrasings: int = 1  # a fact
    unseen_share: float = 0.1  # of the documents, kept out whole
    approve_above: float | None = None  # a standing decision of the user: examples of this quality need no review


class Hyper(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hyper-parameters; None is chosen from the data and written to the result."""

    learning_rate: float | None = None
    epochs: float | None = None
    batch_tokens: int | None = None  # tokens a step
    rank: int = 16
    alpha: float | None = None
    warmup: float = 0.05  # share of the steps
    weight_decay: float = 0.0
    max_length: int | None = None  # tokens of an example
    precision: Precision = "auto"
    checkpointing: bool | None = None  # of gradients; None: only where memory needs it
    patience: int = 3  # held-out measurements without progress before it stops
    beta: float = 0.1  # prefer (DPO)
    evaluations: int = 8  # held-out measurements in a run
    checkpoint_seconds: float = 60.0
    checkpoint_steps: int | None = None


class Replay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """General questions answered by the base itself, mixed in so that teaching does not erase."""

    enabled: bool = True
    questions: str = ""  # JSON lines with "question"; "" takes the ones that ship
    earlier: tuple[str, ...] = ()  # examples.jsonl of earlier rounds
    share: float | None = None  # replay tokens for each token of the data
    reading: float = 0.12  # tokens of the documents' own text, read along, for each token of the answers
    max_new_tokens: int = 48


class Export(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which files come out. The adapter is always written."""

    quantizations: tuple[Quantization, ...] = ("Q8_0", "Q4_K_M")
    keep_f16: bool = False


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the run may use; None is what the machine has."""

    memory_bytes: int | None = None
    disk_bytes: int | None = None
    minutes: float | None = None
    threads: int | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"


class RunSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run, whole: with the same specification and data the same model comes out."""

    version: int = VERSION
    id: str
    name: str = ""
    recipe: Recipe = "teach"
    base: BaseModel
    data: Data
    prepare: Prepare = Prepare()
    hyper: Hyper = Hyper()
    replay: Replay = Replay()
    export: Export = Export()
    limits: Limits = Limits()
    compare: bool = True
    seed: int = 17


# --- data files -------------------------------------------------------------------------------------------------------


class Turn(Struct, frozen=True):
    """One message of an example."""

    role: Role
    content: str


class Origins(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an example comes from, so that the review can show it and a removed document can be traced."""

    document: str = ""  # name
    path: str = ""
    document_id: int | None = None
    page: int | None = None
    start: int | None = None
    end: int | None = None
    row: int | None = None  # line of a file, from 1
    text: str = ""  # the passage


class Example(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A conversation to learn from. `group` is the fact it teaches: phrasings of one fact share it."""

    id: str
    messages: tuple[Turn, ...]
    origin: Origin = "person"
    source: Origins = Origins()
    approved: bool = False  # by a person; what a model wrote trains only then
    quality: float | None = None  # 0 to 1
    group: str = ""
    split: Split = "train"
    reason: str = ""  # why it was set aside, or the rule that lowered its quality
    edited: bool = False

    @property
    def question(self) -> str:
        """The last user message."""
        return next((turn.content for turn in reversed(self.messages) if turn.role == "user"), "")

    @property
    def answer(self) -> str:
        """The last assistant message."""
        return next((turn.content for turn in reversed(self.messages) if turn.role == "assistant"), "")


class Preference(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question with a better and a worse answer."""

    id: str
    messages: tuple[Turn, ...]  # up to and with the question
    chosen: str
    rejected: str
    origin: Origin = "feedback"
    source: Origins = Origins()
    approved: bool = False
    split: Split = "train"


class TextDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text to read (continued pretraining), and the form in which collections hand their documents over."""

    id: str
    text: str
    name: str = ""
    path: str = ""
    collection: str = ""
    document_id: int | None = None
    pages: tuple[tuple[int, int], ...] = ()  # span of each page
    split: Split = "train"
    reason: str = ""


class ReviewDecision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person decided about an example, or about a decision of the cleaning (split)."""

    id: str
    decision: Literal["approve", "reject", "edit"]
    messages: tuple[Turn, ...] | None = None  # edit: the new conversation
    split: Split | None = None  # overrules where cleaning put it


class Control(Struct, frozen=True):
    """What the user asks of a run under way: `stop` keeps the best so far, `pause` waits for `run`, `skip` ends the
    comparison without a verdict."""

    action: Action = "run"


# --- results ----------------------------------------------------------------------------------------------------------


class Marker(Struct, frozen=True, kw_only=True):
    """The last thing a stage writes."""

    stage: str
    fingerprint: str
    seconds: float
    summary: dict[str, str | int | float | bool]
    version: int = VERSION


class BaseReport(Struct, frozen=True, kw_only=True):
    """What the base is, and that torch and llama.cpp agree on it."""

    path: str
    name: str
    architecture: str
    parameters: int
    layers: int
    vocabulary: int
    context: int
    kl: float | None  # nats a token, torch against llama.cpp; None where only a folder is at hand
    template: str
    eos: str
    sha256: str  # of the file's first and last MiB and its size: its identity for lineage


class CurvePoint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A point of the learning curve; losses in nats a token."""

    step: int
    epoch: float
    train: float
    heldout: float | None = None
    learning_rate: float = 0.0


class TrainResult(Struct, frozen=True, kw_only=True):
    """What training did. `hyper` holds every value in use, the chosen ones included."""

    adapter: str  # folder, PEFT
    steps: int
    planned_steps: int
    best_step: int
    stopped: Literal["finished", "early", "user", "time"]
    train_loss: float
    heldout_loss: float | None
    heldout_before: float | None
    curve: tuple[CurvePoint, ...]
    examples: dict[str, int]  # train, validation, replay, too_long, …
    tokens: int  # trained on, padding not counted
    tokens_per_s: float
    seconds: float
    peak_memory_bytes: int
    precision: str
    hyper: Hyper
    warnings: tuple[str, ...] = ()


class ExportedFile(Struct, frozen=True, kw_only=True):
    """One file that came out."""

    path: str
    kind: Literal["adapter", "model"]
    quantization: str
    bytes: int
    recommended: bool = False
    reason: str = ""  # for a person: why one would take it


class ExportResult(Struct, frozen=True, kw_only=True):
    """The files of a run, before the gate."""

    files: tuple[ExportedFile, ...]
    seconds: float


class GateFile(Struct, frozen=True, kw_only=True):
    """Whether an exported file is the model that was trained."""

    path: str
    passed: bool
    kl: float  # nats a token, exported in llama.cpp against the trained model in torch
    limit: float
    base_kl: float | None = None  # what the base loses by the same quantization
    reason: str = ""  # why it failed, for a person


class GateResult(Struct, frozen=True, kw_only=True):
    """Only files that passed are offered."""

    files: tuple[GateFile, ...]
    tokens: int  # measured on
    seconds: float


# --- compare ----------------------------------------------------------------------------------------------------------

Verdict = Literal["better", "no clear change", "worse"]
Side = Literal["left", "right"]


class Exam(Struct, frozen=True, kw_only=True):
    """The same questions put to both models. Intervals are Wilson's, 95 %; `p` is McNemar's exact test, two-sided."""

    name: Literal["taught", "taught with documents", "unseen with documents", "unknown", "general", "labels"]
    count: int
    base: int  # right answers
    tuned: int
    gained: int  # wrong before, right now
    lost: int  # right before, wrong now
    p: float
    base_interval: tuple[float, float]
    tuned_interval: tuple[float, float]

    @property
    def change(self) -> Literal["up", "down", "chance"]:
        """What can be said beyond chance (p < 0.05)."""
        if self.p >= 0.05 or self.gained == self.lost:
            return "chance"
        return "up" if self.gained > self.lost else "down"


class Reading(Struct, frozen=True, kw_only=True):
    """Held-out text in bits a byte, lower is better; the interval is of tuned minus base (paired bootstrap, 95 %)."""

    base: float
    tuned: float
    difference: float
    interval: tuple[float, float]
    documents: int
    bytes: int
    unit: Literal["document", "passage"]  # what was drawn; passages where there are under six documents
    p: float = 0.0  # of the exact sign-flip test over the units, two-sided: never below 0.05 with fewer than six


class Grounding(Struct, frozen=True, kw_only=True):
    """Answers with documents, 0 to 1 (trainer.evaluate.faithfulness says how); relevancy is of the passages shown."""

    count: int
    base_faithfulness: float
    tuned_faithfulness: float
    relevancy: float


class Probe(Struct, frozen=True, kw_only=True):
    """Personal data: at how many places a model completes what stood there. The data itself is written nowhere."""

    places: int
    base: int
    tuned: int
    kinds: tuple[str, ...] = ()  # of what the tuned model gives away and the base does not


class Judged(Struct, frozen=True, kw_only=True):
    """The base as a judge. `consistency`: how often it keeps its choice when the answers trade places."""

    count: int
    consistency: float
    used: bool
    base: int = 0
    tuned: int = 0


class BlindPair(Struct, frozen=True, kw_only=True):
    """Two answers for a person to judge; `tuned` is not shown before the vote."""

    id: str
    question: str
    wanted: str
    left: str
    right: str
    tuned: Side


class Vote(Struct, frozen=True, kw_only=True):
    """A person's choice; the last one of an id counts. The wizard appends them to compare/votes.jsonl."""

    id: str
    choice: Side | Literal["tie"]


class BlindTally(Struct, frozen=True, kw_only=True):
    """Who won the blind comparison so far."""

    base: int
    tuned: int
    ties: int

    @classmethod
    def of(cls, pairs: Iterable[BlindPair], votes: Iterable[Vote]) -> BlindTally:
        """Count the votes."""
        sides = {pair.id: pair.tuned for pair in pairs}
        last = {vote.id: vote.choice for vote in votes if vote.id in sides}
        ties = sum(choice == "tie" for choice in last.values())
        tuned = sum(choice == sides[id] for id, choice in last.items())
        return cls(base=len(last) - ties - tuned, tuned=tuned, ties=ties)


class Confusion(Struct, frozen=True, kw_only=True):
    """Sort into labels: how often `wanted` was called `said`."""

    wanted: str
    said: str
    base: int
    tuned: int


class Judgement(Struct, frozen=True, kw_only=True):
    """The verdict. `default` is the button that Enter presses."""

    verdict: Verdict
    sentence: str
    worse: tuple[str, ...] = ()  # what got worse, a sentence each
    better: tuple[str, ...] = ()
    default: Literal["use", "keep"] = "keep"


class AnswerPair(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of compare/answers.jsonl: one question, both answers."""

    exam: str
    id: str
    question: str
    wanted: str
    base: str
    tuned: str
    base_right: bool
    tuned_right: bool
    group: str = ""
    base_faithfulness: float | None = None
    tuned_faithfulness: float | None = None


class CompareResult(Struct, frozen=True, kw_only=True):
    """compare/result.json. `file` is the exported file that was asked; an exam without questions is not listed."""

    file: str
    judgement: Judgement
    exams: tuple[Exam, ...]
    reading: Reading | None = None
    grounding: Grounding | None = None
    probe: Probe | None = None
    judged: Judged | None = None
    confusion: tuple[Confusion, ...] = ()
    blind: int = 0  # pairs in compare/blind.jsonl
    seconds: float = 0.0
    notes: tuple[str, ...] = ()  # what could not be measured, and why

    def exam(self, name: str) -> Exam | None:
        """One exam by its name."""
        return next((exam for exam in self.exams if exam.name == name), None)


T = TypeVar("T", bound=Struct)


def read_spec(path: Path) -> RunSpec:
    """Read and check a run's specification.

    Raises:
        TrainerError: it is missing, not JSON, of a newer version, or says something unknown; the field is named.
    """
    try:
        spec = msgspec.json.decode(path.read_bytes(), type=RunSpec)
    except FileNotFoundError as error:
        raise TrainerError(f"There is no run at “{path}”.", "Start a new one.", str(error), "missing") from error
    except msgspec.DecodeError as error:
        raise TrainerError("The run's specification cannot be read.", "Start a new run.", str(error), "spec") from error
    if spec.version > VERSION:
        raise TrainerError("A newer Inhouse wrote this run.", "Open it with that version.", code="newer")
    return spec


def read_lines(path: Path, kind: type[T]) -> Iterator[T]:
    """Read a JSON-lines data file; empty lines are passed over.

    Raises:
        TrainerError: a line is broken; it is named by its number.
    """
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                hint = "Correct or delete that line, then start the run again."
                raise TrainerError(f"Line {number} of “{path.name}” is broken.", hint, str(error), "row") from error


def write_lines(path: Path, rows: Iterable[Struct]) -> int:
    """Write JSON lines whole or not at all; returns how many."""
    encoder = msgspec.json.Encoder()
    lines = [encoder.encode(row) for row in rows]
    write_atomic(path, b"\n".join(lines) + (b"\n" if lines else b""))
    return len(lines)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def write_json(path: Path, value: Struct) -> None:
    """Write one Struct, indented for people, whole or not at all."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def read_json(path: Path, kind: type[T]) -> T:
    """Read one Struct.

    Raises:
        TrainerError: it is not what it should be.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise TrainerError(f"“{path.name}” of the run is damaged.", "Start the run again.", str(error)) from error
