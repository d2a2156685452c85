"""What went wrong while training was installed, in a person's words and with what to do next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from app.errors import AppError, NoSpace
from app.finetune.component import Source
from app.units import in_gb

SHOWN = 3
"""Names in a sentence."""
ANOTHER = "Try again: what has come stays. A folder of wheels works without a network."


def no_room(needed: int, free: int, folder: Path) -> NoSpace:
    return NoSpace(
        f"Training needs {in_gb(needed)} GB on the disk, and {in_gb(free)} GB are free.",
        "Free some space on it, then try again.",
        str(folder),
    )


def missing_wheels(folder: Path, files: Sequence[str], of: int) -> AppError:
    """Some are not in the folder, or not whole."""
    if not folder.is_dir():
        return AppError(f"There is no folder “{folder}”.", "Choose the folder that holds the wheels.")
    named = ", ".join(files[:SHOWN]) + (f" and {len(files) - SHOWN} more" if len(files) > SHOWN else "")
    return AppError(
        f"The folder lacks {len(files)} of {of} wheels, or they are not whole: {named}.",
        "Fill it with “packaging/wheelhouse.py” of this version of Inhouse, or copy it again.",
        "\n".join(files),
    )


def not_whole(names: Sequence[str]) -> AppError:
    named = ", ".join(names[:SHOWN]) + ("…" if len(names) > SHOWN else "")
    return AppError(f"Packages are not whole on the disk: {named}.", "Try again.", "\n".join(names))


def does_not_load(said: str) -> AppError:
    last = said.strip().splitlines()[-1:] or [""]
    return AppError(
        "Training was installed but does not load.", "The log in the data folder has the reason.", last[0] + "\n" + said
    )


def cannot_work(error: OSError) -> AppError:
    return AppError(
        "Training could not be installed.", "Check that the data folder may be written, and try again.", str(error)
    )


def place_text(source: Source) -> str:
    """Where it comes from, without what a person may have put into the address as a password."""
    if source.kind == "index":
        return "the package index"
    if source.kind == "folder":
        return f"the folder “{source.place}”"
    host = urlsplit(source.place).hostname
    return f"the mirror {host}" if host else "the mirror"


def uv_failed(said: str, source: Source) -> AppError:
    """What uv said, as a sentence; its own words are the details."""
    detail = re.sub(r"://[^/@\s]+@", "://…@", said).strip()
    package = _found(r"Failed to (?:download|fetch|unzip|install)[^`]*`([\w.-]+)==", said)
    if "os error 28" in said or "No space left" in said:
        return NoSpace("The disk is full.", "Free some space, then try again: what has come stays.", detail)
    if "Hash mismatch" in said:
        name = _found(r"Hash mismatch for `([\w.-]+)==", said) or "A package"
        return AppError(
            f"“{name}” is not the file that this version of Inhouse was tested with, so it was refused.",
            f"Somebody may have changed it, or it was damaged on its way. Get it anew, or ask who looks after "
            f"{place_text(source)}.",
            detail,
        )
    if missing := _found(r"Because ([\w.-]+)(?:==\S+)? was not found", said) or _found(
        r"there (?:is|are) no (?:version|wheels?)[^`\n]*? (?:of|for) ([\w.-]+)", said
    ):
        return AppError(
            f"“{missing}” in the version that Inhouse needs is not in {place_text(source)}.",
            "Ask who looks after it, or install from a folder of wheels.",
            detail,
        )
    if "No CA certificates" in said:
        return AppError(
            "This computer has no list of authorities that vouch for servers, so none can be trusted.",
            "Install it (on Debian and Ubuntu the package ca-certificates), or install from a folder of wheels.",
            detail,
        )
    if re.search("UnknownIssuer|invalid peer certificate|certificate verify", said):
        return AppError(
            f"Nobody here vouches for the certificate of {place_text(source)}.",
            "Where your company looks into encrypted connections, ask IT for its certificate: it belongs into the "
            "system's store, or SSL_CERT_FILE names it.",
            detail,
        )
    if re.search(r"\b(401|403|407)\b", said):
        return AppError(f"{_upper(place_text(source))} refuses this computer.", "Ask your IT for access.", detail)
    if re.search(
        "dns error|client error|tcp connect|timed out|Failed to fetch|error sending request|error decoding", said
    ):
        return AppError(f"{_upper(place_text(source))} does not answer.", ANOTHER, detail)
    what = f"“{package}” could not be installed." if package else "Training could not be installed."
    return AppError(what, ANOTHER, detail)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
