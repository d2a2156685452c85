"""What a repository of a hub holds, as we describe it: its GGUF files by quantization, parts put together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from app.hub import HubFile, HubModel
from app.llama.split_files import PART

QUANTIZATION = re.compile(
    r"(?<![A-Z0-9])((?:UD-)?(?:IQ\d_[A-Z]+|TQ\d_\d|Q\d_K(?:_[A-Z]+)?|Q\d_\d|MXFP4|NVFP4|BF16|F16|F32|FP16))(?![A-Z0-9])"
)
PROJECTOR = re.compile(r"(^|[/._-])mmproj", re.IGNORECASE)
BEST_PROJECTOR = ("F16", "FP16", "BF16", "Q8_0", "F32")

Listed = tuple[str, int, str]
"""Name, bytes (0: not said) and SHA-256 ("": not said) of a file in a repository."""


def described(
    repo: str, revision: str, files: Sequence[Listed], *, tags: Iterable[str], gguf: Mapping[str, object], gated: bool
) -> HubModel:
    """A repository as its list of files and its tags describe it."""
    models, projectors = gguf_files(files)
    tags = list(tags)
    return HubModel(
        id=repo,
        name=re.sub(r"[-_ ]?GGUF$", "", repo.split("/")[-1], flags=re.IGNORECASE),
        repo=repo,
        revision=revision,
        licence=_tagged(tags, "license:"),
        parameters=_number(gguf.get("total")),
        context=_number(gguf.get("context_length")),
        languages=tuple(tag for tag in tags if re.fullmatch(r"[a-z]{2}", tag)),
        sees=bool(projectors),
        gated=gated,
        files=models,
        projector=min(projectors, key=_projector_order, default=None),
    )


def gguf_files(files: Sequence[Listed]) -> tuple[tuple[HubFile, ...], list[HubFile]]:
    """The models among the files of a repository, and the projectors; a split one whose part is missing is left out."""
    parts: dict[str, list[Listed]] = {}
    for each in files:
        if each[0].lower().endswith(".gguf") and "imatrix" not in each[0].lower():
            parts.setdefault(PART.sub("", each[0]), []).append(each)
    models: list[HubFile] = []
    projectors: list[HubFile] = []
    for group in parts.values():
        group.sort()
        split = PART.search(group[0][0])
        if split is not None and int(split[2]) != len(group):
            continue
        (projectors if PROJECTOR.search(group[0][0]) else models).append(_file(group))
    return tuple(models), projectors


def quantization_of(name: str) -> str:
    """ "Q4_K_M", as the file's name says it; "" where it does not."""
    found = QUANTIZATION.findall(PurePosixPath(name).name.upper())
    return found[-1] if found else ""


def repository_in(text: str) -> tuple[str, str] | None:
    """Repository and revision that a name or a link to a page of the hub names; None: these are words to look for."""
    text = text.strip()
    revision = "main"
    if "://" in text:
        segments = [unquote(part) for part in urlsplit(text).path.split("/") if part]
        if len(segments) >= 4 and segments[2] in ("tree", "blob", "resolve"):
            revision = segments[3]
        text = "/".join(segments[:2])
    return (text, revision) if re.fullmatch(r"[\w.-]+/[\w.-]+", text) else None


def _file(group: Sequence[Listed]) -> HubFile:
    names = tuple(name for name, _, _ in group)
    hashes = tuple(digest for _, _, digest in group)
    sizes = [size for _, size, _ in group]
    return HubFile(
        name=names[0],
        quantization=quantization_of(names[0]),
        bytes=sum(sizes) if all(sizes) else 0,
        sha256=hashes if all(hashes) else (),
        parts=names if len(names) > 1 else (),
    )


def _projector_order(file: HubFile) -> int:
    known = file.quantization
    return BEST_PROJECTOR.index(known) if known in BEST_PROJECTOR else len(BEST_PROJECTOR)


def _tagged(tags: Sequence[str], prefix: str) -> str:
    return next((tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)), "")


def _number(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
