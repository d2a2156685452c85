"""Which use cases fit what is being typed, without input or output: the rules that answer it later say so before.

Nothing is done by it, and nothing is decided by a model. A text that asks for none of them costs no call of a child.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

from app.assistant.asking import Ask, Step, Stopped
from app.assistant.calculate import places_of, read_sheets
from app.assistant.query import LONGEST
from app.assistant.summary_request import named, summary_request
from app.errors import AppError
from app.text.find.request import find_request
from app.text.offers.each import asked_of_each
from app.text.offers.offer import Offer, OfferKind, calculated, looked_for
from app.text.offers.pair import asks_both, pairs_in
from app.text.sheets.planner import Planned, asks_to_calculate, choose
from app.types import Document
from app.workers.calls.documents import Documents, ListDocuments
from app.workers.message import Data

SHEET_FORMATS = frozenset({"csv", "xlsx"})
MOST_SHEETS = 8
"""Sheet files that are read while somebody types; the documents process keeps as many in memory. Of more only the
question itself reads all."""

MOST_ALIKE = 300
"""Documents whose names share a word with the one that is typed."""

Steps = Generator[Step, Data, tuple[Offer, ...]]
Listing = Generator[Step, Data, list[Document]]


def offers(ask: Ask, *, begins: bool = False) -> Steps:
    """What fits the text in `ask.question`, the best first; an empty one fits files that a chat `begins` with.

    A child that fails offers nothing: the question itself will say why.
    """
    text = ask.question.strip()
    if ask.collections is None or len(text) > LONGEST:
        return ()
    try:
        if not text:
            return (yield from _of_files(ask)) if begins else ()
        for fitting in (_comparison, _summary, _list):
            if found := (yield from fitting(ask, text)):
                return found
        figure = yield from _figure(ask, text)
        return (*figure, *(yield from _table(ask, text)))
    except (AppError, Stopped):
        return ()


def _of_files(ask: Ask) -> Steps:
    """Files were attached, and nothing is typed yet."""
    files = yield from _documents(ask, attached=True)
    if len(files) == 2:
        return (_offer("compare", ask, *files),)
    return tuple(_offer("summarise", ask, each) for each in files[:1] if len(files) == 1)


def _comparison(ask: Ask, text: str) -> Steps:
    """Two documents by name, or the two files of the chat."""
    if asks_both(text):
        files = yield from _documents(ask, attached=True)
        return (_offer("compare", ask, *files),) if len(files) == 2 else ()
    pairs = list(pairs_in(text))
    listed = (yield from _documents(ask)) if pairs else []
    for one, other in pairs:
        first, second = _named(one, listed), _named(other, listed)
        if first is not None and second is not None and first.id != second.id:
            return (_offer("compare", ask, first, second),)
    return ()


def _summary(ask: Ask, text: str) -> Steps:
    """A document that is to be summarised, or whose name is all that is typed."""
    request = summary_request(text)
    if request is not None and request.of == "name":
        document = _named(request.name, (yield from _documents(ask)))
    elif request is not None and request.of == "document":
        files = (yield from _documents(ask, attached=True)) or (yield from _documents(ask))
        document = files[0] if len(files) == 1 else None
    elif "." in text and len(text) < 200:
        listed = yield from _documents(ask)
        document = next((each for each in listed if each.name.casefold() == text.casefold()), None)
    else:
        return ()
    return (_offer("summarise", ask, document),) if document is not None else ()


def _list(ask: Ask, text: str) -> Steps:
    """Every document that mentions something."""
    plan = find_request(text)
    yield from ()
    if plan is None or not (plan.must or plan.without):
        return ()
    return (Offer(kind="find", request=text, words=looked_for(plan)),)


def _figure(ask: Ask, text: str) -> Steps:
    """A figure over the one sheet that the question fits, as the question itself would be answered."""
    if not asks_to_calculate(text):
        return ()
    for collections, documents in places_of(ask):
        listed = yield from _listed(collections)
        files = [each for each in listed if each.format in SHEET_FORMATS and each.passages]
        files = [each for each in files if not documents or each.id in documents]
        if not 0 < len(files) <= MOST_SHEETS:
            continue
        sheets = yield from read_sheets(text, collections, 0)
        chosen = choose(text, [each for each in sheets if not documents or each.document_id in documents])
        if isinstance(chosen, Planned) and chosen.plan is not None and chosen.calculates:
            sheet = chosen.sheet
            own = collections == (ask.attached,)
            return (
                Offer(
                    kind="calculate",
                    request=text,
                    documents=(sheet.document_id,),
                    names=(sheet.document,),
                    attached=own,
                    words=calculated(chosen.plan),
                ),
            )
    return ()


def _table(ask: Ask, text: str) -> Steps:
    """The same question to every document of the one collection that is asked."""
    field = asked_of_each(text)
    others = [each for each in ask.collections or () if each != ask.attached]
    if not field or len(others) != 1:
        return ()
    count = sum(bool(each.passages) for each in (yield from _listed((others[0],))))
    return (Offer(kind="table", request=text, field=field, count=count),) if count > 1 else ()


def _named(name: str, documents: Sequence[Document]) -> Document | None:
    """The document that a name means, as the question itself would find it; of too many that are called alike none but
    one of the very name, since looking at each takes time while somebody types."""
    typed = name.casefold()
    begins = [each[:4] for each in re.findall(r"\w{3,}", typed)]
    near = [each for each in documents if any(part in each.name.casefold() for part in begins)]
    if len(near) > MOST_ALIKE:
        near = [each for each in near if each.name.casefold() in typed]
    return named(name, near)


def _offer(kind: OfferKind, ask: Ask, *documents: Document) -> Offer:
    return Offer(
        kind=kind,
        request=ask.question.strip(),
        documents=tuple(each.id for each in documents),
        names=tuple(each.name for each in documents),
        attached=all(each.collection_id == ask.attached for each in documents),
    )


def _documents(ask: Ask, *, attached: bool = False) -> Listing:
    """The documents that may be asked and hold a text: the chat's own alone, or all."""
    collections: Sequence[int] = ask.collections or ()
    if attached:
        collections = (ask.attached,) if ask.attached else ()
        if not collections:
            return []
    listed = yield from _listed(tuple(collections))
    return [each for each in listed if each.passages]


def _listed(collections: tuple[int, ...]) -> Listing:
    found: list[Document] = []
    for collection in collections or (0,):
        data = yield Step("documents", ListDocuments(collection_id=collection))
        assert isinstance(data, Documents)
        found += data.documents
    return found
