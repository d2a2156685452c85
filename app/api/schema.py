"""What programs may send, as OpenAI names it. Every field stands here: one that does not is refused by name.

Fields of type None are OpenAI's parameters that we do not follow: a client may send them empty, but not with a value.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from app.finetune.own import LIMIT as OWN_MOST
from app.finetune.wizard import Effort, Goal, Size
from app.text.fields.field import Kind
from app.text.personal.kinds import PersonalKind
from app.types import Filter

MOST_CHOICES = 8
MOST_STOPS = 4
MOST_COMPLETION_STOPS = 16  # bare texts have no template that ends them, and evaluations name what may
MOST_TOP_LOGPROBS = 20
MOST_TEXTS = 2048
MOST_PASSAGES = 100
MOST_FILES = 20

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Temperature = Annotated[float, Meta(ge=0.0, le=2.0)]
Penalty = Annotated[float, Meta(ge=-2.0, le=2.0)]
Count = Annotated[int, Meta(ge=1)]
Choices = Annotated[int, Meta(ge=1, le=MOST_CHOICES)]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]


class Body(Struct, forbid_unknown_fields=True):
    """What all of them have in common: nothing is ignored."""


class StreamOptions(Body):
    """`include_usage`: count tokens in a last piece of the stream."""

    include_usage: bool = False
    include_obfuscation: Literal[False] | None = None


class Writing(Body, kw_only=True):
    """How to write: in chats and in completions. What is not sent is as Settings say."""

    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Meta(ge=0, le=1000)] | None = None  # not OpenAI's; many local servers know it
    min_p: Share | None = None  # the same
    repeat_penalty: Annotated[float, Meta(ge=0.5, le=2.0)] | None = None  # the same
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    n: Choices | None = None
    stop: str | Annotated[list[str], Meta(max_length=MOST_STOPS)] | None = None
    seed: int | None = None
    max_tokens: Count | None = None
    user: str | None = None  # the same for everyone here: nothing is counted by user
    logit_bias: None = None


class FunctionName(Body):
    """Which tool is meant."""

    name: str


class NamedTool(Body, tag_field="type", tag="function"):
    """The tool that must be called."""

    function: FunctionName


class FunctionCalled(Body):
    """A call as the model wrote it, `arguments` in JSON."""

    name: str
    arguments: str


class CalledTool(Body, tag_field="type", tag="function"):
    """A call that an earlier answer asked for."""

    id: str
    function: FunctionCalled
    index: int | None = None


class TextPart(Body, tag_field="type", tag="text"):
    """Words. What is neither words nor a picture is refused by the name of its type."""

    text: str


class PictureAddress(Body):
    """`url` holds the picture itself ("data:image/png;base64,…"); `detail` is the same for everyone here."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class PicturePart(Body, tag_field="type", tag="image_url"):
    """A picture that the model is shown."""

    image_url: PictureAddress


class ChatMessage(Body, kw_only=True):
    """One message. Fields that OpenAI's own answers carry may come back empty."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    type: Literal["text"] | None = None  # not OpenAI's; lm-evaluation-harness sends it
    content: str | list[TextPart | PicturePart] | None = None
    name: str | None = None
    tool_calls: list[CalledTool] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None  # ours, sent back: models do not read what they thought before
    refusal: None = None
    audio: None = None
    function_call: None = None
    annotations: Annotated[list[Any], Meta(max_length=0)] | None = None


class Function(Body):
    """What a tool is called, what it is for, and the JSON schema of what it takes."""

    name: Annotated[str, Meta(min_length=1, max_length=64, pattern="^[a-zA-Z0-9_-]+$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(Body, tag_field="type", tag="function"):
    """A function of the program that the model may ask for."""

    function: Function


class JsonSchema(Body):
    """The form that an answer must have; it is always followed, `strict` or not."""

    name: str
    schema: dict[str, Any]
    description: str | None = None
    strict: bool | None = None


class PlainText(Body, tag_field="type", tag="text"):
    """Any text."""


class AnyJson(Body, tag_field="type", tag="json_object"):
    """Any JSON object."""


class SchemaJson(Body, tag_field="type", tag="json_schema"):
    """JSON of a given form."""

    json_schema: JsonSchema


class Reasoning(Body):
    """How long a model may think; OpenRouter's form. Thoughts are always told apart from the answer, never left out."""

    effort: ReasoningEffort | None = None
    max_tokens: Annotated[int, Meta(ge=0)] | None = None
    enabled: bool | None = None
    exclude: Literal[False] | None = None


