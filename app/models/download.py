"""The hub of models: searched, looked at and read by huggingface_hub's own client. The only importer of that library.

Its session is used as it is: mirror, proxy, and the certificates of the system or of SSL_CERT_FILE. Only a file is
fetched by ranges of our own (app/models/fetching.py), since the library begins anew after its process has ended.
"""

from __future__ import annotations

import os
import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import httpcore2
import httpx2
from huggingface_hub import HfApi, ModelInfo, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, hf_raise_for_status

from app.errors import AppError
from app.hub import HubModel
from app.models import hub_words as words
from app.models.repositories import described

T = TypeVar("T")

FOUND = 12
"""Repositories that a search shows."""
TIMEOUT = httpx2.Timeout(10.0)
"""Seconds without a byte before a connection counts as lost."""
PIECE = 1 << 20
ATTEMPTS = 3
"""Of a question that a person waits for."""
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Remote:
    """A file at the hub, as it is now. `sha256` "": the hub does not say."""

    url: str
    etag: str
    size: int
    sha256: str
    revision: str


class Interrupted(Exception):
    """The network, or the hub for now: try again after `wait_s`. `error` is what a person reads if it stays so."""

    def __init__(self, error: AppError, wait_s: float = 0.0) -> None:
        super().__init__(error.message)
        self.error, self.wait_s = error, wait_s


