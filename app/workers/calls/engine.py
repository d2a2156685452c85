"""What the engine is asked, and what it answers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.pictures import Picture
from app.runtimes import Device
from app.types import Budget, Message, ModelInfo, Passage, Sampling, Stats
from app.workers.message import Call, Data


class Load(Call, frozen=True):
    """Load a model; → LoadProgress…, ModelInfo in Loaded. Replaces the one loaded before."""

    path: str
    context: int = 8192
    gpu_layers: int | None = None  # None: as many as fit
    threads: int | None = None  # None: physical cores
    adapter: str = ""
    projector: str = ""  # a GGUF by which the model sees
    allowed: tuple[str, ...] | None = None  # sums of the files that may be loaded; None: any


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
    logprobs: int | None = None  # how many of the likeliest tokens to name with each token
    says: str = ""  # an answer that is there: it is written again word by word, to be told how likely each was
    priority: int = 0  # 1: a person waits for it
    keep: bool = False  # what was read of this conversation may be on the disk: see KeepStates
    pictures: tuple[Picture, ...] = ()  # that belong to the question


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
    pictures: tuple[Picture, ...] = ()  # of a user's message; they stand before its text


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
    included, or its tokens; → Prefill…, Token…, Completed. Nothing is left out to make it fit: too much is an error."""

    conversation: str = ""  # key of the KV cache
    messages: tuple[PromptMessage, ...] = ()
    prompt: str | None = None
    prompt_tokens: tuple[int, ...] = ()
    echo: bool = False  # a bare prompt is given back, with `logprobs` of each of its tokens
    tools: str = ""  # JSON list, as OpenAI writes it
    tool_choice: str = "auto"  # "none", "auto", "required" or the name of a tool
    json_schema: str = ""
    json_object: bool = False
    sampling: Sampling = Sampling()
    logprobs: int | None = None  # how many of the likeliest tokens to name with each token
    priority: int = 0


class Score(Call, frozen=True):
    """How likely each of these texts would be as the answer; → Prefill…, Scored. Nothing is written."""

    messages: tuple[PromptMessage, ...]
    texts: tuple[str, ...]
    priority: int = 0


class Tokenize(Call, frozen=True):
    """The loaded model's own tokens: of a text (control tokens are those), or what tokens spell; → Tokenized."""

    text: str = ""
    tokens: tuple[int, ...] = ()


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


class KeepStates(Call, frozen=True):
    """Write what was read of these chats to the cache folder, where it is worth it; a question goes first; → Done.
    `conversation` of such a chat is its id, as a number."""

    conversations: tuple[str, ...]


class LoadProgress(Data, frozen=True):
    fraction: float


class LookAtDevices(Call, frozen=True):
    """What is free on each device at this moment, with the loaded model there; → DevicesSeen."""


class DevicesSeen(Data, frozen=True):
    devices: tuple[Device, ...]


class Loaded(Data, frozen=True):
    info: ModelInfo
    devices: tuple[Device, ...] = ()  # as they are with the model there


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


class Echoed(Struct, frozen=True):
    """A prompt as it was given. `tokens` where they were weighed; those before `first` have nothing before them that
    could say how likely they are."""

    text: str
    tokens: tuple[TokenLogprob, ...] = ()
    first: int = 0


class Likelihood(Struct, frozen=True):
    """Of a text: the sum of its tokens' natural log-probabilities, and whether each was the likeliest at its place."""

    logprob: float
    tokens: int
    greedy: bool


class Scored(Data, frozen=True):
    """Of each text, in their order."""

    texts: tuple[Likelihood, ...]
    prompt_tokens: int


class Tokenized(Data, frozen=True):
    """Both forms, and what a program needs to know of the vocabulary; "" where the model has none."""

    tokens: tuple[int, ...]
    text: str
    bos: str = ""
    eos: str = ""
    template: str = ""


class Completed(Data, frozen=True):
    text: str
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reason: Literal["end", "length", "stop", "tool_calls"] = "end"
    stats: Stats = Stats()
    logprobs: tuple[TokenLogprob, ...] = ()
    note: str = ""
    echoed: Echoed | None = None


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
    thought_ms: float = 0.0  # from the first token to the end of the thinking


class Counted(Data, frozen=True):
    tokens: int
    context: int


Calls = Load | Chat | Complete | Score | Tokenize | Count | SetAdapter | KeepStates | Probe | LookAtDevices

Answers = (
    LoadProgress
    | Loaded
    | DevicesSeen
    | Waiting
    | Prefill
    | Token
    | Chatted
    | Completed
    | Scored
    | Tokenized
    | Probed
    | Counted
)
