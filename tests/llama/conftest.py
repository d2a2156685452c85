"""The starter model, opened once for all tests of a file, and its template and tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.llama import bindings
from app.llama.bindings import Model
from app.llama.encode import Encoder
from app.llama.gguf_reader import read_header
from app.llama.template import Renderer


@pytest.fixture(scope="module")
def model(starter: Path) -> Iterator[Model]:
    bindings.start()
    opened = Model(starter, 0, lambda _fraction: True)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    owner = Renderer()
    yield owner
    owner.close()


@pytest.fixture(scope="module")
def encoder(starter: Path, model: Model, renderer: Renderer) -> Encoder:
    return Encoder(model, renderer, read_header(starter).template)
