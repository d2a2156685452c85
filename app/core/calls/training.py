"""What a door says about trainings: the wizard's steps as calls, and what every door is told of a run.

A run is known by the name of its folder. Each call is refused, in words, where the run's state does not allow it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.finetune.measured import Measured
from app.finetune.states import RunState
from app.finetune.wizard import Changes, Resources, Step, Wizard
from app.types import Message
from app.workers.message import Call, Data, Failure

Decision = Literal["approve", "reject", "edit"]
Choice = Literal["left", "right", "tie"]


class ListRuns(Call, frozen=True):
    """→ RunMoved of those at work, Runs."""


class ListResources(Call, frozen=True):
    """What this computer has to offer for a training; → ResourcesFound."""


class BeginRun(Call, frozen=True):
    """A new run with these choices and the defaults for the others; → RunKept.

    `collection_id` is the one that the person works with, a default; `by_hand`: the data was chosen by them.
    """

    changes: Changes = Changes()
    collection_id: int = 0
    by_hand: bool = False


class OpenRun(Call, frozen=True):
    """A run from before, where it was; → RunMoved where it is at work, RunKept."""

    run_id: str
    collection_id: int = 0


class ChangeRun(Call, frozen=True):
    """Change what is chosen; → RunKept."""

    run_id: str
    changes: Changes
    collection_id: int = 0
    by_hand: bool = False


class OpenStep(Call, frozen=True):
    """Show a step that can be reached; → RunKept."""

    run_id: str
    step: Step


class PrepareRun(Call, frozen=True):
    """Gather the data and let the trainer make questions of it; → RunKept when the trainer has been started.

    Cancelled, it stops gathering.
    """

    run_id: str


class TryAuthor(Call, frozen=True):
    """Let the model that is to write the questions try it on a few documents; → RunKept, whose wizard says how well.

    Cancelled, it stops.
    """

    run_id: str


class StopPreparing(Call, frozen=True):
    """End gathering, or the trainer while it prepares; what it has done stands; → RunKept."""

    run_id: str


class DecideExamples(Call, frozen=True):
    """What a person decided about lines of the list; `messages` are the conversation of an edit; → ReviewDecided."""

    run_id: str
    ids: tuple[str, ...]
    decision: Decision
    messages: tuple[Message, ...] | None = None


class ApproveGood(Call, frozen=True):
    """Approve every open line of at least this quality (0 to 1), and those that nobody measured; → ReviewDecided."""

    run_id: str
    quality: float


class MeasureRun(Call, frozen=True):
    """What training would take here; → TrainingMeasured. Cancelled, it stops measuring."""

    run_id: str


class TrainRun(Call, frozen=True):
    """The person has seen the list: measure and start; → RunKept, or TrainingRefused. Cancelled, it does not start.

    `pause_chat`: where both do not fit, the chat's model gives its memory back until the training has ended.
    """

    run_id: str
    pause_chat: bool = False


class ResumeRun(Call, frozen=True):
    """A run that was interrupted, or failed, goes on where it was; → RunKept."""

    run_id: str


class SteerRun(Call, frozen=True):
    """Pause the training, go on, stop and keep the best so far; end the comparison with what was asked by then
    (shorten), or without a verdict (skip); → Done."""

    run_id: str
    action: Literal["pause", "unpause", "stop", "shorten", "skip"]


class AskSample(Call, frozen=True):
    """The question whose answer is shown while the model learns, not taught nor examined; "" for none; → RunKept."""

    run_id: str
    question: str


class FollowRun(Call, frozen=True):
    """Hear of one run until nothing works on it; → RunMoved…, RunKept."""

    run_id: str


class ExportRun(Call, frozen=True):
    """Write what would train here, and a configuration for a tool on another computer, into a folder that is new or
    empty; → RunExported. Cancelled, it stops."""

    run_id: str
    tool: Literal["trl", "axolotl"]
    folder: str


class BringAdapter(Call, frozen=True):
    """Take the adapter that PEFT wrote into this folder as what the run learned; → RunKept when it is being checked.
    Cancelled before, it is left."""

    run_id: str
    folder: str


class InstallRun(Call, frozen=True):
    """List the model that came out; `name` "" takes the run's; → ModelInstalled, of a reader RunKept."""

    run_id: str
    name: str = ""


