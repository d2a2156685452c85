"""What a question to the assistant is, and how a use case is driven: a generator that yields calls for workers and
receives what they answer; a call that fails is thrown in."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from app.assistant import style
from app.errors import AppError
from app.library.records import Assistant
from app.pictures import Picture
from app.settings import ANSWER_LANGUAGE, ONLY_FROM_DOCUMENTS, PASSAGES_PER_ANSWER, Settings
from app.types import Answer, Filter, InstalledModel, Message, Sampling
from app.workers.message import Data, WorkerRole
from app.workers.protocol import AnyCall

STOPPED = "Stopped before the end."
SMALL_PARAMETERS = 1_000_000_000
"""Below it a model often copies the right words into a wrong sentence: “leave the 30 days of leave to the employee”."""


class Ask(Struct, frozen=True, kw_only=True):
    """A question with all that its answer depends on."""

    question: str
    conversation: str = ""  # key of the KV cache, one a chat
    history: tuple[Message, ...] = ()
    collections: tuple[int, ...] | None = None  # None asks the model alone; () searches all
    searched: str = ""  # their names, for the record
    attached: int = 0  # the one of `collections` with the files of this chat: they are asked first; 0: there are none
    only_from_documents: bool = True
    instructions: str = ""  # wishes for tone and form; what they say of sources and citations does not count
    language: str = ""  # "" answers in the language of the question
    passages: int = 6
    filter: Filter = Filter()  # which documents may answer
    sampling: Sampling = Sampling()
    exact: Sampling | None = None  # of an answer from passages; None: as any other
    shares: int | None = None  # how many likely tokens to name with each that is written
    model: str = ""  # its name, for the record
    pictures: tuple[Picture, ...] = ()  # that the model is shown: it answers from them, and not from documents
    priority: int = 0  # a person waits for it: before what programs ask
    keep: bool = False  # what was read of the conversation may be on the disk; never that of a temporary chat
    small: bool = False  # a model whose words count only where every sentence of them is supported


@dataclass(frozen=True)
class Step:
    """A call that a worker should make now; send its result into the generator, or throw what it raised."""

    role: WorkerRole
    call: AnyCall
    written: str = ""  # text that the use case has written since its last step, and that stays
    fraction: float = 0.0  # of the use case, where it knows
    within_s: float = 0.0  # given up as failed after so many seconds, and nothing of it is heard before; 0: never


@dataclass(eq=False)
class Stopped(Exception):
    """Throw this in to end the answer with what has come so far; `note` says why where it was not the user."""

    text: str = ""
    thinking: str = ""
    note: str = STOPPED


Flow = Generator[Step, Data, Answer]


def ask_of(settings: Settings, question: str, *, assistant: Assistant | None = None, **more: object) -> Ask:
    """An Ask with the user's settings and what the assistant, if there is one, has of its own; `more` sets or replaces
    its other fields, see also `is_small`."""
    by = assistant or style.NOBODY
    ask = Ask(
        question=question,
        only_from_documents=settings.get(ONLY_FROM_DOCUMENTS),
        language=settings.get(ANSWER_LANGUAGE),
        passages=settings.get(PASSAGES_PER_ANSWER),
        sampling=style.sampling(settings, by),
        exact=style.exact_sampling(settings, by),
    )
    ask = msgspec.structs.replace(ask, **more)
    wishes = style.instructions(settings, by, collection=ask.searched, model=ask.model)
    return msgspec.structs.replace(ask, instructions=wishes)


def is_small(model: InstalledModel) -> bool:
    """Whether a model needs the stricter check; one of unknown size does not."""
    return 0 < model.parameters < SMALL_PARAMETERS


def run(flow: Flow, perform: Callable[[Step], Data]) -> Answer:
    """Drive a flow where a call may block: the command line and the tests do."""
    try:
        step = next(flow)
        while True:
            try:
                data = perform(step)
            except (AppError, Stopped) as error:
                step = flow.throw(error)
            else:
                step = flow.send(data)
    except StopIteration as stop:
        answer: Answer = stop.value
        return answer
