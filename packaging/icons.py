"""The application's icon as each system wants it, drawn from one file."""

from __future__ import annotations

from pathlib import Path

from bundle_parts import ROOT, Refused
from PIL import Image

SVG = ROOT / "packaging" / "linux" / "inhouse.svg"
ICO_SIDES = (16, 24, 32, 48, 64, 128, 256)
LARGEST = 1024


def write_png(side: int, file: Path) -> Path:
    """In pixels, for desktops that draw no SVG. Raises Refused."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(SVG)).render(painter)
    painter.end()
    file.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(file)):
        raise Refused(f"The icon could not be written to {file}.")
    return file


def write_ico(file: Path) -> Path:
    """For Windows, in all its sizes."""
    with Image.open(write_png(max(ICO_SIDES), file.with_suffix(".png"))) as picture:
        picture.save(file, sizes=[(side, side) for side in ICO_SIDES])
    return file


def write_icns(file: Path) -> Path:
    """For macOS, in all its sizes."""
    drawn = write_png(LARGEST, file.with_suffix(".png"))
    with Image.open(drawn) as picture:
        picture.save(file)
    drawn.unlink()
    return file
