"""What is known of the answers that a model wrote, for whoever looks for them in documents."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cached_property

from app.chats.loose_prints import Loose, LoosePrints
from app.chats.prints import make_print, unprinted
from app.chats.turns import Turns
from app.text.model_text import LEAST_BYTES, Print, print_of

LOOSE = "-prints.jsonl"


class Printed(Turns):
    """Reads the prints, and makes those that are missing."""

    @cached_property
    def loose(self) -> LoosePrints:
        """Prints of answers that no chat holds, in a file beside the chats."""
        return LoosePrints(self.path.with_name(self.path.stem + LOOSE))

    def print_loose(self, text: str, not_its_own: Iterable[str] = (), documents: Iterable[int] = ()) -> None:
        """Keep what an answer is known by that no chat will hold, given just now, and nothing of its words; none of one
        that is too short to be known again. `documents` are those that it names.

        Raises:
            NoSpace, Busy: it could not be kept.
        """
        hashes = print_of(text, not_its_own)
        if len(hashes) < LEAST_BYTES:
            return
        number = max([self.last_print(), *(each.id for each in self.loose.prints()[-1:])]) + 1
        with self._change() as db:  # numbers count up over both kinds: a document is looked at up to one
            db.execute("DELETE FROM sqlite_sequence WHERE name = 'prints'")
            db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('prints', ?)", (number,))
        self.loose.add(Loose(Print(number, time.time(), hashes), tuple(sorted(documents))))

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
        """What every answer is known by that a model wrote, in a chat or not, by the numbers of the prints."""
        rows = self._read(
            """SELECT p.id, t.created_at, p.hashes FROM prints p JOIN turns t ON t.id = p.turn_id
            WHERE p.hashes <> x'' ORDER BY p.id"""
        )
        return tuple(sorted((*(Print(*row) for row in rows), *self.loose.prints()), key=lambda each: each.id))
