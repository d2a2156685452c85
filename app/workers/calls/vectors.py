"""What the documents process is told about a Chroma server that keeps vectors beside the index."""

from __future__ import annotations

from app.vector_server import VectorServer
from app.workers.message import Call, Data


class CheckVectorServer(Call, frozen=True):
    """Look whether there is a Chroma server; nothing is sent to it but the key; → VectorServerFound."""

    server: VectorServer
    key: str = ""


class UseVectorServer(Call, frozen=True):
    """From here on this server keeps the vectors, or none does; → VectorState, at once.

    The core says so at each start of the process too: it has the key.
    """

    server: VectorServer | None
    key: str = ""


class ShowVectors(Call, frozen=True):
    """→ VectorState, at once."""


class SyncVectors(Call, frozen=True):
    """Tell the server what it has not been told yet; → VectorProgress…, VectorState."""


class DropVectors(Call, frozen=True):
    """Delete all that the server has of this data folder; → VectorState, whose `problem` says where it could not be."""


class VectorServerFound(Data, frozen=True):
    """What stands at an address: a Chroma server of this version with so many collections."""

    host: str
    version: str
    collections: int


class VectorProgress(Data, frozen=True):
    waiting: int


class VectorState(Data, frozen=True):
    """`waiting`: changes that the server has not been told; `problem`: why not, "" where it takes them."""

    waiting: int = 0
    problem: str = ""


Calls = CheckVectorServer | UseVectorServer | ShowVectors | SyncVectors | DropVectors
Answers = VectorServerFound | VectorProgress | VectorState
