"""What can be done with a run, each use case once: generators that yield steps for others and receive what these gave.

They touch no disk and start no process themselves, so that their tests need neither. Who drives them
(`app.core.run_flows`) knows four roles: the documents process, the trainer's commands, the disk, and the desk that
keeps wizards and models.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from msgspec import Struct

from app.embedder.readers import Readers, TaughtReader
from app.errors import AppError
from app.finetune import machine, plan
from app.finetune.author import Author
from app.finetune.compare import Comparison
from app.finetune.machine import Gathered
from app.finetune.measured import Measured
from app.finetune.own import as_examples
from app.finetune.plan import ReaderStart
from app.finetune.review import DEFAULT_QUALITY, ReviewList
from app.finetune.runs import Run, Runs
from app.finetune.sources import READABLE, Rated, document_of, from_chat, from_label_folders, from_ratings
from app.finetune.use import earlier_examples, place_reader, prepare_adapter, prepare_install
from app.finetune.wishes import Approve, CheckData, Keep, LaunchTrainer, ListModel, PauseChat, PlanTraining, Work
from app.finetune.wizard import ASKED, FROM_DOCUMENTS, Wizard
from app.types import InstalledModel, Message, ModelInfo
from app.workers.calls.documents import Documents, DocumentText, ListDocuments, ReadText, Search, Searched
from app.workers.message import Call
from trainer.spec import RECIPES, Checked, Found, Input, RunSpec

T = TypeVar("T")
READ = 10
"""Passages that the chat has read for a question (app/assistant/flow.py; a test holds both to be the same)."""
TRIAL, CHECK = "trial", "check"
"""Folders in a run's, while an author is tried and while the data is looked at."""
NOTHING_APPROVED = AppError("Nothing is approved to train with.", "Approve at least one question first.")


@dataclass(frozen=True)
class Step:
    """What somebody should do now; send its result into the generator, or throw what it raised."""

    role: Literal["documents", "trainer", "disk", "desk"]
    call: Call


Steps = Generator[Step, Any, T]


class Conversations(Protocol):
    """What was said in chats, as far as a model may learn from it."""

    def rated(self) -> Sequence[Rated]:
        """Every judged answer."""
        ...

    def messages(self, chat_id: int) -> Sequence[Message]:
        """The shown path of a chat."""
        ...

    def prints(self) -> Sequence[Struct]:
        """What the answers are known by that a model wrote (app/text/model_text.py)."""
        ...


@dataclass(frozen=True)
class TooLarge:
    """It was not started; `possible`: it would fit if the chat gave its memory back."""

    measured: Measured
    possible: bool


# --- preparing --------------------------------------------------------------------------------------------------------


def prepare(
    run: Run,
    wizard: Wizard,
    base: InstalledModel | ReaderStart | None,
    runs: Runs,
    chats: Conversations,
    gathered: Gathered,
    author: Author,
) -> Steps[None]:
    """Gather the data, then let the trainer clean it and make questions. `gathered` is counted up as documents come,
    `author` writes the questions.

    Raises:
        AppError: the goal cannot learn from what was chosen, or it cannot be read.
    """
    yield Step("desk", Keep(change=lambda kept: machine.at(kept, "review")))
    try:
        # The same specification over other data needs another look at the list.
        yield from _disk(lambda: run.remove("reviewed", "inputs", TRIAL, CHECK))
        inputs = yield from gather(run, wizard, chats, gathered)
        own = ""
        if wizard.goal in ASKED and wizard.own:
            own = str((yield from _disk(partial(run.write_input, "own", as_examples(wizard.own)))))
        earlier = earlier_examples(base, runs) if isinstance(base, InstalledModel) else ()
        spec = plan.build_spec(wizard, base, inputs, earlier=earlier, own=own, author=author)
        yield from _check_data(run, spec)
        yield from _disk(lambda: run.write_spec(spec))
        yield Step("trainer", LaunchTrainer(folder=str(run.folder)))
    except AppError:
        yield Step("desk", Keep(change=lambda kept: machine.at(kept, "data")))
        raise


def _check_data(run: Run, spec: RunSpec) -> Steps[None]:
    """What a person brings may be of the wrong kind: they hear it where they chose it, and the run is as it was."""
    if all(each.kind == "documents" for each in spec.data.inputs):
        return
    checked = Run(run.folder / CHECK)
    yield from _disk(lambda: checked.write_spec(spec))
    found = yield Step("trainer", CheckData(folder=str(checked.folder)))
    assert isinstance(found, Checked)
    yield from _disk(lambda: run.remove(CHECK))
    if found.message:
        raise AppError(found.message, found.hint, found.detail)


