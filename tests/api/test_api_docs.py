"""docs/api.md is true: its tables name what the routes and the schema know, and its examples run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from types import NoneType
from typing import get_type_hints

import httpx
import pytest
from served import ROOT, Serving, inhouse, serving

from app.api import schema
from app.api.app import ROUTES
from app.paths import SAMPLES, Home

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", TEXT, re.M | re.S)


def tables() -> Iterator[tuple[list[str], list[tuple[list[str], list[str]]]]]:
    """Which structs a table of parameters is about, and its rows: names, then one cell for each struct."""
    for kinds, text in re.findall(r"<!-- parameters: (.*?) -->\n(.*?)<!-- parameters -->", TEXT, re.S):
        rows = []
        for line in text.strip().splitlines()[2:]:
            first, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            rows.append((re.findall(r"`(\w+)`", first), cells))
        yield kinds.split(), rows


def is_refused(kind: type, name: str) -> bool:
    return get_type_hints(kind)[name] is NoneType


@pytest.mark.parametrize(
    "kinds",
    [
        ["ChatRequest", "CompletionRequest"],
        ["EmbeddingRequest"],
        ["TokenizeRequest", "DetokenizeRequest"],
        ["SearchRequest", "AskRequest", "SummariseRequest", "CalculateRequest"],
        ["FindRequest"],
        ["MaskingRequest"],
        ["CompareRequest"],
        ["TableRequest", "TemplateRequest", "TableField"],
        ["RunRequest", "TrainRequest", "ReaderRequest"],
    ],
)
def test_every_parameter_is_documented_and_no_other(kinds: list[str]) -> None:
    rows = next(rows for found, rows in tables() if found == kinds)
    named = [name for names, _ in rows for name in names]
    assert sorted(named) == sorted(
        {field for kind in kinds for field in getattr(schema, kind).__struct_encode_fields__}
    )


def test_the_table_says_which_request_takes_a_parameter_and_which_refuses_it() -> None:
    rows = next(rows for found, rows in tables() if found == ["ChatRequest", "CompletionRequest"])
    for names, cells in rows:
        for name in names:
            for kind, cell in zip((schema.ChatRequest, schema.CompletionRequest), cells, strict=False):
                assert (name in kind.__struct_fields__) == bool(cell), (name, kind)
                if cell:
                    assert is_refused(kind, name) == (cell == "refused"), (name, kind)


def test_every_route_is_documented() -> None:
    for route in ROUTES:
        path = re.sub(r":\w+}", "}", route.path)
        method = next((each for each in ("POST", "DELETE") if each in (route.methods or ())), "GET")
        assert f"`{method} {path}`" in TEXT, path
    assert len(re.findall(r"`(?:GET|POST|DELETE) /", TEXT)) == len(ROUTES)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home = Home(tmp_path_factory.mktemp("docs") / "home")
    home.root.mkdir()
    assert inhouse(home, "add", str(SAMPLES / "Travel-Policy-2026.pdf"), "--collection", "Rules").returncode == 0
    with serving(home) as running:
        yield running


def environment(served: Serving) -> dict[str, str]:
    found = httpx.get(f"{served.address}/collections", headers={"authorization": f"Bearer {served.key}"}).json()
    return {
        **os.environ,
        "OPENAI_BASE_URL": served.address,
        "OPENAI_API_KEY": served.key,
        "COLLECTION": str(found["data"][0]["id"]),
    }


@pytest.mark.real
@pytest.mark.parametrize("code", blocks("python"))
def test_the_examples_in_python_run(code: str, served: Serving) -> None:
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment(served), capture_output=True, text=True, timeout=180
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


@pytest.mark.real
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
@pytest.mark.parametrize("code", blocks("bash"))
def test_the_examples_with_curl_run(code: str, served: Serving) -> None:
    run = subprocess.run(
        ["bash", "-euc", code.replace("curl -s", "curl -fs")],
        env=environment(served), capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert '"object":"' in run.stdout
