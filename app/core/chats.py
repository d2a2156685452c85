"""The conversations of this data folder: the only writer of their store."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from app.assistant import asking as assistant
from app.chats.records import Turn
from app.core.answers import Answers
from app.core.attachments import Attachments
from app.core.calls import chats as c
from app.core.house import Handler, House
from app.core.kept_chats import KeptChats
from app.core.library import LibraryDesk
from app.core.models import ModelsDesk
from app.core.pictures import Pictures
from app.core.reply import Reply
from app.errors import AppError
from app.models.servers import shown_name
from app.pictures import Picture
from app.settings import INSTRUCTIONS
from app.types import Filter
from app.workers.calls.engine import Count
from app.workers.message import Call, Done

DAY_S = 86_400
UNDER_WAY = AppError("An answer is still being written.", "Wait for it or stop it, then ask again.")


def widened(chosen: Filter) -> Filter:
    """A filter for other collections than the one that its documents and its folder are of."""
    return msgspec.structs.replace(chosen, documents=(), folder="")


class Chats:
    """Takes questions into chats, and keeps titles, versions and thumbs."""

    def __init__(
        self,
        house: House,
        models: ModelsDesk,
        answers: Answers,
        attachments: Attachments,
        library: LibraryDesk,
        kept: KeptChats,
        pictures: Pictures,
    ) -> None:
        self._kept = kept
        self._house, self._store = house, house.store
        self._models, self._answers, self._attachments, self._library = models, answers, attachments, library
        self._pictures = pictures
        models.list.removed.connect(lambda model: self._store.leave_model(model.id))

    @property
    def is_busy(self) -> bool:
        return False

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.AskInChat: self._ask,
            c.Regenerate: self._regenerate,
            c.ChooseVersion: self._choose,
            c.RateAnswer: self._rate,
            c.RenameChat: self._rename,
            c.SetChatCollection: self._set_collection,
            c.SetChatModel: self._set_model,
            c.DeleteChat: self._delete,
            c.RestoreChat: self._restore,
            c.PurgeChats: self._purge,
            c.CountPrompt: self._count,
        }

    def stop(self) -> None:
        """Nothing of it goes on by itself."""

    # --- questions ----------------------------------------------------------------------------------------------------

    def _ask(self, call: c.AskInChat, reply: Reply) -> None:
        """Its pictures are opened first; then the question is on disk before anything is asked."""
        own = self._store.chat(call.chat_id).own_model_id if call.chat_id else ""
        self._pictures.load(call.pictures, own, reply, lambda pictures: self._store_question(call, reply, pictures))

    def _store_question(self, call: c.AskInChat, reply: Reply, pictures: tuple[Picture, ...]) -> None:
        text = call.text.strip()
        if not text:
            raise AppError("There is no question.", "Type one.")
        if call.chat_id and self._answers.in_chat(call.chat_id) is not None:
            raise UNDER_WAY
        inherits = call.replaces and not call.filter.asks
        chosen = self._store.turn(call.replaces).filter if inherits else call.filter
        if call.replaces and not pictures:
            pictures = self._store.pictures_of(call.replaces)
        with self._store.together():
            if call.chat_id:
                chat = self._store.chat(call.chat_id)
            else:
                chat = self._store.create("", call.collection_id, self._models.active_id, call.project_id)
                if self._library.find(call.assistant_id) is not None:
                    self._store.set_assistant(chat.id, call.assistant_id)
            question = self._store.add_question(
                chat.id, text, replaces=call.replaces or None, chosen=chosen, pictures=pictures
            )
            turn = self._store.begin_answer(question.id)
            chat = self._store.chat(chat.id)
        reply.done(c.ChatAsked(chat=chat, question=question, answer=turn))
        self._house.tell(c.QuestionAdded(chat=chat, question=question, answer=turn, replaced=bool(call.replaces)))
        self._house.tell(c.ChatsChanged(chat_ids=(chat.id,)))
        self._answer(question, turn, call.where, call.collections)

    def _regenerate(self, call: c.Regenerate, reply: Reply) -> None:
        old = self._store.turn(call.answer_id)
        if self._answers.in_chat(old.chat_id) is not None:
            raise UNDER_WAY
        turns = self._store.turns(old.chat_id)
        at = next((i for i, turn in enumerate(turns) if turn.id == old.id), 0)
        if at == 0:
            raise AppError("This message no longer exists.", "Open the chat again.")
        turn = self._store.begin_answer(turns[at - 1].id)
        reply.done(c.TurnStored(turn=turn))
        self._house.tell(c.AnswerRestarted(turn=turn, last=at == len(turns) - 1))
        self._answer(turns[at - 1], turn, call.where)

    def _answer(self, question: Turn, turn: Turn, where: c.Where, asked: tuple[int, ...] = ()) -> None:
        def make_ask() -> assistant.Ask:
            """The history and the collection as they are when its time comes."""
            chat = self._store.chat(question.chat_id)
            chosen = chat.collection_id
            places: dict[c.Where, tuple[int, ...] | None] = {
                "collection": asked or ((chosen,) if chosen else None),
                "everywhere": (),
                "nowhere": None,
            }
            pictures = self._store.pictures_of(question.id) if question.pictures else ()
            if pictures:
                places = dict.fromkeys(places)
            own = chat.attached_id if where != "nowhere" and not pictures else 0
            by = self._library.find(chat.assistant_id)
            model = self._models.of_chat(self._library.model_id_of(chat))
            return assistant.ask_of(
                self._house.settings,
                question.text,
                assistant=by,
                conversation=str(question.chat_id),
                history=self._store.history(question.chat_id, question.id),
                model=shown_name(model) if model is not None else "",
                small=model is not None and assistant.is_small(model),
                priority=1,
                keep=True,
                pictures=pictures,
                **self._attachments.scope(own, places[where]),
                filter=question.filter if where == "collection" else widened(question.filter),
            )

        self._answers.add(turn, make_ask)

    # --- what is kept about them --------------------------------------------------------------------------------------

    def _choose(self, call: c.ChooseVersion, reply: Reply) -> None:
        turn = self._store.turn(call.turn_id)
        if self._answers.in_chat(turn.chat_id) is not None:
            raise UNDER_WAY
        reply.done(c.TurnStored(turn=self._store.choose_version(call.turn_id, call.version)))
        self._house.tell(c.TurnsChanged(chat_id=turn.chat_id))

    def _rate(self, call: c.RateAnswer, reply: Reply) -> None:
        turn = self._store.set_feedback(call.turn_id, call.rating, call.corrected)
        reply.done(c.TurnStored(turn=turn))
        self._house.tell(c.TurnRated(turn=turn))

    def _rename(self, call: c.RenameChat, reply: Reply) -> None:
        self._store.rename(call.chat_id, call.title)
        self._changed(call.chat_id, reply)

    def _set_collection(self, call: c.SetChatCollection, reply: Reply) -> None:
        self._store.set_collection(call.chat_id, call.collection_id)
        self._changed(call.chat_id, reply)

    def _set_model(self, call: c.SetChatModel, reply: Reply) -> None:
        model_id = self._house.registry.find(call.model_id).id if call.model_id else ""
        self._store.set_own_model(call.chat_id, model_id)
        self._changed(call.chat_id, reply)

    def _delete(self, call: c.DeleteChat, reply: Reply) -> None:
        writing = self._answers.in_chat(call.chat_id)
        if writing is not None:
            self._answers.stop_writing(writing)
        self._store.delete(call.chat_id)
        self._kept.forget((call.chat_id,))
        self._changed(call.chat_id, reply)

    def _restore(self, call: c.RestoreChat, reply: Reply) -> None:
        self._store.restore(call.chat_id)
        self._changed(call.chat_id, reply)

    def _purge(self, call: c.PurgeChats, reply: Reply) -> None:
        if call.everything:
            for chat in self._store.list_chats(limit=self._store.count()):
                self._store.delete(chat.id)
            self._kept.forget()
            self._store.loose.clear()
        self._store.purge()
        self._attachments.sweep()
        reply.done(Done())
        self._house.tell(c.ChatsChanged())

    def delete_older(self, days: int) -> int:
        """Delete for good the chats in which nothing was said for so many days, but for those that are being answered;
        how many."""
        old = self._store.last_said_before(time.time() - days * DAY_S)
        ids = tuple(each for each in old if self._answers.in_chat(each) is None)
        for chat_id in ids:
            self._store.delete(chat_id)
        if ids:
            self._kept.forget(ids)
            self._store.purge()
            self._attachments.sweep()
            self._house.tell(c.ChatsChanged(chat_ids=ids))
        return len(ids)

    def _changed(self, chat_id: int, reply: Reply) -> None:
        reply.done(Done())
        self._house.tell(c.ChatsChanged(chat_ids=(chat_id,)))

    # --- the context meter --------------------------------------------------------------------------------------------

    def _count(self, call: c.CountPrompt, reply: Reply) -> None:
        history = self._store.history(call.chat_id) if call.chat_id else ()
        by = self._library.find(self._store.chat(call.chat_id).assistant_id) if call.chat_id else None
        wishes = (self._house.settings.get(INSTRUCTIONS).strip(), by.instructions if by is not None else "")
        system = "\n".join(each for each in wishes if each)
        count = Count(history=history, question=call.text, system=system)
        job = self._models.backend.request(count, done=reply.done, failed=reply.failed, cancelled=reply.cancelled)
        reply.follow(job)
