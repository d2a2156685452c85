"""What the documents process is asked, and what it answers."""

from __future__ import annotations

from msgspec import Struct, field

from app.text.compare.result import Comparison
from app.text.fields.field import Field
from app.text.hidden import HiddenText
from app.types import (
    Box,
    Collection,
    Document,
    FileStatus,
    Filter,
    Passage,
    Reading,
    SearchResult,
    Support,
)
from app.workers.calls import attached, bundles, digest, embedders, folders, grid, personal, scans, shares, vectors
from app.workers.calls.finding import Find, Found
from app.workers.calls.reader import ReaderUsed, UseReader
from app.workers.message import Call, Data


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
    """→ Documents, "needs attention first". 0: of all collections."""

    collection_id: int


class Add(Call, frozen=True):
    """Index files and folders; → FileEvent and AddProgress…, Added."""

    paths: tuple[str, ...]
    collection_id: int
    passwords: dict[str, str] = field(default_factory=dict)  # path → password
    force: bool = False  # index again what is unchanged
    read_hidden: bool | None = None  # with text that readers do not see; None: as it was decided for each document
    exempt: bool | None = None  # mask no personal data in these; None: as it was decided for each document


class ListHiddenText(Call, frozen=True):
    """What readers of a document do not see; → HiddenTextListed. To decide on it, `Add` the file with `read_hidden`."""

    document_id: int


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
    """→ SearchResult in Searched. No collections: all of them.

    Without a `filter` one is read from the query: "in the 2025 price list"; the result's note then says so.
    """

    query: str
    collections: tuple[int, ...] = ()
    k: int = 8
    highlight: bool = False  # find the best sentence of each passage
    filter: Filter = Filter()
    trace: bool = False  # say how the passages were found
    also: tuple[str, ...] = ()  # other forms of the query: a passage counts by the one that fits it best


class Ground(Call, frozen=True):
    """Which passage supports each sentence; → Grounded."""

    sentences: tuple[str, ...]
    passages: tuple[Passage, ...]


class Read(Call, frozen=True):
    """Where the passages answer the question; → Readings."""

    question: str
    passages: tuple[Passage, ...]


class Mark(Call, frozen=True):
    """The passages, each with the page and the boxes of its `best`; → Marked."""

    passages: tuple[Passage, ...]


class Embed(Call, frozen=True):
    """Vectors of texts, as the index makes them; → Embedded. `query`: they are to be compared with passages."""

    texts: tuple[str, ...]
    query: bool = False


class RenderPage(Call, frozen=True):
    """A PDF page as an image, with the boxes to mark; → PageImage.

    Refused where the passage is no longer what stands there: other words would be marked.
    """

    document_id: int
    page: int
    scale: float = 1.5  # pixels a point
    passage: Passage | None = None  # its evidence is marked, and the rest of it faintly


class ReadText(Call, frozen=True):
    """The whole text of a document; → DocumentText."""

    document_id: int


class Version(Struct, frozen=True):
    """One side of a comparison: a document of the index, or a file, of which nothing is kept."""

    document_id: int = 0
    path: str = ""
    password: str = ""  # of a file


class CompareVersions(Call, frozen=True):
    """What is different from `left` to `right`; → CompareProgress…, Compared.

    `export` is where a report is saved as well: DOCX, XLSX or Markdown, by its ending.
    """

    left: Version
    right: Version
    export: str = ""


class ReadFields(Call, frozen=True):
    """The values of these fields in one document; → FieldsRead."""

    document_id: int
    fields: tuple[Field, ...]


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
    hidden: int = 0  # pieces of text that its readers do not see
    masked: int = 0  # personal data that was masked


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
    scans: int = 0  # pages that are pictures and are to be recognised, in hidden ones too


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
    elapsed_ms: float = 0.0


class Readings(Data, frozen=True):
    readings: tuple[Reading, ...]  # best first; at most one a sentence, none of a passage without sentences
    elapsed_ms: float = 0.0
    reader: str = ""  # what the reader is called


class Marked(Data, frozen=True):
    passages: tuple[Passage, ...]


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
    faint: tuple[Box, ...] = ()  # of what stands round them


class DocumentText(Data, frozen=True):
    name: str
    format: str
    text: str
    pages: tuple[tuple[int, int], ...] = ()  # the span of each page
    messages: tuple[int, ...] = ()  # where each message of a mail file begins
    by_model: tuple[tuple[int, int], ...] = ()  # spans that a model wrote, and no person approved


class CompareProgress(Data, frozen=True):
    """How much of a comparison is done, 0 to 1, and what is done now, for the user."""

    fraction: float
    note: str = ""


class Compared(Data, frozen=True):
    """The changes, and the texts that their spans are in."""

    left: DocumentText
    right: DocumentText
    comparison: Comparison


class FieldFound(Data, frozen=True):
    """What a document says to a field: word for word, in `passage`, whose `best` is the sentence or row; or nothing."""

    key: str
    text: str = ""
    passage: Passage | None = None
    chance: float = 0.0


class FieldsRead(Data, frozen=True):
    """One for each field, in their order."""

    fields: tuple[FieldFound, ...]


class HiddenTextListed(Data, frozen=True):
    """The document says whether it is read too."""

    document: Document
    found: tuple[HiddenText, ...]


class Health(Data, frozen=True):
    """One line a store: name → "ok" or what is wrong and what was done."""

    stores: dict[str, str]


Calls = (
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
    | Read
    | UseReader
    | Mark
    | Embed
    | RenderPage
    | ReadText
    | CompareVersions
    | ReadFields
    | Find
    | ListHiddenText
    | personal.Calls
    | scans.Calls
    | CheckHealth
    | attached.Calls
    | bundles.Calls
    | shares.Calls
    | embedders.Calls
    | folders.Calls
    | digest.Calls
    | grid.Calls
    | vectors.Calls
)

Answers = (
    Warming
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
    | Readings
    | ReaderUsed
    | Marked
    | Embedded
    | PageImage
    | DocumentText
    | CompareProgress
    | Compared
    | personal.Answers
    | scans.Answers
    | FieldsRead
    | Found
    | HiddenTextListed
    | Health
    | attached.Answers
    | bundles.Answers
    | shares.Answers
    | embedders.Answers
    | folders.Answers
    | digest.Answers
    | grid.Answers
    | vectors.Answers
)
