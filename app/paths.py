"""Where everything lives: one folder for data, moved as a whole by INHOUSE_HOME."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
SAMPLES = RESOURCES / "samples"
SAMPLE_COLLECTION = "Larkfield samples"
"""Where the sample documents go when a person wants to try them."""


@dataclass(frozen=True)
class Home:
    """The user's data folder and the places in it. Only `cache` may be deleted without loss."""

    root: Path

    @property
    def chats_db(self) -> Path:
        return self.root / "chats.db"

    @property
    def documents_db(self) -> Path:
        return self.root / "documents.db"

    @property
    def tables_db(self) -> Path:
        return self.root / "tables.db"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def audit(self) -> Path:
        """The record of what was done (app/audit)."""
        return self.root / "audit"

    @property
    def readers(self) -> Path:
        """Readers that were taught here (app/embedder/readers.py)."""
        return self.root / "readers"

    @property
    def heads(self) -> Path:
        """Heads that sort texts into labels (app/embedder/heads.py)."""
        return self.root / "heads"

    @property
    def embedders(self) -> Path:
        """Embedders that were brought in (app/embedder/embedders.py)."""
        return self.root / "embedders"

    @property
    def runtimes(self) -> Path:
        """Builds of llama.cpp that were added (app/runtimes.py)."""
        return self.root / "runtimes"

    @property
    def runtimes_file(self) -> Path:
        """Which of them each role runs on."""
        return self.root / "runtimes.json"

    @property
    def components(self) -> Path:
        """Parts of the installed application that are fetched on demand (app/finetune/component.py)."""
        return self.root / "components"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.json"

    @property
    def library_file(self) -> Path:
        """Assistants and prompts (app/library)."""
        return self.root / "assistants.json"

    @property
    def arena_file(self) -> Path:
        """Blind votes between models (app/evaluation/arena.py)."""
        return self.root / "arena.json"

    @property
    def session_file(self) -> Path:
        """Window geometry and half-typed messages, kept across a crash."""
        return self.root / "session.json"

    @property
    def server_keys(self) -> Path:
        """Keys of the company's servers, where the system has no keyring."""
        return self.root / "server-keys.json"

    @property
    def vector_server(self) -> Path:
        """Which Chroma server keeps vectors (app/vector_server.py)."""
        return self.root / "vector-server.json"

    @property
    def backups(self) -> Path:
        """Copies taken before a migration runs, and the chats' daily ones."""
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def vectors(self) -> Path:
        """Chroma's folder: a cache that is rebuilt from `documents_db`."""
        return self.cache / "vectors"

    @property
    def signs(self) -> Path:
        """The signs of the vectors of a large index (app/documents/codes.py)."""
        return self.cache / "signs.npz"

    @property
    def conversations(self) -> Path:
        """What models have read of chats (app/engine/kept.py)."""
        return self.cache / "conversations"

    @property
    def uploads(self) -> Path:
        """Files that programs send with a question, until they are read."""
        return self.cache / "uploads"

    def ours(self) -> Iterator[Path]:
        """What is there of Inhouse in the data folder, its first level only: the rest of it may be somebody else's."""
        folders = (self.models, self.readers, self.heads, self.embedders, self.runtimes, self.runs, self.components)
        for folder in (*folders, self.backups, self.logs, self.cache):
            if folder.exists():
                yield folder
        for stem in (
            "adding",
            "arena",
            "assistants",
            "chats",
            "core",
            "documents",
            "runtimes",
            "server-keys",
            "session",
            "settings",
            "tables",
            "vector-server",
        ):
            yield from (path for path in self.root.glob(f"{stem}[.-]*") if not path.is_dir())


def home() -> Home:
    """The data folder: INHOUSE_HOME, or platformdirs' user data folder. It is not created here."""
    chosen = os.environ.get("INHOUSE_HOME")
    root = Path(chosen) if chosen else Path(platformdirs.user_data_dir("Inhouse", appauthor=False))
    return Home(root.expanduser().absolute())
