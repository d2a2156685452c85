"""What is known of the answers that a model wrote, for whoever looks for them in documents."""

from __future__ import annotations

from app.chats.prints import make_print, unprinted
from app.chats.turns import Turns
from app.text.model_text import Print


class Printed(Turns):
    """Reads the prints, and makes those that are missing."""

    def print_some(self, limit: int) -> int:
        """Make prints of at most `limit` answers that have none; → how many. 0: all have one."""
        missing = unprinted(self._db, limit)
        if missing:
            with self._change() as db:
                for turn_id in missing:
                    make_print(db, turn_id)
        return len(missing)

    def last_print(self) -> int:
        """The highest number that a print has, or had; it counts up with each."""
        rows = self._read("SELECT seq FROM sqlite_sequence WHERE name = 'prints'")
        return int(rows[0][0]) if rows else 0

    def prints(self) -> tuple[Print, ...]:
        """What every answer is known by that a model wrote, the oldest print first."""
        rows = self._read(
            """SELECT p.id, t.created_at, p.hashes FROM prints p JOIN turns t ON t.id = p.turn_id
            WHERE p.hashes <> x'' ORDER BY p.id"""
        )
        return tuple(Print(*row) for row in rows)
