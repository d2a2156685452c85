"""Readers that were taught: kept in the data folder, chosen, loaded by the documents process, and what if they are not
whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.documents.warm import Warm
from app.embedder.readers import ADAPTER, CARD, OLD, READER, SHIPPED, Readers, TaughtReader, shipped
from app.errors import AppError, BadFile
from app.types import Passage
from app.workers.calls.documents import Read, Readings
from app.workers.calls.reader import ReaderUsed, UseReader

if TYPE_CHECKING:
    from conftest import Documents

TEXT = "The canteen opens at 11:30. On Fridays it serves fish."
"""Written for this test."""
ASKED = Read(
    question="When does the canteen open?",
    passages=(Passage(id=1, document_id=1, document="House.md", path="", collection="", start=0, end=54, text=TEXT,
                      score=0.9),),
)  # fmt: skip


@pytest.fixture
def readers(tmp_path: Path) -> Readers:
    return Readers(tmp_path / "readers")


def trained(folder: Path, weight: float = 1.0) -> Path:
    """What a training leaves: the reader that comes along, with its answer's weights times `weight`."""
    folder.mkdir(parents=True)
    tensors = load_file(READER / ADAPTER)
    tensors["answer.weight"] = (tensors["answer.weight"] * weight).astype(np.float16)
    save_file(tensors, folder / ADAPTER)
    shutil.copy(READER / CARD, folder / CARD)
    return folder


def taught(id_: str = "run-1", **values: object) -> TaughtReader:
    return TaughtReader(**{"id": id_, "name": f"House {id_}", "shipped": shipped(), "made_at": 1.0, **values})  # type: ignore[arg-type]


def test_the_one_that_comes_along_reads_until_another_is_chosen_and_back_goes_both_ways(
    readers: Readers, tmp_path: Path
) -> None:
    assert readers.active().id == "" and readers.previous() is None and readers.folder("") == READER
    with pytest.raises(AppError, match="no earlier reader"):
        readers.before()
    readers.install(taught(), trained(tmp_path / "out"))
    assert readers.active().id == "", "installed is not used"
    readers.use("run-1")
    assert readers.active().name == "House run-1" and readers.before().name == SHIPPED
    readers.use(readers.before().id)
    assert readers.active().id == "" and readers.before().id == "run-1"


def test_one_in_use_is_not_removed_and_one_that_is_gone_is_not_used(readers: Readers, tmp_path: Path) -> None:
    readers.install(taught(), trained(tmp_path / "out"))
    readers.use("run-1")
    with pytest.raises(AppError, match="in use"):
        readers.remove("run-1")
    readers.use("")
    readers.remove("run-1")
    assert not readers.all() and readers.previous() is None
    with pytest.raises(AppError, match="no longer there"):
        readers.use("run-1")


def test_one_taught_from_another_reader_than_this_versions_does_not_read(readers: Readers, tmp_path: Path) -> None:
    readers.install(taught(), trained(tmp_path / "out"))
    readers.use("run-1")
    card = tmp_path / "readers" / "run-1" / "taught.json"
    card.write_bytes(msgspec.json.encode(taught(shipped="an older one")))
    assert readers.active().id == "" and readers.all()[0].problem == OLD
    with pytest.raises(AppError, match="Teach it again"):
        readers.use("run-1")
    card.write_bytes(msgspec.json.encode(taught(version=99)))
    assert readers.active().id == "" and "newer version" in readers.all()[0].problem


def test_a_damaged_note_means_the_reader_that_comes_along(
    readers: Readers, tmp_path: Path, expected_warnings: list[str]
) -> None:
    expected_warnings.append("could not be read")
    readers.install(taught(), trained(tmp_path / "out"))
    readers.use("run-1")
    (tmp_path / "readers" / "readers.json").write_text("{")
    assert readers.active().id == ""
    (tmp_path / "readers" / "readers.json").write_text(json.dumps({"version": 99, "active": "run-1"}))
    assert readers.active().id == "", "what a newer version wrote is not guessed at"


# --- in the documents process -----------------------------------------------------------------------------------------


def test_another_reader_reads_without_a_restart_and_is_named(
    documents: Documents, tmp_path: Path, expected_warnings: list[str]
) -> None:
    expected_warnings.append("The reader that comes along reads")
    kept = Readers(documents.home / "readers")
    documents.role._warm = warm = Warm(readers=documents.home / "readers")
    before = documents.ask(ASKED)
    assert isinstance(before, Readings) and before.reader == SHIPPED
    kept.install(taught(), trained(tmp_path / "out", weight=0.25))
    kept.use("run-1")
    assert documents.ask(UseReader()) == ReaderUsed(name="House run-1")
    after = documents.ask(ASKED)
    assert isinstance(after, Readings) and after.reader == "House run-1"
    assert after.readings[0].chance < before.readings[0].chance, "a quarter of the weights is less sure"
    (graph,) = warm._cache.glob("*-reader-*/reader.onnx")
    graph.write_bytes(b"torn")
    documents.ask(UseReader())
    assert graph.stat().st_size > 1_000_000, "a damaged graph is made anew: it is a cache"
    (documents.home / "readers" / "run-1" / ADAPTER).write_bytes(b"torn")
    with pytest.raises(BadFile, match="damaged"):
        documents.ask(UseReader())
    assert documents.ask(ASKED).reader == "House run-1", "the one that could be loaded goes on"
    fresh = Warm(readers=documents.home / "readers")
    assert warm.loaded is not None and fresh._taught_or_none(warm.loaded) is None, "at a start it is no reason for none"
    kept.use("")
    documents.ask(UseReader())
    again = documents.ask(ASKED)
    assert isinstance(again, Readings) and (again.reader, again.readings) == (SHIPPED, before.readings)
