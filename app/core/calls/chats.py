"""What a door says about conversations, and what every door is told of them."""

from __future__ import annotations

from typing import Literal

from app.chats.records import Chat, Rating, Turn
from app.pictures import PictureFile
from app.types import Answer, Filter, Message
from app.workers.calls.engine import Prefill, Token, TokenLogprob
from app.workers.message import Call, Data, Failure

Where = Literal["collection", "everywhere", "nowhere"]
"""What a question is asked: the chat's collection, all of them, or the model alone."""
Stage = Literal["waiting", "loading", "searching", "reading", "writing", "checking", "summarising"]


class AskInChat(Call, frozen=True):
    """Store a question, then answer it; → ChatAsked at once. The answer comes to every door as events.

    `chat_id` 0 begins a chat in `project_id` that asks `collection_id`; `replaces` is the question in
    whose place this one is asked.
    """

    text: str
    chat_id: int = 0
    collection_id: int = 0  # 0: the model alone
    project_id: int = 0
    replaces: int = 0
    where: Where = "collection"
    collections: tuple[int, ...] = ()  # asked this once instead of the chat's own
    filter: Filter = Filter()  # which documents may answer; with `replaces` and none, those of that question
    pictures: tuple[PictureFile, ...] = ()  # that go with it; with `replaces` and none, those of that question
    assistant_id: str = ""  # of a chat that begins: who answers in it


class Regenerate(Call, frozen=True):
    """Another version of an answer, the earlier ones stay; → TurnStored, the new one."""

    answer_id: int
    where: Where = "collection"


class StopAnswer(Call, frozen=True):
    """Keep what has come so far, marked as stopped; → Done."""

    turn_id: int


class ChooseVersion(Call, frozen=True):
    """Show another version (from 1) of a turn, and what followed it; → TurnStored."""

    turn_id: int
    version: int


class RateAnswer(Call, frozen=True):
    """Thumb up, down or none, and what the answer should have been; → TurnStored."""

    turn_id: int
    rating: Rating | None
    corrected: str = ""


class WeighWords(Call, frozen=True):
    """How sure the model in use is of each word of an answer that a model wrote; → WordsWeighed. Nothing is kept."""

    answer_id: int


class RenameChat(Call, frozen=True):
    """→ Done."""

    chat_id: int
    title: str


class SetChatCollection(Call, frozen=True):
    """What the chat asks from now on, 0 for the model alone; → Done."""

    chat_id: int
    collection_id: int


class SetChatModel(Call, frozen=True):
    """Which model answers in this chat from now on, "" for the one in use; → Done."""

    chat_id: int
    model_id: str = ""


class ReadChatPicture(Call, frozen=True):
    """A picture of a question; → PictureLoaded."""

    picture_id: int


class DeleteChat(Call, frozen=True):
    """Out of sight at once; RestoreChat brings it back until PurgeChats; → Done."""

    chat_id: int


class RestoreChat(Call, frozen=True):
    """→ Done."""

    chat_id: int


class PurgeChats(Call, frozen=True):
    """Remove deleted chats for good, with `everything` all chats; → Done."""

    everything: bool = False


class CountPrompt(Call, frozen=True):
    """Tokens that the next prompt of this chat would take; → Counted."""

    chat_id: int
    text: str = ""


class Ask(Call, frozen=True):
    """A question outside of any chat; → FileEvent of what was attached and cannot be read, Prefill, Token…, Answered.

    `collections` empty searches all, or only the files where some are attached; with `alone` the model answers without
    documents. `model_id` "" is the model in use; another one is loaded beside it for this question.
    """

    question: str
    collections: tuple[int, ...] = ()
    alone: bool = False
    model_id: str = ""
    priority: int = 0
    filter: Filter = Filter()
    history: tuple[Message, ...] = ()  # what was said before, which no store has
    attach: tuple[str, ...] = ()  # files that are read for this question, asked first, and forgotten after it
    pictures: tuple[PictureFile, ...] = ()  # that the model is shown; it answers alone
    assistant_id: str = ""  # who answers; without `collections`, where that one looks
    shares: int | None = None  # how many likely words to name with each that is written: in `logprobs` of Token
    print: bool = False  # the answer leaves Inhouse and is known again by its print; never that of a temporary chat


