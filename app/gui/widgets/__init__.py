"""The widgets that every page is built from; their look is the states board of the design."""

from app.gui.widgets.base import FOCUS_RING, ThemedWidget, empty_layout, follow_theme, paint_box
from app.gui.widgets.buttons import Button, IconButton, LeadingButton
from app.gui.widgets.chips import CITE_SIZE, Chip, citation_width, paint_citation
from app.gui.widgets.choices import CheckBox, ChoiceCard, RadioButton, SegmentedControl, Switch, paint_radio
from app.gui.widgets.fields import ComboBox, IconLabel, SearchField, SpinBox, TextField, paint_field
from app.gui.widgets.focus import FocusRing
from app.gui.widgets.messages import Banner, ConfirmDialog, EmptyState, Toast
from app.gui.widgets.progress import ProgressBar
from app.gui.widgets.text import ElidedLabel, Label

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
