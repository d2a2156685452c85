"""Vectors of the embedder that is to be used next, made beside those in use, and the switch to it.

`meta` says whose vectors search compares (`embedder`, an identity; "" or nothing: those of the embedder that comes
along) and whose are in `next_vectors`. The switch changes the first in one transaction; after that the vectors are put
in their places document by document (reembedding.py), and until then they are read from where they were made.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.documents.contents import Contents
from app.embedder.embedders import Background
from app.embedder.identity import Identity

IN_USE, NEXT = "embedder", "next_vectors"

_ANY_MISSING = """SELECT 1 FROM passages p
    WHERE NOT EXISTS (SELECT 1 FROM next_vectors n WHERE n.passage_id = p.id) LIMIT 1"""


def in_use(store: Contents) -> str | None:
    """The identity whose vectors search compares; "" for the embedder that comes along, None where it is not said."""
    said = store.db.execute("SELECT value FROM meta WHERE key = ?", (IN_USE,)).fetchone()
    return said[0] if said is not None else None


def commonest(store: Contents) -> str:
    """The identity that made the vectors of most documents; "" where there are none."""
    row = store.db.execute(
        """SELECT substr(recipe, 1, instr(recipe, '/') - 1) AS made_by FROM documents WHERE passages > 0
        GROUP BY made_by ORDER BY sum(passages) DESC LIMIT 1"""
    ).fetchone()
    return str(row[0]) if row is not None else ""


def say(store: Contents, embedder_id: str) -> None:
    """Write down whose vectors search compares, where the index does not say."""
    with store.transaction():
        store.set_meta(IN_USE, embedder_id)


def begin(store: Contents, identity: Identity) -> None:
    """Make room for the vectors of this embedder; those of another one go."""
    if store.meta(NEXT) != identity.id:
        with store.transaction() as db:
            db.execute("DELETE FROM next_vectors")
            store.set_meta(NEXT, identity.id)


def forget(store: Contents) -> None:
    """Drop what was made for an embedder that is not in use."""
    if store.meta(NEXT) and store.embedder is not None and store.meta(NEXT) != store.embedder.id:
        with store.transaction() as db:
            db.execute("DELETE FROM next_vectors")
            store.set_meta(NEXT, "")


def missing(store: Contents, after: int, limit: int) -> list[tuple[int, str, str]]:
    """Id, context and text of passages that have no vector of it yet, by rising id."""
    rows = store.db.execute(
        """SELECT p.id, p.context, p.text FROM passages p
        WHERE p.id > ? AND NOT EXISTS (SELECT 1 FROM next_vectors n WHERE n.passage_id = p.id) ORDER BY p.id LIMIT ?""",
        (after, limit),
    )
    return [tuple(row) for row in rows]


def settled(store: Contents) -> None:
    """All vectors of the embedder in use are in their places."""
    if store.embedder is not None and store.meta(NEXT) == store.embedder.id:
        with store.transaction() as db:
            db.execute("DELETE FROM next_vectors")
            store.set_meta(NEXT, "")


def made(store: Contents) -> int:
    """How many passages have a vector of it."""
    return int(store.db.execute("SELECT count(*) FROM next_vectors").fetchone()[0])


def put(store: Contents, identity: Identity, vectors: Mapping[int, bytes]) -> None:
    """Keep vectors of it, by passage; those of a passage that was removed meanwhile are dropped, and all of them where
    another embedder is wanted by now."""
    with store.transaction() as db:
        if store.meta(NEXT) == identity.id:
            db.executemany(
                "INSERT OR REPLACE INTO next_vectors SELECT id, ? FROM passages WHERE id = ?",
                [(vector, id_) for id_, vector in vectors.items()],
            )


def of_document(store: Contents, document_id: int) -> dict[int, bytes]:
    """The vectors that wait to be put in their places, of the embedder in use."""
    if store.embedder is None or store.meta(NEXT) != store.embedder.id:
        return {}
    rows = store.db.execute(
        """SELECT n.passage_id, n.vector FROM next_vectors n JOIN passages p ON p.id = n.passage_id
        WHERE p.document_id = ?""",
        (document_id,),
    )
    return {row[0]: row[1] for row in rows}


def switch(store: Contents, identity: Identity, background: Background | None, *, shipped: bool) -> bool:
    """Search by the vectors of this embedder from here on; → whether it was done: not where passages came meanwhile."""
    with store.transaction():
        if store.meta(NEXT) != identity.id or store.db.execute(_ANY_MISSING).fetchone():
            return False
        keep(store, identity, background)
        store.set_meta(IN_USE, "" if shipped else identity.id)
        store.set_meta("generation", str(store.generation + 1))
        store.set_meta("chain", str(int(store.meta("chain", "0")) + 1))
    return True


def keep(store: Contents, identity: Identity, background: Background | None) -> None:
    """Keep who an embedder is beside the vectors. Inside a transaction."""
    said = msgspec.json.encode(background).decode() if background is not None else ""
    store.db.execute(
        """INSERT INTO embedders (id, identity, background) VALUES (?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET background = excluded.background""",
        (identity.id, msgspec.json.encode(identity).decode(), said),
    )


def background_of(store: Contents, identity: Identity) -> Background | None:
    """What the documents said of its cosines; None where nothing is known."""
    row = store.db.execute("SELECT background FROM embedders WHERE id = ?", (identity.id,)).fetchone()
    return msgspec.json.decode(row[0], type=Background) if row is not None and row[0] else None


def sample(store: Contents, most: int, *, coming: bool) -> tuple[list[int], NDArray[np.float32], list[tuple[int, str]]]:
    """Documents and vectors of passages spread evenly over the index, and documents with the texts of these passages.

    `coming`: of the embedder in `next_vectors`; else of the one in use, whose vectors are all in their places.
    """
    ids = [row[0] for row in store.sampled((), most)]
    column = "(SELECT n.vector FROM next_vectors n WHERE n.passage_id = p.id)" if coming else "p.vector"
    found = store.db.execute(
        f"""SELECT p.document_id, {column}, p.text FROM passages p WHERE p.id IN ({",".join("?" * len(ids))})
        ORDER BY p.id""",
        ids,
    ).fetchall()
    found = [row for row in found if row[1] is not None]
    vectors = np.frombuffer(b"".join(row[1] for row in found), "<f4").reshape(len(found), -1)
    return [row[0] for row in found], vectors, [(row[0], row[2]) for row in found]
