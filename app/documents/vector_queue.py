"""What a vector server is still to be told: filled by triggers in the very transactions that change passages."""

from __future__ import annotations

from collections.abc import Sequence

from app.documents.store import Store

TOLD = "vector_server"
"""In `meta`: the server and the embedder that the queue is for."""

_TRIGGERS = (
    """CREATE TRIGGER IF NOT EXISTS vector_made AFTER INSERT ON passages
    BEGIN INSERT INTO vector_queue (passage_id, gone) VALUES (new.id, 0); END""",
    # one that is only put in its place after a change of embedder was told when it was made
    """CREATE TRIGGER IF NOT EXISTS vector_changed AFTER UPDATE OF vector ON passages
    WHEN NOT EXISTS (SELECT 1 FROM next_vectors n WHERE n.passage_id = new.id AND n.vector = new.vector)
    BEGIN INSERT INTO vector_queue (passage_id, gone) VALUES (new.id, 0); END""",
    """CREATE TRIGGER IF NOT EXISTS vector_gone AFTER DELETE ON passages
    BEGIN INSERT INTO vector_queue (passage_id, gone) VALUES (old.id, 1); END""",
)


def is_for(store: Store, whom: str) -> bool:
    """Whether the queue is that of this server and embedder."""
    return store.meta(TOLD) == whom


def begin(store: Store, whom: str) -> None:
    """From here on every change is kept for this server and embedder, which is to be told of all passages first."""
    with store.transaction() as db:
        for statement in _TRIGGERS:
            db.execute(statement)
        db.execute("DELETE FROM vector_queue")
        db.execute("INSERT INTO vector_queue (passage_id, gone) SELECT id, 0 FROM passages ORDER BY id")
        store.set_meta(TOLD, whom)


def end(store: Store) -> None:
    """No server is to be told anything."""
    if store.meta(TOLD) or waiting(store):
        with store.transaction() as db:
            for name in ("vector_made", "vector_changed", "vector_gone"):
                db.execute(f"DROP TRIGGER IF EXISTS {name}")
            db.execute("DELETE FROM vector_queue")
            store.set_meta(TOLD, "")


def waiting(store: Store) -> int:
    """How many changes the server has not been told."""
    return int(store.db.execute("SELECT count(*) FROM vector_queue").fetchone()[0])


def next_batch(store: Store, limit: int) -> tuple[list[int], list[int], bool]:
    """Rows of the queue, their passages, and whether these are gone: removals before everything else."""
    for gone in (True, False):
        rows = store.db.execute(
            "SELECT id, passage_id FROM vector_queue WHERE gone = ? ORDER BY id LIMIT ?", (gone, limit)
        ).fetchall()
        if rows:
            return [row[0] for row in rows], [row[1] for row in rows], gone
    return [], [], False


def told(store: Store, rows: Sequence[int]) -> None:
    """The server has confirmed these."""
    with store.transaction() as db:
        db.executemany("DELETE FROM vector_queue WHERE id = ?", [(each,) for each in rows])


def untold(store: Store, limit: int) -> list[int]:
    """Passages whose vector the server may not have yet, `limit` at most."""
    rows = store.db.execute(
        """SELECT DISTINCT q.passage_id FROM vector_queue q JOIN passages p ON p.id = q.passage_id
        WHERE q.gone = 0 LIMIT ?""",
        (limit,),
    )
    return [row[0] for row in rows]