class Summarise(Call, frozen=True):
    """A document, or else these collections (none: all), in their own words; → Token…, Summarised…, Answered."""

    document_id: int = 0
    collections: tuple[int, ...] = ()


class Calculate(Call, frozen=True):
    """A figure over a sheet: of a document, or else of these collections (none: all); → Answered."""

    question: str
    document_id: int = 0
    collections: tuple[int, ...] = ()


class Summarised(Data, frozen=True):
    """How far a summary is."""

    fraction: float


class ChatAsked(Data, frozen=True):
    """The stored question and the answer that is to come."""

    chat: Chat
    question: Turn
    answer: Turn


class TurnStored(Data, frozen=True):
    """A turn as it stands in the store now."""

    turn: Turn


class WordsWeighed(Data, frozen=True):
    """Pieces of words in their order, each with the likeliest at its place; `model` weighed them, which may be another
    one than that which wrote."""

    words: tuple[TokenLogprob, ...]
    model: str
    passages: int = 0  # that it was shown beside: those that the answer cites


class Answered(Data, frozen=True):
    """The answer is whole, or ended early."""

    answer: Answer


# --- told to every door that listens ----------------------------------------------------------------------------------


class ChatsChanged(Data, frozen=True):
    """Another title, order or number of chats; `chat_ids` empty: any of them."""

    chat_ids: tuple[int, ...] = ()


class QuestionAdded(Data, frozen=True):
    """A door asked in a chat. `replaced`: in the place of an earlier question."""

    chat: Chat
    question: Turn
    answer: Turn
    replaced: bool = False


class AnswerRestarted(Data, frozen=True):
    """Another version of an answer begins. `last`: it is the last turn of what the chat shows."""

    turn: Turn
    last: bool


class AnswerMoved(Data, frozen=True):
    """Where an answer stands."""

    turn_id: int
    chat_id: int
    stage: Stage
    fraction: float = 0.0  # of the prompt, while reading
    passages: int = 0
    searched: str = ""  # names of the collections
    note: str = ""  # a sentence, while it waits


class AnswerGrew(Data, frozen=True):
    """The text of the last moments."""

    turn_id: int
    chat_id: int
    text: str
    thinking: bool = False


class AnswerFailed(Data, frozen=True):
    """Why an answer ended early; AnswerFinished follows."""

    turn_id: int
    chat_id: int
    failure: Failure


class AnswerFinished(Data, frozen=True):
    """The answer as it is stored; `failure` where it could not be stored and is only shown."""

    turn: Turn
    failure: Failure | None = None


class TurnsChanged(Data, frozen=True):
    """Another version is chosen, or one was dropped: the shown path of this chat is another one."""

    chat_id: int


class TurnRated(Data, frozen=True):
    """A thumb was given or taken back."""

    turn: Turn


class AnswerUnderWay(Data, frozen=True):
    """For a door that comes in the middle: what one answer has said so far."""

    turn: Turn
    moved: AnswerMoved
    text: str = ""
    thinking: str = ""


Calls = (
    AskInChat
    | Regenerate
    | StopAnswer
    | ChooseVersion
    | RateAnswer
    | WeighWords
    | RenameChat
    | SetChatCollection
    | SetChatModel
    | ReadChatPicture
    | DeleteChat
    | RestoreChat
    | PurgeChats
    | CountPrompt
    | Ask
    | Summarise
    | Calculate
)
Answers = ChatAsked | TurnStored | WordsWeighed | Answered | Prefill | Token | Summarised
Events = (
    ChatsChanged
    | QuestionAdded
    | AnswerRestarted
    | AnswerMoved
    | AnswerGrew
    | AnswerFailed
    | AnswerFinished
    | TurnsChanged
    | TurnRated
)
