"""Keeps a process off the network: every attempt from Python to resolve, connect or listen fails with a reason.

Called in each child but the one that downloads. Native code is out of its reach; a test with strace covers that.
"""

from __future__ import annotations

import os
import socket
import sys

_EVENTS = frozenset({"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})


class NetworkRefused(PermissionError):
    """Something in an offline process reached for the network."""


def _audit(event: str, args: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    if isinstance(args[0], socket.socket) and args[0].family == getattr(socket, "AF_UNIX", None):
        return
    raise NetworkRefused(f"{event} was refused: this process works without the network")


def forbid_network() -> None:
    """Refuse the network for the rest of this process's life; it cannot be taken back."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime reports to its maker seconds after it is imported, natively
    sys.addaudithook(_audit)
