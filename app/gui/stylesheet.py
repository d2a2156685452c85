"""The stylesheet for stock Qt widgets; what has a shape of its own is painted in `app.gui.widgets` instead."""

from __future__ import annotations

from collections.abc import Callable

TEMPLATE = """
QToolTip {{ background: {text}; color: {surface}; border: 0; padding: 4px 8px; }}
QMainWindow, QDialog {{ background: {surface}; }}
QScrollArea, QScrollArea > QWidget > QWidget#scrollBody {{ background: transparent; border: 0; }}
QListView, QTreeView, QTableView {{ background: transparent; border: 0; outline: 0; }}
QLineEdit, QPlainTextEdit[field="true"], QTextEdit[field="true"] {{
  background: {surface}; color: {text}; border: 1px solid {borderStrong}; border-radius: 6px; padding: 4px 9px;
  selection-background-color: {accent}; selection-color: {onAccent}; }}
QLineEdit {{ min-height: {field}px; }}
QLineEdit:focus, QPlainTextEdit[field="true"]:focus, QTextEdit[field="true"]:focus {{
  border: 2px solid {focus}; padding: 3px 8px; }}
QLineEdit[error="true"], QPlainTextEdit[error="true"] {{ border: 2px solid {danger}; padding: 3px 8px; }}
QLineEdit:disabled, QPlainTextEdit[field="true"]:disabled {{
  background: {subtle}; color: {textDisabled}; border: 1px solid {border}; }}
QMenu {{ background: {surface}; border: 1px solid {borderStrong}; border-radius: 8px; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 8px; border-radius: 6px; color: {text}; min-height: {menu}px; }}
QMenu::item:selected {{ background: {hover}; }}
QMenu::item:disabled {{ color: {textDisabled}; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::separator {{ height: 1px; background: {border}; margin: 4px 8px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 2px; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 2px; }}
QScrollBar::handle {{ background: {borderStrong}; border-radius: 3px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QHeaderView::section {{ background: {surface}; color: {text2}; border: 0; border-bottom: 1px solid {border};
  padding: 6px 12px; font-weight: 600; }}
QAbstractScrollArea::corner {{ background: transparent; border: 0; }}
QSplitter::handle {{ background: {border}; }}
"""


def build_stylesheet(color: Callable[[str], str], px: Callable[[float], int]) -> str:
    """Fill the template with colours ("#rrggbb" of a token) and sizes (pixels at the chosen text size)."""
    tokens = ("text", "surface", "subtle", "hover", "border", "borderStrong", "accent", "onAccent", "focus", "danger")
    values = {token: color(token) for token in (*tokens, "textDisabled", "text2")}
    return TEMPLATE.format(**values, field=px(22), menu=px(20))