class ChatRequest(Writing, kw_only=True):
    """POST /v1/chat/completions."""

    messages: Annotated[list[ChatMessage], Meta(min_length=1)]
    max_completion_tokens: Count | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=MOST_TOP_LOGPROBS)] | None = None
    response_format: PlainText | AnyJson | SchemaJson | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    modalities: list[Literal["text"]] | None = None
    metadata: dict[str, str] | None = None
    store: Literal[False] | None = None
    service_tier: Literal["auto", "default"] | None = None
    audio: None = None
    function_call: None = None
    functions: None = None
    prediction: None = None
    reasoning_effort: ReasoningEffort | None = None
    reasoning: Reasoning | None = None  # not OpenAI's; in tokens
    verbosity: None = None
    web_search_options: None = None


class CompletionRequest(Writing, kw_only=True):
    """POST /v1/completions: text goes on, without a chat template."""

    prompt: str | Annotated[list[str | int | list[int]], Meta(min_length=1)]  # texts, or the model's own tokens
    max_tokens: Annotated[int, Meta(ge=0)] | None = None
    stop: str | Annotated[list[str], Meta(max_length=MOST_COMPLETION_STOPS)] | None = None
    logprobs: Annotated[int, Meta(ge=0, le=5)] | None = None
    echo: bool | None = None
    best_of: Literal[1] | None = None
    suffix: None = None


class TokenizeRequest(Body, kw_only=True):
    """POST /tokenize, as vLLM has it."""

    prompt: str
    model: str = ""  # the one in use
    add_special_tokens: bool = False


class DetokenizeRequest(Body, kw_only=True):
    """POST /detokenize."""

    tokens: list[int]
    model: str = ""


