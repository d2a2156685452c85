"""The wizard as a map: what each step needs and has, whether it may go on, and the run that comes of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.types import Collection, InstalledModel
from trainer.spec import BaseModel, Data, Hyper, Input, Prepare, Recipe, Replay, RunSpec

VERSION = 1
Step = Literal["goal", "data", "review", "train", "compare", "use"]
STEPS: tuple[Step, ...] = ("goal", "data", "review", "train", "compare", "use")
Effort = Literal["quick", "balanced", "thorough"]
Stand = Literal["none", "preparing", "review", "training", "paused", "waiting", "stopped", "failed", "done"]
"""Where the run of a wizard is: "stopped" has lost its process and can go on."""
BUSY: tuple[Stand, ...] = ("preparing", "training", "paused", "waiting")
FEW_EXAMPLES = 5
QUESTIONS_A_PASSAGE = 0.6
"""A rough share of passages that give a checked question; only for the promise on the first page."""


class Wizard(Struct, frozen=True, kw_only=True):
    """What a person chose. It is the whole of wizard.json; a later version may add fields."""

    version: int = VERSION
    id: str
    name: str = ""
    step: Step = "goal"
    goal: Recipe = "teach"
    base: str = ""  # name of the installed model
    effort: Effort = "balanced"
    collections: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    chats: tuple[int, ...] = ()
    thumbs: bool = False
    labels: tuple[str, ...] = ()
    mask: bool = True  # personal data
    touched: bool = False  # the person chose data themselves: no default comes in between
    chat_paused: bool = False
    installed: str = ""  # name in the registry
    went_back: bool = False
    kept_old: bool = False
    created_at: float = 0.0


class Facts(Struct, frozen=True, kw_only=True):
    """What this computer has to offer."""

    models: tuple[InstalledModel, ...] = ()
    active: str = ""
    collections: tuple[Collection, ...] = ()
    liked: int = 0  # answers with a thumb up
    corrected: int = 0
    chats: int = 0
    memory_bytes: int = 0
    missing: tuple[str, ...] = ()  # libraries of the trainer


class Reviewed(Struct, frozen=True, kw_only=True):
    """Counts of the review."""

    open: int = 0
    approved: int = 0
    trainable: int = 0
    good: int = 0  # open, and good enough to be approved by Continue
    decided: bool = False


class StepState(Struct, frozen=True, kw_only=True):
    """What stands at the foot of a step."""

    action: str  # label of Continue
    allowed: bool
    reason: str = ""  # why not; or what comes next, where it may
    warning: bool = False


class Need(Struct, frozen=True, kw_only=True):
    """What a goal needs and what is there."""

    need: str
    have: str
    enough: bool


# --- defaults ---------------------------------------------------------------------------------------------------------


def with_defaults(wizard: Wizard, facts: Facts, collection: str = "") -> Wizard:
    """Fill what the person has not chosen: the model in use, the collection they work with, a name.

    `collection` is the one that is chosen elsewhere in the window.
    """
    usable = [model.name for model in facts.models if not model.adapter]
    base = (
        wizard.base if wizard.base in usable else (facts.active if facts.active in usable else next(iter(usable), ""))
    )
    chosen = wizard.collections
    filled = [each.name for each in facts.collections if each.documents]
    if not wizard.touched and not chosen and wizard.goal in ("teach", "read"):
        chosen = (collection,) if collection in filled else tuple(filled[:1])
    name = wizard.name or name_for(base, facts)
    return msgspec.structs.replace(wizard, base=base, collections=chosen, name=name)


def name_for(base: str, facts: Facts) -> str:
    """A name that no model has: the next version of a tuned one, else "… tuned"."""
    taken = {model.name.casefold() for model in facts.models}
    stem = re.sub(r" (?:tuned|v\d+)$", "", base) or "Model"
    version, name = 1, f"{stem} tuned"
    while name.casefold() in taken:
        version += 1
        name = f"{stem} v{version}"
    return name


def choose_goal(wizard: Wizard, goal: Recipe) -> Wizard:
    """Another goal; thumbs come along where they are all that there is to learn from."""
    return msgspec.structs.replace(wizard, goal=goal, thumbs=wizard.thumbs or goal == "prefer")


# --- what is needed ---------------------------------------------------------------------------------------------------


def need_of(goal: Recipe, wizard: Wizard, facts: Facts) -> Need:
    """The line under a goal's name."""
    documents = sum(each.documents for each in facts.collections)
    passages = sum(each.passages for each in facts.collections)
    if goal == "teach":
        about = round(passages * QUESTIONS_A_PASSAGE)
        have = f"Your {_count(documents, 'document')} give about {about}" if documents else "No documents yet"
        if not documents and wizard.files:
            have = f"{_count(len(wizard.files), 'file')} added"
        return Need(need="Best from 100 questions", have=have, enough=bool(documents or wizard.files))
    if goal == "read":
        return Need(
            need="Best from 20 documents",
            have=f"You have {documents}" if documents else "No documents yet",
            enough=documents > 0,
        )
    if goal == "prefer":
        return Need(
            need="Best from 200 corrected answers",
            have=f"You have {facts.corrected}" if facts.corrected else "None corrected yet",
            enough=facts.corrected > 0 or bool(wizard.files),
        )
    have = f"{_count(len(wizard.files), 'file')} added" if wizard.files else "Add a file in the next step"
    return Need(need="Best from 30 texts a label", have=have, enough=bool(wizard.files))


