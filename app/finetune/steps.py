"""What each step of the wizard needs and has, whether it may go on, and what comes next."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.finetune.author import OWN_FILE
from app.finetune.durations import duration, then
from app.finetune.estimate import fit_of, preparing_s
from app.finetune.states import BUSY, RunState
from app.finetune.trainer_command import lacking
from app.finetune.wizard import ASKED, FROM_DOCUMENTS, Goal, Resources, Step, Wizard
from trainer.spec import RECIPES, SIZES, TOKENS_A_WEIGHT

FEW_EXAMPLES = 5
QUESTIONS_A_PASSAGE = 0.6
"""A rough share of passages that give a checked question; only for the promise on the first page."""
TOKENS_A_PASSAGE = 220
"""Of a model's own words; only for the promise on the first page."""
Next = Literal["data", "prepare", "train", "compare", "use", "chat"]
NEXT: dict[Step, Next] = {
    "goal": "data", "data": "prepare", "review": "train", "train": "compare", "compare": "use", "use": "chat",
}  # fmt: skip
"""What the primary button of each step does: opens the next one, or does what the step is for."""


class Reviewed(Struct, frozen=True, kw_only=True):
    """Counts of the review."""

    open: int = 0
    approved: int = 0
    trainable: int = 0
    good: int = 0  # open, and good enough to be approved by Continue
    decided: bool = False
    seconds: float = 0.0  # that training with them takes, where that was measured
    trying: float = 0.0  # and finding its settings before it, at most
    exporting: float = 0.0  # and writing and checking the files after it
    comparing: float = 0.0  # and the comparison after that
    words: str = ""  # what domain words save, in a sentence, where that is to be said


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


BEST_QUESTIONS, BEST_DOCUMENTS, BEST_CORRECTIONS = 100, 20, 200


def need_of(goal: Goal, wizard: Wizard, resources: Resources) -> Need:
    """The line under a goal's name."""
    documents = sum(each.documents for each in resources.collections)
    passages = sum(each.passages for each in resources.collections)
    if goal in ("teach", "search"):
        about = round(passages * QUESTIONS_A_PASSAGE)
        have = f"Your {_count(documents, 'document')} give about {about}" if documents else "No documents yet"
        if not documents and wizard.files:
            have = f"{_count(len(wizard.files), 'file')} added"
        return Need(need=f"Best from {BEST_QUESTIONS} questions", have=have, enough=about >= BEST_QUESTIONS)
    if goal == "scratch":
        wanted, tokens = TOKENS_A_WEIGHT * SIZES[wizard.size].parameters, passages * TOKENS_A_PASSAGE
        have = f"Your {_count(documents, 'document')} give about {rounded(tokens)}" if documents else "No documents yet"
        return Need(need=f"Best from {rounded(wanted)} words", have=have, enough=tokens >= wanted)
    if goal == "read":
        return Need(
            need=f"Best from {BEST_DOCUMENTS} documents",
            have=f"You have {documents}" if documents else "No documents yet",
            enough=documents >= BEST_DOCUMENTS,
        )
    if goal == "prefer":
        have = f"You have {resources.corrected}" if resources.corrected else "None corrected yet"
        if wizard.files:
            have = f"{_count(len(wizard.files), 'file')} added"
        return Need(
            need=f"Best from {BEST_CORRECTIONS} corrected answers",
            have=have,
            enough=resources.corrected >= BEST_CORRECTIONS,
        )
    have = f"{_count(len(wizard.files), 'file')} added" if wizard.files else "Add a file in the next step"
    return Need(need="Best from 30 texts a label", have=have, enough=False)  # counted once they are read


def sources_of(wizard: Wizard, resources: Resources) -> int:
    """How many sources are chosen that are really there and that the goal can use."""
    filled = {each.id for each in resources.collections if each.documents}
    count = 0 if wizard.goal == "read" else len(wizard.files)
    if wizard.goal in FROM_DOCUMENTS:
        count += len(filled.intersection(wizard.collections))
    if wizard.goal == "teach":
        count += len(wizard.chats) + (1 if wizard.thumbs and resources.liked + resources.corrected else 0)
    if wizard.goal == "prefer":
        count += 1 if wizard.thumbs and resources.corrected else 0
    return count


# --- the steps --------------------------------------------------------------------------------------------------------


def state_of(wizard: Wizard, resources: Resources, state: RunState, reviewed: Reviewed) -> StepState:
    """Whether the step that is open may go on, and why not."""
    if wizard.step == "goal":
        return _goal_state(wizard, resources)
    if wizard.step == "data":
        return _data_state(wizard, resources, state)
    if wizard.step == "review":
        return _review_state(state, reviewed, reads=wizard.goal == "scratch" and bool(wizard.base))
    if wizard.step == "train":
        return _train_state(state)
    if wizard.step == "compare":
        label = "Use the new reader" if wizard.goal == "search" else "Use the new model"
        if state != "done":
            return StepState(action=label, allowed=False, reason="The comparison is not there yet.")
        return StepState(action=label, allowed=True)
    return StepState(action="Open the chat", allowed=True)


