"""`python check_drag.py FILE X Y`: a small window there from which the file can be dragged, as from a file manager."""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


class File(QLabel):
    """Begins to be dragged with the first move of a pressed mouse."""

    def __init__(self, path: str) -> None:
        super().__init__(path.rpartition("/")[2])
        self._path = path

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(self._path)])
        drag = QDrag(self)
        drag.setMimeData(data)
        QApplication.exit(drag.exec(Qt.DropAction.CopyAction) != Qt.DropAction.CopyAction)


if __name__ == "__main__":
    app = QApplication([])
    file = File(sys.argv[1])
    file.setWindowTitle("Files")
    file.setGeometry(int(sys.argv[2]), int(sys.argv[3]), 200, 80)
    file.show()
    sys.exit(app.exec())
