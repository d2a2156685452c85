"""What dialogs offer is what the loaders read."""

from __future__ import annotations

from app.documents.loaders import LOADERS
from app.types import SUPPORTED_SUFFIXES


def test_every_offered_suffix_has_a_loader() -> None:
    assert SUPPORTED_SUFFIXES
    assert set(SUPPORTED_SUFFIXES) <= set(LOADERS)
