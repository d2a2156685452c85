"""The Documents page of a collection that follows folders, for packaging/screenshots.py: its documents are made up."""

from __future__ import annotations

import time
from typing import Any

FOLDER = "/srv/company/Policies"
HOUR = 3600.0


def show(stage: Any, *, both: bool = False) -> None:
    """The line above the documents: a folder is being read; with `both` another one is away."""
    from app.core.calls.folders import FoldersChanged, FolderStatus
    from app.workers.calls.folders import Folder, Rules

    stage.window.show_page("documents")
    stage.parts.documents.choose(1)
    stage.settle()
    _answer(stage)
    own = Folder(id=1, collection_id=1, path=FOLDER, documents=6, rules=Rules(ignore=("drafts/",)))
    away = Folder(
        id=2, collection_id=1, path="/mnt/share/Quality", documents=2, absence="gone", since=time.time() - 3 * HOUR
    )
    reading = FolderStatus(folder=own, phase="reading", done=212, total=884, skipped=14)
    gone = FolderStatus(folder=away, phase="unreachable")
    stage.world.core.tell(FoldersChanged((reading, gone) if both else (reading,)))
    stage.settle()


def dialog(stage: Any) -> object:
    """Folders, changes and trash."""
    from app.gui.documents.followed_dialog import FollowedDialog

    show(stage, both=True)
    made = FollowedDialog(stage.parts.documents.followed, "Larkfield samples", lambda: None, stage.window)
    made.show()
    stage.settle()
    return made


def rules(stage: Any) -> object:
    """What is left out of a folder."""
    from app.gui.documents.rules_dialog import RulesDialog
    from app.workers.calls.folders import Folder, Rules

    made = RulesDialog(
        Folder(id=1, collection_id=1, path=FOLDER, rules=Rules(ignore=("drafts/", "*.bak"))), stage.window
    )
    made.show()
    return made


def _answer(stage: Any) -> None:
    from app.types import Document
    from app.workers.calls.documents import Documents, ListDocuments
    from app.workers.calls.folders import Change, ChangeKind, Changes, ListChanges, ListTrash, Trash, Trashed

    child, now = stage.world.last("documents"), time.time()
    names = ("travel/index.md", "leave/index.md", "expenses.pdf", "canteen.docx", "holidays.xlsx", "parking.md")
    listed = tuple(
        Document(
            id=number, collection_id=1, collection="Larkfield samples", name=name.rsplit("/", 1)[-1],
            path=f"{FOLDER}/{name}", format="pdf", bytes=1, status="indexed", passages=7 * number,
            indexed_at=now - HOUR,
        )
        for number, name in enumerate(names, 1)
    )  # fmt: skip
    for job in child.waiting(ListDocuments):
        job.finish(Documents(documents=listed))
    old = Document(
        id=9, collection_id=1, collection="Larkfield samples", name="dress-code-2019.md",
        path=f"{FOLDER}/dress-code-2019.md", format="markdown", bytes=1, status="indexed",
    )  # fmt: skip
    kinds: tuple[tuple[ChangeKind, int], ...] = (("changed", 5), ("moved", 1), ("removed", 9), ("added", 6))
    changes = tuple(
        Change(
            document_id=id_, collection_id=1, collection="Larkfield samples", kind=kind, at=now - (at + 1) * HOUR,
            name=old.name if id_ == 9 else listed[id_ - 1].name, path=old.path if id_ == 9 else listed[id_ - 1].path,
            before=f"{FOLDER}/travel.md" if kind == "moved" else "",
        )
        for at, (kind, id_) in enumerate(kinds)
    )  # fmt: skip
    for job in child.waiting(ListTrash):
        job.finish(Trash((Trashed(old, now - 3 * HOUR, 1, "Larkfield samples"),)))
    for job in child.waiting(ListChanges):
        job.finish(Changes(changes))
