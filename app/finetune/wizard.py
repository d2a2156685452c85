"""What a person chose in the wizard, as records, and what is filled in where they chose nothing."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from app.finetune.author import AuthorTrial, Served
from app.types import Collection, InstalledModel

VERSION = 2
Step = Literal["goal", "data", "review", "train", "compare", "use"]
STEPS: tuple[Step, ...] = ("goal", "data", "review", "train", "compare", "use")
CHOOSING: tuple[Step, ...] = ("goal", "data")
"""Steps in which something is chosen; behind them the choice is the run's."""
Effort = Literal["quick", "balanced", "thorough"]
Goal = Literal["teach", "read", "prefer", "classify", "search", "scratch"]
"""The trainer's recipes (`trainer.spec.Recipe`), which this leaf does not import: every door loads it at its start."""
Size = Literal["1M", "10M", "30M", "100M"]
"""Weights of a model that is made from nothing (`trainer.spec.SIZES`)."""
FROM_DOCUMENTS: tuple[Goal, ...] = ("teach", "read", "search", "scratch")
"""Goals that learn from collections."""
ASKED: tuple[Goal, ...] = ("teach", "read")
"""Goals whose exam has a place for the person's own questions."""
WORDED: tuple[Goal, ...] = ("teach", "read")
"""Goals that read enough text for new words to be learned."""
TRIED: tuple[Goal, ...] = ("teach", "read", "prefer", "classify")
"""Goals whose settings can be found by trying."""
FIND_MINUTES = (15, 30, 60, 120)
"""Times that the window offers for it."""
AWAY: tuple[Goal, ...] = ("teach", "read", "prefer", "classify")
"""Goals whose training can be done on another computer: what comes of it is an adapter of the base."""
DOMAIN_WORDS = 200
"""How many words the window offers to add."""
FEWEST, MOST = 5, 10
"""How many of them the wizard asks for."""


class OwnQuestion(Struct, frozen=True):
    """What the person would ask a colleague, for the exam; without an answer they judge the models' answers blind."""

    question: str
    answer: str = ""


class Choices(Struct, frozen=True, kw_only=True):
    """What the model should learn, from what, and how thoroughly."""

    name: str = ""  # of the new model
    goal: Goal = "teach"
    base: str = ""  # id of the installed model that is trained
    effort: Effort = "balanced"
    collections: tuple[int, ...] = ()  # ids
    files: tuple[str, ...] = ()  # paths
    chats: tuple[int, ...] = ()  # ids
    thumbs: bool = False  # answers that were rated
    labels: tuple[str, ...] = ()  # of the goal "classify"; none takes those that stand in the data
    mask: bool = True  # personal data
    own: tuple[OwnQuestion, ...] = ()  # never learned from
    words: int = 0  # of the documents that become tokens, at most; goals "teach" and "read"
    author: str = ""  # of the questions: id of a model, app.finetune.author.RULES or OWN_FILE; "": the base
    consent: str = ""  # the server that may see passages of the documents
    size: Size = "10M"  # of the goal "scratch"
    find_best: float = 0.0  # minutes in which settings are tried before the training; 0: the recipe's own