def sources_of(wizard: Wizard, facts: Facts) -> int:
    """How many sources are chosen that are really there and that the goal can use."""
    filled = {each.name for each in facts.collections if each.documents}
    count = 0 if wizard.goal == "read" else len(wizard.files)
    if wizard.goal in ("teach", "read"):
        count += len(filled.intersection(wizard.collections))
    if wizard.goal == "teach":
        count += len(wizard.chats) + (1 if wizard.thumbs and facts.liked + facts.corrected else 0)
    if wizard.goal == "prefer":
        count += 1 if wizard.thumbs and facts.corrected else 0
    return count


# --- the steps --------------------------------------------------------------------------------------------------------


def state_of(wizard: Wizard, facts: Facts, stand: Stand, reviewed: Reviewed, *, worse: bool = False) -> StepState:
    """Whether the step that is open may go on, and why not."""
    if wizard.step == "goal":
        return _goal_state(wizard, facts)
    if wizard.step == "data":
        return _data_state(wizard, facts, stand)
    if wizard.step == "review":
        return _review_state(stand, reviewed)
    if wizard.step == "train":
        return _train_state(stand)
    if wizard.step == "compare":
        if stand != "done":
            return StepState(action="Use the new model", allowed=False, reason="The comparison is not there yet.")
        return StepState(action="Use the new model", allowed=True)
    return StepState(action="Open the chat", allowed=True)


def reachable(step: Step, wizard: Wizard, stand: Stand, *, reviewed: bool = False) -> bool:
    """Whether a click on the rail may open this step; `reviewed` says that training began once."""
    place = STEPS.index(step)
    if stand in BUSY:
        return step == ("review" if stand == "preparing" else "train")
    if step in ("goal", "data"):
        return True
    if step == "review":
        return stand in ("review", "done", "stopped", "failed") and place <= 2
    if step == "train":
        interrupted = reviewed and stand in ("stopped", "failed")
        return stand == "done" or interrupted or wizard.step in ("train", "compare", "use")
    if step == "compare":
        return stand == "done"
    return bool(wizard.installed)


def _goal_state(wizard: Wizard, facts: Facts) -> StepState:
    label = "Choose data"
    if facts.missing:
        what = ", ".join(facts.missing)
        reason = f"Training is not installed on this computer ({what} missing). Install Inhouse with training."
        return StepState(action=label, allowed=False, reason=reason, warning=True)
    if not wizard.base:
        return StepState(action=label, allowed=False, reason="No model is installed that can be trained.")
    model = next((each for each in facts.models if each.name == wizard.base), None)
    if model is None:
        return StepState(action=label, allowed=False, reason=f"“{wizard.base}” is no longer installed.")
    if fit_of(model, facts.memory_bytes) == "large":
        reason = f"“{model.name}” is too large to train here. Choose a smaller one."
        return StepState(action=label, allowed=False, reason=reason)
    return StepState(action=label, allowed=True, reason="Next: choose what to learn from.")


def _data_state(wizard: Wizard, facts: Facts, stand: Stand) -> StepState:
    label = "Prepare the data"
    if stand in BUSY:
        return StepState(action=label, allowed=False, reason="This run is under way.")
    if not sources_of(wizard, facts):
        what = {
            "teach": "Choose a collection, a file, chats or rated answers.",
            "read": "Choose a collection with documents.",
            "prefer": "Correct some answers in your chats, or add a file with pairs.",
            "classify": "Add a file with texts and their labels.",
        }[wizard.goal]
        return StepState(action=label, allowed=False, reason=what)
    return StepState(action=label, allowed=True, reason="Next: they are cleaned, and you see what comes of it.")


