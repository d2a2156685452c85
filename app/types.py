"""The data that crosses between parts and processes: no logic, nothing heavy. Offsets are in Unicode code points, pages
count from 1, boxes are in PDF points from the top left of the page."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.pictures import Picture
from app.places import Place
from app.runtimes import Placed
from app.shares import Published, Shared

Role = Literal["system", "user", "assistant"]
FileStatus = Literal["waiting", "reading", "indexing", "indexed", "unchanged", "failed", "changed"]


class Message(Struct, frozen=True):
    """One turn of a conversation as the model sees it."""

    role: Role
    content: str
    pictures: tuple[Picture, ...] = ()  # that a model which sees is shown


class Box(Struct, frozen=True, array_like=True):
    """A rectangle on a PDF page: points, origin at the top left."""

    left: float
    top: float
    right: float
    bottom: float


class Newer(Struct, frozen=True, kw_only=True):
    """A newer version of a document."""

    document_id: int
    document: str  # its file name
    path: str = ""
    date: str = ""  # as in Passage


class Passage(Struct, frozen=True, kw_only=True):
    """A stretch of a document that search can find and an answer can cite."""

    id: int
    document_id: int
    document: str  # file name; "" once the document was removed
    path: str
    collection: str  # its name when it was found: a label
    collection_id: int = 0
    page: int | None = None  # None where the format has no pages
    place: Place | None = None  # of a format that has other places than pages
    start: int  # span in the document's text
    end: int
    heading: str = ""  # "Travel policy › Accommodation"
    header: str = ""  # the header row of the table that `text` is part of, as `tables_of` takes it
    text: str
    score: float = 0.0  # relevance to the query, 0 to 1, comparable between queries
    best: tuple[int, int] | None = None  # the sentence or table row in `text` that answers best
    boxes: tuple[Box, ...] = ()
    indexed_at: float = 0.0  # seconds since the epoch
    modified: float = 0.0  # when its file had last been changed then; 0: not known
    date: str = ""  # of the document by its own words, in ISO's way: a day, a month or a year
    date_words: str = ""  # the words before it: "valid from"; "" where the title or the name holds it
    newer: Newer | None = None  # in the collections that were asked
    sure: float | None = None  # of what was recognised in a picture: how sure, 0 to 1
    unsure: tuple[tuple[int, int], ...] = ()  # spans of `text` that were hard to make out there
    flagged: tuple[tuple[int, int], ...] = ()  # spans of `text` that speak to an assistant: shown, never evidence
    hidden: int = 0  # pieces of hidden text that were left out of its document
    by_model: tuple[tuple[int, int], ...] = ()  # spans of `text` that a model wrote, and no person approved
    also: tuple[str, ...] = ()  # copies of its document that lie in other files: "offer.pdf in second.eml"


class Source(Struct, frozen=True, kw_only=True):
    """A passage as an answer cites it: `[n]`."""

    n: int
    passage: Passage


class Part(Struct, frozen=True, kw_only=True):
    """A part of a document that a summary says a line about; `start` and `end` are a span in its text."""

    heading: str  # "" of a part without one
    start: int
    end: int
    page: int | None = None
    passages: int = 0


class Excerpt(Struct, frozen=True, kw_only=True):
    """The document's own words as a summary shows them, and where they stand (`passage.best`)."""

    text: str  # on one line, without the marks of lists and of Markdown
    passage: Passage


class Topic(Struct, frozen=True, kw_only=True):
    """What some documents of a collection are about, in the words of a heading."""

    name: str
    documents: tuple[int, ...]  # ids
    excerpt: Passage  # where that heading stands


class Filter(Struct, frozen=True, kw_only=True):
    """Which documents may answer. All conditions hold together; an empty one asks for nothing."""

    documents: tuple[int, ...] = ()
    folder: str = ""  # the end of a folder's path: "contracts/2025"
    kinds: tuple[str, ...] = ()  # formats or endings: "pdf", "markdown", "md"
    since: float = 0.0  # of the file's date, seconds since the epoch
    until: float = 0.0  # the first second that is too late

    @property
    def asks(self) -> bool:
        """Whether there is any condition."""
        return self != Filter()


Rank = Literal["shown", "beyond the last", "enough of its document"]


class Candidate(Struct, frozen=True, kw_only=True):
    """A passage that a search weighed."""

    passage_id: int
    document_id: int
    document: str
    page: int | None
    share: float  # of the BM25 that a passage with every term of the query, once, would have
    meaning: float  # how near it is beyond what any passage is, 0 to 1; 0 where another embedder made its vector
    exact: int = 0  # part numbers and quoted phrases that it holds: more of them go first
    by_words: int | None = None  # its rank there, from 1; None: not found so
    by_meaning: int | None = None
    outcome: Rank = "shown"


