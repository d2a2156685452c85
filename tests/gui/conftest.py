"""Windows of a test go with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget


@pytest.fixture(autouse=True)
def no_window_stays() -> Iterator[None]:
    """Delete what a test left: no loop runs between tests that would, and each new window styles all that are alive."""
    before = set(_windows())  # that of a whole file stays for its other tests
    yield
    left = [window for window in _windows() if window not in before]
    for window in left:
        window.deleteLater()
    if left:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _windows() -> list[QWidget]:
    if not isinstance(QApplication.instance(), QApplication):
        return []
    return [each for each in QApplication.topLevelWidgets() if each.parent() is None]
