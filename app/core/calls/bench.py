"""What a door says to measure models: many questions to one of them, and blind pairs of answers of two."""

from __future__ import annotations

from msgspec import Struct

from app.evaluation.arena import Choice, Rating, Standing, Vote
from app.types import Source
from app.workers.calls.engine import Complete, Completed, Score, Scored
from app.workers.message import Call, Data, Failure


class AskMany(Call, frozen=True):
    """Ask one model all of this; → LineupNoted…, OneAsked… in any order, Done, also where it is stopped.

    Where memory does not hold it beside the model in use, that one is away until the last word.
    """

    model_id: str
    calls: tuple[Complete | Score, ...]


class ListQuestions(Call, frozen=True):
    """What was asked in chats, newest first, without repetitions; → QuestionsListed.

    Of one collection; of 0 those to a model alone, of None all.
    """

    collection_id: int | None = None


class PlayArena(Call, frozen=True):
    """Let two models answer the same questions from the same passages; → LineupNoted…, PairPlayed…, Done.

    A pair comes when both of its answers are there. Which model stands where is told with the vote.
    """

    models: tuple[str, str]  # ids
    questions: tuple[str, ...]
    collections: tuple[int, ...] = ()  # none: all
    alone: bool = False  # the models answer without documents


class CastVote(Call, frozen=True):
    """Say which answer of a pair is better; it is kept; → VoteCast."""

    pair_id: str
    choice: Choice


class ListVotes(Call, frozen=True):
    """→ VotesListed: those on two models, or of none all of them."""

    models: tuple[str, str] | None = None


class ClearVotes(Call, frozen=True):
    """Delete the votes on two models; → VotesListed."""

    models: tuple[str, str]


class LineupNoted(Data, frozen=True):
    """A sentence for whoever waits: what is being done; `lasting`: why it takes the way that it takes."""

    text: str
    lasting: bool = False


class OneAsked(Data, frozen=True):
    """One of the calls, from 0, is answered, or cannot be."""

    index: int
    result: Completed | Scored | None = None
    failure: Failure | None = None


class QuestionsListed(Data, frozen=True):
    """What chats began with, each once, the latest first."""

    questions: tuple[str, ...]


class PairAnswer(Struct, frozen=True):
    """One answer of a pair, as the chat would show it; nothing says who wrote it."""

    text: str
    sources: tuple[Source, ...] = ()
    unsupported: tuple[str, ...] = ()  # sentences that no passage supports


class PairPlayed(Data, frozen=True):
    """Two answers to a question. `alike`: word for word the same, so that there is nothing to choose."""

    pair_id: str
    question: str
    left: PairAnswer
    right: PairAnswer
    done: int  # pairs so far
    alike: bool = False
    failure: Failure | None = None  # one of the models could not answer


class VotesListed(Data, frozen=True):
    """The newest first. `standing` of two models, `ratings` of all that were compared; `together`: memory holds both,
    so that each pair of answers comes at once."""

    votes: tuple[Vote, ...]
    standing: Standing | None = None
    ratings: tuple[Rating, ...] = ()
    together: bool = True
    note: str = ""


class VoteCast(Data, frozen=True):
    """The vote with the names, and what all on these two models say now."""

    vote: Vote
    standing: Standing


Calls = AskMany | ListQuestions | PlayArena | CastVote | ListVotes | ClearVotes
Answers = LineupNoted | OneAsked | QuestionsListed | PairPlayed | VotesListed | VoteCast