def _goal_state(wizard: Wizard, resources: Resources) -> StepState:
    label, ready = "Choose data", "Next: choose what to learn from."
    if resources.missing:
        return StepState(action=label, allowed=False, reason=" ".join(lacking(resources.missing)), warning=True)
    if wizard.goal in ("search", "scratch"):
        return StepState(action=label, allowed=True, reason=ready)
    if not wizard.base:
        return StepState(action=label, allowed=False, reason="No model is installed that can be trained.")
    model = resources.model(wizard.base)
    if model is None:
        return StepState(action=label, allowed=False, reason="The chosen model is no longer installed.")
    if fit_of(model, resources.memory_bytes) == "large":
        reason = f"“{model.name}” is too large to train here. Choose a smaller one."
        return StepState(action=label, allowed=False, reason=reason)
    return StepState(action=label, allowed=True, reason=ready)


def _data_state(wizard: Wizard, resources: Resources, state: RunState) -> StepState:
    label = "Prepare the data"
    if state in BUSY:
        return StepState(action=label, allowed=False, reason="This run is under way.")
    searchable = {each.id for each in resources.collections if each.documents}.intersection(wizard.collections)
    if not sources_of(wizard, resources) or (wizard.goal == "search" and not searchable):
        return StepState(action=label, allowed=False, reason=RECIPES[wizard.goal].needs)
    if missing := _missing_author(wizard, resources):
        return StepState(action=label, allowed=False, reason=missing)
    text = before_questions(wizard, resources)
    if wizard.goal in ASKED and not wizard.own:
        text = (
            f"{text} Without questions of your own the exam is in our wording alone, and the verdict says so.".strip()
        )
    return StepState(action=label, allowed=True, reason=text or "Next: they are cleaned, and you see what comes of it.")


def before_questions(wizard: Wizard, resources: Resources) -> str:
    """How long it takes until there are questions of documents, or until that can be told; "" where none are made."""
    if wizard.goal not in ("teach", "search") or wizard.author == OWN_FILE or not wizard.collections:
        return ""
    trial = wizard.trial
    if trial is not None:
        if not (trial.used and trial.seconds):
            return ""
        return f"Next: questions about some {trial.facts} facts, which takes about {duration(trial.seconds)}."
    model = resources.model(wizard.author) or resources.model(wizard.base)
    if model is None:
        return ""
    return f"Next: the model is checked and tried, for about {duration(preparing_s(model))}; then the rest is told."


def _missing_author(wizard: Wizard, resources: Resources) -> str:
    """What the chosen author of the questions lacks, or ""."""
    if wizard.goal not in ("teach", "search"):
        return ""
    if wizard.author == OWN_FILE and not wizard.files:
        return "Add a file with questions and answers, or let others write the questions."
    server = next((each for each in resources.served if each.id == wizard.author), None)
    if server is not None and server.host and wizard.consent != server.host:
        return f"Passages of your documents would be sent to {server.host}: agree first, or choose who else writes."
    return ""


def _review_state(state: RunState, reviewed: Reviewed, *, reads: bool) -> StepState:
    """`reads`: it learns without questions too, from text and general answers."""
    label = "Start training"
    if state == "preparing":
        return StepState(action=label, allowed=False, reason="Nothing trains before you have seen the list.")
    listed = reviewed.open or reviewed.approved or reviewed.decided
    if state in ("failed", "stopped") and not listed:
        return StepState(action=label, allowed=False, reason="The data is not ready yet.")
    if not reviewed.decided and reviewed.good and not reviewed.trainable:
        text = f"Approves {reviewed.good} of good quality and trains with them{_time(reviewed)}."
        text = f"{text} Reject first what is wrong. {reviewed.words}".rstrip()
        return StepState(action=f"Approve {reviewed.good} and train", allowed=True, reason=text)
    if not reviewed.trainable and reads:
        text = f"No question is approved: it reads, and learns to chat from general answers{_time(reviewed)}."
        return StepState(action=label, allowed=True, reason=text, warning=True)
    if not reviewed.trainable:
        return StepState(action=label, allowed=False, reason="Approve at least one to train with.")
    few = reviewed.trainable < FEW_EXAMPLES
    left = f"{reviewed.open} left to review. " if reviewed.open else ""
    text = f"{left}You can train with the {reviewed.trainable} approved ones{_time(reviewed)}."
    if few:
        hope = "expect it to learn them, and little more"
        text = f"{left}Only {reviewed.trainable} to train with{_time(reviewed)}: {hope}."
    return StepState(action=label, allowed=True, reason=f"{text} {reviewed.words}".rstrip(), warning=few)


def _time(reviewed: Reviewed) -> str:
    """ ", in about 12 min, and about 5 min to compare", or nothing where it was not measured."""
    if not reviewed.seconds:
        return ""
    trying = f", after up to {duration(reviewed.trying)} to find the best settings" if reviewed.trying else ""
    return f", in about {duration(reviewed.seconds)}{trying}{then(reviewed.exporting, reviewed.comparing)}"


def _train_state(state: RunState) -> StepState:
    text = {
        "training": "You can keep chatting. Training continues when the window closes.",
        "paused": "Paused. Nothing is lost.",
        "waiting": "Another training is running. This one starts when it is done.",
        "stopped": "The training was interrupted. It continues where it was.",
        "failed": "The training could not go on.",
    }.get(state, "")
    return StepState(action="Compare", allowed=state == "done", reason=text, warning=state in ("stopped", "failed"))


def rounded(number: int) -> str:
    """ "12,000", "200 million" """
    about = round(number, 1 - len(str(number)))
    return f"{about:,}" if about < 1_000_000 else f"{about // 1_000_000:,} million"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