def gather(run: Run, wizard: Wizard, chats: Conversations, gathered: Gathered) -> Steps[tuple[Input, ...]]:
    """Everything that was chosen and that the goal can use, as input files of the run.

    Raises:
        AppError: there is nothing to learn from, or a document cannot be read.
    """
    inputs: list[Input] = []
    if wizard.goal != "read" and wizard.files:
        yield from _disk(partial(run.write_input, "prints", chats.prints()))
        for number, path in enumerate(wizard.files, 1):
            inputs.append((yield from _gather_file(run, wizard, number, Path(path))))
    for name, title, rows in _from_chats(wizard, chats):
        path = yield from _disk(partial(run.write_input, name, rows))
        kind: Literal["chats", "feedback"] = "chats" if name == "chats" else "feedback"
        inputs.append(Input(kind=kind, path=str(path), name=title))
    if wizard.goal in FROM_DOCUMENTS:
        for number, collection_id in enumerate(wizard.collections, 1):
            found = yield from _gather_collection(run, f"documents-{number}", collection_id, gathered)
            inputs += [found] if found is not None else []
    if not inputs:
        recipe = RECIPES[wizard.goal]
        raise AppError(
            f"There is {'no text to read' if recipe.rows == 'texts' else 'nothing to learn from'}.", recipe.needs
        )
    return tuple(inputs)


def _gather_file(run: Run, wizard: Wizard, number: int, path: Path) -> Steps[Input]:
    """A copy of a file; a folder of folders, where labels are learned, as a file that is made of it."""
    if wizard.goal == "classify" and path.is_dir():
        rows = yield from _disk(partial(from_label_folders, path))
        made = yield from _disk(partial(run.write_input, f"labels-{number}", rows))
        return Input(kind="file", path=str(made), name=path.name)
    if path.is_dir():
        raise AppError(f"“{path.name}” is a folder.", "Choose a file with questions and answers.", str(path))
    copied = yield from _disk(partial(run.copy_input, number, path))
    return Input(kind="file", path=str(copied), name=path.name)


def _from_chats(wizard: Wizard, chats: Conversations) -> list[tuple[str, str, list[Any]]]:
    """(file, name for people, rows) of what chats give to this goal."""
    found: list[tuple[str, str, list[Any]]] = []
    rated = chats.rated() if wizard.goal in ("teach", "prefer") and (wizard.thumbs or wizard.chats) else ()
    if wizard.thumbs and wizard.goal in ("teach", "prefer"):
        found.append(("feedback", "Rated answers", from_ratings(rated, pairs=wizard.goal == "prefer")))
    if wizard.chats and wizard.goal == "teach":
        disliked, liked = ({each.answer for each in rated if each.up is up} for up in (False, True))
        rows = [row for key in wizard.chats for row in from_chat(key, chats.messages(key), disliked, liked)]
        found.append(("chats", "Chats", rows))
    return [each for each in found if each[2]]


def _gather_collection(run: Run, name: str, collection_id: int, gathered: Gathered) -> Steps[Input | None]:
    """The text of a collection's documents, one after the other: no collection is held in memory."""
    listed = yield Step("documents", ListDocuments(collection_id=collection_id))
    assert isinstance(listed, Documents)
    documents = [each for each in listed.documents if each.status in READABLE]
    gathered.total += len(documents)
    for document in documents:
        read = yield Step("documents", ReadText(document_id=document.id))
        assert isinstance(read, DocumentText)
        gathered.done += 1
        if read.text.strip():
            row = document_of(document, document.collection, read)
            yield from _disk(partial(run.add_to_input, name, row))
    path = yield from _disk(lambda: run.end_input(name))
    if not isinstance(path, Path):
        return None
    return Input(kind="documents", path=str(path), name=documents[0].collection)


# --- training ---------------------------------------------------------------------------------------------------------


def measure(run: Run, review: ReviewList) -> Steps[Measured]:
    """What training would take here, for what is approved, or else for what *Continue* would approve."""
    above = DEFAULT_QUALITY if review.left_to_continue() else None
    found = yield Step("trainer", PlanTraining(folder=str(run.folder), approve_above=above))
    assert isinstance(found, Measured)
    return found


