"""A Chroma server, in the few requests of its HTTP API (v2) that a cache of vectors needs.

Not by `chromadb.HttpClient`: before each write it builds the embedding functions that the *server* names (the client's
half of CVE-2026-45829, in every release up to 1.5.9, the newest), waits without limit, knows no certificate of the
company, and goes through whatever proxy the environment names. Here answers are ids and counts, and nothing more is
read of them.
"""

from __future__ import annotations

import base64
import contextlib
import ssl
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from app.company import check_host
from app.errors import AppError
from app.vector_server import VectorServer
from app.workers.calls.vectors import VectorServerFound
from app.workers.offline import NetworkRefused, permit, withdraw

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

CONNECT_S, ASK_S, WRITE_S = 2.0, 5.0, 60.0
"""Limits: to reach it, for a question that a person waits for, and for what is written beside all else."""
BODY_LIMIT = 8 << 20
"""Bytes of an answer; what is asked for are some hundred ids."""
LISTED = 1000
"""Collections that one request lists."""
CONSTANT, AFFECTED = (1, 0, 0), (1, 5, 9)
"""What Chroma's server in Rust says its version is, and the last version of its server in Python (which says the true
one) that runs code of whoever sends it a request: CVE-2026-45829."""


class NotThere(AppError):
    """The collection, or its tenant or database, is not there (any more)."""


class Unreached(AppError):
    """The server did not answer."""


class _Named(Struct):
    id: str
    name: str


class _Preflight(Struct):
    max_batch_size: int
    supports_base64_encoding: bool = False


class _Ids(Struct):
    ids: list[str]


class _Nearest(Struct):
    ids: list[list[str]]


