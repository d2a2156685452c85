"""How amounts are said to a person."""

from __future__ import annotations

GB = 1_000_000_000


def in_gb(count: float) -> str:
    """ "5.1" for 5,100,000,000 bytes: two figures where it is small, none behind the point where it is large."""
    value = count / GB
    return f"{value:.2f}" if value < 0.995 else f"{value:.1f}" if value < 99.5 else f"{value:.0f}"
