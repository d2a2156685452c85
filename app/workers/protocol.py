"""What the window and its child processes say to each other: one JSON object a line.

The parent writes a `Request`, or a `Control` for one under way. The child answers each request with any number of
`event` frames and exactly one last frame: `done`, `error` or `cancelled`. Frames with id 0 are about the child itself:
`Ready` once it takes requests, an error where it will not start, `Alive` every two seconds.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from app.types import (
    Box,
    Budget,
    Collection,
    Document,
    FileStatus,
    InstalledModel,
    Message,
    ModelInfo,
    Passage,
    Sampling,
    SearchResult,
    Stats,
    Support,
)

VERSION = 1
WorkerRole = Literal["engine", "documents", "models"]


class Call(Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Something a child is asked to do."""


class Data(Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Something a child answers: progress or a result."""


# --- engine -----------------------------------------------------------------------------------------------------------


class Load(Call, frozen=True):
    """Load a model; → LoadProgress…, ModelInfo in Loaded. Replaces the one loaded before."""

    path: str
    context: int = 8192
    gpu_layers: int | None = None  # None: as many as fit
    threads: int | None = None  # None: physical cores
    adapter: str = ""


class Chat(Call, frozen=True):
    """Answer a question; → Prefill…, Token…, Chatted. `passages` are quoted to the model as numbered data."""

    conversation: str  # key of the KV cache
    question: str
    history: tuple[Message, ...] = ()
    passages: tuple[Passage, ...] = ()
    system: str = ""
    sampling: Sampling = Sampling()
    json_schema: str = ""  # a JSON schema that the answer must follow
    grounded: bool = False  # passages were searched: answer from them only
    priority: int = 0  # 1: a person waits for it


class ToolCall(Struct, frozen=True, kw_only=True):
    """A tool that the model wants called; `arguments` is JSON as the model wrote it."""

    id: str
    name: str
    arguments: str


class PromptMessage(Struct, frozen=True, kw_only=True):
    """A message of a conversation that a program holds itself; `tool_call_id` says which call a tool's word answers."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    name: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


class TopLogprob(Struct, frozen=True):
    """What a token could have been."""

    token: str
    logprob: float
    bytes: tuple[int, ...] = ()


class TokenLogprob(Struct, frozen=True):
    """How likely a token was, natural logarithm, before sampling settings; `top` the likeliest at its place."""

    token: str
    logprob: float
    bytes: tuple[int, ...] = ()
    top: tuple[TopLogprob, ...] = ()


class Complete(Call, frozen=True):
    """Write as a program asks: `messages` through the model's chat template, or `prompt` as it stands, control tokens
    included; → Prefill…, Token…, Completed. Nothing is left out to make it fit: too much is an error."""

    conversation: str = ""  # key of the KV cache
    messages: tuple[PromptMessage, ...] = ()
    prompt: str | None = None
    tools: str = ""  # JSON list, as OpenAI writes it
    tool_choice: str = "auto"  # "none", "auto", "required" or the name of a tool
    json_schema: str = ""
    json_object: bool = False
    sampling: Sampling = Sampling()
    logprobs: int | None = None  # how many of the likeliest tokens to name with each token
    priority: int = 0


class Probe(Call, frozen=True):
    """Load a file and write one token, in a process that may die of it; → LoadProgress…, Probed. A file that answers
    has shown that llama.cpp can compute with it."""

    path: str
    adapter: str = ""


class Count(Call, frozen=True):
    """Tokens that the prompt of this conversation would take; → Counted."""

    history: tuple[Message, ...] = ()
    question: str = ""
    passages: tuple[Passage, ...] = ()
    system: str = ""


class SetAdapter(Call, frozen=True):
    """Swap the LoRA adapter of the loaded base ("" for none) and clear the KV cache; → Done."""

    path: str = ""
    scale: float = 1.0


class LoadProgress(Data, frozen=True):
    fraction: float


class Loaded(Data, frozen=True):
    info: ModelInfo


class Waiting(Data, frozen=True):
    """Nothing comes for now: a sentence for the person who waits, and how many requests are before this one."""

    note: str
    ahead: int = 0


class Prefill(Data, frozen=True):
    """Tokens of the prompt read so far."""

    done: int
    total: int


class Token(Data, frozen=True):
    """A piece of the answer; `thinking` inside a <think> block. `logprobs` of the tokens since the piece before."""

    text: str
    thinking: bool = False
    logprobs: tuple[TokenLogprob, ...] = ()


class Completed(Data, frozen=True):
    text: str
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reason: Literal["end", "length", "stop", "tool_calls"] = "end"
    stats: Stats = Stats()
    logprobs: tuple[TokenLogprob, ...] = ()
    note: str = ""


class Probed(Data, frozen=True):
    """The file can be computed with. `text`: the one token that it wrote."""

    text: str
    load_ms: float
    token_ms: float


class Chatted(Data, frozen=True):
    text: str
    thinking: str
    reason: Literal["end", "length", "stop"]
    stats: Stats
    budget: Budget
    passages_used: int  # how many of the passages, from the first, fitted
    note: str = ""  # a sentence for the user, e.g. that the model's own chat template could not be used


class Counted(Data, frozen=True):
    tokens: int
    context: int


# --- documents --------------------------------------------------------------------------------------------------------


class ListCollections(Call, frozen=True):
    """→ Collections."""


class CreateCollection(Call, frozen=True):
    """The collection of this name, case aside, made where there is none; → CollectionMade."""

    name: str


class RenameCollection(Call, frozen=True):
    """→ Collections."""

    collection_id: int
    name: str


class DeleteCollection(Call, frozen=True):
    """Remove it with all that was indexed; the files themselves stay; → Removed. Then see `Remove`."""

    collection_id: int


class ListDocuments(Call, frozen=True):
    """→ Documents, "needs attention first"."""

    collection_id: int


class Add(Call, frozen=True):
    """Index files and folders; → FileEvent and AddProgress…, Added."""

    paths: tuple[str, ...]
    collection_id: int
    passwords: dict[str, str] = {}  # path → password
    force: bool = False  # index again what is unchanged


class Remove(Call, frozen=True):
    """Remove documents; → Removed. They leave tombstones until the other stores have followed: `Forgotten`."""

    ids: tuple[int, ...]


class ListTombstones(Call, frozen=True):
    """What was removed here and perhaps not yet elsewhere; → Tombstones."""


class Forgotten(Call, frozen=True):
    """Every other store has followed the removal of these: drop their tombstones; → Done."""

    ids: tuple[int, ...] = ()
    collections: tuple[int, ...] = ()


class Search(Call, frozen=True):
    """→ SearchResult in Searched. No collections: all of them."""

    query: str
    collections: tuple[int, ...] = ()
    k: int = 8
    highlight: bool = False  # find the best sentence of each passage


class Ground(Call, frozen=True):
    """Which passage supports each sentence; → Grounded."""

    sentences: tuple[str, ...]
    passages: tuple[Passage, ...]


class Embed(Call, frozen=True):
    """Vectors of texts, as the index makes them; → Embedded. `query`: they are to be compared with passages."""

    texts: tuple[str, ...]
    query: bool = False


class RenderPage(Call, frozen=True):
    """A PDF page as an image, with the boxes to mark; → PageImage. `start`/`end`: the span to mark, if any."""

    document_id: int
    page: int
    scale: float = 1.5  # pixels a point
    start: int = 0
    end: int = 0


class ReadText(Call, frozen=True):
    """The whole text of a document; → DocumentText."""

    document_id: int


class CheckHealth(Call, frozen=True):
    """Check the stores, heal what can be rebuilt; → Health."""


class Warming(Data, frozen=True):
    """The embedder is still loading; comes again until the work begins."""


class FileEvent(Data, frozen=True):
    """Where one file of an Add stands. A last one comes for every file: indexed, unchanged or failed."""

    path: str
    status: FileStatus
    fraction: float = 0.0
    document_id: int | None = None
    pages: int | None = None
    passages: int = 0
    reason: str = ""
    code: str = ""


class AddProgress(Data, frozen=True):
    done: int
    total: int
    passages_per_s: float = 0.0
    seconds_left: float | None = None


class Added(Data, frozen=True):
    indexed: int
    unchanged: int
    failed: int


class Collections(Data, frozen=True):
    """`note` is a sentence for the user about the index as a whole, e.g. that it was damaged; it comes once."""

    collections: tuple[Collection, ...]
    note: str = ""


class CollectionMade(Data, frozen=True):
    collection: Collection


class Documents(Data, frozen=True):
    documents: tuple[Document, ...]


class Removed(Data, frozen=True):
    """`traces` counts what a search for the removed text still found in any file: 0 is the proof."""

    documents: int
    passages: int
    traces: int
    ids: tuple[int, ...] = ()  # so that chats can forget them too
    places: tuple[str, ...] = ()  # files with traces, below the data folder
    answers: tuple[int, ...] = ()  # turns that still tell of them in the model's own words; the core says it


class Tombstones(Data, frozen=True):
    ids: tuple[int, ...]  # of documents
    collections: tuple[int, ...] = ()


class Searched(Data, frozen=True):
    result: SearchResult


class Grounded(Data, frozen=True):
    support: tuple[Support, ...]


class Embedded(Data, frozen=True):
    vectors: tuple[tuple[float, ...], ...]  # of length 1, one a text
    tokens: int  # read of all texts, markers left out


class PageImage(Data, frozen=True):
    png: str  # base64
    width: int  # pixels
    height: int
    pages: int
    scale: float
    marks: tuple[Box, ...] = ()  # in points of this page


class DocumentText(Data, frozen=True):
    name: str
    format: str
    text: str
    pages: tuple[tuple[int, int], ...] = ()  # the span of each page


class Health(Data, frozen=True):
    """One line a store: name → "ok" or what is wrong and what was done."""

    stores: dict[str, str]


# --- models -----------------------------------------------------------------------------------------------------------


class ImportModel(Call, frozen=True):
    """Check a GGUF file, or one to share, and copy it into the models folder; → CopyProgress…, ModelInstalled."""

    path: str
    name: str = ""


class ExportModel(Call, frozen=True):
    """Copy an installed model elsewhere, as GGUF or, with its card, as one file to share; → CopyProgress…, Done."""

    model_id: str
    path: str
    card: str = ""  # Markdown


class DownloadModel(Call, frozen=True):
    """Fetch a catalogue model from a hub, resumable, checked by SHA-256; → CopyProgress…, ModelInstalled."""

    entry: str


class CopyProgress(Data, frozen=True):
    done: int  # bytes
    total: int
    bytes_per_s: float = 0.0


class ModelInstalled(Data, frozen=True):
    model: InstalledModel


class Done(Data, frozen=True):
    """Nothing more to say."""


class Ready(Data, frozen=True):
    """A child takes requests from here on; what came before it is kept."""

    role: WorkerRole
    version: int = VERSION


class Alive(Data, frozen=True):
    """A sign of life, every two seconds from a thread of its own, also while the child still starts: how many steps its
    main loop has finished, and how many seconds the one under way has lasted (0: it waits for requests)."""

    steps: int
    step_s: float = 0.0


# --- frames -----------------------------------------------------------------------------------------------------------

EngineCall = Load | Chat | Complete | Count | SetAdapter | Probe
DocumentsCall = (
    ListCollections
    | CreateCollection
    | RenameCollection
    | DeleteCollection
    | ListDocuments
    | Add
    | Remove
    | ListTombstones
    | Forgotten
    | Search
    | Ground
    | Embed
    | RenderPage
    | ReadText
    | CheckHealth
)
ModelsCall = ImportModel | ExportModel | DownloadModel
AnyCall = EngineCall | DocumentsCall | ModelsCall
AnyData = (
    LoadProgress
    | Loaded
    | Waiting
    | Prefill
    | Token
    | Chatted
    | Completed
    | Probed
    | Counted
    | Warming
    | FileEvent
    | AddProgress
    | Added
    | Collections
    | CollectionMade
    | Documents
    | Removed
    | Tombstones
    | Searched
    | Grounded
    | Embedded
    | PageImage
    | DocumentText
    | Health
    | CopyProgress
    | ModelInstalled
    | Done
    | Ready
    | Alive
)


class Request(Struct, frozen=True):
    """Parent → child. Ids count up from 1."""

    id: int
    call: AnyCall


class Control(Struct, frozen=True):
    """Parent → child, about a request under way."""

    id: int
    control: Literal["cancel", "pause", "resume"]


class Failure(Struct, frozen=True):
    """An AppError on its way to the parent."""

    message: str
    hint: str = ""
    detail: str = ""
    code: str = ""


class Frame(Struct, frozen=True, omit_defaults=True):
    """Child → parent."""

    id: int
    kind: Literal["event", "done", "error", "cancelled"]
    data: AnyData | None = None
    error: Failure | None = None


_encoder = msgspec.json.Encoder()
_request_decoder = msgspec.json.Decoder(Request)
_control_decoder = msgspec.json.Decoder(Control)
_frame_decoder = msgspec.json.Decoder(Frame)


def encode(message: Request | Control | Frame) -> bytes:
    """One line, newline included."""
    return _encoder.encode(message) + b"\n"


def decode_request(line: bytes) -> Request | Control:
    """Read what a parent wrote.

    Raises:
        msgspec.DecodeError: the line is not one of ours.
    """
    if b'"call":' in line:
        return _request_decoder.decode(line)
    return _control_decoder.decode(line)


def decode_frame(line: bytes) -> Frame:
    """Read what a child wrote.

    Raises:
        msgspec.DecodeError: the line is not one of ours.
    """
    return _frame_decoder.decode(line)
