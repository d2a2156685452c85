"""What a drop would do, in words: title, sentence and hint, and a chip for each kind of file."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QCoreApplication, QLocale

from app.formats import FORMATS, KINDS, offered
from app.gui.documents.collections_model import count_text
from app.gui.documents.drop_count import DropCount

KIND_ICONS = {form.label: form.icon for form in FORMATS}
PLURALS = {kind.label: kind.of(2) for kind in KINDS}
Chip = tuple[str, str, str]
"""Text, icon, and "outline" or "warning"."""


def tr(text: str) -> str:
    return QCoreApplication.translate("DropOverlay", text)


def chip_text(kind: str, count: int) -> str:
    """ "9 PDF", "2 tables"."""
    return f"{QLocale().toString(count)} {kind if count == 1 else PLURALS.get(kind, f'{kind}s')}"


def words_of(count: DropCount, *, only_models: bool, target: str, several: bool) -> tuple[str, str, str]:
    """Title, sentence and hint; `several`: there is more than one collection to choose from."""
    cancels = tr("Esc cancels.")
    if only_models:
        name = PurePath(count.models[0]).name
        more = len(count.models) > 1
        what = tr("{0} models").format(len(count.models)) if more else tr("the model {0}").format(name)
        title = tr("Drop to import {0}").format(what)
        return title, tr("It is checked, then copied to your models."), cancels
    if count.collections and not count.files:
        name = PurePath(count.collections[0]).stem
        several_files = len(count.collections) > 1
        opened = tr("{0} collections").format(len(count.collections)) if several_files else name
        return tr("Drop to open {0}").format(opened), tr("It is checked, and can be asked at once."), cancels
    if not count.usable:
        readable = tr("{0} work.").format(offered())
        return tr("None of these files can be read"), readable, cancels
    over = tr("more than ") if count.cut else ""
    what = over + count_text(count.files, "file") if count.files else tr("files")
    title = tr("Drop to add {0} to {1}").format(what, target)
    choose = tr("Hold over another collection to choose it. ") if several else ""
    return title, tr("Files are read on this computer and stay where they are."), choose + cancels


def chat_words(count: DropCount) -> tuple[str, str]:
    """Title and sentence of a drop on the open chat's input."""
    if not count.usable:
        return tr("Only in this chat"), tr("None of these files can be read")
    what = count_text(count.files, "file") if count.files else tr("files")
    title = tr("Drop here to attach {0}, only in this chat").format(what)
    return title, tr("Read at once, in no collection, and removed with the chat.")


def chips_of(count: DropCount, *, only_models: bool) -> list[Chip]:
    """One for each kind of file, and what is skipped."""
    chips = [
        (chip_text(kind, number), KIND_ICONS.get(kind, "file-text"), "outline")
        for kind, number in count.kinds.most_common()
    ]
    if count.unknown:
        chips.append((chip_text("network folder", count.unknown), "folder", "outline"))
    if count.collections and count.files:
        chips.append((tr("{0} to open").format(chip_text("collection", len(count.collections))), "share-2", "outline"))
    if count.models and not only_models:
        chips.append((tr("{0} to import").format(chip_text("model", len(count.models))), "box", "outline"))
    for kind, number in count.skipped.most_common(4):
        chips.append((tr("{0} will be skipped").format(chip_text(kind, number)), "circle-alert", "warning"))
    return chips
