"""Which personal data a collection masks, and which of its documents do not follow that yet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.documents.contents import Contents
from app.documents.masked import WAITING, Masked, kinds_of
from app.documents.migrations import MASKING
from app.members import lies_in
from app.rules import MASK
from app.settings import company_policy
from app.text.personal.kinds import KINDS, USUAL, Found, PersonalKind


class Masks(Contents):
    """What of a store is about masking."""

    def masks(self, collection_id: int) -> tuple[PersonalKind, ...]:
        """The kinds that are masked in what is read into a collection."""
        if self.version < MASKING:
            return ()
        row = self.db.execute("SELECT kinds FROM masking WHERE collection_id = ?", (collection_id,)).fetchone()
        return with_required(kinds_of(row[0]) if row else ())

    def mask_as_required(self) -> None:
        """Write down in every collection what the company's policy has masked: documents that do not follow it are then
        read anew as after a person's decision, and it stays when the policy is gone."""
        if not required() or self.version < MASKING:
            return
        with self.transaction() as db:
            for (collection_id,) in db.execute("SELECT id FROM collections").fetchall():
                row = db.execute("SELECT kinds FROM masking WHERE collection_id = ?", (collection_id,)).fetchone()
                kept = kinds_of(row[0]) if row else ()
                if with_required(kept) != kept:
                    db.execute("DELETE FROM masking WHERE collection_id = ?", (collection_id,))
                    kinds = ",".join(with_required(kept))
                    db.execute("INSERT INTO masking VALUES (?, ?, ?)", (collection_id, time.time(), kinds))
            db.execute("UPDATE personal_data SET exempt = 0 WHERE exempt")

    def keep_masking(self, collection_id: int, kinds: Sequence[PersonalKind]) -> None:
        """From now on these kinds are masked in what is read into a collection.

        Raises:
            AppError: there is no such collection.
        """
        kinds = with_required(kinds)
        with self.transaction() as db:
            self.require(collection_id)
            db.execute("DELETE FROM masking WHERE collection_id = ?", (collection_id,))
            if kinds:
                db.execute("INSERT INTO masking VALUES (?, ?, ?)", (collection_id, time.time(), ",".join(kinds)))

    def masked_kinds(self, document_id: int) -> tuple[PersonalKind, ...]:
        """The kinds that were masked as a document was read."""
        row = self.db.execute("SELECT kinds FROM personal_data WHERE document_id = ?", (document_id,)).fetchone()
        return kinds_of(row[0]) if row else ()

    def masked_places(self, document_id: int) -> tuple[Found, ...]:
        """Where something was masked: the first places in its text."""
        if self.version < MASKING:
            return ()
        row = self.db.execute("SELECT found FROM personal_data WHERE document_id = ?", (document_id,)).fetchone()
        return msgspec.msgpack.decode(row[0], type=Masked).places if row else ()

    def unmasked(self, collection_id: int = 0) -> dict[int, tuple[str, ...]]:
        """Files by collection whose stored text does not follow the setting; 0: of all that can be seen."""
        rows = self.db.execute(
            f"""SELECT w.collection_id, w.path {WAITING} AND (? = 0 OR w.collection_id = ?)
            AND w.collection_id IN (SELECT c.id FROM collections c WHERE NOT c.hidden) ORDER BY w.id""",
            (collection_id, collection_id),
        )
        found: dict[int, list[str]] = {}
        for collection, path in rows:
            found.setdefault(collection, []).append(path)
        return {collection: _outermost(paths) for collection, paths in found.items()}


def required() -> tuple[PersonalKind, ...]:
    """What the company's policy has masked, wherever a document is read."""
    return USUAL if company_policy().rule(MASK) else ()


def with_required(kinds: Sequence[PersonalKind]) -> tuple[PersonalKind, ...]:
    """These kinds and those that have to be, in the usual order."""
    wanted = {*kinds, *required()}
    return tuple(kind for kind in KINDS if kind in wanted)


def check_masked(kinds: Sequence[PersonalKind], path: Path) -> None:
    """
    Raises:
        NotAllowed: a collection that others have read comes without the masking that the company's policy asks for.
    """
    fine = set(required()) <= set(kinds)
    company_policy().require(MASK, fine, f"collections like “{path.name}”, in which personal data is not masked")


def _outermost(paths: Sequence[str]) -> tuple[str, ...]:
    """The same without what lies in another one of them, which is read with that."""
    known = frozenset(paths)
    return tuple(path for path in paths if not lies_in(path, known))
