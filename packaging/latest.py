"""`python packaging/latest.py FOLDER`: writes `latest.json` over the releases and runtimes in a folder, which is then a
place that updates come from: as it lies on a network drive, or behind any web server that speaks https.

Of each `inhouse-….tar.zst` the release.json inside says version, system and when it was built; of
`inhouse-runtime-….tar.gz` (or .zip) the name says it. A text `inhouse-….tar.zst.txt` beside a release is its notes. Put
the files there first and run this last: the list is replaced in one step, and names nothing that is not whole.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import zstandard

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.errors import AppError  # noqa: E402  # this folder is no package, and is run as it is
from app.files import write_atomic  # noqa: E402
from app.frozen import RELEASE  # noqa: E402
from app.release_feed import FEED, Feed, Release, RuntimeBuild, parse_feed  # noqa: E402

RUNTIME = re.compile(r"inhouse-runtime-([a-z]+)-([0-9.]+)-([a-z]+-[a-z0-9_]+)\.(?:tar\.gz|zip)")
BACKENDS = {"cuda": "CUDA", "vulkan": "Vulkan", "metal": "Metal", "cpu": "CPU"}
MOST_BYTES = 1 << 20
"""Of a release.json."""


class Refused(Exception):
    """Why no list is written, in words to print."""


def main(argv: list[str] | None = None) -> int:
    """Write the list; returns the exit status."""
    parser = argparse.ArgumentParser(prog="latest.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder
    try:
        feed = read(folder)
        raw = msgspec.json.format(msgspec.json.encode(feed), indent=2) + b"\n"
        parse_feed(raw, str(folder))  # as those who ask will read it
        write_atomic(folder / FEED, raw)
        (folder / FEED).chmod(0o644)  # it is for all to read
    except (Refused, AppError) as error:
        sys.stderr.write(f"{error}\n{getattr(error, 'detail', '')}".rstrip() + "\n")
        return 1
    offered: list[Release | RuntimeBuild] = [*feed.releases, *feed.runtimes]
    for each in offered:
        sys.stdout.write(f"{each.file}: {each.bytes:,} bytes, {each.system}\n")
    return 0


def read(folder: Path) -> Feed:
    """What the folder offers. Raises Refused."""
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}.")
    releases = tuple(_release(path) for path in sorted(folder.glob("inhouse-*.tar.zst")))
    runtimes = tuple(_runtimes(folder))
    if not releases and not runtimes:
        raise Refused(f"There is neither inhouse-….tar.zst nor inhouse-runtime-… in {folder}.")
    return Feed(releases=releases, runtimes=runtimes)


def _release(path: Path) -> Release:
    try:
        with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
            said = _said(stream, path)
        version, system, built = said["version"], said["system"], int(said.get("built", 0))
    except (OSError, ValueError, KeyError, zstandard.ZstdError, tarfile.TarError) as error:
        raise Refused(f"{path.name} is damaged, or no release of Inhouse: {error!r}") from error
    beside = path.with_name(f"{path.name}.txt")
    notes = beside.read_text(encoding="utf-8").strip() if beside.is_file() else ""
    size, digest = _measured(path)
    return Release(version=version, system=system, file=path.name, bytes=size, sha256=digest, built=built, notes=notes)


def _said(stream: object, path: Path) -> dict[str, str]:
    """The release.json of the one folder in an archive; read no further than that."""
    with tarfile.open(fileobj=stream, mode="r|") as tar:  # type: ignore[call-overload]
        for member in tar:
            if member.isreg() and member.name.count("/") == 1 and member.name.endswith(f"/{RELEASE}"):
                file = tar.extractfile(member)
                said = json.loads(file.read(MOST_BYTES)) if file is not None else None
                if isinstance(said, dict):
                    return said
    raise Refused(f"{path.name} has no {RELEASE}: it is no release of Inhouse.")


def _runtimes(folder: Path) -> Iterator[RuntimeBuild]:
    for path in sorted(folder.glob("inhouse-runtime-*")):
        if (named := RUNTIME.fullmatch(path.name)) is None:
            sys.stderr.write(f"{path.name} is left out: its name is not one that “make runtime” gives.\n")
            continue
        backend, llama, system = named.groups()
        size, digest = _measured(path)
        yield RuntimeBuild(
            backend=BACKENDS.get(backend, backend),
            system=system,
            llama=llama,
            file=path.name,
            bytes=size,
            sha256=digest,
        )


def _measured(path: Path) -> tuple[int, str]:
    """Bytes and SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


if __name__ == "__main__":
    sys.exit(main())
