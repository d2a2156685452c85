"""Boxes put together."""

from __future__ import annotations

from app.types import Box


def union(boxes: list[Box]) -> Box:
    """The smallest box round all."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def joined(boxes: list[Box]) -> tuple[Box, ...]:
    """Boxes of words, those that go on on one line made one; on a page that is askew only near ones are."""
    out: list[Box] = []
    for box in boxes:
        if out:
            both = union([out[-1], box])
            height = max(box.bottom - box.top, out[-1].bottom - out[-1].top)
            near = box.left - out[-1].right < 1.5 * height and box.right > out[-1].left
            if near and both.bottom - both.top < 1.35 * min(height, box.bottom - box.top):
                out[-1] = both
                continue
        out.append(box)
    return tuple(out)