class UseRun(Call, frozen=True):
    """Install what came out, and make it the model that answers; → Switching…, Switched; of a reader RunKept."""

    run_id: str
    adapter: bool = False  # what was learned, applied to the model that it was taught: no second file of weights


class KeepOld(Call, frozen=True):
    """The new model is not used; the run stays; → RunKept."""

    run_id: str


class LeaveRun(Call, frozen=True):
    """Back to the model, or the reader, in use before; → Switching…, Switched; of a reader RunKept."""

    run_id: str


class RenameRun(Call, frozen=True):
    """Another name for the run and the model that came out of it; → RunKept."""

    run_id: str
    name: str


class VoteAnswer(Call, frozen=True):
    """Which answer of a blind question is better; → Voted."""

    run_id: str
    pair_id: str
    choice: Choice


class RemoveParts(Call, frozen=True):
    """Delete some of what the run keeps, see app.finetune.runs.REMOVABLE; → RunKept."""

    run_id: str
    parts: tuple[str, ...]


class DeleteRun(Call, frozen=True):
    """Delete the run with its data; a model that was installed from it stays; → Done."""

    run_id: str


# --- answers ----------------------------------------------------------------------------------------------------------


class RunRecord(Struct, frozen=True, kw_only=True):
    """A run as a door shows it."""

    id: str
    folder: str
    state: RunState
    wizard: Wizard | None = None  # None: it cannot be read, `problem` says why
    problem: str = ""
    reviewed: bool = False  # training began once
    listed: bool = False  # there is a list to review


class Runs(Data, frozen=True):
    """Newest first."""

    runs: tuple[RunRecord, ...]


class RunKept(Data, frozen=True):
    """The run after what was asked for."""

    run: RunRecord


class ResourcesFound(Data, frozen=True):
    """What there is to train with."""

    resources: Resources


class TrainingMeasured(Data, frozen=True):
    """What training would take, with the list as it stands."""

    run_id: str
    measured: Measured


class RunExported(Data, frozen=True):
    """The files that were written, by path."""

    files: tuple[str, ...]


class TrainingRefused(Data, frozen=True):
    """It does not fit; `possible`: with the chat paused it does."""

    measured: Measured
    possible: bool


# --- told to every door that listens ----------------------------------------------------------------------------------


class RunsChanged(Data, frozen=True):
    """Another number of runs, or others."""


class RunChanged(Data, frozen=True):
    """What is chosen, or the step that is open."""

    run: RunRecord


class RunMoved(Data, frozen=True):
    """What a run said, at most four times a second. The whole of it stands in its events.jsonl."""

    run_id: str
    state: RunState
    stage: str = ""
    sentence: str = ""  # what it does now, in a few words
    note: str = ""
    fraction: float | None = None  # of the stage
    train_fraction: float = 0.0
    step: int = 0
    steps: int = 0
    loss: float | None = None
    seconds_left: float | None = None
    gathered: int = 0  # documents read, while data is gathered, and in all
    to_gather: int = 0
    failure: Failure | None = None


class ReviewDecided(Data, frozen=True):
    """Lines of a list were decided; what about each of them stands in the run's review.jsonl."""

    run_id: str
    count: int


class Voted(Data, frozen=True):
    """A blind question was judged; which one, and how, stands in the run's compare/votes.jsonl."""

    run_id: str


Calls = (
    ListRuns
    | ListResources
    | BeginRun
    | OpenRun
    | ChangeRun
    | OpenStep
    | PrepareRun
    | TryAuthor
    | StopPreparing
    | DecideExamples
    | ApproveGood
    | MeasureRun
    | TrainRun
    | ResumeRun
    | SteerRun
    | AskSample
    | FollowRun
    | ExportRun
    | BringAdapter
    | InstallRun
    | UseRun
    | KeepOld
    | LeaveRun
    | RenameRun
    | VoteAnswer
    | RemoveParts
    | DeleteRun
)
Answers = Runs | RunKept | ResourcesFound | TrainingMeasured | TrainingRefused | RunExported
Events = RunsChanged | RunChanged | RunMoved | ReviewDecided | Voted
