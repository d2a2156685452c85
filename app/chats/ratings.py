"""What people said of the answers: thumbs and corrections, as training reads them."""

from __future__ import annotations

import sqlite3

from app.chats.printed import Printed
from app.chats.records import Feedback


class Ratings(Printed):
    """The judged answers of all chats."""

    def feedback(self) -> list[Feedback]:
        """Every judged answer, oldest judgement first; not of deleted chats, and of none with files of its own."""
        rows = self._read(
            "SELECT t.id, t.chat_id, t.parent, t.rated_at FROM turns t JOIN chats c ON c.id = t.chat_id "
            "WHERE t.rating IS NOT NULL AND t.answer IS NOT NULL AND c.deleted_at IS NULL AND c.attached_id = 0 "
            "ORDER BY t.rated_at, t.id"
        )
        return [self._feedback(row) for row in rows]

    def count_ratings(self) -> tuple[int, int]:
        """How many judged answers were liked, and how many corrected."""
        (row,) = self._read(
            "SELECT COALESCE(SUM(t.rating = 'up'), 0), COALESCE(SUM(TRIM(t.corrected) <> ''), 0) "
            "FROM turns t JOIN chats c ON c.id = t.chat_id "
            "WHERE t.rating IS NOT NULL AND t.answer IS NOT NULL AND c.deleted_at IS NULL AND c.attached_id = 0"
        )
        return int(row[0]), int(row[1])

    def _feedback(self, row: sqlite3.Row) -> Feedback:
        turn = self.turn(row["id"])
        assert turn.answer is not None and turn.rating is not None
        return Feedback(
            turn_id=turn.id,
            chat_id=turn.chat_id,
            history=self.history(turn.chat_id, turn.id),
            question=self._row(row["parent"])["text"],
            answer=turn.answer,
            rating=turn.rating,
            corrected=turn.corrected,
            rated_at=row["rated_at"],
        )