class EmbeddingRequest(Body, kw_only=True):
    """POST /v1/embeddings. `input_type` is ours: questions and passages may be embedded differently."""

    model: str
    input: str | Annotated[list[str], Meta(min_length=1, max_length=MOST_TEXTS)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Count | None = None
    input_type: Literal["query", "document"] | None = None
    user: str | None = None


class Filtered(Body, kw_only=True):
    """Which documents may answer. All conditions hold together; without any, one may stand in the question's words."""

    documents: Annotated[list[int], Meta(max_length=MOST_PASSAGES)] = []  # their ids, as passages give them
    folder: str = ""  # the end of a folder's path
    kinds: list[str] = []  # "pdf", "docx", "md", …
    since: date | None = None  # of the file

    def filter(self) -> Filter:
        """The same as the core knows it."""
        since = datetime(*self.since.timetuple()[:3], tzinfo=UTC).timestamp() if self.since else 0.0
        return Filter(documents=tuple(self.documents), folder=self.folder, kinds=tuple(self.kinds), since=since)


class SearchRequest(Filtered, kw_only=True):
    """POST /v1/collections/{id}/search."""

    query: Annotated[str, Meta(min_length=1)]
    k: Annotated[int, Meta(ge=1, le=MOST_PASSAGES)] = 8


class FindRequest(Filtered, kw_only=True):
    """POST /v1/collections/{id}/find. Needs no model. What the fields say goes before what is read from `request`."""

    request: str = ""  # in words: "which contracts mention a bank guarantee but not arbitration, after 2024"
    having: Annotated[list[str], Meta(max_length=MOST_PASSAGES)] = msgspec.field(name="with", default_factory=list)
    without: Annotated[list[str], Meta(max_length=MOST_PASSAGES)] = []
    before: date | None = None  # of the file
    sheet: str = ""
    by_meaning: bool = True  # what no document has the words of


class SummariseRequest(Body, kw_only=True):
    """POST /v1/collections/{id}/summarise. Needs no model: a summary is made of the documents' own words."""

    document_id: int = 0  # 0: what the collection holds
    stream: bool | None = None


class MaskingRequest(Body, kw_only=True):
    """POST /v1/collections/{id}/personal."""

    mask: tuple[PersonalKind, ...]


class CalculateRequest(Body, kw_only=True):
    """POST /v1/collections/{id}/calculate. Needs no model: a query over a sheet."""

    question: Annotated[str, Meta(min_length=1)]
    document_id: int = 0  # 0: any sheet of the collection


class AskRequest(Filtered, kw_only=True):
    """POST /v1/collections/{id}/ask. How it is answered is as Settings and the assistant say, as in the window."""

    question: Annotated[str, Meta(min_length=1)]
    model: str = ""
    assistant: str = ""  # its name or id
    stream: bool | None = None
    why: bool | None = None


class SentFile(Body, kw_only=True):
    """A file that comes along; its name's ending says what it is where its content does not."""

    name: Annotated[str, Meta(min_length=1)]
    content: Annotated[str, Meta(min_length=1)]  # base64


class AskFilesRequest(Body, kw_only=True):
    """POST /v1/ask: about files that are read for this question only."""

    question: Annotated[str, Meta(min_length=1)]
    files: Annotated[list[SentFile], Meta(min_length=1, max_length=MOST_FILES)]
    collections: Annotated[list[int], Meta(max_length=MOST_PASSAGES)] = []  # asked where the files do not say it
    model: str = ""
    why: bool | None = None


class CompareRequest(Body, kw_only=True):
    """POST /v1/compare: two documents of the index, by their ids."""

    left: Annotated[int, Meta(ge=1)]
    right: Annotated[int, Meta(ge=1)]


class TableField(Body, kw_only=True):
    """What is asked of each document; `question` and `kind` are guessed from the name where they are not sent."""

    name: Annotated[str, Meta(min_length=1)]
    question: str | None = None
    kind: Kind | None = None


class TableRequest(Body, kw_only=True):
    """POST /v1/collections/{id}/table."""

    name: str = ""  # that of the template where none is sent
    template: str | None = None
    fields: list[str | TableField] | None = None
    stream: bool | None = None


class TemplateRequest(Body, kw_only=True):
    """POST /v1/templates, and POST /v1/templates/{key}, where what is not sent stays."""

    name: str = ""
    fields: list[str | TableField] | None = None


class ReaderRequest(Body, kw_only=True):
    """POST /v1/readers/use."""

    reader: Annotated[str, Meta(min_length=1)]  # its id; "own" is the one that comes along


class AskedQuestion(Body, kw_only=True):
    """A question of the person's own, for the exam; without an answer people judge the models' answers blind."""

    question: Annotated[str, Meta(min_length=1)]
    answer: str = ""


class RunRequest(Body, kw_only=True):
    """POST /v1/runs. What is not sent is as the wizard would choose it."""

    recipe: Goal
    collections: Annotated[list[int], Meta(min_length=1, max_length=MOST_PASSAGES)]
    name: str = ""
    effort: Effort = "balanced"
    mask: bool = True  # personal details
    ask: Annotated[list[AskedQuestion], Meta(max_length=OWN_MOST)] | None = None  # None: those of the run before
    author: str = ""  # of the questions: id of a model, "rules"; "" is the model that is taught
    passages_to: str = ""  # the server that may see passages of the documents
    size: Size = "10M"  # of the recipe "scratch"
    prepare: bool = True  # False: only begin it, to try the author first


class AuthorRequest(Body, kw_only=True):
    """POST /v1/runs/{id}/author: who writes the questions, tried on a few documents."""

    author: str | None = None  # None: as it is chosen
    passages_to: str = ""


class TrainRequest(Body, kw_only=True):
    """POST /v1/runs/{id}/train."""

    approve_above: Share | None = None  # None: train with what is approved already
    pause_chat: bool = False
