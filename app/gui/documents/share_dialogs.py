"""A collection that a team shares in a folder, asked for in dialogs: share it, write an edition, stop, and open one."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.errors import AppError, BadFile
from app.gui.core_client import CoreClient
from app.gui.documents.bundles import BundleDialog, import_collection
from app.gui.widgets import Button, ConfirmDialog, TextField
from app.gui.widgets.choices import CheckBox
from app.gui.widgets.file_dialogs import ask_for_folder
from app.types import Collection
from app.workers.calls.bundles import Imported
from app.workers.calls.shares import EditionPublished, OpenShared, PublishCollection, StopPublishing
from app.workers.message import Call

Said = Callable[[str], object]


def tr(text: str) -> str:
    return QCoreApplication.translate("Shares", text)


def share_collection(parent: QWidget, core: CoreClient, collection: Collection, said: Said) -> None:
    """Ask who looks after it and for a folder, then write an edition there; of one that is shared, the next edition."""
    published = collection.published
    title = tr("Share {0}") if published is None else tr("{0} is shared")
    dialog = BundleDialog(core, title.format(collection.name), _text(collection), parent)
    by = TextField(
        tr("Who looks after it"), tr("Your name, as colleagues know it"), published.by if published else _me()
    )
    follows = CheckBox(tr("Pass changes on by themselves, a moment after each"))
    follows.setChecked(published is None or published.follows)
    keep = CheckBox(tr("Keep where the files lie (for a drive that others see under the same path)"))
    keep.setChecked(published is not None and published.keep_paths)
    for at, each in enumerate((by, follows, keep), 2):
        dialog.body.insertWidget(at, each)
    if published is not None:
        stop = Button(tr("Stop sharing"), "link")
        stop.clicked.connect(dialog.reject)
        stop.clicked.connect(lambda: stop_sharing(parent, core, collection, said))
        dialog.buttons.insertWidget(0, stop)

    def begin() -> Call | None:
        folder = "" if published is not None else ask_for_folder(dialog, tr("A folder that colleagues can read"))
        if published is None and not folder:
            return None
        for each in (by, follows, keep):
            each.setEnabled(False)
        return PublishCollection(
            collection_id=collection.id, folder=folder, by=by.text(), follows=follows.isChecked(),
            keep_paths=keep.isChecked(),
        )  # fmt: skip

    def done(data: EditionPublished) -> None:
        stands = data.collection.published
        if stands is not None:
            said(tr("Edition {0} of “{1}” is in its folder.").format(stands.edition, data.collection.name))

    dialog.run(begin, done, tr("Choose folder and share") if published is None else tr("Write an edition now"))
    (by.edit if published is None else dialog.action).setFocus()


def stop_sharing(parent: QWidget, core: CoreClient, collection: Collection, said: Said) -> None:
    """Ask once, and take the edition out of the folder."""
    title = tr("Stop sharing {0}?").format(collection.name)
    detail = tr(
        "Its file is taken out of the folder. Colleagues keep the edition that they have until they remove it; to take "
        "documents back from them, remove those here and write an edition first."
    )
    if not ConfirmDialog.ask(parent, title, detail, tr("Stop sharing")):
        return
    dialog = BundleDialog(core, title, tr("The file is taken out of its folder."), parent)
    done = tr("“{0}” is shared no more.").format(collection.name)
    dialog.run(lambda: StopPublishing(collection_id=collection.id), lambda _: said(done), "")


def open_shared(parent: QWidget, core: CoreClient, path: str, arrived: Callable[[Imported], object]) -> None:
    """Open a shared collection, or import one that was exported once: the file itself says which it is."""
    name = Path(path).name
    dialog = BundleDialog(core, tr("Open {0}").format(name), tr("It is checked, then stored."), parent)

    def refused(error: AppError) -> bool:
        if not (isinstance(error, BadFile) and error.code == "exported"):
            return False
        import_collection(parent, core, path, arrived)
        return True

    dialog.run(lambda: OpenShared(path=path), arrived, "", refused)


def _text(collection: Collection) -> str:
    if collection.published is not None:
        return f"{collection.published.words()}."
    return tr(
        "Its text and index go into a folder that colleagues can read, and who can read it can read all of the text. "
        "They open it and ask at once, read only; the documents' own files do not go along."
    )


def _me() -> str:
    with suppress(Exception):  # a system without a name for its user says so in many ways
        return getpass.getuser()
    return ""
