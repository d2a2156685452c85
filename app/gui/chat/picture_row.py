"""The pictures of a question below its bubble, small, as the chat keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.core.calls.chats import ReadChatPicture
from app.gui.core_client import CoreClient
from app.gui.theme import theme
from app.pictures import ShownPicture
from app.workers.calls.attached import PictureLoaded

SIDE = 96


class PictureRow(QWidget):
    """A place of its final size for each, so that nothing moves when it comes."""

    def __init__(self, core: CoreClient, pictures: Sequence[ShownPicture], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addStretch(1)
        self.places: list[QLabel] = []
        for each in pictures:
            place = QLabel()
            place.setAlignment(Qt.AlignmentFlag.AlignCenter)
            share = min(1.0, theme().px(SIDE) / max(each.width, each.height, 1))
            place.setFixedSize(max(8, round(each.width * share)), max(8, round(each.height * share)))
            place.setAccessibleName(self.tr("Picture: {0}").format(each.name))
            place.setToolTip(each.name)
            self.places.append(place)
            row.addWidget(place)
            core.request(ReadChatPicture(picture_id=each.id), done=self._shower(place), failed=lambda _: None)

    def _shower(self, place: QLabel) -> _Shower:
        return _Shower(place)


class _Shower:
    """Puts what was read into its place, if that is still there."""

    def __init__(self, place: QLabel) -> None:
        self._place: QLabel | None = place
        place.destroyed.connect(self._gone)

    def __call__(self, data: PictureLoaded) -> None:
        if self._place is None:
            return
        image = QImage.fromData(data.picture.data)
        smooth = Qt.TransformationMode.SmoothTransformation
        kept = Qt.AspectRatioMode.KeepAspectRatio
        ratio = self._place.devicePixelRatio()
        pixmap = QPixmap.fromImage(image.scaled(self._place.size() * ratio, kept, smooth))
        pixmap.setDevicePixelRatio(ratio)
        self._place.setPixmap(pixmap)

    def _gone(self) -> None:
        self._place = None
