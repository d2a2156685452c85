"""A sentence-transformers folder as our graph: a BERT with a pooling, its weights out of safetensors, its tokenizer.

Nothing of the folder is run: no pickle, no code of its own. What cannot be had that way is refused, and it is said why;
llama.cpp knows more architectures, so a GGUF of the same model may work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from tokenizers import Tokenizer, normalizers

from app.embedder.graph import Shape, State
from app.errors import BadFile

OTHERWISE = "Choose another embedder, or the same one as a GGUF file."
AGAIN = "Download or copy the folder again."

FAMILIES = {"bert": 0, "roberta": 2, "xlm-roberta": 2, "camembert": 2}
"""model_type → where its positions begin (`Shape.first_position`): encoders of BERT's build."""
PARTS = ("Transformer", "Pooling", "Normalize")
"""What a folder may be made of."""
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
QUERY, PASSAGE = ("query",), ("document", "passage", "corpus")
"""What the prompts of questions and of passages are called."""
MOST_CONFIG = 1 << 20


class SentenceModel(Struct, frozen=True):
    """What was read of a folder."""

    state: State
    shape: Shape
    tokenizer: Tokenizer
    query: str
    passage: str
    tokens: int
    dimensions: int
    weights: Path


def weights_of(folder: Path) -> Path:
    """The file of its weights.

    Raises:
        BadFile: it is no sentence-transformers folder, or its weights are of a kind that is never opened.
    """
    if not (folder / "modules.json").is_file():
        raise BadFile(
            f"“{folder.name}” is not a sentence-transformers folder.", "Choose the folder with modules.json in it."
        )
    path = _inside(folder, _parts(folder)[0][1]) / "model.safetensors"
    if path.is_file():
        return path
    pickled = any(path.parent.glob("pytorch_model*.bin"))
    what = "has its weights as pickle, which may run code" if pickled else "has no file model.safetensors"
    raise BadFile(f"“{folder.name}” {what}.", "Choose the same embedder with safetensors.", code="weights")


def read_sentence_folder(folder: Path) -> SentenceModel:
    """
    Raises:
        BadFile: it is damaged, or something that cannot be used here; the message says what.
        OSError: it cannot be read.
    """
    weights = weights_of(folder)
    parts = dict(_parts(folder))
    inner = weights.parent
    config = _json(inner / "config.json")
    family = str(config.get("model_type", ""))
    _check(folder, config, family)
    state = _state(weights, folder.name)
    shape = Shape(
        layers=_number(config, "num_hidden_layers"),
        heads=_number(config, "num_attention_heads"),
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
        pooling=_pooling(folder, _inside(folder, parts["Pooling"])),
        first_position=FAMILIES[family],
    )
    hidden = _fits(state, shape, config, folder.name)
    positions = len(state["embeddings.position_embeddings.weight"]) - shape.first_position
    said = _json(inner / "sentence_bert_config.json", needed=False)
    query, passage = _prompts(_json(folder / "config_sentence_transformers.json", needed=False))
    tokens = min(positions, int(said.get("max_seq_length") or positions))
    tokenizer = _tokenizer(inner / "tokenizer.json", lower=bool(said.get("do_lower_case")))
    if tokenizer.get_vocab_size() > len(state["embeddings.word_embeddings.weight"]):
        raise BadFile(f"“{folder.name}” is damaged: its tokenizer is another model’s.", AGAIN)
    return SentenceModel(state, shape, tokenizer, query, passage, tokens, hidden, weights)


def _parts(folder: Path) -> list[tuple[str, str]]:
    """The kinds of its parts with their folders, in order."""
    listed = _json(folder / "modules.json", kind=list)
    parts = []
    for each in listed:
        name = str(each.get("type", "")) if isinstance(each, dict) else ""
        if not name.startswith("sentence_transformers."):
            raise BadFile(
                f"“{folder.name}” asks to run code of its own, and that is never done here.", OTHERWISE, name, "code"
            )
        kind = name.rsplit(".", 1)[-1]
        if kind not in PARTS:
            raise BadFile(f"“{folder.name}” has a part that is not known here: {kind}.", OTHERWISE, name, "part")
        parts.append((kind, str(each.get("path", ""))))
    if [kind for kind, _ in parts][:2] != list(PARTS[:2]) or len(parts) > len(PARTS):
        raise BadFile(f"“{folder.name}” is not an embedder: a transformer and a pooling are needed.", OTHERWISE)
    return parts


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadFile(f"“{folder.name}” points outside itself.", AGAIN, name)
    return path


def _json(path: Path, *, kind: type = dict, needed: bool = True) -> Any:
    if not path.is_file():
        if needed:
            raise BadFile(f"“{path.parent.name}” is not whole: {path.name} is missing.", AGAIN)
        return kind()
    try:
        if path.stat().st_size > MOST_CONFIG:
            raise ValueError("too long")
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{path.name} is damaged.", AGAIN, str(error)) from error
    if not isinstance(found, kind):
        raise BadFile(f"{path.name} is damaged.", AGAIN)
    return found