class ChromaServer:
    """One server, one tenant, one database. Every method raises AppError where the server does not do it."""

    def __init__(self, server: VectorServer, key: str) -> None:
        self._server, self._key = server, key
        self._client: httpx.Client | None = None
        self._base64 = False
        self.batch = 500

    @property
    def host(self) -> str:
        return self._server.host

    def check(self) -> VectorServerFound:
        """Whether it is one, and how much it holds."""
        self._reach()
        version = self._ask("GET", "/version", str)
        _refuse_unsafe(self.host, version[:20])
        self._ask("GET", self._database, _Named)  # counts are given of databases that are not there, too
        count = self._ask("GET", f"{self._database}/collections_count", int)
        return VectorServerFound(host=self.host, version=version, collections=count)

    def collection(self, name: str) -> str:
        """The id of a collection, made where it is missing."""
        self._reach()
        body = {"name": name, "get_or_create": True, "configuration": {"hnsw": {"space": "ip"}}}
        return self._ask("POST", f"{self._database}/collections", _Named, body).id

    def names(self) -> list[str]:
        """What all of its collections are called."""
        found: list[str] = []
        while True:
            path = f"{self._database}/collections?limit={LISTED}&offset={len(found)}"
            more = [each.name for each in self._ask("GET", path, list[_Named])]
            found += more
            if len(more) < LISTED:
                return found

    def drop(self, name: str) -> None:
        """Delete a collection; not there is as good."""
        with contextlib.suppress(NotThere):
            self._ask("DELETE", f"{self._database}/collections/{quote(name, safe='')}", msgspec.Raw)

    def count(self, collection: str) -> int:
        return self._ask("GET", f"{self._of(collection)}/count", int)

    def upsert(self, collection: str, rows: Sequence[tuple[int, int, bytes]]) -> None:
        """Keep vectors (float32, little endian) by passage, with the number of the passage's collection."""
        body = {
            "ids": [str(row[0]) for row in rows],
            "embeddings": [self._packed(row[2]) for row in rows],
            "metadatas": [{"collection": row[1]} for row in rows],
        }
        self._ask("POST", f"{self._of(collection)}/upsert", msgspec.Raw, body, WRITE_S)

    def delete(self, collection: str, passages: Sequence[int]) -> list[int]:
        """Delete vectors, and ask for them again: → those that are still there."""
        body = {"ids": [str(each) for each in passages]}
        self._ask("POST", f"{self._of(collection)}/delete", msgspec.Raw, body, WRITE_S)
        asked = {**body, "include": [], "limit": len(passages)}
        return [int(each) for each in self._ask("POST", f"{self._of(collection)}/get", _Ids, asked, WRITE_S).ids]

    def nearest(self, collection: str, query: Sequence[float], collections: Sequence[int], count: int) -> list[int]:
        """Passages near a query, approximately, the nearest first."""
        body: dict[str, object] = {"query_embeddings": [list(query)], "n_results": count, "include": []}
        if collections:
            body["where"] = {"collection": {"$in": [int(each) for each in collections]}}
        found = self._ask("POST", f"{self._of(collection)}/query", _Nearest, body)
        return [int(each) for each in (found.ids[0] if found.ids else [])]

    def close(self) -> None:
        """Let go of the connection; the next request opens another one."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
            withdraw(*self._place)

    # --- requests -----------------------------------------------------------------------------------------------------

    @property
    def _place(self) -> tuple[str, int]:
        parts = urlsplit(self._server.address)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def _database(self) -> str:
        tenant, database = (quote(each, safe="") for each in (self._server.tenant, self._server.database))
        return f"/tenants/{tenant}/databases/{database}"

    def _of(self, collection: str) -> str:
        return f"{self._database}/collections/{quote(collection, safe='')}"

    def _packed(self, vector: bytes) -> str | list[float]:
        if self._base64:
            return base64.b64encode(vector).decode()
        return list(memoryview(vector).cast("f"))

    def _reach(self) -> None:
        """What the server can do. Not known until it has answered once."""
        found = self._ask("GET", "/pre-flight-checks", _Preflight)
        self._base64, self.batch = found.supports_base64_encoding, max(1, min(500, found.max_batch_size))

    def _ask(self, method: str, path: str, kind: type[T], body: object = None, limit_s: float = ASK_S) -> T:
        content = msgspec.json.encode(body) if body is not None else None
        with self._in_plain_words():
            import httpx

            client = self._opened()
            timeout = httpx.Timeout(limit_s, connect=CONNECT_S)
            with client.stream(method, f"api/v2{path}", content=content, timeout=timeout) as response:
                answer = bytearray()
                for piece in response.iter_bytes():
                    answer += piece
                    if len(answer) > BODY_LIMIT:
                        break
        if response.status_code >= 300:
            raise self._refusal(response.status_code, bytes(answer))
        try:
            return msgspec.json.decode(answer, type=kind)
        except (msgspec.MsgspecError, ValueError) as error:
            raise AppError(
                f"{self.host} does not answer as a Chroma server does.", "Check the address.", str(error)
            ) from error

    def _opened(self) -> httpx.Client:
        if self._client is None:
            import httpx  # here: it takes a third of a second, and only who has chosen a server needs it

            headers = {"Content-Type": "application/json", **self._authorization()}
            check_host(self._server.address)
            permit(*self._place)
            self._client = httpx.Client(
                base_url=f"{self._server.address}/",
                headers=headers,
                verify=ssl.create_default_context(),  # what this computer trusts, the company's certificates too
                trust_env=False,  # a proxy that the environment names is for the internet
            )
        return self._client

    def _authorization(self) -> dict[str, str]:
        if not self._key:
            return {}
        if not self._key.isascii() or not self._key.isprintable() or " " in self._key:
            raise AppError("The key holds characters that no key has.", "Copy it again.")
        return {self._server.header: self._key} if self._server.header else {"Authorization": f"Bearer {self._key}"}

    @contextlib.contextmanager
    def _in_plain_words(self) -> Iterator[None]:
        import httpx

        try:
            yield
        except (httpx.HTTPError, OSError, ssl.SSLError, NetworkRefused) as error:
            self.close()
            if "CERTIFICATE" in str(error).upper():
                said = f"The certificate of {self.host} is not trusted by this computer."
                raise Unreached(said, "Ask your IT department for it.", str(error)) from error
            said = f"{self.host} does not answer." if isinstance(error, httpx.ReadTimeout) else (
                f"{self.host} cannot be reached."
            )  # fmt: skip
            hint = "Check that this computer is on the company's network and that the server is running."
            raise Unreached(said, hint, repr(error)) from error

    def _refusal(self, status: int, answer: bytes) -> AppError:
        detail = f"{status}: {answer[:500].decode(errors='replace')}"
        if status in (401, 403):
            return AppError(
                f"{self.host} does not accept the key.", "Choose the server again with a valid key.", detail
            )
        if status == 404:
            hint = "Check the address, the tenant and the database."
            return NotThere(f"{self.host} does not have what was asked for.", hint, detail)
        if status < 400:
            return AppError(f"{self.host} sends its visitors on.", "Choose the address that it sends to.", detail)
        return AppError(f"{self.host} refused the request.", "Ask who looks after it.", detail)


def _refuse_unsafe(host: str, version: str) -> None:
    """
    Raises:
        AppError: it is too old, or Chroma's server in Python, which is not safe to run.
    """
    try:
        parts = tuple(int(each) for each in version.split(".")[:3])
    except ValueError:
        parts = ()
    if parts < CONSTANT:
        raise AppError(f"{host} runs Chroma {version}, which is too old.", "Chroma 1.0 or later is needed.")
    if CONSTANT < parts <= AFFECTED:
        raise AppError(
            f"{host} runs Chroma's server in Python, {version}, which runs code of whoever sends it a request.",
            "Start it with “chroma run”, which is another server, or bring it up to date (CVE-2026-45829).",
        )
