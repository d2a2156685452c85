"""Parts of the chat that an empty one does not show: imported with the first turn, or in a quiet moment before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.gui.chat.attachment_strip import AttachmentStrip
    from app.gui.chat.filter_popover import FilterPopover
    from app.gui.chat.offer_line import OfferLine
    from app.gui.chat.source_panel import SourcePanel
    from app.gui.chat.transcript import Transcript
    from app.gui.chat.why_panel import WhyPanel
    from app.gui.chat.word_shares import WordShares
    from app.gui.library.editor import LibraryEditor
    from app.gui.library.manage_dialog import ManageDialog
    from app.gui.library.popover import LibraryPopover
    from app.gui.library.prompt_dialogs import FillDialog
    from app.gui.models.switcher_list import ModelSwitcher


def markdown() -> object:
    """The parser, most of what the transcript imports."""
    from app.gui.chat.markdown import parse

    return parse


def transcript() -> type[Transcript]:
    """The conversation."""
    from app.gui.chat.transcript import Transcript

    return Transcript


def source_panel() -> type[SourcePanel]:
    """What shows the passage behind a citation."""
    from app.gui.chat.source_panel import SourcePanel

    return SourcePanel


def why_panel() -> type[WhyPanel]:
    """What says how an answer came about."""
    from app.gui.chat.why_panel import WhyPanel

    return WhyPanel


def attachment_strip() -> type[AttachmentStrip]:
    """The chips of the files that are only in a chat."""
    from app.gui.chat.attachment_strip import AttachmentStrip

    return AttachmentStrip


def filter_popover() -> type[FilterPopover]:
    """What opens over “Only in…”."""
    from app.gui.chat.filter_popover import FilterPopover

    return FilterPopover


def offer_line() -> type[OfferLine]:
    """What fits the text that is typed."""
    from app.gui.chat.offer_line import OfferLine

    return OfferLine


def model_list() -> type[ModelSwitcher]:
    """What opens below the model's name."""
    from app.gui.models.switcher_list import ModelSwitcher

    return ModelSwitcher


def library_popover() -> type[LibraryPopover]:
    """What a “/” opens."""
    from app.gui.library.popover import LibraryPopover

    return LibraryPopover


def word_shares() -> type[WordShares]:
    """How sure the model is of each word."""
    from app.gui.chat.word_shares import WordShares

    return WordShares


def library_editor() -> type[LibraryEditor]:
    """What makes and changes assistants and prompts."""
    from app.gui.library.editor import LibraryEditor

    return LibraryEditor


def fill_dialog() -> type[FillDialog]:
    """What asks for the words in braces of a prompt."""
    from app.gui.library.prompt_dialogs import FillDialog

    return FillDialog


def manage_dialog() -> type[ManageDialog]:
    """All assistants and prompts."""
    from app.gui.library.manage_dialog import ManageDialog

    return ManageDialog


PARTS: tuple[Callable[[], object], ...] = (
    markdown, transcript, source_panel, why_panel, attachment_strip, filter_popover, offer_line, model_list,
    library_popover,
)  # fmt: skip