def _number(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    if not isinstance(value, int) or not 1 <= value <= 10_000:
        raise BadFile("config.json is damaged.", AGAIN, f"{key} = {value!r}")
    return value


def _check(folder: Path, config: Mapping[str, Any], family: str) -> None:
    if "auto_map" in config:
        raise BadFile(
            f"“{folder.name}” asks to run code of its own, and that is never done here.", OTHERWISE, code="code"
        )
    if family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise BadFile(
            f"“{folder.name}” is of an architecture that is not known here: {family or 'none'}.",
            f"Known are {known}. {OTHERWISE}",
            code="architecture",
        )
    form = (config.get("hidden_act", "gelu"), config.get("position_embedding_type", "absolute"))
    if form != ("gelu", "absolute") or config.get("is_decoder"):
        raise BadFile(
            f"“{folder.name}” is a {family} of a form that is not known here.", OTHERWISE, str(form), "architecture"
        )


def _pooling(folder: Path, path: Path) -> str:
    config = _json(path / "config.json")
    named = config.get("pooling_mode")
    modes = [str(named)] if isinstance(named, str) else [key for key in config if key.startswith("pooling_mode_")]
    chosen = [mode for mode in modes if isinstance(named, str) or config[mode]]
    found = POOLINGS.get(chosen[0], chosen[0]) if len(chosen) == 1 else " and ".join(chosen)
    if found not in POOLINGS.values() or not config.get("include_prompt", True):
        raise BadFile(
            f"“{folder.name}” pools in a way that is not known here.", OTHERWISE, found or "no pooling", "pooling"
        )
    return found


def _prompts(config: Mapping[str, Any]) -> tuple[str, str]:
    """What stands in front of questions and of passages; "" where nothing does."""
    prompts = config.get("prompts")
    known = {str(key): str(text) for key, text in prompts.items()} if isinstance(prompts, dict) else {}
    default = known.get(str(config.get("default_prompt_name")), "")
    return tuple(next((known[key] for key in keys if key in known), default) for keys in (QUERY, PASSAGE))  # type: ignore[return-value]


def _tokenizer(path: Path, *, lower: bool) -> Tokenizer:
    if not path.is_file():
        raise BadFile("The embedder has no file tokenizer.json.", "Choose the same embedder as a newer folder.")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise BadFile("tokenizer.json is damaged.", AGAIN, str(error)) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if lower:
        steps = [normalizers.Lowercase(), *([tokenizer.normalizer] if tokenizer.normalizer is not None else [])]
        tokenizer.normalizer = normalizers.Sequence(steps)
    return tokenizer


def _state(path: Path, name: str) -> dict[str, NDArray[np.float32]]:
    """The weights under the names of transformers' BertModel, as float32."""
    try:
        tensors = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise BadFile(f"The weights of “{name}” are damaged.", AGAIN, str(error)) from error
    state: dict[str, NDArray[np.float32]] = {}
    for key, tensor in tensors:
        values = _floats(tensor["dtype"], tensor["data"])
        if values is not None:
            state[_bare(key)] = values.reshape(tensor["shape"])
    return state


def _floats(dtype: str, data: bytes) -> NDArray[np.float32] | None:
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    form = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}.get(dtype)
    return np.frombuffer(data, form).astype(np.float32) if form else None


def _bare(key: str) -> str:
    for prefix in ("0.auto_model.", "auto_model.", "model.", "bert.", "roberta."):
        key = key.removeprefix(prefix)
    return key.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _fits(state: State, shape: Shape, config: Mapping[str, Any], name: str) -> int:
    """The width of its vectors; raises BadFile where weights are missing, or of other sizes than they must be."""
    hidden, inner = _number(config, "hidden_size"), _number(config, "intermediate_size")
    norm = {"weight": (hidden,), "bias": (hidden,)}
    wanted: dict[str, tuple[int, ...]] = {f"embeddings.LayerNorm.{kind}": size for kind, size in norm.items()}
    for layer in range(shape.layers):
        block = f"encoder.layer.{layer}."
        square = [f"attention.self.{part}" for part in ("query", "key", "value")] + ["attention.output.dense"]
        sizes = {**dict.fromkeys(square, (hidden, hidden)), "intermediate.dense": (inner, hidden)}
        sizes["output.dense"] = (hidden, inner)
        for part, (rows, columns) in sizes.items():
            wanted |= {f"{block}{part}.weight": (rows, columns), f"{block}{part}.bias": (rows,)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            wanted |= {f"{block}{part}.{kind}": size for kind, size in norm.items()}
    wrong = [key for key, size in wanted.items() if key not in state or state[key].shape != size]
    tables = [f"embeddings.{part}_embeddings.weight" for part in ("word", "position", "token_type")]
    wrong += [key for key in tables if key not in state or state[key].ndim != 2 or state[key].shape[1] != hidden]
    if wrong or hidden % shape.heads or len(state[tables[1]]) <= shape.first_position + 8:
        raise BadFile(f"The weights of “{name}” are damaged or another model’s.", AGAIN, ", ".join(wrong[:5]))
    if not all(np.isfinite(state[key]).all() for key in wanted):
        raise BadFile(f"The weights of “{name}” are damaged: some are no numbers.", AGAIN)
    return hidden
