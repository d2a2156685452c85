"""Whether a path lies on a network drive: there nothing tells of a change, and a dead server blocks who asks."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path, PurePath

REMOTE_TYPES = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "davfs"}
DRIVE_REMOTE = 4
"""What GetDriveTypeW answers for a network drive."""


def is_remote(path: str) -> bool:
    """Whether a path lies on a network drive, told without touching it: asking a dead server would block."""
    if path.startswith(("\\\\", "//")):
        return True
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.kernel32.GetDriveTypeW(PurePath(path).anchor) == DRIVE_REMOTE)
    if sys.platform == "darwin":
        return path.startswith("/Volumes/")
    return any(path == mount or path.startswith(f"{mount}/") for mount in _remote_mounts())


@lru_cache(maxsize=1)
def _remote_mounts() -> tuple[str, ...]:
    try:
        lines = Path("/proc/self/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return ()
    parts = [line.split(" ") for line in lines]
    return tuple(each[1].replace("\\040", " ") for each in parts if len(each) > 2 and each[2] in REMOTE_TYPES)
