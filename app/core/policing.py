"""Which calls a company's policy closes: asked of each call before its desk sees it, whatever door it comes from.

What is done without a call, or deeper inside, is held where it is done: a model's files by the engine that loads them
(app/engine/allowed.py), documents by the process that reads them (app/documents/reading.py, masking.py), servers by
what connects to them (app/models/servers.py, app/workers/offline.py), files by what writes them (app/export/saving.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.company import check_exports, check_host
from app.core.calls import (
    api,
    attachments,
    audit,
    chat_files,
    chats,
    component,
    documents,
    library,
    models,
    personal,
    tables,
    takeout,
    training,
    updates,
    vectors,
)
from app.errors import NotAllowed
from app.members import file_of
from app.models.servers import clean_address
from app.policy import Policy
from app.release_feed import is_address
from app.rules import API_NETWORK, FOLDERS, MASK, TRAINING, lies_below, resolved
from app.settings import API_ENABLED, UPDATE_SOURCE
from app.text.personal.kinds import USUAL
from app.workers.calls.bundles import ExportCollection, ImportCollection
from app.workers.calls.documents import Add, CompareVersions
from app.workers.calls.finding import Find
from app.workers.calls.folders import FollowFolder
from app.workers.calls.models import ExportModel
from app.workers.calls.personal import ExportRedacted
from app.workers.calls.shares import OpenShared, PublishCollection
from app.workers.message import Call

Check = Callable[[Any, Policy], None]


def check(call: Call, policy: Policy) -> None:
    """
    Raises:
        NotAllowed: the company's policy closes it; what to do is said.
    """
    if policy.values and (found := CHECKS.get(type(call))) is not None:
        found(call, policy)


# --- the checks -----------------------------------------------------------------------------------------------------


def _exports(_: Call, __: Policy) -> None:
    check_exports()


def _if_exported(call: Find | CompareVersions, policy: Policy) -> None:
    if call.export:
        _exports(call, policy)


def _compared(call: CompareVersions, policy: Policy) -> None:
    _if_exported(call, policy)
    _from(*(side.path for side in (call.left, call.right) if side.path), policy=policy)


def _training(_: Call, policy: Policy) -> None:
    policy.require(TRAINING, policy.rule(TRAINING), "fine-tuning")


def _begun(call: training.BeginRun | training.ChangeRun, policy: Policy) -> None:
    _training(call, policy)
    fine = not policy.rule(MASK) or call.changes.mask is not False
    policy.require(MASK, fine, "that personal data is learned")


def _export_of_training(call: training.ExportRun, policy: Policy) -> None:
    _training(call, policy)
    _exports(call, policy)


def _from(*paths: str, policy: Policy) -> None:
    folders = resolved(policy.rule(FOLDERS))
    for path in paths:
        policy.require(FOLDERS, lies_below(folders, Path(file_of(path))), f"documents from “{path}”")


def _paths(call: Any, policy: Policy) -> None:
    _from(*call.paths, policy=policy)


def _path(call: Any, policy: Policy) -> None:
    _from(call.path, policy=policy)


def _added(call: Add | documents.QueueFiles, policy: Policy) -> None:
    _paths(call, policy)
    policy.require(MASK, not (policy.rule(MASK) and call.exempt), "documents in which personal data is not masked")


def _asked(call: chats.Ask | chats.AskInChat, policy: Policy) -> None:
    """A page of a document is drawn from its file; a picture by itself, as one from the clipboard, is no document."""
    attached = call.attach if isinstance(call, chats.Ask) else ()
    _from(*attached, *(each.path for each in call.pictures if each.page), policy=policy)


def _masked(call: personal.SetMasking, policy: Policy) -> None:
    fine = not policy.rule(MASK) or set(USUAL) <= set(call.kinds)
    policy.require(MASK, fine, "collections in which personal data is not masked")


def _server(call: Any, _: Policy) -> None:
    check_host(clean_address(call.address))


def check_api(policy: Policy, *, network: bool) -> None:
    """
    Raises:
        NotAllowed: programs may not ask at all, or with `network` not from other computers.
    """
    if policy.values.get(API_ENABLED.key) is False:
        raise NotAllowed("Your company does not allow programs to ask.", policy.why(API_ENABLED.key))
    policy.require(API_NETWORK, policy.rule(API_NETWORK) or not network, "other computers to ask")


def _served(call: api.ServeApi, policy: Policy) -> None:
    check_api(policy, network=call.allow_network)


def _updated(call: updates.TakeUpdate, policy: Policy) -> None:
    """A file that somebody was sent comes from no place that the company named."""
    source = policy.values.get(UPDATE_SOURCE.key)
    if call.path and source is not None:
        folder = Path(source) if source and not is_address(source) else None
        if folder is None or not lies_below((folder.resolve(),), Path(call.path)):
            raise NotAllowed(
                "Your company does not allow newer versions from this file.", policy.why(UPDATE_SOURCE.key)
            )


CHECKS: Mapping[type[Call], Check] = {
    **dict.fromkeys(
        (
            audit.ExportRecord, takeout.TakeOut, chat_files.ExportChats, library.ExportLibrary, tables.ExportTable,
            ExportModel, ExportCollection, ExportRedacted, PublishCollection,
        ),
        _exports,
    ),
    Find: _if_exported,
    CompareVersions: _compared,
    **dict.fromkeys((training.BeginRun, training.ChangeRun), _begun),
    training.ExportRun: _export_of_training,
    **dict.fromkeys(
        (
            training.PrepareRun, training.TryAuthor, training.MeasureRun,
            training.TrainRun, training.ResumeRun, training.BringAdapter, training.InstallRun, training.UseRun,
            component.InstallComponent, component.RepairComponent,
        ),
        _training,
    ),
    **dict.fromkeys((Add, documents.QueueFiles), _added),
    attachments.AttachFiles: _paths,
    **dict.fromkeys((FollowFolder, ImportCollection, OpenShared), _path),
    **dict.fromkeys((chats.Ask, chats.AskInChat), _asked),
    personal.SetMasking: _masked,
    **dict.fromkeys(
        (models.FindServer, models.AddServer, vectors.FindVectorServer, vectors.ChooseVectorServer), _server
    ),
    api.ServeApi: _served,
    updates.TakeUpdate: _updated,
}  # fmt: skip
