"""What the company has set on this computer: each value in words, who has set it and why. It cannot be changed here."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.widgets import Banner, Label
from app.gui.widgets.page_frame import Separator
from app.policy import Policy
from app.rules import CHAT_DAYS, FOLDERS, RULES, SERVERS
from app.settings import BY_KEY, DECIDED

NAMED = (SERVERS.key, FOLDERS.key)
"""Lists that people read; sums say nothing to them."""
SHOWN = 20
"""Of a long list so many are in the tooltip."""


class CompanySection(QWidget):
    """The policy as it is read."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if policy.problem:
            column.addWidget(Banner("warning", self.tr("The company's policy cannot be read."), policy.problem))
        else:
            who = self.tr("Set by {0}.").format(policy.by or self.tr("your company"))
            said = self.tr("It holds in this window, in the terminal and for programs. Only your IT can change it.")
            column.addWidget(Banner("info", who, said))
        column.addSpacing(8)
        labels = {rule.key: (rule.label, rule.help) for rule in RULES}
        for key in (each for each in DECIDED if each in policy.values):
            label, help_text = labels.get(key) or (BY_KEY[key].label or key.replace("_", " ").capitalize(), "")
            value, more = _words(key, policy.values[key])
            why = "" if key in policy.closed else policy.reasons.get(key, "")
            named = ", ".join(more.splitlines()) if key in NAMED else ""
            column.addWidget(_Row(label, why or named or help_text, value, more))
            column.addWidget(Separator())
        if policy.file is not None:
            column.addSpacing(8)
            column.addWidget(Label(str(policy.file), "caption", "text3", wrap=True))


class _Row(QWidget):
    """Tab reaches it, so that a screen reader reads it in one go."""

    def __init__(self, label: str, why: str, value: str, more: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 10)
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(label, "uiStrong", wrap=True))
        if why:
            words.addWidget(Label(why, "caption", "text2", wrap=True))
        row.addLayout(words, 1)
        said = Label(value, "ui", "text2")
        said.setToolTip(more)
        row.addWidget(said, alignment=Qt.AlignmentFlag.AlignTop)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"{label}: {value}. {why}".strip())


def _words(key: str, value: Any) -> tuple[str, str]:
    """The value as people read it, and the whole of a list."""
    if isinstance(value, tuple):
        more = "\n".join((*value[:SHOWN], "…") if len(value) > SHOWN else value)
        return (_tr("{0} named").format(f"{len(value):,}") if value else _tr("None")), more
    if value is None:
        return _tr("Not set"), ""
    if key == CHAT_DAYS.key:
        return _tr("{0} days").format(f"{value:,}"), ""
    if isinstance(value, bool):
        is_rule = key not in BY_KEY
        if key == "mask_personal_data":
            return (_tr("Masked") if value else _tr("As people choose")), ""
        if is_rule:
            return (_tr("Allowed") if value else _tr("Not allowed")), ""
        return (_tr("On") if value else _tr("Off")), ""
    if key in BY_KEY:
        setting = BY_KEY[key]
        return next((text for choice, text in setting.choices if choice == value), str(value) or setting.unset), ""
    return str(value) or _tr("Not set"), ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("CompanySection", text)
