"""How the path of a file inside of a file is written: "/home/anna/offers.zip//contracts/2025.docx".

Two slashes in a row stand in no path of a file of its own, on any system, so that such a path is known by itself and is
never taken for one. What works with a document's path (its name, its ending, its folder) works with it as with any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import PurePath

MARK = "//"
"""Between a container and what lies in it. It is looked for behind the first character: a path may begin so."""


def member_path(container: str, name: str) -> str:
    """The path of a file of this name inside of a container."""
    return f"{container}{MARK}{name}"


def is_member(path: str) -> bool:
    """Whether it is the path of a file inside of another."""
    return path.find(MARK, 1) > 0


def file_of(path: str) -> str:
    """The file on the disk: the outermost container, or the path itself."""
    at = path.find(MARK, 1)
    return path if at < 0 else path[:at]


def container_of(path: str) -> str:
    """The path of what a file lies in directly; "" where that is a folder."""
    return path.rpartition(MARK)[0] if is_member(path) else ""


def depth_of(path: str) -> int:
    """In how many files it lies, one in the other."""
    return path.count(MARK, 1)


def containers_of(path: str) -> Iterator[str]:
    """The paths of all that a file lies in, from the inside out."""
    while path := container_of(path):
        yield path


def lies_in(path: str, containers: Collection[str]) -> bool:
    """Whether a file lies in one of these, on any level."""
    return any(each in containers for each in containers_of(path))


def origin(path: str) -> str:
    """What it lies in, in words: "offers.zip", "inner.zip in offers.zip"; "" of a file of its own."""
    return " in ".join(PurePath(each).name for each in containers_of(path))