def _review_state(stand: Stand, reviewed: Reviewed) -> StepState:
    label = "Start training"
    if stand == "preparing":
        return StepState(action=label, allowed=False, reason="Nothing trains before you have seen the list.")
    listed = reviewed.open or reviewed.approved or reviewed.decided
    if stand in ("failed", "stopped") and not listed:
        return StepState(action=label, allowed=False, reason="The data is not ready yet.")
    if not reviewed.decided and reviewed.good and not reviewed.trainable:
        text = f"Approves {reviewed.good} of good quality and trains with them. Reject first what is wrong."
        return StepState(action=f"Approve {reviewed.good} and train", allowed=True, reason=text)
    if not reviewed.trainable:
        return StepState(action=label, allowed=False, reason="Approve at least one to train with.")
    few = reviewed.trainable < FEW_EXAMPLES
    left = f"{reviewed.open} left to review. " if reviewed.open else ""
    text = f"{left}You can train with the {reviewed.trainable} approved ones."
    if few:
        text = f"{left}Only {reviewed.trainable} to train with: expect it to learn them, and little more."
    return StepState(action=label, allowed=True, reason=text, warning=few)


def _train_state(stand: Stand) -> StepState:
    text = {
        "training": "You can keep chatting. Training continues when the window closes.",
        "paused": "Paused. Nothing is lost.",
        "waiting": "Another training is running. This one starts when it is done.",
        "stopped": "The training was interrupted. It continues where it was.",
        "failed": "The training could not go on.",
    }.get(stand, "")
    return StepState(action="Compare", allowed=stand == "done", reason=text, warning=stand in ("stopped", "failed"))


# --- memory -----------------------------------------------------------------------------------------------------------


def training_bytes(model: InstalledModel, *, small: bool = False) -> int:
    """Memory that training takes, before the trainer measures it.

    Weights (16 bits, or 4 where `small`), the activations of a batch, and Python with torch itself: the same sums as
    trainer.train.plan, with a usual shape for the size.
    """
    parameters = model.parameters or round(model.file_bytes / 0.6)
    width = (
        30 * 576 * math.sqrt(parameters / 135e6)
    )  # layers × hidden of the starter, growing with the root of its size
    weights = parameters * (0.75 if small else 2.0)
    return round(0.7e9 + weights + 1024 * width * 60 + parameters * 0.04 * 16 + 256 * 50_000 * 8)


def fit_of(model: InstalledModel, total_bytes: int) -> Literal["fits", "tight", "large"]:
    """Whether it can be trained on this computer."""
    if not total_bytes or training_bytes(model) < total_bytes * 0.6:
        return "fits"
    return "tight" if training_bytes(model, small=True) < total_bytes * 0.9 else "large"


# --- the run ----------------------------------------------------------------------------------------------------------

EFFORTS: dict[Effort, tuple[int, int, float | None]] = {
    "quick": (24, 6, 4.0),
    "balanced": (48, 10, None),
    "thorough": (200, 9, 6.0),
}
"""Facts at most, phrasings a fact, and times through the data (None: chosen from the data). 48 facts in 10 phrasings
are about ten minutes on two cores; 200 would be more than an hour."""


MOST_LABELS = 60


def labels_of(answers: Iterable[str]) -> tuple[str, ...]:
    """The labels that stand in the examples.

    Raises:
        AppError: there are too many different ones, or only one, for labels.
    """
    found = tuple(sorted({answer.strip() for answer in answers if answer.strip()}))
    if not 2 <= len(found) <= MOST_LABELS:
        hint = "Use a file whose second column holds one of a few labels, or name the labels in the step before."
        raise AppError(f"There are {len(found)} different labels in the data.", hint)
    return found


def build_spec(
    wizard: Wizard, model: InstalledModel, inputs: tuple[Input, ...], *, earlier: tuple[str, ...] = ()
) -> RunSpec:
    """The trainer's specification of what was chosen. `earlier` are examples of rounds that the base went through."""
    facts, phrasings, epochs = EFFORTS[wizard.effort]
    return RunSpec(
        id=wizard.id,
        name=wizard.name,
        recipe=wizard.goal,
        base=BaseModel(path=model.path, name=model.name),
        data=Data(inputs=inputs, labels=wizard.labels if wizard.goal == "classify" else ()),
        prepare=Prepare(
            make_questions=wizard.goal == "teach" and any(each.kind == "documents" for each in inputs),
            max_facts=facts,
            phrasings=phrasings,
            mask_personal_data=wizard.mask,
        ),
        hyper=Hyper(epochs=epochs),
        replay=Replay(earlier=earlier),
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
