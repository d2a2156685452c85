"""What `make runtime` and `make gpu-check` say where they cannot do it: plain words, and nothing built."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*args: str) -> subprocess.CompletedProcess[str]:
    """A script of packaging on a computer without any tool: no driver, no compiler."""
    env = {**os.environ, "PATH": "/nowhere", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "packaging" / args[0]), *args[1:]]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def test_without_a_card_nothing_is_measured_and_that_is_said() -> None:
    ended = run("gpu_check.py")
    assert ended.returncode == 2, ended.stderr
    assert "The system names: " in ended.stdout
    assert "Nothing was built, tested or measured on a graphics card." in ended.stdout


@pytest.mark.parametrize("backend", ["cpu", "cuda", "vulkan", "metal"])
def test_a_runtime_is_not_built_without_its_tools(backend: str, tmp_path: Path) -> None:
    ended = run("runtime.py", backend, "--work", str(tmp_path / "work"), "--out", str(tmp_path))
    assert ended.returncode == 1
    assert f"{backend} backend" in ended.stderr and "Traceback" not in ended.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_packed_is_what_the_package_loads_and_nothing_of_a_driver(tmp_path: Path) -> None:
    """As a build leaves it: the library by which models see lies apart from the others."""
    for name in ("bin/libllama.so", "bin/libggml-vulkan.so.0", "bin/libvulkan.so.1", "bin/llama-bench"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sight = tmp_path / "vendor" / "llama.cpp" / "tools" / "mtmd"
    sight.mkdir(parents=True)
    (sight / "libmtmd.so").touch()
    code = (
        "import runtime, pathlib, sys; found = runtime.collect(pathlib.Path(sys.argv[1])); "
        "print(*sorted(path.name for path in found.iterdir()))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT / "packaging", check=True)
    assert ended.stdout.split() == ["libggml-vulkan.so.0", "libllama.so", "libmtmd.so"]


def test_the_table_of_figures_is_made_of_what_the_measurements_print() -> None:
    code = "import gpu_check, sys; said = sys.stdin.read(); sys.stdout.write(gpu_check.table(gpu_check.rows_of(said)))"
    said = (
        "a library's own words\n"
        '{"figure":"peak memory","value":2400000000,"unit":"bytes","reference":5500000000,"ratio":0.436,'
        '"target":"≤ 0.7","ok":true}\n'
        '{"figure":"speed","value":269.0,"unit":"tokens/s","reference":300.0,"ratio":0.9,"target":"≥ 1.5","ok":false}\n'
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(
        command, input=said, capture_output=True, encoding="utf-8", cwd=ROOT / "packaging", env=env, check=True
    )
    head, memory, speed = ended.stdout.splitlines()
    assert head.split() == ["figure", "value", "reference", "ratio", "target"]
    assert memory.split() == ["peak", "memory", "2.40", "GB", "5.50", "GB", "0.44", "≤", "0.7", "met"]
    assert speed.split()[-1] == "missed" and memory.index("2.40") == head.index("value")
