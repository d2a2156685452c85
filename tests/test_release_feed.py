"""The list of what a company offers: what fits this computer is found, and what cannot be is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import AppError, BadFile
from app.release_feed import check_source, newest, parse_feed, place_of, runtimes_for

SHA = "0" * 64


def release(version: str = "1.2.0", system: str = "linux-x86_64", **other: Any) -> dict[str, Any]:
    file = f"inhouse-{version}-{system}.tar.zst"
    return {"version": version, "system": system, "file": file, "bytes": 10, "sha256": SHA} | other


def feed(*releases: dict[str, Any], version: object = 1, **other: Any) -> bytes:
    return json.dumps({"version": version, "releases": releases} | other).encode()


def test_the_newest_for_this_system_is_found() -> None:
    many = parse_feed(
        feed(release("1.9"), release("1.10.0", notes="n"), release("2.0", "windows-amd64"), later={"x": 1}), "here"
    )
    found = newest(many, "1.2", "linux-x86_64")
    assert found is not None and (found.version, found.notes) == ("1.10.0", "n")
    assert newest(many, "1.10.0", "linux-x86_64") is None and newest(many, "0.1", "darwin-arm64") is None
    runtime = {"backend": "Vulkan", "system": "linux-x86_64", "llama": "b1", "file": "v.zip", "bytes": 1, "sha256": SHA}
    builds = parse_feed(feed(runtimes=[runtime, runtime | {"system": "darwin-arm64"}]), "here")
    assert [each.file for each in runtimes_for(builds, "linux-x86_64")] == ["v.zip"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (feed(version=2, shape="another"), "for a newer Inhouse"),
        (b"<html>", "cannot be used"),
        (b"\xff\xfe", "cannot be used"),
        (b"[" * 100_000, "cannot be used"),
        (b" " * (2 << 20), "cannot be used"),
        (feed(version="1"), "cannot be used"),
        (feed(release(file="../Inhouse.tar.zst")), "no plain file name"),
        (feed(release(file="/etc/passwd")), "no plain file name"),
        (feed(release(file="https://elsewhere.example/x")), "no plain file name"),
        (feed(release(file="a..b")), "no plain file name"),
        (feed(release(file=".hidden")), "no plain file name"),
        (feed(release(bytes=0)), "0 bytes"),
        (feed(release(bytes=1 << 50)), "bytes"),
        (feed(release(sha256="abc")), "the hash"),
        (feed(release(version="latest", file="x.tar.zst")), "is no version"),
        (feed(release(version="1." + "9" * 5000, file="x.tar.zst")), "is no version"),
    ],
)
def test_what_cannot_be_is_said(raw: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said) as caught:
        parse_feed(raw, "“/updates”")
    assert "Nothing was changed" in caught.value.hint


def test_where_updates_may_come_from() -> None:
    assert check_source(" https://updates.example/inhouse/ ") == "https://updates.example/inhouse"
    assert check_source("http://127.0.0.1:8000") and check_source("http://[::1]:8000") and check_source("/mnt/updates")
    for text, said in (
        ("http://updates.example", "https only"),
        ("ftp://updates.example", "no address"),
        ("https://", "no address"),
        ("https://host:port", "no address"),
        ("https://updates.example/?q=1", "no address"),
        ("updates", "whole path"),
        ("", "whole path"),
    ):
        with pytest.raises(AppError, match=said):
            check_source(text)
    assert place_of("https://a:b@updates.example/x") == "updates.example" and place_of("/mnt/x") == "“/mnt/x”"
