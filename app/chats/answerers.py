"""Who answers in a chat: the model in use, one of the chat's own, an assistant."""

from __future__ import annotations

from app.chats.branches import Branches
from app.chats.connection import NO_CHAT


class Answerers(Branches):
    """Keeps both choices by id; what was removed since is named by it still, or left."""

    def set_own_model(self, chat_id: int, model_id: str) -> None:
        """This model answers here from now on, "" the one in use."""
        self._update(chat_id, own_model_id=model_id)

    def leave_model(self, model_id: str) -> None:
        """A model was removed: chats that kept it ask the one in use."""
        with self._change() as db:
            db.execute("UPDATE chats SET own_model_id = '' WHERE own_model_id = ?", (model_id,))

    def set_assistant(self, chat_id: int, assistant_id: str) -> None:
        """Who answers in this chat from now on, "" for nobody in particular."""
        with self._change() as db:
            db.execute("DELETE FROM answered_by WHERE chat_id = ?", (chat_id,))
            added = "INSERT INTO answered_by SELECT id, ? FROM chats WHERE id = ?"
            if assistant_id and db.execute(added, (assistant_id, chat_id)).rowcount == 0:
                raise NO_CHAT
