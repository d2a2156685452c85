"""Keeps a process off the network: every attempt from Python to resolve, connect or listen fails with a reason.

Called in each child but the one that downloads. Native code is out of its reach; a test with strace covers that.
The documents process may be let through to the servers that a person has named, and to nothing else.
"""

from __future__ import annotations

import os
import socket
import sys

_EVENTS = frozenset({"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})


_SERVERS: dict[tuple[str, int], list[frozenset[str]]] = {}
"""Host and port of each server that may be reached, and its addresses, once for each that asked: an audit hook belongs
to the whole process, and so does this."""


class NetworkRefused(PermissionError):
    """Something in an offline process reached for the network."""


def _audit(event: str, args: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    if isinstance(args[0], socket.socket) and args[0].family == getattr(socket, "AF_UNIX", None):
        return
    if _is_permitted(event, args):
        return
    raise NetworkRefused(f"{event} was refused: this process works without the network")


def _is_permitted(event: str, args: tuple[object, ...]) -> bool:
    if event == "socket.getaddrinfo":
        return any(_same_host(args[0], host) and args[1] in (port, str(port)) for host, port in _SERVERS)
    if event == "socket.connect" and isinstance(args[1], tuple):
        where, port = args[1][:2]
        return any(port == each and any(where in known for known in found) for (_, each), found in _SERVERS.items())
    return False


def _same_host(asked: object, host: str) -> bool:
    name = asked.decode("ascii", "replace") if isinstance(asked, bytes) else asked
    return isinstance(name, str) and name.casefold() == host.casefold()


def permit(host: str, port: int) -> None:
    """Let this process reach one server that a person has named, until `withdraw`.

    Raises:
        OSError: its name is not known.
    """
    entry = _SERVERS.setdefault((host, port), [])
    entry.append(frozenset())
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        withdraw(host, port)
        raise
    entry[-1] = frozenset(str(each[4][0]) for each in found)


def withdraw(host: str, port: int) -> None:
    """One of those that reached this server does so no more."""
    entry = _SERVERS.get((host, port), [])
    if entry:
        entry.pop()
    if not entry:
        _SERVERS.pop((host, port), None)


def forbid_network() -> None:
    """Refuse the network for the rest of this process's life; it cannot be taken back."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime reports to its maker seconds after it is imported, natively
    sys.addaudithook(_audit)
