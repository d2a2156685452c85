"""Models that are not here yet: what the catalogue and a hub offer, how they would run, what is being fetched."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal["chat", "embedder", "reranker"]
"""A company's list may name a reranker; none is offered, since nothing here could use it (docs/models.md)."""
FitKind = Literal["gpu", "part", "cpu", "large", "unknown"]
"""Whole on a GPU; partly there; on the processor; in no memory of this computer; of an architecture nobody knows."""
DownloadState = Literal["waiting", "running", "paused", "checking", "failed"]


class HubFile(Struct, frozen=True, kw_only=True):
    """A GGUF in a repository, of one part or several, at one quantization."""

    name: str  # of the first part, with its folder in the repository
    quantization: str
    bytes: int  # of all parts; of an offer with those of the projector, which comes along
    about: bool = False  # whether that is an estimate: parameters times bits, where no source says it
    sha256: tuple[str, ...] = ()  # of each part; () where the hub does not say
    parts: tuple[str, ...] = ()  # all names; () for one part


class HubModel(Struct, frozen=True, kw_only=True):
    """A repository of a hub, as the catalogue describes it or as the hub itself does."""

    id: str  # the catalogue's, or the repository's name
    name: str
    repo: str  # "owner/name"
    revision: str = "main"
    kind: Kind = "chat"
    licence: str = ""
    parameters: int = 0
    active: int = 0  # of them for each token, where it has experts
    context: int = 0  # tokens, as trained
    languages: tuple[str, ...] = ()
    good_at: str = ""  # plain words
    thinks: bool = False
    sees: bool = False
    calls_tools: bool = False
    gated: bool = False
    files: tuple[HubFile, ...] = ()
    projector: HubFile | None = None


class Fitted(Struct, frozen=True, kw_only=True):
    """How a model would run here. `why` has a sentence for each choice: quantization, context, KV cache, layers."""

    kind: FitKind
    text: str  # "Fits your GPU: 5.1 of 8 GB"
    needs_bytes: int = 0
    has_bytes: int = 0
    device: str = ""
    context: int = 0
    kv_8bit: bool = False
    gpu_layers: int = 0
    why: tuple[str, ...] = ()


class Offer(Struct, frozen=True, kw_only=True):
    """A model that could be fetched, the file of it that suits this computer best, and how that would run."""

    model: HubModel
    file: HubFile
    fit: Fitted
    installed: str = ""  # id of the installed model, if it is here
    recommended: bool = False
    tokens_per_s: float = 0.0  # about, on this processor; 0: not known


class Download(Struct, frozen=True, kw_only=True):
    """A file on its way. Its `id` stays the same after a restart."""

    id: str
    name: str
    repo: str
    file: str
    state: DownloadState
    done: int  # bytes
    total: int
    bytes_per_s: float = 0.0
    seconds_left: float | None = None
    problem: str = ""  # of one that failed: what happened, in a person's words
    advice: str = ""  # and what to do


class FoundFile(Struct, frozen=True, kw_only=True):
    """A model that is on this computer already, in a folder or in another program's store."""

    name: str
    path: str
    bytes: int
    sha256: str = ""  # where the store says it
    store: str = ""  # whose it is: "Ollama"; "" in a folder
    projector: str = ""  # by which it sees, where the store says it; else it is looked for beside the file
    installed: str = ""  # id of the installed model, if it is listed
