"""Embedders that were brought in, beside the one that comes along: their files, which is in use, and the one before.

    embedders/ID/manifest.json   Manifest            embedders/embedders.json   Chosen
    embedders/ID/…               the files of its kind (app/documents/backends.py reads them)

The documents process brings one in; the core writes down which is chosen. Whose vectors search compares is the index's
own to say (`meta.embedder`): it changes in the transaction that gives the index the new vectors.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.embedder.choice import Choice, Chosen
from app.embedder.identity import Identity
from app.errors import AppError
from app.rules import EMBEDDERS
from app.settings import company_policy

VERSION = 1
MANIFEST, CHOSEN = "manifest.json", "embedders.json"
PART = ".part-"
"""How the name of a folder begins that is not whole yet."""
SHIPPED = "Inhouse’s own embedder"
Kind = Literal["shipped", "sentence-transformers", "gguf"]


class Background(Struct, frozen=True):
    """The cosines of an embedder's questions with passages that do not answer them: their mean, and the standard
    deviation of one question's. They lie at other places with each embedder."""

    mean: float
    spread: float
    passages: int = 0  # of the index as it was measured; 0: on a few sentences of ours


class Manifest(Struct, frozen=True, kw_only=True):
    """An embedder of this data folder: who it is and what it is made of. `id` "" is the one that comes along."""

    version: int = VERSION
    name: str = SHIPPED
    kind: Kind = "shipped"
    identity: Identity | None = None  # None: the one that comes along
    background: Background | None = None  # of a few sentences, until the documents say more
    bytes: int = 0  # on disk
    made_at: float = 0.0
    problem: str = ""  # why it cannot be used now; never written

    @property
    def id(self) -> str:
        """The name of its folder."""
        return self.identity.id if self.identity is not None else ""


def about(manifest: Manifest) -> str:
    """What it is, in a line: "sentence-transformers, 384 dimensions, int8, mean pooling"."""
    identity = manifest.identity
    if identity is None:
        return "multilingual-e5-small; comes with Inhouse"
    parts = [manifest.kind, f"{identity.dimensions} dimensions", identity.precision, f"{identity.pooling} pooling"]
    return manifest.problem or ", ".join(parts)


class Embedders:
    """The folder of a data folder's embedders."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self._choice = Choice(folder / CHOSEN)

    def all(self) -> list[Manifest]:
        """Those that were brought in, newest first; what cannot be read is left out."""
        paths = [path for path in self.root.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(PART)]
        found = [self.get(path.parent.name) for path in paths]
        return sorted((each for each in found if each is not None), key=lambda each: -each.made_at)

    def get(self, embedder_id: str) -> Manifest | None:
        """The embedder of this id, with what keeps it from being used; None where it is not there."""
        if not embedder_id:
            return Manifest()
        try:
            found = msgspec.json.decode((self.root / embedder_id / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.MsgspecError):
            return None
        if found.id != embedder_id:
            return None
        problem = "A newer version of Inhouse brought it in." if found.version > VERSION else ""
        allowed = company_policy().rule(EMBEDDERS)
        if allowed is not None and (found.identity is None or found.identity.sha256 not in allowed):
            problem = "Your company does not allow it."
        return msgspec.structs.replace(found, problem=problem)

    def folder(self, embedder_id: str) -> Path:
        """Where its files are."""
        return self.root / embedder_id

    def usable(self, embedder_id: str) -> Manifest:
        """
        Raises:
            AppError: it is gone, or made for a newer version.
        """
        found = self.get(embedder_id)
        if found is None:
            raise AppError("This embedder is no longer there.", "Import it again.", embedder_id)
        if found.problem:
            raise AppError(f"“{found.name}” cannot be used.", found.problem, embedder_id)
        return found

    def chosen(self) -> Chosen:
        """What is written down."""
        return self._choice.read()

    def choose(self, chosen: Chosen) -> None:
        """Write down which one is in use, and which one is being prepared; raises NoSpace."""
        self._choice.write(chosen)

    def remove(self, embedder_id: str) -> None:
        """Delete one that is neither in use nor being prepared; raises AppError where it is."""
        now = self.chosen()
        if not embedder_id or embedder_id == now.active or embedder_id == now.coming:
            raise AppError("This embedder is in use.", "Use another one first.", embedder_id)
        shutil.rmtree(self.root / embedder_id, ignore_errors=True)
        if now.previous == embedder_id:
            self.choose(msgspec.structs.replace(now, previous=None))

    def sweep(self) -> None:
        """Remove what an import that was killed left behind."""
        for folder in self.root.glob(f"{PART}*"):
            shutil.rmtree(folder, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """The sum of a file; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
