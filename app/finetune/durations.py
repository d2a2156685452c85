"""Times as people say them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """ "23 min", "2 h 5 min" or "40 s"."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{round(seconds)} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min".removesuffix(" 0 min")


def then(exporting: float, comparing: float) -> str:
    """What comes after a training, behind its time: ", then about 40 s to write and check the files, and about 5 min to
    compare"; "" where neither was measured. Both in seconds."""
    files = f", then about {duration(exporting)} to write and check the files" if exporting else ""
    return files + (f", and about {duration(comparing)} to compare" if comparing else "")


def time_left(seconds: float) -> str:
    """ "About 14 min left", rounded as people round."""
    if seconds < 50:
        return "Less than a minute left"
    return f"About {duration(seconds) if seconds >= 90 else '1 min'} left"