def train(
    run: Run, review: ReviewList, chat: ModelInfo | None, *, pause_chat: bool, known: Measured | None = None
) -> Steps[TooLarge | None]:
    """The person has seen the list: measure, and start where it fits; → None, or why it was not started.

    Where they decided nothing, what is good enough is approved: *Continue* stands for that.

    Args:
        chat: the model of the chats, which would give its memory back; None where none is loaded.
        pause_chat: the person agrees to that, where it does not fit otherwise.
        known: figures of this very list, measured a moment ago.

    Raises:
        AppError: nothing is approved, the labels cannot be told, or it cannot be measured or started.
    """
    yield from decided(run, review)
    yield from _find_passages(run, review)
    measured = known or (yield from measure(run, review))
    fit = measured.fit(measured.freed_by(chat))
    if fit == "too large" or (fit == "without the chat" and not pause_chat):
        return TooLarge(measured, possible=fit == "without the chat")
    paused = fit == "without the chat"
    yield Step("desk", Keep(change=lambda kept: machine.training(kept, chat_paused=paused)))
    if paused:
        yield Step("desk", PauseChat())
    yield from _disk(run.train_here)
    yield Step("trainer", LaunchTrainer(folder=str(run.folder)))
    return None


def decided(run: Run, review: ReviewList) -> Steps[None]:
    """Where the person decided nothing, what is good enough is approved.

    Raises:
        AppError: nothing is approved, or the labels cannot be told.
    """
    if ids := review.left_to_continue():
        yield Step("desk", Approve(ids=tuple(ids)))
    if not review.trainable() and not _reads_alone(run):
        raise NOTHING_APPROVED
    _check_labels(run, review)


def _reads_alone(run: Run) -> bool:
    """Whether it learns without a question too: a new model that has an installed one to write general answers."""
    wizard = run.load()
    return wizard.goal == "scratch" and bool(wizard.base)


def _check_labels(run: Run, review: ReviewList) -> None:
    """Sorting needs labels: where the person named none, the trainer takes those of the lines that are approved.

    Raises:
        AppError: these are too few, or too many, to be labels.
    """
    spec = run.spec
    if spec is not None and spec.recipe == "classify" and not spec.data.labels:
        plan.labels_of(entry.example.answer for entry in review.entries if entry.state == "approved")


def _find_passages(run: Run, review: ReviewList) -> Steps[None]:
    """Teaching the search needs what search finds for each question, those that are kept out too.

    Raises:
        AppError: the documents cannot be searched.
    """
    spec = run.spec
    if spec is None or spec.recipe != "search":
        return
    ids = tuple(run.load().collections)
    found = []
    for entry in review.entries:
        if entry.state != "rejected" and not entry.example.excluded:
            said = yield Step("documents", Search(query=entry.example.question, collections=ids, k=READ))
            assert isinstance(said, Searched)
            found.append(Found(id=entry.example.id, passages=said.result.passages))
    yield from _disk(partial(run.write_input, "found", found))


def resume(run: Run) -> Steps[None]:
    """A run that was interrupted, or failed, goes on where it was."""
    yield Step("trainer", LaunchTrainer(folder=str(run.folder)))


# --- using ------------------------------------------------------------------------------------------------------------


def install(run: Run, wizard: Wizard, models: Path, base: InstalledModel | None) -> Steps[InstalledModel]:
    """Put the file that passed among the models, and list it.

    Raises:
        AppError: no file passed the gate, or it could not be put there.
    """

    def place() -> InstalledModel:
        return prepare_install(run, wizard, models, base, Comparison(run.folder).scores())

    placed = yield from _disk(place)
    listed = yield Step("desk", ListModel(model=placed))
    assert isinstance(listed, InstalledModel)
    yield Step("desk", Keep(change=lambda kept: machine.installed(kept, listed.id, listed.name)))
    return listed


def install_adapter(run: Run, wizard: Wizard, models: Path, base: InstalledModel | None) -> Steps[InstalledModel]:
    """Put what was learned among the models, as one that uses its base's weights, and list it.

    Raises:
        AppError: it did not pass the gate, its base is gone, or it could not be put there.
    """
    scores = yield from _disk(lambda: Comparison(run.folder).scores())
    placed = yield from _disk(lambda: prepare_adapter(run, wizard, models, base, scores))
    listed = yield Step("desk", ListModel(model=placed))
    assert isinstance(listed, InstalledModel)
    if not wizard.installed:
        yield Step("desk", Keep(change=lambda kept: machine.installed(kept, listed.id, kept.name)))
    return listed


def install_reader(run: Run, wizard: Wizard, readers: Readers) -> Steps[TaughtReader]:
    """Copy the taught reader out of its run, so that it can read.

    Raises:
        AppError: nothing was trained, or it could not be put there.
    """
    placed = yield from _disk(lambda: place_reader(run, wizard, readers, Comparison(run.folder).scores()))
    assert isinstance(placed, TaughtReader)
    yield Step("desk", Keep(change=lambda kept: machine.installed(kept, placed.id, placed.name)))
    return placed


def _disk(do: Callable[[], Any]) -> Steps[Any]:
    return (yield Step("disk", Work(do=do)))
