"""A Chroma server of the company that keeps vectors for this data folder: which one is chosen, in a file of its own.

The core writes it and the documents process reads it at its start; the key is neither here nor in the settings.
"""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from app.files import write_atomic

log = logging.getLogger(__name__)

TENANT, DATABASE = "default_tenant", "default_database"
"""What Chroma calls the ones that are there from the start."""
KEY = "vector-server"
"""Under this name the key is kept (app/models/server_keys.py)."""
NOTHING_ELSE = "Vectors (384 numbers or more for each passage), and the numbers of their passages and collections."
"""What is sent, for whoever asks."""


class VectorServer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where vectors are kept beside the index."""

    id: str  # of this choice: begins the names of its collections there
    address: str  # "https://vectors.example.com"
    tenant: str = TENANT
    database: str = DATABASE
    header: str = ""  # that carries the key as it is; "": Authorization, with Bearer before the key
    keyed: bool = False  # whether there is a key

    @property
    def host(self) -> str:
        """As a person reads it, with its port where that is not the usual one."""
        return urlsplit(self.address).netloc

    @property
    def prefix(self) -> str:
        """How the names of its collections begin."""
        return f"inhouse-{self.id}-"


def read(path: Path) -> VectorServer | None:
    """The server that is chosen; None where there is none, or what the file says is no server."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=VectorServer)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s could not be read: %s", path, error)
        return None


def write(path: Path, server: VectorServer | None) -> None:
    """Write it down; None: vectors are kept on this computer only. Raises NoSpace."""
    if server is None:
        path.unlink(missing_ok=True)
    else:
        write_atomic(path, msgspec.json.encode(server) + b"\n")