class Changes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Some of the choices, to be changed; what is not set stays as it is."""

    name: str | UnsetType = UNSET
    goal: Goal | UnsetType = UNSET
    base: str | UnsetType = UNSET
    effort: Effort | UnsetType = UNSET
    collections: tuple[int, ...] | UnsetType = UNSET
    files: tuple[str, ...] | UnsetType = UNSET
    chats: tuple[int, ...] | UnsetType = UNSET
    thumbs: bool | UnsetType = UNSET
    labels: tuple[str, ...] | UnsetType = UNSET
    mask: bool | UnsetType = UNSET
    own: tuple[OwnQuestion, ...] | UnsetType = UNSET
    words: int | UnsetType = UNSET
    author: str | UnsetType = UNSET
    consent: str | UnsetType = UNSET
    size: Size | UnsetType = UNSET
    find_best: float | UnsetType = UNSET


class Named(Struct, frozen=True, kw_only=True):
    """What a run of version 1 knew by name, until its ids are found."""

    base: str = ""
    collections: tuple[str, ...] = ()
    installed: str = ""


class Wizard(Choices, frozen=True, kw_only=True):
    """A run as its wizard knows it: the choices and how far it has come. It is the whole of wizard.json."""

    version: int = VERSION
    id: str
    step: Step = "goal"
    touched: bool = False  # the person chose data themselves: no default comes in between
    chat_paused: bool = False  # the training took the memory of the chat's model, which comes back when it has ended
    installed: str = ""  # id of the model that came out, once it is listed
    went_back: bool = False
    kept_old: bool = False
    trial: AuthorTrial | None = None  # of the author that was tried last
    created_at: float = 0.0
    named: Named | None = None


class Resources(Struct, frozen=True, kw_only=True):
    """What this computer has to offer for a training."""

    models: tuple[InstalledModel, ...] = ()  # whose files are there
    served: tuple[Served, ...] = ()  # on servers
    active: str = ""  # id
    collections: tuple[Collection, ...] = ()
    liked: int = 0  # answers with a thumb up
    corrected: int = 0
    chats: int = 0
    memory_bytes: int = 0
    missing: tuple[str, ...] = ()  # libraries of the trainer

    def model(self, model_id: str) -> InstalledModel | None:
        """The model of this id."""
        return next((model for model in self.models if model_id and model.id == model_id), None)


def changed(wizard: Wizard, changes: Changes, *, by_hand: bool = False) -> Wizard:
    """The wizard with these changes. `by_hand`: the person chose the data, so no default is put in their place.

    With the goal "prefer" the thumbs come along: they are all that there is to learn from. Consent is given for an
    author, and goes with it; a trial counts for an author and its documents.
    """
    values = {key: value for key in changes.__struct_fields__ if (value := getattr(changes, key)) is not UNSET}
    before, wizard = wizard, msgspec.structs.replace(wizard, **values)
    if changes.author is not UNSET and changes.consent is UNSET and changes.author != before.author:
        wizard = msgspec.structs.replace(wizard, consent="")
    if wizard.trial is not None and (writes(wizard), wizard.collections) != (writes(before), before.collections):
        wizard = msgspec.structs.replace(wizard, trial=None)
    if changes.goal == "prefer" and changes.thumbs is UNSET:
        wizard = msgspec.structs.replace(wizard, thumbs=True)
    return msgspec.structs.replace(wizard, touched=wizard.touched or by_hand)


def writes(wizard: Wizard) -> str:
    """Id of the model that writes the questions, or what was chosen in place of one."""
    return wizard.author or wizard.base


def with_defaults(wizard: Wizard, resources: Resources, collection: int = 0) -> Wizard:
    """Fill what the person has not chosen: the model in use, the collection they work with, a name.

    `collection` is the one that is chosen elsewhere, 0 for none.
    """
    usable = [model.id for model in resources.models if not model.adapter]
    first = resources.active if resources.active in usable else next(iter(usable), "")
    base = wizard.base if wizard.base in usable else first
    chosen = wizard.collections
    filled = [each.id for each in resources.collections if each.documents]
    if not wizard.touched and not chosen and wizard.goal in FROM_DOCUMENTS:
        chosen = (collection,) if collection in filled else tuple(filled[:1])
    model = resources.model(base)
    name = wizard.name
    if not name and wizard.goal == "search":
        name = next((each.name for each in resources.collections if each.id in chosen), "Documents") + ", taught"
    if not name and wizard.goal == "scratch":
        name = name_for("Own", resources, "model")
    name = name or name_for(model.name if model is not None else "", resources)
    return msgspec.structs.replace(wizard, base=base, collections=chosen, name=name)


def name_for(base: str, resources: Resources, kind: str = "tuned") -> str:
    """A name that no model has: the next version of a tuned one, else "… tuned", or what `kind` says."""
    taken = {model.name.casefold() for model in resources.models}
    stem = re.sub(r" (?:tuned|v\d+)$", "", base) or "Model"
    version, name = 1, f"{stem} {kind}"
    while name.casefold() in taken:
        version += 1
        name = f"{stem} v{version}"
    return name
