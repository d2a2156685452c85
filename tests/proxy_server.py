"""A company's proxy on this computer: it alone knows where the hosts are, hands requests on, and opens tunnels."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PIECE = 64 << 10


class ProxyServer:
    """Use it as a context manager. `hosts`: name → port on this computer."""

    def __init__(self, hosts: Mapping[str, int]) -> None:
        self.hosts = dict(hosts)
        self.asked: list[tuple[str, str]] = []
        """Method and host of each request."""
        self.key = ""
        """What Proxy-Authorization must be, where it asks for a name and a password."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> ProxyServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: ProxyServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `asked`."""

    def do_CONNECT(self) -> None:
        port = self._port_of(self.path.rpartition(":")[0])
        if port is None:
            return
        with socket.create_connection(("127.0.0.1", port)) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pass_on, args=(far, self.connection), daemon=True)
            back.start()
            _pass_on(self.connection, far)
            back.join()
        self.close_connection = True

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        port = self._port_of(address.hostname or "")
        if port is None:
            return
        far = http.client.HTTPConnection("127.0.0.1", port)
        headers = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        far.request(self.command, address._replace(scheme="", netloc="").geturl(), headers=headers)
        answer = far.getresponse()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            self.send_header(name, value)
        self.end_headers()
        while piece := answer.read(PIECE):
            self.wfile.write(piece)
        far.close()
        self.close_connection = True

    do_HEAD = do_GET

    def _port_of(self, host: str) -> int | None:
        """Where it leads; None where it has been refused."""
        proxy = self.server.proxy
        proxy.asked.append((self.command, host))
        if proxy.key and self.headers.get("Proxy-Authorization") != proxy.key:
            self.send_error(407, "Proxy Authentication Required")
        elif host not in proxy.hosts:
            self.send_error(403, "Forbidden")
        else:
            return proxy.hosts[host]
        return None


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
