"""Models on the company's own servers: their address, and how a person is told where an answer was computed."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from app.company import is_loopback
from app.errors import AppError
from app.types import InstalledModel

PATHS = ("/chat/completions", "/completions", "/models")
"""What people copy from a server's manual although the address ends before it."""

ELSEWHERE = ", computed on "
"""In the name of the model of an answer that another computer wrote."""


def clean_address(text: str) -> str:
    """An address as it is stored: with its scheme, without what follows the API's root.

    Without a scheme it is https, and http for this computer itself.

    Raises:
        AppError: it is no address of a server, or holds a password, which belongs into the key.
    """
    address = text.strip()
    wrong = AppError(f"“{address}” is not the address of a server.", "It looks like https://models.example.com/v1.")
    try:
        if "://" not in address:
            address = f"{'http' if _is_here(urlsplit(f'//{address}')) else 'https'}://{address}"
        parts = urlsplit(address)
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("http", "https") or not _host(parts) or parts.query or parts.fragment:
        raise wrong
    if parts.username is not None or parts.password is not None:
        raise AppError("The address holds a password.", "Leave it out, and give it as the key.")
    path = parts.path.rstrip("/")
    for end in PATHS:
        path = path.removesuffix(end)
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}"


def host_of(address: str) -> str:
    """The server's name as a person reads it, with its port where that is not the usual one."""
    return urlsplit(address).netloc


def is_encrypted(address: str) -> bool:
    """Whether nobody on the way can read what is sent; what never leaves this computer needs no encryption."""
    parts = urlsplit(address)
    return parts.scheme == "https" or _is_here(parts)


def is_here(address: str) -> bool:
    """Whether the server runs on this computer, so that nothing leaves it."""
    return _is_here(urlsplit(address))


def shown_name(model: InstalledModel) -> str:
    """A model's name and, where its words come from another computer, from which."""
    return f"{model.name}{ELSEWHERE}{host_of(model.address)}" if model.origin == "server" else model.name


def can_see(model: InstalledModel) -> bool:
    """Whether it can be shown pictures: by its projector, or as its server answered when it was added."""
    return bool(model.projector) or model.takes_pictures


def _host(parts: SplitResult) -> str:
    try:
        _ = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    return "" if any(char.isspace() for char in host) else host


def _is_here(parts: SplitResult) -> bool:
    return is_loopback(_host(parts))