class SearchTrace(Struct, frozen=True, kw_only=True):
    """How a search went: "why this answer"."""

    documents: int  # in the collections that were searched, as far as they fit the filter
    passages: int
    candidates: tuple[Candidate, ...]  # best first
    filter: Filter = Filter()
    terms: tuple[str, ...] = ()  # that were looked for, in every language
    codes: tuple[str, ...] = ()  # rare part numbers
    phrases: tuple[str, ...] = ()  # quoted, and found
    steps_ms: dict[str, float] = {}


class SearchResult(Struct, frozen=True, kw_only=True):
    """Passages, best first. `found` is False where none is near enough to answer from."""

    passages: tuple[Passage, ...]
    found: bool
    elapsed_ms: float  # everything in the documents process, the query's embedding included
    note: str = ""  # a sentence for the user, e.g. that the index is being rebuilt
    trace: SearchTrace | None = None  # where it was asked for


class Reading(Struct, frozen=True, kw_only=True):
    """A sentence in which a passage answers a question (`n` counts from 1); spans are code points in its text."""

    n: int
    sentence: tuple[int, int]
    start: int  # the answer itself
    end: int
    chance: float  # that it is right, 0 to 1
    either: float = 0.0  # that it is right, or else the next sentence with another answer


class Support(Struct, frozen=True, kw_only=True):
    """Which passage supports a sentence of an answer (`n` counts from 1), or None."""

    n: int | None
    score: float


class Sampling(Struct, frozen=True, kw_only=True):
    """How the next token is drawn. `seed` None is random; `temperature` 0 is greedy."""

    temperature: float = 0.2
    top_k: int = 40
    top_p: float = 0.9
    min_p: float = 0.05
    repeat_penalty: float = 1.1
    seed: int | None = None
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()
    thinking: int | None = None  # tokens that a model may think before it answers; None: as many as it will


class Stats(Struct, frozen=True, kw_only=True):
    """Figures of one generation. `evaluated_tokens` leaves out what the KV cache still held."""

    prompt_tokens: int = 0
    evaluated_tokens: int = 0
    completion_tokens: int = 0
    first_token_ms: float = 0.0
    tokens_per_s: float = 0.0


class Budget(Struct, frozen=True, kw_only=True):
    """What the prompt took of the context, and what was left out so that it fits."""

    context: int
    used: int  # prompt and answer, tokens
    dropped_messages: int = 0
    summary_words: int = 0  # that the dropped messages were summed up in (app/text/earlier.py); 0: they were left out
    dropped_passages: int = 0
    shortened: bool = False  # the question itself or a passage was cut


class ModelInfo(Struct, frozen=True, kw_only=True):
    """What a loaded engine says of itself."""

    path: str
    name: str
    architecture: str
    quantization: str
    parameters: int
    file_bytes: int
    context: int  # tokens, as loaded
    context_trained: int
    backend: str  # "CPU", "CUDA", "Metal", "Vulkan"; "server" where another computer does the work
    device: str  # "AMD EPYC, 2 cores", the GPU's name or the server's
    gpu_layers: int
    layers: int
    has_template: bool
    load_ms: float
    memory_bytes: int  # weights and KV cache
    sees: bool = False  # pictures, by a projector
    placed: Placed = Placed()  # on which graphics cards


class Collection(Struct, frozen=True, kw_only=True):
    """A set of documents. Its id is never given out again; its name may change at any time."""

    id: int
    name: str
    documents: int = 0  # that can be found
    failed: int = 0  # files beside them that could not be read
    passages: int = 0
    bytes: int = 0
    shared: Shared | None = None  # somebody else writes it
    published: Published | None = None  # others read it
    masks: tuple[str, ...] = ()  # kinds of personal data that are not kept (app/text/personal/kinds.py)
    unmasked: int = 0  # documents that were read before that was decided, and are to be read anew
    by_model: int = 0  # documents with text that a model wrote, and no person approved


class Document(Struct, frozen=True, kw_only=True):
    """A row of the Documents page."""

    id: int
    collection_id: int
    collection: str  # its name: a label
    name: str
    path: str
    format: str  # "pdf", "docx", …
    bytes: int
    status: FileStatus
    pages: int | None = None
    passages: int = 0
    indexed_at: float | None = None
    modified: float = 0.0  # when the file had last been changed as it was indexed, seconds since the epoch
    reason: str = ""  # why it failed, for the user
    code: str = ""  # stable kind of failure: "password", "damaged", "empty", …
    hidden: int = 0  # pieces of text that its readers do not see
    read_hidden: bool = False  # whether a person decided that these are read too
    scans: int = 0  # pages that are pictures of text
    recognised: int = 0  # of these, those that have been read, or could not be
    sure: float | None = None  # of what was recognised: the mean, 0 to 1
    masked: dict[str, int] | None = None  # what was masked in it, by kind; None where it is as it was read
    exempt: bool = False  # a person decided that nothing is masked in it
    by_model: float = 0.0  # the share of its text that a model wrote, 0 to 1
    approved: bool = False  # a person decided that this text counts as any other