class Hub:
    """One hub, with the key of an account where one is kept."""

    def __init__(self, address: str, token: str = "") -> None:
        """
        Raises:
            AppError: the certificates or the proxy that IT has named cannot be used.
        """
        _begin_session()
        self._address, self._token = address, token or False
        self._api = HfApi(endpoint=address, token=self._token)
        self._host = httpx2.URL(address).host

    def find(self, query: str) -> list[HubModel]:
        """Repositories with GGUF files, the most used first. Raises AppError, Interrupted."""
        with self._saying(query), self._reading():
            found = list(self._api.list_models(search=query, filter="gguf", sort="downloads", limit=FOUND))
        models = []
        for each in found:
            with suppress(AppError):  # one that nobody may see
                models.append(self.repository(each.id))
        return [model for model in models if model.files]

    def repository(self, repo: str, revision: str = "main") -> HubModel:
        """One repository with its files. Raises AppError, Interrupted."""
        with self._saying(repo), self._reading():
            return self._described(self._api.model_info(repo, revision=revision, files_metadata=True))

    def look(self, repo: str, file: str, revision: str) -> Remote:
        """A file as it is now. Raises AppError, Interrupted."""
        with self._saying(repo):
            url = hf_hub_url(repo, file, revision=revision, endpoint=self._address)
            seen = get_hf_file_metadata(url, token=self._token, endpoint=self._address, timeout=TIMEOUT.read)
            if not seen.etag or seen.size is None:
                raise words.no_hub(self._host)
            digest = seen.etag if SHA256.fullmatch(seen.etag) else self._stated(repo, file, revision)
        pinned = hf_hub_url(repo, file, revision=seen.commit_hash or revision, endpoint=self._address)
        return Remote(pinned, seen.etag, seen.size, digest, seen.commit_hash or revision)

    @contextmanager
    def stream(self, remote: Remote, start: int, end: int | None = None) -> Iterator[tuple[int, Iterator[bytes]]]:
        """The bytes of a file from `start` (to before `end`): where they begin, and the pieces as they come, none
        held back.

        A server that knows no ranges begins at 0. Raises AppError, Interrupted; so do the pieces.
        """
        headers = build_hf_headers(token=self._token) | {"Accept-Encoding": "identity"}
        if start or end is not None:
            headers["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        with (
            self._saying(remote.url),
            get_session().stream("GET", remote.url, headers=headers, timeout=TIMEOUT) as response,
        ):
            hf_raise_for_status(response)
            yield _begins_at(response, start, remote), _pieces(response)

    def read(self, remote: Remote, offset: int, length: int) -> bytes:
        """A range of a file. Raises AppError, Interrupted."""
        if length <= 0 or offset >= remote.size:
            return b""
        with self.stream(remote, offset, min(offset + length, remote.size)) as (start, pieces):
            if start != offset:
                raise AppError(f"{self._host} does not give parts of a file.", "Download it whole.")
            return b"".join(pieces)

    def fetch(self, url: str, limit: int, *, redirects: bool = True) -> bytes:
        """A small file at any address, with the same proxy and certificates, and without the key. Without `redirects`
        what comes is from that very address."""
        with self._saying(url), httpx2.Client(follow_redirects=redirects, timeout=TIMEOUT) as client:
            with client.stream("GET", url) as response:
                response.raise_for_status()
                kept = bytearray()
                for piece in response.iter_bytes(PIECE):
                    kept += piece
                    if len(kept) > limit:
                        break
            return bytes(kept)

    def _described(self, info: ModelInfo) -> HubModel:
        files = [
            (each.rfilename, each.size or 0, each.lfs.sha256 if each.lfs is not None else "")
            for each in info.siblings or ()
        ]
        return described(
            info.id, info.sha or "main", files, tags=info.tags or [], gguf=info.gguf or {}, gated=bool(info.gated)
        )

    def _stated(self, repo: str, file: str, revision: str) -> str:
        """The hash that the list of files states, where the file's own headers do not."""
        for each in self._api.get_paths_info(repo, [file], revision=revision):
            lfs = getattr(each, "lfs", None)
            if lfs is not None:
                return str(lfs.sha256)
        return ""

    @contextmanager
    def _saying(self, what: str) -> Iterator[None]:
        """What goes wrong between here and the hub, in words."""
        host = self._host
        try:
            yield
        except GatedRepoError as error:
            raise words.gated(what, host, self._address, known=bool(self._token)) from error
        except (RemoteEntryNotFoundError, RevisionNotFoundError) as error:
            raise words.no_file(what, host) from error
        except RepositoryNotFoundError as error:
            raise words.no_repository(what, host) from error
        except HfHubHTTPError as error:
            raise self._refused(error.response, error) from error
        except httpx2.HTTPStatusError as error:
            raise self._refused(error.response, error) from error
        except HFValidationError as error:
            raise AppError(
                f"“{what}” is not the name of a repository.", "It looks like owner/name.", str(error)
            ) from error
        except OfflineModeIsEnabled as error:
            raise AppError("Downloads are turned off on this computer (HF_HUB_OFFLINE).", words.BRING) from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise AppError(f"“{what}” is no address.", "It looks like https://models.example.", str(error)) from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException) as error:
            raise Interrupted(words.lost(host, str(error))) from error
        except httpx2.TransportError as error:
            if _is_of_certificate(error):
                raise words.not_trusted(host, str(error)) from error
            if isinstance(error, httpx2.ProxyError) and str(error)[:1] == "4":  # it answered, and said no
                raise words.stopped_by_proxy(host, str(error)) from error
            begun = not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)
            raise Interrupted((words.lost if begun else words.unreachable)(host, str(error))) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What no hub says, in words: a page with status 200 where its JSON should be."""
        try:
            yield
        except HFValidationError:
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise words.no_hub(self._host) from error

    def _refused(self, response: httpx2.Response, error: Exception) -> Exception:
        status = response.status_code
        if status == 407:
            return words.stopped_by_proxy(self._host, f"status {status}")
        if status == 429:
            return Interrupted(words.too_many(self._host), _seconds(response.headers.get("retry-after", "")))
        if status >= 500:
            return Interrupted(words.in_trouble(self._host, status))
        if status == 404 and "x-request-id" not in response.headers:
            return words.not_there(self._host, str(response.url))
        if "x-request-id" in response.headers or "x-error-code" in response.headers:
            return words.refused(self._host, self._address, status, str(error))
        return words.stopped_on_the_way(self._host, status, str(error))


def _begin_session() -> None:
    """The one that the library makes for its first question, made now: what is wrong with it is said in words."""
    try:
        get_session()
    except OSError as error:
        raise words.no_certificates(os.environ.get("SSL_CERT_FILE", ""), str(error)) from error
    except (ValueError, ImportError, httpx2.InvalidURL) as error:
        raise words.no_proxy(type(error).__name__) from error


def _pieces(response: httpx2.Response) -> Iterator[bytes]:
    """The body as it comes. Behind its first piece, which the client read with the headers, a plain body is read from
    the connection itself: the client's own way copies each 64 KB twice, which halves the speed."""
    left = int(response.headers.get("content-length", 0))
    pieces = response.iter_raw()
    first = next(pieces, b"")
    left -= len(first)
    yield first
    stream = response.extensions.get("network_stream")
    if stream is None or response.http_version != "HTTP/1.1" or "transfer-encoding" in response.headers or left < 0:
        yield from pieces
        return
    while left > 0:
        piece: bytes = stream.read(min(PIECE, left), timeout=TIMEOUT.read)
        if not piece:
            raise httpx2.RemoteProtocolError("the connection was closed before the end")
        left -= len(piece)
        yield piece


def _begins_at(response: httpx2.Response, start: int, remote: Remote) -> int:
    """
    Raises:
        AppError: what comes is another file, or none.
    """
    if response.headers.get("content-type", "").startswith("text/html"):
        raise words.no_hub(response.url.host)
    if response.status_code != 206:
        return 0
    stated = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("content-range", ""))
    if stated is None or int(stated[1]) != start or stated[2] not in ("*", str(remote.size)):
        raise Interrupted(words.no_hub(response.url.host))
    return start


def _is_of_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _seconds(text: str) -> float:
    """Of a Retry-After; one that is a date, or nothing, means a little."""
    return min(float(text), 600.0) if text.isdigit() else 5.0


def asked(ask: Callable[[], T]) -> T:
    """Ask a few times: a person waits, and a lost packet is no answer.

    Raises:
        AppError: the hub does not answer, or says no.
    """
    for attempt in range(ATTEMPTS):
        try:
            return ask()
        except Interrupted as error:
            if attempt + 1 == ATTEMPTS or error.wait_s > ATTEMPTS:
                raise error.error from error
            time.sleep(attempt + 0.5)
    raise AssertionError
