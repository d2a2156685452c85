"""What a door says about programs: whether they may connect over HTTP, with which key, and what they ask a model."""

from __future__ import annotations

from app.workers.calls.engine import Complete, Completed, Tokenize, Tokenized
from app.workers.message import Call, Data, Failure


class ServeApi(Call, frozen=True):
    """Let programs connect for as long as this request is open; → ApiMoved…, and no last word until it is cancelled.

    What is None is as Settings say. `port` 0 takes any free one.
    """

    port: int | None = None
    host: str = ""  # an address of this computer; "" is 127.0.0.1
    allow_network: bool = False  # `host` may be reached by other computers
    hosts: tuple[str, ...] = ()  # more names by which programs may call this computer
    origins: tuple[str, ...] = ()  # web pages that may ask, "https://wiki.example"
    requests_a_minute: int | None = None


class ShowApi(Call, frozen=True):
    """→ Api."""


class RenewApiKey(Call, frozen=True):
    """Make a new key; the old one is worth nothing from this moment on; → Api."""


class CompleteWith(Call, frozen=True):
    """Let a model write what a program asks; → Prefill…, Token…, Completed.

    `model_id` "" is the model in use; another one is loaded beside it.
    """

    request: Complete
    model_id: str = ""


class TokenizeWith(Call, frozen=True):
    """The tokens of a model, for programs that count or send them; → Tokenized."""

    request: Tokenize
    model_id: str = ""


class ApiMoved(Data, frozen=True):
    """Told to every door: whether programs can connect, and where."""

    on: bool
    address: str = ""  # "http://127.0.0.1:8217/v1"
    network: bool = False  # other computers can reach it
    failure: Failure | None = None  # why it is not on although it should be


class Api(Data, frozen=True):
    """The state and the key that programs need."""

    moved: ApiMoved
    key: str


Calls = ServeApi | ShowApi | RenewApiKey | CompleteWith | TokenizeWith
Answers = Api | Completed | Tokenized
Events = ApiMoved
