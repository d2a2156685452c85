"""What the documents process is asked about pages that are pictures, and what it answers."""

from __future__ import annotations

from app.workers.message import Call, Data


class Recognise(Call, frozen=True):
    """Recognise the next page that is a picture, of this collection or of all; → PageRecognised.

    One page a call: who asks decides when there is time for it.
    """

    collection_id: int = 0


class PageRecognised(Data, frozen=True):
    """How far a document is; no document where nothing is left to do."""

    document_id: int = 0
    collection_id: int = 0
    document: str = ""  # file name
    done: int = 0  # of its pages that are pictures
    total: int = 0
    left: int = 0  # pages of all documents that were asked for
    indexed: bool = False  # what was recognised can be found from now on
    failure: str = ""  # why this page could not be read


Calls = Recognise
Answers = PageRecognised
