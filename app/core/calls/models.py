"""What a door says about models: which there are, which one answers, what comes in and goes out."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from app.hub import Fitted
from app.types import InstalledModel, ModelInfo
from app.workers.calls.models import CopyProgress, ModelInstalled
from app.workers.message import Call, Data, Failure

EngineState = Literal["loading", "ready", "failed", "stopped"]


class ListModels(Call, frozen=True):
    """→ Models."""


class UseModel(Call, frozen=True):
    """Make it the one that answers: probed, loaded, and only then written down; → Switching…, Switched.

    The old one answers until the new one is ready, and stays where that fails.
    """

    model_id: str


class GoBack(Call, frozen=True):
    """The model in use before this one; → Switching…, Switched."""


class CancelSwitch(Call, frozen=True):
    """The old model stays; → Done."""


class RestartEngine(Call, frozen=True):
    """End the engine and load the same model again; → Done."""


class LoadEngine(Call, frozen=True):
    """Load the model in use unless it is there; → Done. A window does this after its first paint."""


class RenameModel(Call, frozen=True):
    """→ Models."""

    model_id: str
    name: str


class RemoveModel(Call, frozen=True):
    """Take it off the list and delete our copy of its file; → Models."""

    model_id: str


class ImportFolder(Call, frozen=True):
    """Make a model of a folder with safetensors and a tokenizer, whose own weights a training reads from then on;
    → CopyProgress…, ModelInstalled.

    `beside` is a GGUF of the same model whose keys are taken ("": one that lies in the folder), `llama_cpp` a checkout
    whose converter writes the file ("": that of the settings).
    """

    path: str
    name: str = ""  # "" takes the folder's
    beside: str = ""
    llama_cpp: str = ""


class FindServer(Call, frozen=True):
    """Look which models a server of the company has, at an OpenAI-compatible address; → ServerFound."""

    address: str  # "https://models.example/v1"
    key: str = ""


class AddServer(Call, frozen=True):
    """List a model of such a server, once it has said a word; → ModelInstalled.

    The one with this address and name that is listed already gets the new key instead.
    """

    address: str
    model: str = ""  # its name there; "" the only one
    key: str = ""
    name: str = ""  # here; "" names it after the model


class Models(Data, frozen=True):
    """Every model of this data folder, and which of them matter."""

    models: tuple[InstalledModel, ...]
    active: str = ""  # id
    previous: str = ""  # id, "" where there is none to go back to
    missing: tuple[str, ...] = ()  # ids whose file is gone
    note: str = ""
    fits: dict[str, Fitted] = field(default_factory=dict)  # id → how it would run here; none for those on servers


class ServerFound(Data, frozen=True):
    """`encrypted`: nobody on the way can read what is sent."""

    address: str  # where its API really begins
    host: str
    models: tuple[str, ...]
    encrypted: bool


class Switching(Data, frozen=True):
    """The model that is being loaded. `model_id` "": none."""

    model_id: str
    fraction: float = 0.0
    beside: bool = True  # the old model answers meanwhile, since both fit into the memory
    need_bytes: int = 0  # of the new one, by the size of its file; 0: not computed here, or nothing is loaded
    free_bytes: int = 0


class Switched(Data, frozen=True):
    """Another model answers from now on."""

    model_id: str
    info: ModelInfo | None = None


# --- told to every door that listens ----------------------------------------------------------------------------------


class EngineMoved(Data, frozen=True):
    """The engine in use, after each change."""

    state: EngineState
    fraction: float = 0.0  # while loading
    info: ModelInfo | None = None
    failure: Failure | None = None


class ModelsChanged(Data, frozen=True):
    """The list is another one now."""

    models: Models


class SwitchFailed(Data, frozen=True):
    """The model before it stays in use."""

    model_id: str
    failure: Failure


Calls = (
    ListModels
    | UseModel
    | GoBack
    | CancelSwitch
    | RestartEngine
    | LoadEngine
    | RenameModel
    | RemoveModel
    | ImportFolder
    | FindServer
    | AddServer
)
Answers = Models | ServerFound | Switching | Switched | CopyProgress | ModelInstalled
Events = EngineMoved | ModelsChanged | SwitchFailed
