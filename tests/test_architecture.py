"""House rules that import-linter cannot see: heavy libraries, the window's imports, late imports, docstrings."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import networkx
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "trainer")

HEAVY: dict[str, tuple[str, ...]] = {
    "PySide6": ("app/gui/",),
    "llama_cpp": ("app/llama/",),
    "chromadb": ("app/documents/vectors.py",),
    "onnxruntime": ("app/documents/embed.py",),
    "onnx": ("app/embedder/graph.py",),
    "sentence_transformers": ("app/documents/bench.py", "trainer/"),
    "starlette": ("app/api/",),
    "uvicorn": ("app/api/",),
    "httpx": ("app/core/remote/connection.py", "app/documents/chroma_server.py"),
    "keyring": ("app/models/server_keys.py",),
    "huggingface_hub": ("app/models/download.py",),
    "docx": ("app/export/",),
    "openpyxl": ("app/export/", "app/documents/loaders/", "trainer/"),
    "olefile": ("app/documents/loaders/",),
    "duckdb": ("app/documents/query_child.py",),
    "rapidfuzz": ("app/text/compare/",),
    "pypdfium2": ("app/documents/loaders/", "app/documents/render.py"),
    "torch": ("trainer/",),
    "transformers": ("trainer/",),
    "peft": ("trainer/",),
    "sklearn": ("trainer/",),
    "trl": ("trainer/",),
    "bitsandbytes": ("trainer/",),
    "accelerate": ("trainer/",),
    "rapidocr": ("app/documents/loaders/ocr.py",),
    "cv2": ("app/documents/loaders/ocr.py",),
    "PIL": ("app/documents/loaders/image.py", "app/documents/scan_pages.py"),
}
"""library → the only places that may import it."""

KERNEL = ("text", "llama", "embedder", "errors", "types", "paths", "files", "spawn", "packages")
"""What the trainer may import of the app: what both must do in the same way, and the leaves."""
EMBED, READ = "app.documents.embed", "app.documents.reader"
AS_THE_APP = {("trainer/reader/exam.py", EMBED), ("trainer/reader/exam.py", READ), ("trainer/train/head.py", EMBED)}
"""The exam of a taught reader, and a head, are made with the very reader and embedder of the app."""
BORDER = ("spec", "events")
"""What the app may import of the trainer."""

NOT_IN_THE_WINDOW = (
    "torch",
    "transformers",
    "sentence_transformers",
    "chromadb",
    "llama_cpp",
    "onnxruntime",
    "numpy",
    "docx",
    "openpyxl",
    "duckdb",
    "rapidfuzz",
    "rapidocr",
    "cv2",
    "PIL",
)

LATE_IMPORTS = {
    "app/__main__.py",
    "app/roles.py",
    "app/documents/backends.py",
    "app/documents/loaders/__init__.py",
    "trainer/__main__.py",
    "trainer/stages.py",
    "app/documents/parse_child.py",
    "trainer/train/bench.py",
    "trainer/train/bench_preference.py",
    "app/gui/pages.py",
    "app/gui/chat/parts.py",
}
"""Files that may import our own modules inside functions: the argv switches, the tables of roles, of formats and of
the trainer's stages, the child that loads pdfium only where a page is wanted, the two sides of a measurement whose
memory is compared, and the table of pages with the parts that an empty chat does not show."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def test_each_heavy_library_has_its_place() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in sources()
        for node in ast.walk(tree)
        for name in imported(node)
        if (library := name.split(".")[0]) in HEAVY and not path.startswith(HEAVY[library])
    ]
    assert not wrong


def test_trainer_and_app_know_of_each_other_only_the_kernel_and_the_border() -> None:
    allowed = {"trainer": ("app", KERNEL), "app": ("trainer", BORDER)}
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in imported(node)
        for other, rooms in [allowed[path.split("/")[0]]]
        if name.split(".")[0] == other and not {*name.split(".")[1:2], *named(node)} & {*rooms}
        if (path, name) not in AS_THE_APP
    ]
    assert not wrong


def named(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Of `from app import types` the module that is meant, nothing of other imports."""
    bare = isinstance(node, ast.ImportFrom) and node.module in PACKAGES
    return [alias.name for alias in node.names] if bare else []


def test_our_own_modules_are_imported_at_the_top() -> None:
    late = [
        f"{path}:{node.lineno}"
        for path, tree in sources()
        if path not in LATE_IMPORTS
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and imported(node)[:1]
        if imported(node)[0].split(".")[0] in PACKAGES
    ]
    assert not late


def test_no_file_is_over_400_lines_and_no_class_over_250() -> None:
    long = [path for path, tree in sources() if tree.body and _lines(tree) > 400]
    long += [
        f"{path}: {node.name}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno >= 250
    ]
    assert not long


def _lines(tree: ast.Module) -> int:
    return tree.body[-1].end_lineno or 0


def test_no_module_is_named_by_a_string() -> None:
    """The linters, mypy and a freezer see every arrow; packages that are not imported are looked up in one place."""
    found = [
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if any(name.split(".")[0] == "importlib" for name in imported(node))
        or (isinstance(node, ast.Name) and node.id == "__import__")
    ]
    assert set(found) == {"app/packages.py"}


def test_no_module_leads_back_to_itself() -> None:
    """Typing-only imports and those inside functions count too."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    arrows = networkx.DiGraph()
    for module in graph.modules:
        arrows.add_edges_from((module, other) for other in graph.find_modules_directly_imported_by(module))
    circles = [sorted(ring) for ring in networkx.strongly_connected_components(arrows) if len(ring) > 1]
    assert not circles


def test_every_module_and_public_class_says_why_it_exists() -> None:
    silent = [path for path, tree in sources() if tree.body and not ast.get_docstring(tree)]
    silent += [
        f"{path}: {node.name}"
        for path, tree in sources()
        if not path.startswith("app/workers/calls/")  # its messages are named after what they carry
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent


@pytest.mark.parametrize("module", ["app.gui.main", "app.cli", "app.__main__"])
def test_a_front_end_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*[m for m in {NOT_IN_THE_WINDOW!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.split() == []


def test_the_file_map_of_the_readme_is_true() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.split("<!-- map -->")[1]
    named = {path.rstrip("/") for path in re.findall(r"^\| `([^`]+)`", block, re.M)}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
    rooms = {p.name for p in ROOT.iterdir() if p.is_dir() and p.name[0] != "." and not p.name.endswith(".egg-info")}
    rooms |= {f"app/{p.name}" for p in (ROOT / "app").iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert rooms - named == set()
