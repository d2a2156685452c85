"""What goes wrong between this computer and a hub, in words that say what to do."""

from __future__ import annotations

from app.errors import AppError

BRING = "Bring the file instead: download it on another computer, and import it from a stick or a shared folder."


def unreachable(host: str, detail: str) -> AppError:
    """No answer at all."""
    return AppError(
        f"{host} cannot be reached.",
        "Check the network. If your company has a proxy, IT can set HTTPS_PROXY, or a mirror with HF_ENDPOINT; or "
        + _lower(BRING),
        detail,
    )


def lost(host: str, detail: str) -> AppError:
    """It answered, and then no more."""
    return AppError(f"The connection to {host} was lost.", "Check the network, then try again.", detail)


def not_trusted(host: str, detail: str) -> AppError:
    """A certificate that nobody here vouches for."""
    return AppError(
        f"The connection to {host} is not trusted: this computer does not know who vouches for it.",
        "Where your company looks into encrypted connections, ask IT for its certificate: it belongs into the system's "
        "store, or SSL_CERT_FILE names it.",
        detail,
    )


def no_certificates(file: str, detail: str) -> AppError:
    """What IT has named is no file of certificates."""
    return AppError(
        f"The certificates that this computer is to trust cannot be read: SSL_CERT_FILE names “{file}”.",
        "Ask your IT for the right file: it holds certificates as text (PEM).",
        detail,
    )


def no_proxy(detail: str) -> AppError:
    """What IT has set is no address of a proxy. It may hold a password, and is not shown."""
    return AppError(
        "The proxy that is set for this computer cannot be used: HTTPS_PROXY or HTTP_PROXY is no address of one.",
        "Ask your IT for the right address: it looks like http://proxy.example:3128.",
        detail,
    )


def stopped_by_proxy(host: str, detail: str) -> AppError:
    """The company's proxy was reached, and does not let this through."""
    if "407" in detail:
        return AppError(
            f"Your company's proxy wants a name and a password before it lets anybody reach {host}.",
            "Ask your IT how to name them: HTTPS_PROXY takes them as http://name:password@proxy.example:3128.",
            detail,
        )
    return AppError(
        f"Your company's proxy does not let this computer reach {host}.",
        f"Ask your IT to allow {host}. {BRING}",
        detail,
    )


def no_hub(host: str) -> AppError:
    """A page of a proxy, or of somebody else."""
    return AppError(
        f"What answered for {host} is not a hub of models. Your company's network may block it.",
        f"Ask your IT to allow {host}. {BRING}",
    )


def stopped_on_the_way(host: str, status: int, detail: str) -> AppError:
    """A refusal without the marks of the hub."""
    return AppError(
        f"Something between this computer and {host} refused the download: your company's network may block it.",
        f"Ask your IT to allow {host}. {BRING}",
        f"status {status}: {detail}",
    )


def gated(repo: str, host: str, address: str, *, known: bool) -> AppError:
    """The owner wants to know who downloads."""
    first = f"Open {address}/{repo} in a browser and accept its terms"
    if known:
        return AppError(
            f"“{repo}” is not open to your account at {host} yet.", f"{first}; an owner may take a day to agree."
        )
    return AppError(
        f"The owner of “{repo}” wants to know who downloads it.",
        f"{first}. Then make an access token there, and give it with “inhouse models token”.",
    )


def refused(host: str, address: str, status: int, detail: str) -> AppError:
    """The hub itself says no."""
    if status == 401:
        return AppError(
            f"{host} does not know the access token that is kept here.",
            f"Make a new one at {address}/settings/tokens, and give it with “inhouse models token”.",
            detail,
        )
    return AppError(
        f"{host} refused the download.",
        "Your account, or its token, may not be allowed to read this repository. Its page says why.",
        f"status {status}: {detail}",
    )


def no_repository(repo: str, host: str) -> AppError:
    """There is none, or one must sign in to see it: the hub does not say which."""
    return AppError(
        f"{host} has no repository “{repo}” that anybody may see.",
        "Check the name. If it is a private one, give an access token with “inhouse models token”.",
    )


def no_file(repo: str, host: str) -> AppError:
    """The file or the revision is gone."""
    return AppError(
        f"The file is not in “{repo}” at {host} any more.", "Open the repository, and choose one of its files."
    )


def not_there(host: str, url: str) -> AppError:
    """A server that is no hub, or not the one that was meant."""
    return AppError(f"{host} has no file at this address.", "Check the address, or ask who keeps it.", url)


def too_many(host: str) -> AppError:
    """A limit of the hub."""
    return AppError(
        f"{host} asks to wait: too much was fetched from this network in a short time.",
        "Try again in a few minutes. With an access token the limit is higher.",
    )


def in_trouble(host: str, status: int) -> AppError:
    """Not our fault."""
    return AppError(f"{host} has a problem at the moment.", "Try again in a few minutes.", f"status {status}")


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
