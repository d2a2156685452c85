"""Every kind of file by one descriptor: how it is told apart, called and shown. What reads it is in documents/loaders.

The table is a leaf, so that dialogs, drops, sentences, filters and loaders all follow from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Tables = Literal["", "one", "sheets"]
"""What can be calculated with: nothing, the file as one table whose cells name their columns, or typed sheets."""


class Format(Struct, frozen=True, kw_only=True):
    """A kind of file that is read."""

    key: str  # as it is stored with a document: "xlsx"
    label: str  # one file of it among others: "9 PDF", "2 Excel files"
    plural: str = ""  # where it is not the label with an "s"
    suffixes: tuple[str, ...]  # lower case, the usual one first
    a_file: str  # "a Word document"
    words: tuple[str, ...] = ()  # what people say for it in "only in … files", beside its key
    icon: str = "file-text"
    magic: tuple[bytes, ...] = ()  # unmistakable first bytes
    zip_part: str = ""  # where it is a ZIP archive: how the name of one of its members begins
    mimetype: str = ""  # where it is a ZIP archive that says so itself, in a member of that name
    ole_part: str = ""  # where it is an OLE file: the name of one of its streams
    bound: bool = False  # whether bytes that are not of its kind mean a damaged file: no text may have this name
    tables: Tables = ""
    rare: bool = False  # left out where people are told what works

    def of(self, count: int) -> str:
        """What so many of them are called."""
        return self.label if count == 1 else self.plural or f"{self.label}s"


PDF = Format(key="pdf", label="PDF", plural="PDF", suffixes=(".pdf",), a_file="a PDF", bound=True)
DOCX = Format(
    key="docx", label="Word", plural="Word", suffixes=(".docx", ".docm"), a_file="a Word document", words=("word",),
    zip_part="word/", bound=True,
)  # fmt: skip
XLSX = Format(
    key="xlsx", label="Excel file", suffixes=(".xlsx", ".xlsm"), a_file="a workbook", words=("excel",),
    icon="file-spreadsheet", zip_part="xl/", bound=True, tables="sheets",
)  # fmt: skip
DOC = Format(
    key="doc", label="old Word file", suffixes=(".doc", ".dot"), a_file="an old Word document", ole_part="WordDocument",
    rare=True, bound=True,
)  # fmt: skip
XLS = Format(
    key="xls", label="old Excel file", suffixes=(".xls",), a_file="an old workbook", icon="file-spreadsheet",
    ole_part="Workbook", rare=True, bound=True, tables="sheets",
)  # fmt: skip
XLSB = Format(
    key="xlsb", label="binary Excel file", suffixes=(".xlsb",), a_file="a binary workbook", icon="file-spreadsheet",
    zip_part="xl/workbook.bin", rare=True, bound=True, tables="sheets",
)  # fmt: skip
PPTX = Format(
    key="pptx", label="PowerPoint file", suffixes=(".pptx", ".pptm", ".ppsx", ".ppsm"), a_file="a presentation",
    words=("powerpoint",), icon="presentation", zip_part="ppt/", bound=True,
)  # fmt: skip
PPT = Format(
    key="ppt", label="old PowerPoint file", suffixes=(".ppt", ".pps"), a_file="an old presentation",
    icon="presentation", ole_part="PowerPoint Document", rare=True, bound=True,
)  # fmt: skip
ODT = Format(
    key="odt", label="OpenDocument text", suffixes=(".odt", ".ott"), a_file="an OpenDocument text",
    zip_part="content.xml", mimetype="application/vnd.oasis.opendocument.text", rare=True, bound=True,
)  # fmt: skip
ODS = Format(
    key="ods", label="OpenDocument spreadsheet", suffixes=(".ods", ".ots"), a_file="an OpenDocument spreadsheet",
    icon="file-spreadsheet", zip_part="content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet",
    rare=True, bound=True, tables="sheets",
)  # fmt: skip
ODP = Format(
    key="odp", label="OpenDocument presentation", suffixes=(".odp", ".otp"), a_file="an OpenDocument presentation",
    icon="presentation", zip_part="content.xml", mimetype="application/vnd.oasis.opendocument.presentation",
    rare=True, bound=True,
)  # fmt: skip
RTF = Format(
    key="rtf", label="RTF", plural="RTF", suffixes=(".rtf",), a_file="an RTF document", magic=(b"{\\rtf",), rare=True,
    bound=True,
)  # fmt: skip
_TEXTS = (".txt", ".text", ".log", ".rst", ".adoc", ".org", ".tex", ".srt", ".vtt", ".ics", ".vcf")
MARKDOWN = Format(
    key="markdown", label="Markdown", plural="Markdown", suffixes=(".md", ".markdown"), a_file="a Markdown text"
)
TEXT = Format(key="text", label="text", plural="text", suffixes=_TEXTS, a_file="a text", words=("txt",))
HTML = Format(key="html", label="web page", suffixes=(".html", ".htm", ".xhtml"), a_file="a web page")
CSV = Format(
    key="csv", label="table", suffixes=(".csv", ".tsv"), a_file="a table", icon="file-spreadsheet", tables="one"
)  # fmt: skip
MAIL = Format(
    key="mail", label="mail", suffixes=(".eml", ".msg", ".mbox"), a_file="a mail", words=("e-mail", "email"),
    icon="mail", ole_part="__properties_version1.0",
)  # fmt: skip
ARCHIVE = Format(
    key="zip", label="archive", suffixes=(".zip", ".tar", ".tgz", ".gz", ".bz2", ".tbz2", ".xz", ".txz"),
    a_file="an archive", icon="box", magic=(b"\x1f\x8b", b"BZh", b"\xfd7zXZ"), bound=True,
)  # fmt: skip
EPUB = Format(
    key="epub", label="e-book", suffixes=(".epub",), a_file="an e-book", zip_part="META-INF/container.xml", bound=True,
    rare=True,
)  # fmt: skip
MHTML = Format(key="mhtml", label="saved page", suffixes=(".mht", ".mhtml"), a_file="a saved web page", rare=True)
JSON = Format(key="json", label="JSON file", suffixes=(".json", ".jsonl", ".ndjson"), a_file="a JSON file", rare=True)
XML = Format(
    key="xml", label="XML file", suffixes=(".xml", ".rss", ".atom", ".xsd", ".xsl"), a_file="an XML file", rare=True
)
CODE = Format(
    key="code", label="code or settings file", a_file="a code or settings file", rare=True,
    suffixes=(
        ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".py", ".js", ".mjs", ".ts", ".tsx", ".jsx",
        ".java", ".kt", ".scala", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".vb", ".go", ".rs", ".swift", ".php",
        ".rb", ".pl", ".lua", ".r", ".jl", ".sql", ".sh", ".bat", ".ps1", ".css", ".scss", ".vue", ".tf",
    ),
)  # fmt: skip

IMAGE = Format(
    key="image", label="image",
    suffixes=(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif"),
    a_file="a picture", words=("picture", "photo", "scan"), icon="file-image",
    magic=(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"RIFF"), bound=True,
)  # fmt: skip

FORMATS: tuple[Format, ...] = (
    *(PDF, DOCX, DOC, XLSB, XLSX, XLS, PPTX, PPT, ODT, ODS, ODP, RTF, MARKDOWN, TEXT, HTML, CSV, IMAGE),
    *(MAIL, ARCHIVE, EPUB, MHTML, JSON, XML, CODE),
)
"""In the order in which they are named. A new one: its entry here, its loader in LOADERS (documents/loaders)."""

SAVED_AS = (PDF, DOCX, XLSX, MARKDOWN, TEXT, HTML, CSV)
"""What another program can save its files as, so that they are read."""

BY_SUFFIX = {suffix: form for form in FORMATS for suffix in form.suffixes}
BY_KEY = {form.key: form for form in FORMATS}
SUPPORTED_SUFFIXES = tuple(BY_SUFFIX)
"""What the loaders read, in lower case: offered in dialogs; what else is dropped is named as skipped."""

KIND_WORDS = {word: form.key for form in FORMATS for word in (form.key, *form.words)}
"""What people call a kind in "only in the Excel files", in lower case → its key."""

COLLECTION_SUFFIX = ".inhouse-docs"
"""Of a collection that another Inhouse exported, or shares in a folder."""


def came_along(path: str) -> bool:
    """Whether a document came in the file of a collection, below which its path lies: there is no file of its own to
    look for, and on a dead network drive whoever looks would wait for ever."""
    return f"{COLLECTION_SUFFIX}/" in path.replace("\\", "/")


class Unread(Struct, frozen=True):
    """A kind of file that is not read, to be called by its name."""

    label: str  # "1 image will be skipped"
    a_file: str  # "a picture"
    suffixes: tuple[str, ...] = ()
    magic: tuple[bytes, ...] = ()
    zip_part: str = ""
    ole_part: str = ""
    plural: str = ""
    mimetype: str = ""

    def of(self, count: int) -> str:
        """What so many of them are called."""
        return self.label if count == 1 else self.plural or f"{self.label}s"


UNREAD: tuple[Unread, ...] = (
    Unread("packed archive", "a packed archive (7Z or RAR)", (".7z", ".rar"), (b"7z\xbc\xaf", b"Rar!")),
    Unread("drawing or photo", "a drawing (SVG) or a photo (HEIC)", (".svg", ".heic"), plural="drawings and photos"),
    Unread("OpenDocument drawing", "an OpenDocument drawing (ODG)", (".odg",),
           mimetype="application/vnd.oasis.opendocument.graphics"),
    Unread("drawing", "a drawing (VSDX)", (".vsdx",), zip_part="visio/"),
    Unread("recording", "a recording", (".mp3", ".wav", ".mp4", ".mov", ".avi", ".mkv", ".m4a"),
           (b"OggS", b"ID3", b"fLaC")),
    Unread("program", "a program", (".exe", ".msi", ".dll", ".so", ".dmg", ".app"), (b"\x7fELF", b"MZ")),
    Unread("PostScript file", "a PostScript file", (".ps", ".eps"), (b"%!PS",)),
    Unread("Outlook data file", "an Outlook data file (PST)", (".pst", ".ost"), (b"!BDN",)),
    Unread("database", "a database", (".sqlite", ".db", ".mdb"), (b"SQLite format 3",)),
    Unread("model", "a model", (), (b"GGUF",)),
)  # fmt: skip
"""Kinds that people try, in the words of a refusal. A kind that comes to be read moves up to FORMATS."""


UNREAD_SUFFIXES = {suffix: kind.label for kind in UNREAD for suffix in kind.suffixes}
"""Ending → what a file of it is called that is not read."""

KINDS: tuple[Format | Unread, ...] = (*UNREAD, *FORMATS)
"""Both, the unread ones first: where two marks fit, the narrower one is among them."""


def suffix_of(name: str) -> str:
    """The ending of a file's name in lower case, with its dot; "" where it has none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > max(name.rfind("/"), name.rfind("\\")) else ""


