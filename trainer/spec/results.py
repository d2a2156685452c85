"""What the stages of a run write when they are done: one JSON file a stage."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from trainer.spec.specification import VERSION, Hyper


class Marker(Struct, frozen=True, kw_only=True):
    """The last thing a stage writes."""

    stage: str
    fingerprint: str
    seconds: float
    summary: dict[str, str | int | float | bool]
    version: int = VERSION


class Checked(Struct, frozen=True, kw_only=True):
    """What of a run's data the recipe cannot learn from, in words; nothing where it can."""

    message: str = ""
    hint: str = ""
    detail: str = ""


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


class WordsResult(Struct, frozen=True, kw_only=True):
    """Which words became tokens, and what that saves."""

    words: tuple[str, ...]
    tokens: int  # new ones, those on the way to a word included
    page_before: float  # tokens of a page of 2,500 characters of what is learned from
    page_after: float
    kl: float  # nats a token, torch against llama.cpp with the new vocabulary


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
    device: str = ""  # that trained
    warnings: tuple[str, ...] = ()


class HeadResult(Struct, frozen=True, kw_only=True):
    """A head on the embedder, examined on the texts that were kept out of what it learned from."""

    labels: tuple[str, ...]
    learned: int  # texts
    count: int  # kept out
    right: int
    interval: tuple[float, float]  # Wilson, 95 %
    commonest: int  # right by always saying the label that most texts have
    seconds: float  # to make it, reading the texts included
    ms_a_text: float
    inverse_regularisation: float  # C of scikit-learn


class HeadAnswer(Struct, frozen=True, kw_only=True):
    """A line of head/answers.jsonl: the label of a text that was kept out."""

    id: str  # of the example
    wanted: str
    said: str
    probability: float


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
