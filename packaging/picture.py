"""Saves a picture of the window as a small PNG: at most 256 colours, no dots between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

EXACT, ROUGH = 96, 160
"""Colours kept as they are, and those that stand for what is like them, so that a small red icon stays red."""


def save(image: Any, path: Path) -> None:
    """Write a QImage with the colours that it has most of; the rest become the nearest of them."""
    import numpy as np
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QImageWriter

    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(plain.constBits(), dtype=np.uint32)
    found, counts = np.unique(pixels, return_counts=True)
    order = np.argsort(-counts)
    rest, weights = found[order[EXACT:]], counts[order[EXACT:]]
    _, first, groups = np.unique(rest & 0xE0E0E0, return_index=True, return_inverse=True)
    common = np.argsort(-np.bincount(groups, weights))[:ROUGH] if len(rest) else np.array([], dtype=np.intp)
    table = [int(color) for color in (*found[order[:EXACT]], *rest[first[common]])]
    flat = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    writer = QImageWriter(str(path), b"png")
    writer.setCompression(100)
    writer.write(plain.convertToFormat(QImage.Format.Format_Indexed8, table, flat))
