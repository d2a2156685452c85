"""What the documents process is asked about personal data, and what it answers."""

from __future__ import annotations

from app.text.personal.kinds import PersonalKind
from app.types import Document
from app.workers.message import Call, Data


class KeepMasking(Call, frozen=True):
    """Keep which kinds are masked in a collection from now on, () for none; → Unmasked: what is to be read anew."""

    collection_id: int
    kinds: tuple[PersonalKind, ...]


class ListUnmasked(Call, frozen=True):
    """Documents that were read before their collection's setting, 0 for all collections; → Unmasked."""

    collection_id: int


class FindPersonal(Call, frozen=True):
    """Look for personal data in what is stored of documents; → PersonalCounted…, PersonalFound.

    No `documents`: all of the collection. Nothing of what is found is kept.
    """

    collection_id: int
    documents: tuple[int, ...] = ()


class ListPersonal(Call, frozen=True):
    """Where personal data stands in a document, or stood before it was masked; → PersonalListed."""

    document_id: int


class ExportRedacted(Call, frozen=True):
    """Write the text of a document with these kinds masked: .txt, .md or .docx, by its ending; → RedactedExported.

    A file that is there is replaced only where `replace` says so.
    """

    document_id: int
    path: str
    kinds: tuple[PersonalKind, ...]
    replace: bool = False


class Unmasked(Data, frozen=True):
    """Files by collection that are to be read anew, so that what is stored of them follows the setting."""

    paths: dict[int, tuple[str, ...]]


class PersonalCounted(Data, frozen=True):
    """Documents that are through, of so many."""

    done: int
    total: int


class DocumentPersonal(Data, frozen=True):
    """What was found in a document; of one that is masked, what was masked and what still stands there."""

    document: Document
    counts: dict[str, int]
    reason: str = ""  # why it could not be looked at


class PersonalFound(Data, frozen=True):
    """Those in which something was found, most first; `looked` at so many."""

    documents: tuple[DocumentPersonal, ...]
    looked: int


class PersonalPiece(Data, frozen=True):
    """One that was found, with the words round it; where it is masked `text` is what stands in its place."""

    kind: PersonalKind
    before: str
    text: str
    after: str
    where: str = ""  # page 3, sheet Staff, B7:D7
    masked: bool = False


class PersonalListed(Data, frozen=True):
    """The first of them; `counts` has all."""

    document: Document
    pieces: tuple[PersonalPiece, ...]
    counts: dict[str, int]


class RedactedExported(Data, frozen=True):
    """What was written, and what was masked in it."""

    path: str
    counts: dict[str, int]


Calls = KeepMasking | ListUnmasked | FindPersonal | ListPersonal | ExportRedacted
Answers = Unmasked | PersonalCounted | PersonalFound | PersonalListed | RedactedExported