def icon_of(name: str) -> str:
    """The icon of a document by its file name."""
    form = BY_SUFFIX.get(suffix_of(name))
    return form.icon if form else "file-text"


PAGED = frozenset((PDF.key, IMAGE.key))
"""Formats whose pages can be drawn, and recognised where they are pictures."""


SLIDES = frozenset((PPTX.key, PPT.key, ODP.key))
"""Formats whose slides can be drawn, where LibreOffice is on the computer."""


def is_slides(name: str) -> bool:
    """Whether a document of this name is a presentation."""
    form = BY_SUFFIX.get(suffix_of(name))
    return form is not None and form.key in SLIDES


def is_paged(name: str) -> bool:
    """Whether the pages of a document of this name can be drawn."""
    form = BY_SUFFIX.get(suffix_of(name))
    return form is not None and form.key in PAGED


def tables_in(key: str) -> Tables:
    """What tables a document of a format holds."""
    return BY_KEY[key].tables if key in BY_KEY else ""


def named(kinds: Iterable[Format | Unread], last: str = "and") -> str:
    """ "PDF, Word and text"."""
    labels = list(dict.fromkeys(each.of(2) for each in kinds))
    return f" {last} ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)


def offered() -> str:
    """The usual kinds, for a sentence that invites to drop files."""
    return named(form for form in FORMATS if not form.rare)


MODEL_SUFFIXES = GGUF_SUFFIX, SHARED_SUFFIX = (".gguf", ".inhouse")
"""Of a model, and of one that another Inhouse shared with its name and scores."""
