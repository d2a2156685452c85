"""Two models answer the same questions from the same passages; a person votes without knowing which is which."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.assistant.asking import Step, Stopped, ask_of
from app.assistant.flow import answer
from app.cited import ALL_COLLECTIONS
from app.core.backend import Backend
from app.core.calls import bench as c
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import Handler, House
from app.core.lineup import Lineup
from app.core.loose_prints import print_answer
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.errors import AppError
from app.evaluation.arena import Vote, VoteStore, between, ratings, standing
from app.models.servers import shown_name
from app.types import Answer, InstalledModel
from app.workers.failures import failure_of
from app.workers.message import Call, Done

MOST_PAIRS = 200
"""Pairs that wait for a vote: behind so many the oldest is given up."""
ONE_AFTER_OTHER = (
    "Memory does not hold both models at once: “{0}” answers all questions first, then “{1}”. "
    "The pairs come after that."
)


@dataclass(frozen=True)
class _Pair:
    """Two answers that were shown, and what their sides are."""

    question: str
    asked: str
    models: tuple[InstalledModel, InstalledModel]
    speeds: tuple[float, float]


class ArenaDesk:
    """The only writer of the votes."""

    def __init__(self, house: House, models: ModelsDesk, documents: DocumentsDesk) -> None:
        self._house, self._lineup, self._documents = house, models.lineup, documents
        self._kept = VoteStore(house.home.arena_file)
        self._pairs: dict[str, _Pair] = {}

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ListQuestions: self._questions,
            c.PlayArena: self._play,
            c.CastVote: self._vote,
            c.ListVotes: self._list,
            c.ClearVotes: self._clear,
        }

    @property
    def is_busy(self) -> bool:
        """Votes are kept at once; pairs are worth nothing to whoever has left."""
        return False

    def stop(self) -> None:
        """Nothing of it goes on by itself."""

    def _questions(self, call: c.ListQuestions, reply: Reply) -> None:
        reply.done(c.QuestionsListed(questions=self._house.store.first_questions(call.collection_id)))

    def _play(self, call: c.PlayArena, reply: Reply) -> None:
        first, second = map(self._model, call.models)
        if first.id == second.id:
            raise AppError("A model cannot be compared with itself.", "Choose two different ones.")
        if not any(question.strip() for question in call.questions):
            raise AppError("There are no questions.", "Type some, one a line.")
        self._lineup.begin()
        _Play(self._house, self._lineup, self._documents, call, (first, second), reply, self._keep_pair).start()

    def _model(self, model_id: str) -> InstalledModel:
        """Raises AppError: it was removed, maybe while the person voted."""
        found = next((model for model in self._house.registry.models() if model.id == model_id), None)
        if found is None:
            named = (
                name
                for vote in reversed(self._kept.votes)
                for id_, name in ((vote.left, vote.left_name), (vote.right, vote.right_name))
                if id_ == model_id
            )
            name = next((f"“{name}”" for name in named), "One of the two models")
            raise AppError(f"{name} is no longer installed.", "Your votes are kept. Compare two others.")
        return found

    def _keep_pair(self, pair: _Pair) -> str:
        pair_id = secrets.token_hex(8)
        self._pairs[pair_id] = pair
        while len(self._pairs) > MOST_PAIRS:
            del self._pairs[next(iter(self._pairs))]
        return pair_id

    def _vote(self, call: c.CastVote, reply: Reply) -> None:
        pair = self._pairs.get(call.pair_id)
        if pair is None:
            raise AppError("This pair of answers is no longer here.", "Let the models answer the question again.")
        left, right = pair.models
        vote = Vote(
            question=pair.question,
            left=left.id,
            right=right.id,
            left_name=shown_name(left),
            right_name=shown_name(right),
            choice=call.choice,
            at=time.time(),
            left_speed=pair.speeds[0],
            right_speed=pair.speeds[1],
            asked=pair.asked,
        )
        self._kept.add(vote)
        del self._pairs[call.pair_id]
        first, second = sorted((left.id, right.id))
        reply.done(c.VoteCast(vote=vote, standing=standing(self._kept.votes, first, second)))

    def _list(self, call: c.ListVotes, reply: Reply) -> None:
        reply.done(self._listed(call.models))

    def _clear(self, call: c.ClearVotes, reply: Reply) -> None:
        self._kept.clear(*call.models)
        reply.done(self._listed(call.models))

    def _listed(self, models: tuple[str, str] | None) -> c.VotesListed:
        votes, note = self._kept.votes, self._kept.note
        if models is None:
            return c.VotesListed(votes=votes[::-1], ratings=tuple(ratings(votes)), note=note)
        found = tuple(between(votes, *models))[::-1]
        together = self._lineup.fit_together(*models)
        return c.VotesListed(votes=found, standing=standing(votes, *models), together=together, note=note)


class _Play:
    """One request: each question to each model, and a pair told when both have answered."""

    def __init__(
        self,
        house: House,
        lineup: Lineup,
        documents: DocumentsDesk,
        call: c.PlayArena,
        models: tuple[InstalledModel, InstalledModel],
        reply: Reply,
        keep: Callable[[_Pair], str],
    ) -> None:
        self._house, self._lineup, self._documents = house, lineup, documents
        self._call, self._models, self._reply, self._keep = call, models, reply, keep
        self._questions = [question.strip() for question in call.questions if question.strip()]
        self._said: dict[tuple[int, int], Answer | AppError] = {}
        self._together = lineup.fit_together(models[0].id, models[1].id)
        self._steps = iter(self._order())
        self._flow: Flow | None = None
        self._done, self._over = 0, False

    def start(self) -> None:
        self._reply.on_cancel(self._stop)
        if not self._together:
            text = ONE_AFTER_OTHER.format(*(shown_name(model) for model in self._models))
            self._reply.event(c.LineupNoted(text=text, lasting=True))
        self._next()

    def _order(self) -> list[tuple[int, int]]:
        """(question, model): both models question by question, or all questions of one model, then of the other."""
        asked = range(len(self._questions))
        if self._together:
            return [(question, model) for question in asked for model in (0, 1)]
        return [(question, model) for model in (0, 1) for question in asked]

    def _note(self, text: str) -> None:
        self._reply.event(c.LineupNoted(text=text))

    def _next(self) -> None:
        if self._over:
            return
        step = next(self._steps, None)
        if step is None:
            self._end()
            self._reply.done(Done())
            return
        model = self._models[step[1]]
        try:
            self._lineup.turn(
                model.id,
                lambda backend, _: self._ask(backend, step),
                self._fail,
                alone=not self._together,
                note=self._note,
            )
        except AppError as error:
            self._fail(error)

    def _ask(self, backend: Backend, step: tuple[int, int]) -> None:
        if self._over:
            return
        at = step[0]
        where = None if self._call.alone else self._call.collections
        self._note(f"Question {at + 1} of {len(self._questions)}…")
        ask = ask_of(
            self._house.settings,
            self._questions[at],
            collections=where,
            searched=self._names() if where is not None else "",
            model="",  # what the prompt says of the model must not tell the two apart
        )
        self._flow = Flow(
            answer(ask),
            lambda step: backend if step.role == "engine" else self._documents.child,
            done=lambda said: self._take(step, said),
            failed=lambda error: self._take(step, error),
            stopped=Stopped,
            within=(self._house.clock, _within),
        )
        self._flow.start()

    def _names(self) -> str:
        return self._documents.names_of(self._call.collections) or ALL_COLLECTIONS

    def _take(self, step: tuple[int, int], said: Answer | AppError) -> None:
        if self._over:
            return
        self._said[step] = said
        at = step[0]
        if isinstance(said, Answer):
            print_answer(self._house, said, [self._questions[at]])
        both = [self._said[at, side] for side in (0, 1) if (at, side) in self._said]
        if len(both) == 2:
            self._done += 1
            self._reply.event(self._pair(at, both[0], both[1]))
        self._next()

    def _pair(self, at: int, first: Answer | AppError, second: Answer | AppError) -> c.PairPlayed:
        question = self._questions[at]
        if isinstance(first, AppError) or isinstance(second, AppError):
            error = first if isinstance(first, AppError) else second
            assert isinstance(error, AppError)
            nothing = c.PairAnswer("")
            return c.PairPlayed(
                pair_id="", question=question, left=nothing, right=nothing, done=self._done, failure=failure_of(error)
            )
        sides = [(first, self._models[0]), (second, self._models[1])]
        random.SystemRandom().shuffle(sides)
        (left, left_model), (right, right_model) = sides
        alike = left.text.strip() == right.text.strip()
        asked = "" if self._call.alone else self._names()
        speeds = (left.stats.tokens_per_s, right.stats.tokens_per_s)
        pair_id = "" if alike else self._keep(_Pair(question, asked, (left_model, right_model), speeds))
        return c.PairPlayed(
            pair_id=pair_id, question=question, left=_shown(left), right=_shown(right), done=self._done, alike=alike
        )

    def _fail(self, error: AppError) -> None:
        if not self._over:
            self._end()
            self._reply.failed(error)

    def _stop(self) -> None:
        """The pairs that were told stay until they are voted on."""
        if not self._over:
            self._end()
            if self._flow is not None:
                self._flow.drop()
            self._reply.done(Done())

    def _end(self) -> None:
        self._over = True
        self._lineup.end()


def _within(step: Step) -> float:
    return step.within_s


def _shown(answer: Answer) -> c.PairAnswer:
    return c.PairAnswer(answer.text, answer.sources, answer.unsupported)
