"""Recognises the text of a picture with the models in rapidocr's wheel. The only importer of rapidocr and
of the OpenCV that it brings.

It is imported only in the child that recognises; nothing is fetched: the models are named by their files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import rapidocr
from numpy.typing import NDArray
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

from app.documents.loaders.scan import Scan, ScanLine, scan_line
from app.errors import BadFile
from app.types import Box

Picture = NDArray[np.uint8]
"""Rows, columns, red green blue."""

THREADS = 2
"""Recognising is in no hurry, and others work meanwhile."""

DETECTED_SIDE = 1600
"""Pixels of the longer side in which lines are looked for; they are read in the whole picture. At 2,000 finding them
took three times as long and found the same."""
LARGEST_SIDE = 4000
_LEAST_SURE = 0.3
"""Lines below are specks and ornaments."""
_TRUSTED = 0.8  # mean over a page's lines above which its text stands upright
_UPRIGHT = 1.5  # height of a line in widths: as the recogniser has it
_LONG = 6  # times as long as high: lines that tell the skew well

_DARK = 128
_SPECK = 1  # pixels: at 100 dots an inch the dots of an "ü" have two or three
_FULL = 1.0  # specks a letter; a clean page has one for twenty

_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}


class Recogniser:
    """The loaded models; one picture at a time."""

    def __init__(self) -> None:
        """
        Raises:
            BadFile: the models cannot be loaded (`unsupported`).
        """
        folder = Path(rapidocr.__file__).parent / "models"
        params: dict[str, Any] = {f"{part}.model_path": str(folder / name) for part, name in _MODELS.items()}
        params |= {
            "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.text_score": _LEAST_SURE,
            "Global.max_side_len": LARGEST_SIDE,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTED_SIDE,
        }
        try:
            self._engine = RapidOCR(params=params)
        except (OSError, RuntimeError, ValueError, ImportError) as error:
            raise BadFile(
                "Text recognition could not be loaded.", "Install Inhouse again.", repr(error), "unsupported"
            ) from error

    def recognise(self, picture: Picture, width: float, height: float) -> Scan:
        """The text of a page; `width` and `height` are the page's in points, as it is shown.

        Raises:
            MemoryError: the picture needs more than there is.
        """
        picture = without_specks(picture)
        best = self._read(picture, 0, width, height)
        if _is_trusted(best[0]):
            return best[1]
        tries = (1, 3) if best[2] else (2, 1, 3)  # lines that stand on end: the page lies on its side
        for turn in tries:
            other = self._read(np.ascontiguousarray(np.rot90(picture, -turn)), turn, width, height)
            if other[0] > best[0]:
                best = other
            if _is_trusted(best[0]):
                break
        return best[1]

    def _read(self, picture: Picture, turn: int, width: float, height: float) -> tuple[float, Scan, bool]:
        """How well a picture reads that was turned so often, what it says, and whether its lines stand on end."""
        result = self._engine(picture, return_word_box=True)
        texts = result.txts if isinstance(result, RapidOCROutput) else None
        if not isinstance(result, RapidOCROutput) or not texts or result.boxes is None or not result.scores:
            return 0.0, Scan((), width, height, turn), False
        quads = [np.asarray(box, dtype=np.float64) for box in result.boxes]
        words: Sequence[Any] = result.word_results or ()
        if len(words) != len(quads):
            words = [()] * len(quads)
        scores = [float(score) for score in result.scores]
        page = _Page(picture.shape[1], picture.shape[0], turn, width, height)
        lines = [page.line(*each) for each in zip(texts, scores, quads, words, strict=True)]
        upended = sum(_high(quad) >= _UPRIGHT * _wide(quad) for quad in quads) * 2 > len(quads)
        scan = Scan(tuple(line for line in lines if line is not None), width, height, turn, _skew(quads))
        weights = [len(text) for text in texts]
        mean = sum(score * weight for score, weight in zip(scores, weights, strict=True)) / max(sum(weights), 1)
        return (mean / 2 if upended else mean), scan, upended


def without_specks(picture: Picture) -> Picture:
    """The picture without its dark specks, where it is full of them: they read as dots and hooks on letters."""
    dark = (picture.min(axis=2) < _DARK).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    specks = stats[:, cv2.CC_STAT_AREA] <= _SPECK
    if specks.sum() < _FULL * (len(specks) - specks.sum()):
        return picture
    clean = picture.copy()
    clean[specks[labels]] = 255
    return clean


def _is_trusted(mean: float) -> bool:
    return mean >= _TRUSTED


def _wide(quad: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(quad[1] - quad[0]))


def _high(quad: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(quad[3] - quad[0]))


def _skew(quads: list[NDArray[np.float64]]) -> float:
    """How far the lines rise to the right, in radians: the middle of the long ones."""
    angles = [
        math.atan2(quad[0][1] - quad[1][1], quad[1][0] - quad[0][0])
        for quad in quads
        if _wide(quad) > _LONG * max(_high(quad), 1.0)
    ]
    angle = median(angles) if angles else 0.0
    return angle if abs(angle) < math.pi / 8 else 0.0


class _Page:
    """From pixels of a picture that was turned to points of the page as it is shown."""

    def __init__(self, columns: int, rows: int, turn: int, width: float, height: float) -> None:
        self._columns, self._rows, self._turn = columns, rows, turn
        shown = (columns, rows) if turn % 2 == 0 else (rows, columns)
        self._across, self._down = width / shown[0], height / shown[1]

    def line(self, text: str, sure: float, quad: NDArray[np.float64], said: Any) -> ScanLine | None:
        """A found line. `said` are its words: text, how sure, and the corners of the box."""
        words: list[tuple[str, float, Box]] = []
        for word in said:
            if len(word) != 3 or word[2] is None:
                words = []
                break
            words.append((str(word[0]), round(float(word[1]), 3), self._box(np.asarray(word[2], dtype=float))))
        scale = self._down if self._turn % 2 == 0 else self._across
        return scan_line(text, words, self._box(quad), round(sure, 3), round(_high(quad) * scale, 2))

    def _box(self, corners: NDArray[np.float64]) -> Box:
        x, y = corners[:, 0], corners[:, 1]
        columns, rows = self._columns, self._rows
        for _ in range(self._turn):  # turn back, a quarter at a time
            x, y = y, columns - x
            columns, rows = rows, columns
        left, right = float(x.min()) * self._across, float(x.max()) * self._across
        top, bottom = float(y.min()) * self._down, float(y.max()) * self._down
        return Box(round(left, 2), round(top, 2), round(right, 2), round(bottom, 2))
