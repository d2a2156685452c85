"""What of each call stands in the record: one table. `Words` keeps names, paths and texts, or puts a mark in their
place, as the setting says; ids, numbers and sums stand there as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.core.calls import (
    api,
    audit,
    catalogue,
    chat_files,
    chats,
    documents,
    folders,
    library,
    models,
    tables,
    takeout,
    training,
)
from app.models.servers import host_of
from app.types import Answer, InstalledModel, Passage
from app.workers.calls.bundles import ExportCollection, ImportCollection
from app.workers.calls.documents import Add, CompareVersions, DeleteCollection, Remove, Removed
from app.workers.calls.engine import Completed
from app.workers.calls.finding import Find
from app.workers.calls.folders import FollowFolder
from app.workers.calls.models import ExportModel, ImportModel, LinkModel, ModelInstalled
from app.workers.calls.personal import ExportRedacted
from app.workers.calls.shares import OpenShared, PublishCollection
from app.workers.message import Call

Words = Callable[[str], str]
"""A text as it stands in the record."""
Said = tuple[str, dict[str, Any]]
"""What was done, and what is kept about it."""


def asked(question: str, answer: Answer, words: Words, **more: Any) -> Said:
    """A question with its answer, what answered and which passages were shown."""
    return "asked", {
        **more,
        "question": words(question),
        "answer": words(answer.text),
        "model": answer.model,
        **({"not_found": True} if answer.not_found else {}),
        **({"stopped": True} if answer.stopped else {}),
        "passages": [_passage(each.passage, words) | {"cited": each.n} for each in answer.sources]
        + [_passage(each, words) for each in answer.nearest],
    }


def _passage(passage: Passage, words: Words) -> dict[str, Any]:
    """Which version of which document, and where in it: its file's date, when it was read, and the text itself."""
    return {
        "document": passage.document_id,
        "name": words(passage.document),
        "changed": passage.modified,
        "indexed": passage.indexed_at,
        "start": passage.start,
        "end": passage.end,
        "text": words(passage.text),
    }


def model_of(model: InstalledModel | None) -> dict[str, Any]:
    """A model by id and name and, where they are known, the sum of its file, its run and its server."""
    if model is None:
        return {}
    about = {"id": model.id, "name": model.name, "origin": model.origin}
    about |= {key: str(model.lineage[key]) for key in ("sha256", "run_id") if model.lineage.get(key)}
    return about | ({"server": host_of(model.address)} if model.origin == "server" else {})


def _once(call: chats.Ask, data: Any, words: Words) -> Said | None:
    return asked(call.question, data.answer, words) if isinstance(data, chats.Answered) else None


def _summed(call: chats.Summarise, data: Any, words: Words) -> Said | None:
    what = f"Summary of document {call.document_id}" if call.document_id else "Summary of collections"
    return asked(what, data.answer, words) if isinstance(data, chats.Answered) else None


def _calculated(call: chats.Calculate, data: Any, words: Words) -> Said | None:
    return asked(call.question, data.answer, words) if isinstance(data, chats.Answered) else None


def _completed(call: api.CompleteWith, data: Any, words: Words) -> Said | None:
    if not isinstance(data, Completed):
        return None
    said = "\n".join(message.content for message in call.request.messages) or call.request.prompt or ""
    return "asked", {"question": words(said), "answer": words(data.text), "model": call.model_id, "passages": []}


def _to(kind: str, **ids: str) -> Callable[[Any, Any, Words], Said | None]:
    """An export of this kind; `ids` names what of the call is kept, by the name that it gets."""

    def said(call: Any, _: Any, words: Words) -> Said | None:
        place = getattr(call, "path", "") or getattr(call, "export", "") or getattr(call, "folder", "")
        kept = {name: _plain(getattr(call, field)) for name, field in ids.items()}
        return ("exported", {"kind": kind, **kept, "to": words(place)}) if place else None

    return said


def _what(what: str, kind: str, *fields: str) -> Callable[[Any, Any, Words], Said | None]:
    """Something was done to what these fields of the call name: ids as they are, texts through `Words`."""

    def said(call: Any, _: Any, words: Words) -> Said | None:
        kept = {field: _plain(getattr(call, field)) for field in fields}
        shown = {name: words(value) if _is_text(name, value) else value for name, value in kept.items()}
        return what, {"kind": kind, **shown}

    return said


def _added(call: Any, _: Any, words: Words) -> Said | None:
    return "added", {
        "kind": "documents",
        "collection": call.collection_id,
        "from": [words(path) for path in call.paths],
    }


def _removed(call: Any, data: Any, words: Words) -> Said | None:
    if not isinstance(data, Removed):
        return None
    return "removed", {"kind": "documents", "ids": list(data.ids), "documents": data.documents, "traces": data.traces}


def _brought(_: Any, data: Any, __: Words) -> Said | None:
    return ("added", {"kind": "model", **model_of(data.model)}) if isinstance(data, ModelInstalled) else None


def _is_text(name: str, value: Any) -> bool:
    return isinstance(value, str) and not name.endswith("_id")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


RECORDED: Mapping[type[Call], Callable[[Any, Any, Words], Said | None]] = {
    chats.Ask: _once,
    chats.Summarise: _summed,
    chats.Calculate: _calculated,
    api.CompleteWith: _completed,
    chat_files.ExportChats: _to("chats", chats="chat_ids"),
    library.ExportLibrary: _to("assistants"),
    tables.ExportTable: _to("table", table="table_id"),
    ExportModel: _to("model", model="model_id"),
    ExportCollection: _to("collection", collection="collection_id"),
    ExportRedacted: _to("redacted copy", document="document_id"),
    PublishCollection: _to("collection", collection="collection_id"),
    Find: _to("list"),
    CompareVersions: _to("comparison"),
    training.ExportRun: _to("training", run="run_id"),
    takeout.TakeOut: _to("everything"),
    audit.ExportRecord: _to("record"),
    Add: _added,
    documents.QueueFiles: _added,
    FollowFolder: _what("added", "folder", "collection_id", "path"),
    ImportCollection: _what("added", "collection", "path"),
    OpenShared: _what("added", "collection", "path"),
    chat_files.ImportChats: _what("added", "chats", "path"),
    ImportModel: _brought,
    LinkModel: _brought,
    models.AddServer: _brought,
    catalogue.FetchModel: _what("added", "download", "repo", "file"),
    training.PrepareRun: _what("taught", "prepared", "run_id"),
    training.TrainRun: _what("taught", "trained", "run_id"),
    training.ResumeRun: _what("taught", "trained", "run_id"),
    training.InstallRun: _what("taught", "installed", "run_id", "name"),
    training.UseRun: _what("taught", "used", "run_id"),
    Remove: _removed,
    DeleteCollection: _removed,
    documents.DeleteAnswers: _what("removed", "answers", "ids"),
    folders.EmptyTrash: _what("removed", "trash", "collection_id"),
    chats.DeleteChat: _what("removed", "chat", "chat_id"),
    chats.PurgeChats: _what("removed", "chats", "everything"),
    models.RemoveModel: _what("removed", "model", "model_id"),
    training.DeleteRun: _what("removed", "run", "run_id"),
    tables.DeleteTable: _what("removed", "table", "table_id"),
    api.ServeApi: _what("served", "api", "port", "host"),
    api.RenewApiKey: _what("served", "new key"),
}
"""By call, once it has ended well. Answers in chats are told by `app.core.answers`, swaps by the list of models."""
