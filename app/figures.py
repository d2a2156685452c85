"""What `inhouse bench` prints: a figure beside what it is measured against."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

Figure = dict[str, object]


def figure(name: str, value: float, unit: str, reference: float, ratio: float, target: float | str, ok: bool) -> Figure:
    """One line. `ratio` may have been measured in pairs of neighbours in time; `ok`: the target is met."""
    return {
        "figure": name,
        "value": round(value, 2),
        "unit": unit,
        "reference": round(reference, 2),
        "ratio": round(ratio, 4),
        "target": target,
        "ok": ok,
    }


def write(figures: Iterable[Figure], *, as_json: bool) -> int:
    """One line each as it is measured; the exit status: 1 where a target was missed."""
    good = True
    for each in figures:
        line = json.dumps(each) if as_json else "  ".join(f"{key} {value}" for key, value in each.items())
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        good = good and bool(each["ok"])
    return 0 if good else 1
