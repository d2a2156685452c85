"""The widgets that every page is built from; their look is the states board of the design.

A widget's module is imported when the widget is first named, so that a start loads only what its page shows.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.gui.widgets.base import FOCUS_RING, ThemedWidget, empty_layout, follow_theme, paint_box
    from app.gui.widgets.buttons import Button, IconButton, LeadingButton
    from app.gui.widgets.chips import CITE_SIZE, Chip, citation_width, paint_citation
    from app.gui.widgets.choices import CheckBox, ChoiceCard, RadioButton, SegmentedControl, Switch, paint_radio
    from app.gui.widgets.fields import ComboBox, IconLabel, SearchField, SpinBox, TextField, paint_field
    from app.gui.widgets.focus import FocusRing
    from app.gui.widgets.messages import Banner, ConfirmDialog, EmptyState, Toast
    from app.gui.widgets.progress import ProgressBar
    from app.gui.widgets.text import ElidedLabel, Label

_HOMES = {
    "base": ("FOCUS_RING", "ThemedWidget", "empty_layout", "follow_theme", "paint_box"),
    "buttons": ("Button", "IconButton", "LeadingButton"),
    "chips": ("CITE_SIZE", "Chip", "citation_width", "paint_citation"),
    "choices": ("CheckBox", "ChoiceCard", "RadioButton", "SegmentedControl", "Switch", "paint_radio"),
    "fields": ("ComboBox", "IconLabel", "SearchField", "SpinBox", "TextField", "paint_field"),
    "focus": ("FocusRing",),
    "messages": ("Banner", "ConfirmDialog", "EmptyState", "Toast"),
    "progress": ("ProgressBar",),
    "text": ("ElidedLabel", "Label"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """PEP 562: the widget of this name, from its module."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "CITE_SIZE",
    "FOCUS_RING",
    "Banner",
    "Button",
    "CheckBox",
    "Chip",
    "ChoiceCard",
    "ComboBox",
    "ConfirmDialog",
    "ElidedLabel",
    "EmptyState",
    "FocusRing",
    "IconButton",
    "IconLabel",
    "Label",
    "LeadingButton",
    "ProgressBar",
    "RadioButton",
    "SearchField",
    "SegmentedControl",
    "SpinBox",
    "Switch",
    "TextField",
    "ThemedWidget",
    "Toast",
    "citation_width",
    "empty_layout",
    "follow_theme",
    "paint_box",
    "paint_citation",
    "paint_field",
    "paint_radio",
]
