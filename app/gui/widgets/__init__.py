"""The widgets that every page is built from; their look is the states board of the design.

What a first paint shows is named here. `choices` (boxes, switches, cards) and `file_dialogs` are imported by their own
names, by the pages that have some.
"""

from __future__ import annotations

from app.gui.widgets.base import (
    FOCUS_RING,
    LAST_FOLDER,
    EnterPresses,
    ThemedWidget,
    empty_layout,
    follow_theme,
    paint_box,
)
from app.gui.widgets.buttons import Button, IconButton, LeadingButton
from app.gui.widgets.chips import CITE_SIZE, Chip, citation_width, paint_citation
from app.gui.widgets.fields import ComboBox, IconLabel, SearchField, SpinBox, TextField, paint_field
from app.gui.widgets.focus import FocusRing
from app.gui.widgets.messages import Banner, ConfirmDialog, EmptyState, Toast
from app.gui.widgets.progress import ProgressBar
from app.gui.widgets.text import ElidedLabel, Label

__all__ = [
    "CITE_SIZE",
    "FOCUS_RING",
    "LAST_FOLDER",
    "Banner",
    "Button",
    "Chip",
    "ComboBox",
    "ConfirmDialog",
    "ElidedLabel",
    "EmptyState",
    "EnterPresses",
    "FocusRing",
    "IconButton",
    "IconLabel",
    "Label",
    "LeadingButton",
    "ProgressBar",
    "SearchField",
    "SpinBox",
    "TextField",
    "ThemedWidget",
    "Toast",
    "citation_width",
    "empty_layout",
    "follow_theme",
    "paint_box",
    "paint_citation",
    "paint_field",
]
