"""What a door asks about a Chroma server that keeps the vectors: which one, whether it is there, and back."""

from __future__ import annotations

from app.vector_server import DATABASE, TENANT
from app.workers.message import Call, Data


class ShowVectorServer(Call, frozen=True):
    """→ VectorServerShown."""


class FindVectorServer(Call, frozen=True):
    """Look what stands at an address; nothing but the key is sent there; → VectorServerFound."""

    address: str
    key: str = ""
    tenant: str = TENANT
    database: str = DATABASE
    header: str = ""  # that carries the key; "" is Authorization


class ChooseVectorServer(Call, frozen=True):
    """Keep vectors there from now on, once it has been looked at; → VectorServerShown, at once.

    It is told of all passages in the background; VectorServerChanged says how far that is.
    """

    address: str
    key: str = ""
    tenant: str = TENANT
    database: str = DATABASE
    header: str = ""


class LeaveVectorServer(Call, frozen=True):
    """Delete what is there and keep vectors on this computer only; → VectorServerShown, whose `problem` says what
    could not be deleted."""


class VectorServerShown(Data, frozen=True):
    """The server that is chosen, "" for none, and how it stands."""

    address: str = ""
    host: str = ""
    tenant: str = TENANT
    database: str = DATABASE
    waiting: int = 0  # changes that it has not been told
    problem: str = ""


class VectorServerChanged(Data, frozen=True):
    """Told to every door."""

    shown: VectorServerShown


Calls = ShowVectorServer | FindVectorServer | ChooseVectorServer | LeaveVectorServer
Answers = VectorServerShown
Events = VectorServerChanged
