"""Made home-0.1.0.zip: a data folder as Inhouse 0.1.0 left it, by its own code (commit 8a5417a).

Later code cannot run it: check that commit out, then `python tests/data/make_home_0_1_0.py TARGET.zip`. What is in the
folder is said in tests/old_home.py. Nothing of the machine that made it may stay in it, so paths are rewritten.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
import zipfile
from contextlib import closing
from pathlib import Path

import fake_run
import gguf
import msgspec
import numpy as np
from app.gui.documents.adding import Pending

from app.chats.store import ChatStore
from app.documents.worker import DocumentsRole
from app.gui.shell.session import State
from app.models.registry import Registry
from app.paths import SAMPLES, Home
from app.settings import DEFAULT_COLLECTION, TEXT_SIZE, THEME, Settings
from app.types import Answer, InstalledModel, Passage, Source
from app.workers.calls.documents import Add, Remove, Search
from app.workers.protocol import AnyCall, AnyData

LARKFIELD, SPESEN = "Larkfield samples", "Reisen & Spesen"
STARTER, HELPER = "SmolLM2 135M", "Pump Helper Q8_0"
PLACE = b"@HOME@"
"""Stands for the data folder; `unpack_old_home` puts the real one there."""


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        role = DocumentsRole(home)
        documents(role)
        chats(home, role)
        role.close()
        small_files(home)
        for name in ("chats.db", "documents.db"):
            with closing(sqlite3.connect(home.root / name)) as db:
                db.execute("VACUUM")
        pack(home.root, target)


def ask(role: DocumentsRole, call: AnyCall) -> AnyData:
    steps = role.handle(call)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def documents(role: DocumentsRole) -> None:
    """Two collections with three documents; a fourth was removed, so that its id is free."""
    filed = {
        LARKFIELD: ("Travel-Policy-2026.pdf", "Car-Fleet-Rules.md", "Working-Time-Rules.md"),
        SPESEN: ("Expense-Guide.docx",),
    }
    for collection, names in filed.items():
        ask(role, Add(paths=tuple(str(SAMPLES / name) for name in names), collection=collection))
    ask(role, Remove(names=("Car-Fleet-Rules.md",)))
    store = role._stores().store
    with store.transaction() as db:
        db.execute("UPDATE documents SET path = '/documents/' || name")


def found(role: DocumentsRole, query: str, collection: str, count: int = 1) -> tuple[Source, ...]:
    searched = ask(role, Search(query=query, collections=(collection,), k=count, highlight=True))
    return tuple(Source(n=n, passage=passage) for n, passage in enumerate(searched.result.passages[:count], 1))


def chats(home: Home, role: DocumentsRole) -> None:
    """Three chats: versions and a thumb, a correction and nothing found, a stopped answer of the model alone.

    One answer still cites the removed document: its removal was cut short before the chats were told.
    """
    store = ChatStore(home.chats_db, home.backups)
    hotels = store.create(collection=LARKFIELD, model=STARTER)
    question = store.add_question(hotels.id, "What is the hotel limit per night in Munich?")
    sources = found(role, question.text, LARKFIELD, 2)
    first = store.begin_answer(question.id)
    limit = "The hotel limit for Munich is 165 € a night [1]. Breakfast is included [2]."
    store.finish_answer(first.id, Answer(text=limit, sources=sources, searched=LARKFIELD, model=STARTER))
    second = store.begin_answer(question.id)
    quoted = f"> {sources[0].passage.text.splitlines()[0]} [1]"
    store.finish_answer(second.id, Answer(text=quoted, sources=sources[:1], searched=LARKFIELD, model=STARTER))
    store.choose_version(second.id, 1)
    store.set_feedback(first.id, "up")
    later = store.begin_answer(store.add_question(hotels.id, "How many pool cars are there?").id)
    gone = Passage(
        id=9000,
        document_id=2,
        document="Car-Fleet-Rules.md",
        path="/documents/Car-Fleet-Rules.md",
        collection=LARKFIELD,
        start=0,
        end=57,
        text="The fleet has 14 pool cars, nine of which are electric.",
    )
    cars = Answer(text="There are 14 pool cars [1].", sources=(Source(n=1, passage=gone),), searched=LARKFIELD)
    store.finish_answer(later.id, cars)

    receipts = store.create("Belege", collection=SPESEN, model=HELPER)
    question = store.add_question(receipts.id, "When are receipts handed in?")
    answer = store.begin_answer(question.id)
    sources = found(role, question.text, SPESEN)
    store.finish_answer(answer.id, Answer(text="At some point [1].", sources=sources, searched=SPESEN, model=HELPER))
    store.set_feedback(answer.id, "down", "Within one month of the journey.")
    nothing = store.begin_answer(store.add_question(receipts.id, "Who wrote Hamlet?").id)
    nearest = tuple(source.passage for source in found(role, "Who wrote Hamlet?", SPESEN, 2))
    told = Answer(text="Not found in your documents.", not_found=True, nearest=nearest, searched=SPESEN)
    store.finish_answer(nothing.id, told)

    alone = store.create()
    stopped = store.begin_answer(store.add_question(alone.id, "Write a poem about pumps.").id)
    store.finish_answer(stopped.id, Answer(text="O pump, thou", stopped=True, note="Stopped before the end."))
    store._db.execute("UPDATE turns SET answer = CAST(replace(answer, ?, '/documents') AS BLOB)", (str(SAMPLES),))
    store.close()


def small_files(home: Home) -> None:
    """Settings, session, an interrupted add, an imported model and a run of the wizard."""
    settings = Settings(home)
    settings.set(DEFAULT_COLLECTION, SPESEN)
    settings.set(THEME, "dark")
    settings.set(TEXT_SIZE, 110)
    state = State(page="chat", chat_id=2, drafts={"2": "And without a receipt?", "0": "Wie hoch ist"})
    home.session_file.write_bytes(msgspec.json.encode(state))
    adding = [Pending(("/documents/Warranty-Terms-EU.pdf",), LARKFIELD)]
    (home.root / "adding.json").write_bytes(msgspec.json.encode(adding))
    home.models.mkdir()
    file = tiny_model(home.models / "Pump Helper Q8_0.gguf")
    model = InstalledModel(
        name=HELPER,
        path=str(file),
        file_bytes=file.stat().st_size,
        architecture="llama",
        quantization="F32",
        parameters=128,
        context_trained=256,
        origin="imported",
    )
    registry = Registry(home)
    registry.install(model)
    registry.use(HELPER)
    registry.set_speed(HELPER, 41.5)
    registry.set_speed(STARTER, 120.0)
    fake_run.make_run(home.runs, name="Larkfield Assistant", collections=(LARKFIELD,), chats=(1,), step="data")


def tiny_model(path: Path) -> Path:
    """A sound GGUF of 128 weights, which no engine can chat with."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Pump Helper")
    writer.add_block_count(1)
    writer.add_embedding_length(32)
    writer.add_context_length(256)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_file_type(0)
    writer.add_token_list(["a", "b", "c"])
    writer.add_tensor("token_embd.weight", np.zeros((3, 32), dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.zeros(32, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def pack(root: Path, target: Path) -> None:
    """Everything but the cache, which is built anew, and lock files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in sorted(root.rglob("*")):
            name = file.relative_to(root).as_posix()
            if file.is_file() and not name.startswith(("cache/", "logs/")) and not name.endswith(".lock"):
                data = file.read_bytes()
                if file.suffix == ".json":
                    data = data.replace(str(root).encode(), PLACE)
                assert str(root).encode() not in data and str(Path.cwd()).encode() not in data, name
                packed.writestr(zipfile.ZipInfo(name, time.gmtime()[:6]), data, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
