"""What a run is to do, whole: with the same specification and the same data the same model comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from trainer.spec.authoring import Writer
from trainer.spec.recipes import RECIPES, InputKind, Recipe, TrainingRecipe
from trainer.spec.scratch import SIZES, NewModel

VERSION = 1
Precision = Literal["auto", "bf16", "fp32", "nf4"]
Quantization = Literal["Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16"]


class BaseModel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model that is taught: a GGUF file, or a Hugging Face folder with safetensors."""

    path: str
    name: str = ""
    gguf: str = ""  # for a folder: the GGUF of the same model, which the export is grafted on

    @property
    def file(self) -> str:
        """The GGUF that llama.cpp runs; "" where only a folder is at hand."""
        return self.gguf or ("" if Path(self.path).is_dir() else self.path)


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that the prepare stages collect from."""

    kind: InputKind
    path: str  # documents: JSON lines of TextDocument; file: CSV, XLSX or JSONL; chats and feedback: JSON lines
    name: str = ""  # of the collection or file, for people


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the data is: inputs to prepare, or files that are ready (they skip prepare and its review)."""

    inputs: tuple[Input, ...] = ()
    examples: str = ""  # JSON lines of Example
    preferences: str = ""  # JSON lines of Preference
    texts: str = ""  # JSON lines of TextDocument
    labels: tuple[str, ...] = ()  # classification: the only answers allowed; () takes those of the data
    own: str = ""  # JSON lines of Example: the person's own questions, asked in the comparison and never learned from
    system: str | None = None  # message before each example; None: the chat's own (app.llama.rules), "": none


class Prepare(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the prepare stages may do."""

    make_questions: bool = True
    writer: Writer = "model"  # of the questions
    author: str = ""  # its GGUF, or the name of its server; "" or gone: the base itself
    author_minutes: float = 30.0  # that the model may take by its measured pace; beyond, rules ask
    phrasings: int = 7  # a fact
    max_facts: int = 200
    domain_words: int = 0  # long words of the documents that become tokens, at most; teach and read
    mask_personal_data: bool = True
    languages: tuple[str, ...] = ()  # () keeps the main language of the data
    heldout_phrasings: int = 1  # a fact
    heldout_documents: float = field(default=0.1, name="unseen_share")  # share that is held out whole
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
    beta: float = 0.1  # of DPO
    evaluations: int = 8  # held-out measurements in a run
    checkpoint_seconds: float = 60.0
    checkpoint_steps: int | None = None


class Replay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """General questions answered by the base itself, mixed in so that teaching does not erase."""

    enabled: bool = True
    questions: str = ""  # JSON lines with "question"; "" takes the ones that ship
    earlier: tuple[str, ...] = ()  # examples.jsonl of earlier rounds
    share: float | None = None  # replayed questions for each one that is taught
    weight: float = 2.0  # of what the base answered itself, beside 1 for what is taught (docs/fine-tuning.md)
    reading: float = 0.12  # tokens of the documents' own text, read along, for each token of the answers
    max_new_tokens: int = 48


class Lessons(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is learned beside the approved questions, for each fact (trainer.train.variants, trainer.train.lessons)."""

    variants: int = 32  # ways to ask that nobody reviewed, with the approved answer
    grounded: float = 1.5  # times its passage is shown among others, and the answer cites it
    refused: float = 2.0  # questions that the passages shown do not answer, and that is said
    unknown: float = 0.0  # questions without passages that nothing taught answers, and that is said


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
    processes: int | None = None  # that train together; None: one for each card that holds the model


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
    lessons: Lessons = Lessons()
    export: Export = Export()
    limits: Limits = Limits()
    scratch: NewModel = SIZES["10M"]  # what the recipe “scratch” makes
    find_best: float | None = None  # minutes in which rank, rate and epochs are tried; None: the recipe's own
    compare: bool = True
    seed: int = 17

    @property
    def grows(self) -> bool:
        """Whether words of the documents become tokens."""
        return self.prepare.domain_words > 0 and self.training.takes_words

    @property
    def tries(self) -> bool:
        """Whether settings are tried before the training: only where an adapter is trained on a chat model."""
        return bool(self.find_best) and self.training.objective in ("likelihood", "preference")

    @property
    def training(self) -> TrainingRecipe:
        """What its recipe needs, trains and is examined by."""
        return RECIPES[self.recipe]
