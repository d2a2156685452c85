"""How sure a model is of each word of an answer: asked for one answer at a time, when a person wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.assistant.asking import ask_of
from app.assistant.flow import chat_of
from app.chats.records import Turn, can_weigh
from app.core.calls import chats as c
from app.core.house import Handler, House
from app.core.library import LibraryDesk
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.errors import AppError
from app.models.servers import shown_name
from app.workers.calls.engine import Chat, Chatted, Token, TokenLogprob
from app.workers.message import Call

LIKELIEST = 5
NOT_WRITTEN = AppError(
    "These are your documents' own words, and no model's.",
    "Shares are for what a model wrote: “Why this answer?” says how sure this one is.",
)
ELSEWHERE = AppError("This model runs on a server, which weighs no words.", "Choose a model on this computer.")


class WordShares:
    """Has the model in use write the answer again, word by word: what it would have said instead comes along."""

    def __init__(self, house: House, models: ModelsDesk, library: LibraryDesk) -> None:
        self._house, self._models, self._library = house, models, library

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.WeighWords: self._weigh}

    @property
    def is_busy(self) -> bool:
        """It is worth nothing to whoever has left."""
        return False

    def stop(self) -> None:
        """Nothing of it goes on by itself."""

    def _weigh(self, call: c.WeighWords, reply: Reply) -> None:
        answer, question = self._turns(call.answer_id)
        backend = self._models.backend
        if not backend.can.here:
            raise ELSEWHERE
        words: list[TokenLogprob] = []

        def take(data: Any) -> None:
            if isinstance(data, Token):
                words.extend(data.logprobs)

        def done(_: Chatted) -> None:
            name = shown_name(backend.model)
            reply.done(c.WordsWeighed(words=tuple(words), model=name, passages=len(wanted.passages)))

        wanted = self._call(answer, question, shown_name(backend.model))
        job = backend.request(wanted, event=take, done=done, failed=reply.failed, cancelled=reply.cancelled)
        reply.follow(job)

    def _turns(self, answer_id: int) -> tuple[Turn, Turn]:
        """The answer and its question. Raises AppError."""
        answer = self._house.store.turn(answer_id)
        turns = self._house.store.turns(answer.chat_id)
        at = next((n for n, turn in enumerate(turns) if turn.id == answer_id), 0)
        if at == 0 or answer.answer is None:
            raise AppError("This message no longer exists.", "Open the chat again.")
        if not can_weigh(answer.answer):
            raise NOT_WRITTEN
        return answer, turns[at - 1]

    def _call(self, answer: Turn, question: Turn, model: str) -> Chat:
        """What the model was asked, and what it said; in a place of the cache of its own.

        Of the passages that it was given those that the answer cites are known still.
        """
        assert answer.answer is not None
        cited = sorted(answer.answer.sources, key=lambda each: each.n)
        passages = tuple(each.passage for each in cited if each.passage.text)
        ask = ask_of(
            self._house.settings,
            question.text,
            assistant=self._library.find(self._house.store.chat(answer.chat_id).assistant_id),
            conversation=f"shares {answer.id}",
            history=self._house.store.history(question.chat_id, question.id),
            model=model,
            searched=answer.answer.searched,
            shares=LIKELIEST,
            priority=1,
        )
        asked = chat_of(ask, passages)
        return Chat(
            conversation=asked.conversation,
            question=asked.question,
            history=asked.history,
            passages=asked.passages,
            grounded=asked.grounded,
            system=asked.system,
            logprobs=LIKELIEST,
            says=answer.text,
            priority=1,
            pictures=self._house.store.pictures_of(question.id) if question.pictures else (),
        )
