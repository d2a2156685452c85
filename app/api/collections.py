"""Ours, beyond OpenAI: the collections of documents, a search in one, and answers from one with citations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.door import ApiDoor
from app.api.errors import ApiError, not_found
from app.api.models import IN_USE, chosen
from app.api.reply import json_response, new_id, now
from app.api.schema import AskRequest, CalculateRequest, SearchRequest, SummariseRequest
from app.api.stream import streamed, unless_gone
from app.assistant import why
from app.assistant.notices import answer_trust_json, trust_json
from app.cited import where
from app.core.calls.chats import Answered, Ask, Calculate, Summarise
from app.core.calls.library import LibraryListed, ListLibrary
from app.members import origin
from app.shares import Published, Shared
from app.types import Answer, Collection, Passage
from app.workers.calls.documents import Collections, Documents, ListCollections, ListDocuments, Search, Searched
from app.workers.calls.engine import Token
from app.workers.calls.shares import EditionPublished, PublishCollection
from app.workers.message import Data


async def list_collections(request: Request) -> Response:
    """GET /v1/collections."""
    data = [_collection(each) for each in await _listed(request.state.door)]
    return json_response({"object": "list", "data": data})


async def one_collection(request: Request) -> Response:
    """GET /v1/collections/{id}."""
    return json_response(_collection(await found_collection(request)))


async def publish(request: Request) -> Response:
    """POST /v1/collections/{id}/publish: a new edition of a collection that is shared in a folder already."""
    collection = await found_collection(request)
    if collection.published is None:
        raise ApiError(409, "This collection is not shared.", code="not_shared")
    made = await unless_gone(request, request.state.door.ask(PublishCollection(collection_id=collection.id)))
    assert isinstance(made, EditionPublished)
    return json_response(_collection(made.collection))


async def search(request: Request) -> Response:
    """POST /v1/collections/{id}/search."""
    asked = await decoded(request, SearchRequest)
    collection = await found_collection(request)
    call = Search(query=asked.query, collections=(collection.id,), k=asked.k, highlight=True, filter=asked.filter())
    found = await unless_gone(request, request.state.door.ask(call))
    assert isinstance(found, Searched)
    result = found.result
    return json_response(
        {
            "object": "list",
            "collection": collection.id,
            "data": [passage_json(passage) for passage in result.passages],
            "found": result.found,
            "note": result.note,
        }
    )


async def ask(request: Request) -> Response:
    """POST /v1/collections/{id}/ask."""
    asked = await decoded(request, AskRequest)
    collection = await found_collection(request)
    model_id, model = await chosen(request.state.door, asked.model or IN_USE)
    call = Ask(
        question=asked.question,
        collections=(collection.id,),
        model_id=model_id,
        filter=asked.filter(),
        assistant_id=await _assistant_id(request.state.door, asked.assistant),
        print=True,
    )
    if asked.stream:
        return await streamed(request, [call], AnswerStream(collection, model, why=bool(asked.why)))
    answered = await unless_gone(request, request.state.door.ask(call))
    assert isinstance(answered, Answered)
    return json_response(answer_json(_head(collection, model), answered.answer, bool(asked.why)))


async def _assistant_id(door: ApiDoor, wanted: str) -> str:
    """The id of the assistant of this name or id, "" for none. Raises ApiError: 404."""
    if not wanted:
        return ""
    listed = await door.ask(ListLibrary())
    assert isinstance(listed, LibraryListed)
    kept = listed.library.assistants
    found = next((each.id for each in kept if wanted.casefold() in (each.id, each.name.casefold())), None)
    if found is None:
        raise not_found(f"There is no assistant “{wanted}”.", "assistant_not_found", "assistant")
    return found


async def summarise(request: Request) -> Response:
    """POST /v1/collections/{id}/summarise."""
    asked = await decoded(request, SummariseRequest)
    collection = await found_collection(request)
    if asked.document_id:
        await _require(request.state.door, collection, asked.document_id)
    call = Summarise(document_id=asked.document_id, collections=() if asked.document_id else (collection.id,))
    if asked.stream:
        return await streamed(request, [call], AnswerStream(collection, ""))
    answered = await unless_gone(request, request.state.door.ask(call))
    assert isinstance(answered, Answered)
    return json_response(answer_json(_head(collection, ""), answered.answer, with_why=False))


async def calculate(request: Request) -> Response:
    """POST /v1/collections/{id}/calculate."""
    asked = await decoded(request, CalculateRequest)
    collection = await found_collection(request)
    if asked.document_id:
        await _require(request.state.door, collection, asked.document_id)
    within = () if asked.document_id else (collection.id,)
    call = Calculate(question=asked.question, document_id=asked.document_id, collections=within)
    answered = await unless_gone(request, request.state.door.ask(call))
    assert isinstance(answered, Answered)
    return json_response(answer_json(_head(collection, ""), answered.answer, with_why=False))


async def _require(door: ApiDoor, collection: Collection, document_id: int) -> None:
    listed = await door.ask(ListDocuments(collection_id=collection.id))
    assert isinstance(listed, Documents)
    if document_id not in {each.id for each in listed.documents}:
        raise not_found(f"There is no document {document_id} in collection {collection.id}.", "document_not_found")


class AnswerStream:
    """The text as the model writes it, then the whole answer: checked, with its citations."""

    def __init__(self, collection: Collection, model: str, *, why: bool = False) -> None:
        self._head, self._why = _head(collection, model), why

    def take(self, index: int, data: Data, last: bool) -> Iterable[dict[str, Any]]:
        if isinstance(data, Token) and not data.thinking:
            yield {**self._head, "object": "collection.answer.draft", "delta": data.text}
        elif isinstance(data, Answered) and last:
            yield answer_json(self._head, data.answer, self._why)

    def end(self) -> Iterable[dict[str, Any]]:
        return ()


def _head(collection: Collection, model: str) -> dict[str, Any]:
    return {
        "id": new_id("answer"),
        "object": "collection.answer",
        "created": now(),
        "model": model,
        "collection": collection.id,
    }


def answer_json(head: dict[str, Any], answer: Answer, with_why: bool) -> dict[str, Any]:
    """An answer with its citations, after `head`."""
    stats, made = answer.stats, answer.calculation
    how = {"why": why.as_json(answer.trace) if answer.trace else None} if with_why else {}
    return {
        **head,
        "answer": answer.text,
        "citations": [{"n": source.n, **passage_json(source.passage)} for source in answer.sources],
        "not_found": answer.not_found,
        "nearest": [passage_json(passage) for passage in answer.nearest],
        "unsupported": list(answer.unsupported),
        **answer_trust_json(answer),
        "stopped": answer.stopped,
        "note": answer.note,
        "usage": {
            "prompt_tokens": stats.prompt_tokens,
            "completion_tokens": stats.completion_tokens,
            "total_tokens": stats.prompt_tokens + stats.completion_tokens,
        },
        **({"query": msgspec.structs.asdict(made)} if made is not None and made.sql else {}),
        **how,
    }


def passage_json(passage: Passage) -> dict[str, Any]:
    """A passage without the path of its file: programs need not know where things lie on this computer."""
    return {
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "document": passage.document,
        "page": passage.page,
        "place": where(passage),
        "within": origin(passage.path),
        "also": list(passage.also),
        "heading": passage.heading,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": passage.score,
        "best": list(passage.best) if passage.best else None,
        **trust_json(passage),
    }


def _collection(collection: Collection) -> dict[str, Any]:
    return {
        "id": collection.id,
        "object": "collection",
        "name": collection.name,
        "documents": collection.documents,
        "passages": collection.passages,
        "bytes": collection.bytes,
        "by_model": collection.by_model,
        "shared": _edition(collection.shared),
        "published": _edition(collection.published),
    }


def _edition(stands: Shared | Published | None) -> dict[str, Any] | None:
    """How a collection is shared, without the path of its file."""
    if stands is None:
        return None
    said = {"by": stands.by, "edition": stands.edition, "at": stands.at, "problem": stands.problem}
    return {**said, "behind": stands.behind} if isinstance(stands, Published) else {**said, "since": stands.since}


async def found_collection(request: Request) -> Collection:
    """The collection that the address names; raises ApiError where there is none."""
    wanted: int = request.path_params["id"]
    (collection,) = await require_collections(request.state.door, [wanted])
    return collection


async def require_collections(door: ApiDoor, ids: Sequence[int]) -> list[Collection]:
    """The collections of these ids; raises ApiError where there is none: what is only in a chat is in no list."""
    known = {each.id: each for each in await _listed(door)}
    for wanted in ids:
        if wanted not in known:
            raise not_found(f"There is no collection {wanted}. GET /v1/collections lists them.", "collection_not_found")
    return [known[wanted] for wanted in ids]


async def _listed(door: ApiDoor) -> tuple[Collection, ...]:
    found = await door.ask(ListCollections())
    assert isinstance(found, Collections)
    return found.collections
