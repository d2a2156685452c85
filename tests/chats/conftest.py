"""Chats that fill some pages of their file."""

from __future__ import annotations

import pytest
from chats_helpers import fill, open_store


@pytest.fixture
def said() -> dict[int, list[str]]:
    store = open_store()
    texts = fill(store)
    store.close()
    return texts
