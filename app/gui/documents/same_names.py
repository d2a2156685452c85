"""The folder that tells files of one name apart: "index.md" in "travel" and in "hr"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath

DEEPEST = 4
"""Folders that are named at most: what is alike so far up is told apart by its tooltip."""


def folders_of(paths: Iterable[str]) -> dict[str, str]:
    """Path → as much of its folder as tells it from the others of its name; nothing for a name that only one has."""
    same: defaultdict[str, list[PurePath]] = defaultdict(list)
    for each in paths:
        path = PurePath(each)
        same[path.name.casefold()].append(path)
    found: dict[str, str] = {}
    for group in same.values():
        if len(group) > 1:
            found |= _told_apart(group)
    return found


def _told_apart(group: list[PurePath]) -> dict[str, str]:
    said: dict[str, str] = {}
    for depth in range(1, DEEPEST + 1):
        said = {
            str(path): "/".join(part for part in path.parent.parts[-depth:] if part != path.anchor) for path in group
        }
        if len(set(said.values())) == len(group):
            break
    return said
