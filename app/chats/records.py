"""What the chat store hands out: plain records without a way back to the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from app.pictures import ShownPicture
from app.types import Answer, Filter, Message

TurnRole = Literal["question", "answer"]
TurnState = Literal["writing", "done", "stopped"]
Rating = Literal["up", "down"]


class Chat(Struct, frozen=True, kw_only=True):
    """A row of the sidebar."""

    id: int
    title: str
    collection_id: int = 0  # 0 asks the model alone
    model_id: str = ""  # "" is the model in use
    own_model_id: str = ""  # that answers here, whatever is in use; "" the model in use
    assistant_id: str = ""  # "" is nobody in particular; it may have been removed
    attached_id: int = 0  # the hidden collection of the files that are in this chat only; 0: none yet
    project_id: int = 0  # 0: in none
    branched_from: int = 0  # the chat that it began as a branch of; 0: it began by itself
    imported_from: str = ""  # the app that it was exported from: "ChatGPT"
    created_at: float = 0.0  # seconds since the epoch
    updated_at: float = 0.0


class Project(Struct, frozen=True, kw_only=True):
    """A named group of chats."""

    id: int
    name: str
    collection_id: int = 0  # what its new chats ask; 0: as any new chat
    chats: int = 0


class Turn(Struct, frozen=True, kw_only=True):
    """A question or an answer, one of `versions` in its place."""

    id: int
    chat_id: int
    role: TurnRole
    text: str  # Markdown; of an answer under way, what has come so far
    state: TurnState = "done"
    answer: Answer | None = None  # of a finished or stopped answer
    filter: Filter = Filter()  # of a question: which documents may answer it
    pictures: tuple[ShownPicture, ...] = ()  # of a question
    version: int = 1  # counts from 1
    versions: int = 1
    rating: Rating | None = None
    corrected: str = ""  # what the user would have answered
    created_at: float = 0.0


class Node(Struct, frozen=True, kw_only=True):
    """A turn as it stands in the tree, for export and import; `parent` 0 begins a chat."""

    id: int
    parent: int = 0
    chosen: bool = True  # shown, among its siblings
    role: TurnRole
    text: str
    state: TurnState = "done"
    answer: Answer | None = None
    rating: Rating | None = None
    corrected: str = ""
    created_at: float = 0.0
    pictures: tuple[str, ...] = ()  # names of a question's; they themselves stay where they are


class Hit(Struct, frozen=True, kw_only=True):
    """A chat that a search found, with the place that matched best."""

    chat: Chat
    turn_id: int | None  # None: the title matched
    snippet: str  # matches stand between \x02 and \x03


class Feedback(Struct, frozen=True, kw_only=True):
    """An answer that a person judged, with what led to it: material for the trainer."""

    turn_id: int
    chat_id: int
    history: tuple[Message, ...]
    question: str
    answer: Answer
    rating: Rating
    corrected: str
    rated_at: float


class Forgot(Struct, frozen=True, kw_only=True):
    """What became of stored answers when documents were removed."""

    answers: int = 0  # whose passages were blanked
    speaking: tuple[int, ...] = ()  # turn ids of answers that still tell of the documents in the model's own words


def is_written(answer: Answer) -> bool:
    """Whether a model wrote it, and no document decided its words."""
    return bool(answer.text) and not (answer.sources or answer.not_found or answer.calculation is not None)


def wrote(answer: Answer) -> bool:
    """Whether words of it may be a model's: not where all are the documents', a query's or ours."""
    if not answer.text or answer.not_found or answer.calculation is not None:
        return False
    return answer.trace is None or answer.trace.wording == "model"


def any_wrote(turns: Iterable[Turn | Node]) -> bool:
    """Whether a model may have written words of any of these answers."""
    return any(each.role == "answer" and wrote(each.answer or Answer(text=each.text)) for each in turns)


def can_weigh(answer: Answer) -> bool:
    """Whether its words are a model's, so that one can say how sure of each it is: alone, or from what it cites."""
    trace = answer.trace
    cites = trace is not None and trace.wording == "model" and any(each.passage.text for each in answer.sources)
    return is_written(answer) or (bool(answer.text) and cites and not answer.not_found and answer.calculation is None)
