"""`python packaging/compare_builds.py A B`: which files of two folders of the application differ, byte by byte.

.venv/bin/python packaging/build.py --only-folder --out .build/again    a second build; .build has the first
.venv/bin/python packaging/compare_builds.py .build/app/Inhouse .build/again/app/Inhouse
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20


def main(argv: list[str]) -> int:
    """Print what differs; 0 where nothing does."""
    if len(argv) != 2:
        sys.stderr.write((__doc__ or "").splitlines()[0] + "\n")
        return 2
    first, second = (Path(each).resolve() for each in argv)
    names = sorted({*_names(first), *_names(second)})
    others = [name for name in names if not same(first / name, second / name)]
    for name in others:
        sys.stdout.write(f"{name}\n")
    sys.stdout.write(f"{len(names) - len(others)} of {len(names)} files are the same in both\n")
    return 1 if others else 0


def _names(folder: Path) -> Iterator[str]:
    return (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def same(one: Path, other: Path) -> bool:
    """Whether both are there with the same content and rights, or lead to the same place."""
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    if not one.is_file() or not other.is_file():
        return False
    if (one.stat().st_size, one.stat().st_mode) != (other.stat().st_size, other.stat().st_mode):
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while (piece := left.read(CHUNK)) == right.read(CHUNK):
            if not piece:
                return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