Outcome = Literal["used", "older", "same", "no_room", "unneeded", "no_answer", "far", "weaker"]
"""What became of a passage that was looked at; app/assistant/why.py says it in words."""


class LookedAt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A passage that an answer might have come from, without its text."""

    passage_id: int
    document_id: int
    document: str  # file name; "" once the document was removed
    page: int | None = None
    words: float = 0.0  # how much of the query's words it holds, 0 to 1
    meaning: float = 0.0  # as in Candidate
    chance: float | None = None  # that it answers, 0 to 1, as the reader found; None: it did not read it
    flagged: int = 0  # stretches that speak to an assistant, and were kept from reader and model
    outcome: Outcome
    source: int = 0  # of the answer: the one that it is, is older than, or says the same as


class AnswerSettings(Struct, frozen=True, kw_only=True):
    """The settings that an answer was made with."""

    only_from_documents: bool
    passages: int  # given to the model at most
    temperature: float
    seed: int | None
    context: int = 0  # tokens; 0 where the model was not asked


Rewriter = Literal["", "rule", "model"]
"""Who made a form of a question that was not typed: nobody, a rule, or the chat model."""


class Trace(Struct, frozen=True, kw_only=True):
    """How an answer from documents came about. Nothing of their text is in it."""

    asked: str
    searched_as: str
    searched_also: tuple[str, ...] = ()  # other forms of the question
    rewritten_by: Rewriter = ""
    documents: int  # in the collections that were searched
    passages: int
    filter: Filter = Filter()  # which of them were searched
    understood: bool = False  # the filter was read from the question's words, not set by its asker
    looked_at: tuple[LookedAt, ...] = ()  # best first
    read: int = 0  # of these, by the reader or by the model
    reader: str = ""  # which reader weighed the sentences; "" where none did, or an earlier version kept the record
    wording: Literal["model", "documents", "none"] = "none"  # whose words the answer is in
    statements: int = 0  # sentences of the model that were held against the passages
    rewrite_ms: float = 0.0
    search_ms: float = 0.0
    read_ms: float = 0.0
    write_ms: float = 0.0
    check_ms: float = 0.0
    settings: AnswerSettings

    @property
    def used(self) -> int:
        """How many of the passages the answer cites."""
        return sum(each.outcome == "used" for each in self.looked_at)


class Calculation(Struct, frozen=True, kw_only=True):
    """How a figure came about, as it is kept with its answer."""

    document_id: int
    document: str  # file name
    sheet: str  # "" of a CSV file
    words: str  # the query for people
    sql: str  # the query as it ran
    rows: int  # that went in
    of: int  # rows of the sheet
    by_model: bool = False  # a model drafted the plan; the figure is the query's all the same


class Answer(Struct, frozen=True, kw_only=True):
    """A finished (or stopped) answer with its evidence, as it is stored with a chat."""

    text: str  # Markdown with [n] citations
    sources: tuple[Source, ...] = ()
    nearest: tuple[Passage, ...] = ()  # where not_found
    flagged: tuple[Passage, ...] = ()  # that were found and hold text to an assistant, which was left out
    disagree: tuple[int, int] | None = None  # two of the sources that give different figures
    not_found: bool = False
    unsupported: tuple[str, ...] = ()  # sentences of `text` that no passage supports
    thinking: str = ""
    thought_s: float = 0.0  # how long that took
    searched: str = ""  # names of the collections searched, "" where none was
    model: str = ""
    stopped: bool = False  # by the user, or by an engine that ended
    note: str = ""
    stats: Stats = Stats()
    budget: Budget | None = None
    trace: Trace | None = None  # where documents were searched
    calculation: Calculation | None = None  # where a sheet was calculated with


class InstalledModel(Struct, frozen=True, kw_only=True):
    """A model that can be used now."""

    id: str = ""  # stable; the starter's is "starter"
    name: str
    path: str  # "" of a model on a server
    file_bytes: int
    architecture: str = ""
    quantization: str = ""
    parameters: int = 0
    context_trained: int = 0
    origin: Literal["starter", "imported", "downloaded", "finetuned", "server", "computer"] = "imported"
    address: str = ""  # of a model on a server: "https://models.example/v1"; it has no `path`
    served_as: str = ""  # its name there
    adapter: str = ""  # a LoRA GGUF to apply to `path`
    projector: str = ""  # a GGUF by which it sees pictures
    takes_pictures: bool = False  # of a model on a server: it took the one that it was tried with
    tokens_per_s: float | None = None  # measured on this computer
    lineage: dict[str, str] = {}
    added_at: float = 0.0
