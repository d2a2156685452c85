"""The folder that tells files of one name apart: "index.md" in "travel" and in "hr"."""

from __future__ import annotations

from collections.abc import Iterable

DEEPEST = 4
"""Folders that are named at most: what is alike so far up is told apart by its tooltip."""


class SameNames:
    """Knows the files of a list by their names; only what is new is looked at, since 10,000 may come one by one."""

    def __init__(self) -> None:
        self._groups: dict[str, list[str]] = {}

    def clear(self) -> None:
        """Another list."""
        self._groups = {}

    def add(self, paths: Iterable[str]) -> dict[str, str]:
        """These are in the list now; path → as much of its folder as tells it apart, of each name that is concerned."""
        concerned: dict[str, list[str]] = {}
        for path in paths:
            name = path.replace("\\", "/").rpartition("/")[2].casefold()
            group = self._groups.setdefault(name, [])
            group.append(path)
            if len(group) > 1:
                concerned[name] = group
        found: dict[str, str] = {}
        for group in concerned.values():
            found |= _told_apart(group)
        return found


def _told_apart(group: list[str]) -> dict[str, str]:
    folders = [path.replace("\\", "/").split("/")[:-1] for path in group]
    said: list[str] = []
    for depth in range(1, DEEPEST + 1):
        said = ["/".join(part for part in folder[-depth:] if part) for folder in folders]
        if len(set(said)) == len(group):
            break
    return dict(zip(group, said, strict=True))
