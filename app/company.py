"""The company's policy where things are done: what asks here refuses whatever door it was asked from, or none."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from app.rules import EXPORTS, SERVERS, covers
from app.settings import company_policy


def check_exports() -> None:
    """
    Raises:
        NotAllowed: nothing may leave as a file.
    """
    policy = company_policy()
    policy.require(EXPORTS, policy.rule(EXPORTS), "exports")


def check_host(address: str) -> None:
    """
    Raises:
        NotAllowed: this server is not among those that are named; one on this computer needs no name.
    """
    policy, parts = company_policy(), urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    fine = is_loopback(host) or covers(policy.rule(SERVERS), host, parts.port)
    policy.require(SERVERS, fine, f"the server {parts.netloc}")


def is_loopback(host: str) -> bool:
    """Whether a host is this computer by what it is called, whatever a name server would say."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
