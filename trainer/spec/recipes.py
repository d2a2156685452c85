"""What each recipe needs, learns from, trains and is examined by, as data: whoever asks about a recipe asks here.

A new recipe is one entry of `RECIPES`. Where it learns from other rows, or towards another aim, than those below, that
is one more entry in the tables beside what does the work: `ROWS` in trainer.train.gather, `OBJECTIVES` in
trainer.train.stages, or `COURSES` in trainer.stages and `PLANS` in trainer.train.plan where the stages are its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trainer.spec.comparison import ExamName

Recipe = Literal["teach", "read", "prefer", "classify", "search", "scratch"]
"""How run.json and wizard.json name a recipe, and the window's plain words for it."""
InputKind = Literal["documents", "file", "chats", "feedback"]
Rows = Literal["examples", "texts", "preferences"]
Objective = Literal["likelihood", "preference", "reading", "whole"]


@dataclass(frozen=True)
class TrainingRecipe:
    """A way to fine-tune."""

    key: Recipe
    term: str
    """What the field calls it."""
    achieved: str
    """What a model card says was done to the model."""
    rows: Rows
    """Its data file: conversations, plain texts, or preference pairs."""
    inputs: tuple[InputKind, ...]
    """What the prepare stages can make such rows of."""
    needs: str
    """What to do where nothing of it was chosen."""
    objective: Objective
    """Learned tokens are to be likely, or the better answer likelier than the worse one; of a reader, the place of the
    answer in a passage; of a whole new model, each token of its texts, then of its answers."""
    exams: tuple[ExamName, ...]
    """What judges it, as far as there are questions."""
    learning_rate: float
    """Peak, for a model of the starter's size."""
    epochs: float
    step_tokens: int
    """Tokens a step."""
    work: float = 1.1
    """Time of a step by that of a forward and backward pass over its tokens."""
    needs_labels: bool = False
    """Answers are one of a fixed set, and held out by label."""
    makes_questions: bool = False
    """Documents become questions with answers."""
    varies: bool = False
    """Each fact is also learned in other words than those approved, from passages, and with refusals beside it."""
    takes_words: bool = False
    """Words of the documents may become tokens: enough text is read for these to be learned."""
    reads_along: bool = False
    """Pieces of the documents' own text are read beside the answers, so that whole sentences are not unlearned."""


_WITH_DOCUMENTS: tuple[ExamName, ...] = ("taught with documents", "unseen with documents", "unknown")

SFT = TrainingRecipe(
    key="teach",
    term="supervised fine-tuning",
    achieved="taught answers",
    rows="examples",
    inputs=("documents", "file", "chats", "feedback"),
    needs="Choose a collection, a file, chats or rated answers.",
    objective="likelihood",
    exams=("own", "rephrased", "taught", *_WITH_DOCUMENTS, "general"),
    learning_rate=5e-4,
    epochs=1,
    step_tokens=512,
    makes_questions=True,
    varies=True,
    takes_words=True,
    reads_along=True,
)
CONTINUED_PRETRAINING = TrainingRecipe(
    key="read",
    term="continued pretraining",
    achieved="read documents",
    rows="texts",
    inputs=("documents",),
    needs="Choose a collection with documents.",
    objective="likelihood",
    exams=("own", "unknown", "general"),
    learning_rate=2e-4,
    epochs=2,
    step_tokens=2048,
    takes_words=True,
)
DPO = TrainingRecipe(
    key="prefer",
    term="direct preference optimisation",
    achieved="taught to prefer better answers",
    rows="preferences",
    inputs=("file", "feedback"),
    needs="Correct some answers in your chats, or add a file with pairs.",
    objective="preference",
    exams=("preferred", "general"),
    learning_rate=5e-5,
    epochs=2,
    step_tokens=1024,
    work=2.2,
)
CLASSIFICATION = TrainingRecipe(
    key="classify",
    term="classification",
    achieved="taught to sort into labels",
    rows="examples",
    inputs=("file",),
    needs="Add a file with texts and their labels.",
    objective="likelihood",
    exams=("labels", "general"),
    learning_rate=3e-4,
    epochs=4,
    step_tokens=512,
    needs_labels=True,
)
READER_TUNING = TrainingRecipe(
    key="search",
    term="reader fine-tuning with hard negatives",
    achieved="taught to find answers in the company's documents",
    rows="examples",
    inputs=("documents", "file"),
    needs="Choose a collection with documents.",
    objective="reading",
    exams=(
        "first sentence",
        "five sentences",
        "sure and right",
        "not wrong",
        "unknown",
        "samples",
        "samples not wrong",
    ),
    learning_rate=1e-4,
    epochs=3,
    step_tokens=4096,
    makes_questions=True,
)
FROM_SCRATCH = TrainingRecipe(
    key="scratch",
    term="pretraining and supervised fine-tuning from scratch",
    achieved="made from nothing: its words, its weights, its answers",
    rows="examples",
    inputs=("documents", "file"),
    needs="Choose a collection with documents, or a file with answers.",
    objective="whole",
    exams=(),
    learning_rate=1e-3,
    epochs=8,
    step_tokens=1024,
    makes_questions=True,
)
RECIPES: dict[Recipe, TrainingRecipe] = {
    recipe.key: recipe for recipe in (SFT, CONTINUED_PRETRAINING, DPO, CLASSIFICATION, READER_TUNING, FROM_SCRATCH)
}
