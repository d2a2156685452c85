"""The few llama.cpp calls we use, typed and with owned handles, so that ctypes and `Any` stay in this one file."""

from __future__ import annotations

import ctypes
import json
import logging
import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as c
from llama_cpp._ctypes_extensions import load_shared_library
from llama_cpp.llama_grammar import SchemaConverter

from app.errors import AppError
from app.llama.detokenize import THINK_CLOSE, THINK_OPEN

log = logging.getLogger("inhouse.llama")

LAST_LINES: deque[str] = deque(maxlen=12)
"""llama.cpp's latest warnings and errors, for *Details*."""

KV_F16, KV_Q8 = c.GGML_TYPE_F16, c.GGML_TYPE_Q8_0
CONTROL = c.LLAMA_TOKEN_ATTR_CONTROL | c.LLAMA_TOKEN_ATTR_UNKNOWN
LSTRIP, RSTRIP = c.LLAMA_TOKEN_ATTR_LSTRIP, c.LLAMA_TOKEN_ATTR_RSTRIP


@c.llama_log_callback  # type: ignore[untyped-decorator]
def on_log(level: int, text: bytes, _user: object) -> None:
    """llama.cpp's log becomes ours; its warnings and errors are kept for *Details*."""
    line = text.decode("utf-8", "replace").strip()
    if not line or line == ".":
        return
    if level in (3, 4):  # ggml.h: GGML_LOG_LEVEL_WARN, _ERROR
        LAST_LINES.append(line)
    log.debug("%s", line)


def start() -> None:
    """Once a process: quiet llama.cpp down to our log and prepare its backends. Where it gives up, it ends at once: by
    itself it would first start a debugger, where there is one, and let that look into the process for seconds."""
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    c.llama_log_set(on_log, ctypes.c_void_p(0))
    if not ggml_function("ggml_backend_reg_count", ctypes.c_size_t)():  # each backend is a library
        ggml_function("ggml_backend_load_all_from_path", None, ctypes.c_char_p)(str(c._base_path).encode())
    c.llama_backend_init()


def last_errors() -> str:
    return "\n".join(LAST_LINES)


# --- devices ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Device:
    """A compute device as ggml sees it; memory in bytes, 0 where the driver does not say."""

    backend: str
    description: str
    is_gpu: bool
    free: int
    total: int
    integrated: bool = False
    """Part of the processor, whose memory it shares."""
    handle: int = 0
    """ggml's own, good in this process."""


_GPU, _INTEGRATED = 1, 2
"""ggml-backend.h: GGML_BACKEND_DEVICE_TYPE_GPU, _IGPU."""


class _Properties(ctypes.Structure):
    """ggml-backend.h: ggml_backend_dev_props, with room behind it for what a newer build adds."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("free", ctypes.c_size_t),
        ("total", ctypes.c_size_t),
        ("kind", ctypes.c_int),
        ("device_id", ctypes.c_char_p),
        ("rest", ctypes.c_char * 64),
    )


def ggml_function(name: str, result: Any, *arguments: Any) -> Any:
    """A ggml function of the very library that llama.cpp runs on, which is found through llama.cpp's own handle. The
    package's `_ggml` always opens the one that comes along, which knows nothing of another runtime's devices."""
    for part in ("llama", "ggml", "ggml-base"):  # on Windows a handle finds no functions of other libraries
        library = c._lib if part == "llama" else load_shared_library(part, c._base_path)
        if hasattr(library, name):
            function = library[name]  # an object of our own: what it takes is nobody else's business
            function.restype, function.argtypes = result, list(arguments)
            return function
    raise AttributeError(name)


def devices() -> list[Device]:
    """Every device of the build's backends, the CPU included; a card that two of them see (CUDA and Vulkan) once."""
    pointer = ctypes.c_void_p
    get = ggml_function("ggml_backend_dev_get", pointer, ctypes.c_size_t)
    look = ggml_function("ggml_backend_dev_get_props", None, pointer, ctypes.POINTER(_Properties))
    found: list[Device] = []
    ids = set()
    for index in range(ggml_function("ggml_backend_dev_count", ctypes.c_size_t)()):
        handle, seen = get(index), _Properties()
        look(handle, ctypes.byref(seen))
        if seen.device_id and seen.device_id in ids:
            continue
        ids.add(seen.device_id)
        backend = (seen.name or b"").decode("utf-8", "replace").rstrip("0123456789")
        description = (seen.description or b"").decode("utf-8", "replace").strip()
        is_gpu, integrated = seen.kind in (_GPU, _INTEGRATED), seen.kind == _INTEGRATED
        free = min(seen.free, seen.total)  # some drivers count below zero, where none is left
        found.append(Device(backend, description, is_gpu, free, seen.total, integrated, handle))
    return found


def cards() -> list[Device]:
    """The graphics cards that this build computes on, in its order."""
    return [device for device in devices() if device.is_gpu] if can_offload() else []


def can_offload() -> bool:
    return bool(c.llama_supports_gpu_offload())


# --- model ------------------------------------------------------------------------------------------------------------


class Model:
    """An open GGUF file: weights and vocabulary. Close it after every context made from it."""

    def __init__(
        self,
        path: Path,
        gpu_layers: int,
        progress: Callable[[float], bool],
        split: Sequence[tuple[Device, int]] | None = None,
        *,
        vocabulary_only: bool = False,
    ) -> None:
        """Load the file; `progress` gets 0 to 1 and returns False to stop. `vocabulary_only` takes no weights.

        `split` names the cards that may be touched, none for the processor alone, and how many of the layers each one
        takes, in their order; None: all that there are, as llama.cpp divides them.

        Raises:
            AppError: llama.cpp would not load it, or `progress` stopped it.
        """
        LAST_LINES.clear()
        callback = c.llama_progress_callback(lambda fraction, _user: progress(fraction))
        params = c.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        params.load_mode = c.LLAMA_LOAD_MODE_MMAP
        params.progress_callback = callback
        params.vocab_only = vocabulary_only
        if split is not None:
            handles = (ctypes.c_void_p * (len(split) + 1))(*[card.handle for card, _ in split])  # ends with a NULL
            counts = (ctypes.c_float * c.llama_max_devices())(*[layers for _, layers in split])
            params.devices = ctypes.cast(handles, ctypes.c_void_p)
            params.split_mode = c.LLAMA_SPLIT_MODE_LAYER if len(split) > 1 else c.LLAMA_SPLIT_MODE_NONE
            params.tensor_split = ctypes.cast(counts, ctypes.POINTER(ctypes.c_float))
        self._handle = c.llama_model_load_from_file(str(path).encode("utf-8"), params)
        if not self._handle:
            raise AppError(
                f"{path.name} could not be loaded.", "Choose another model, or import this one again.", last_errors()
            )
        self._adapters: dict[str, Any] = {}
        self._vocab = c.llama_model_get_vocab(self._handle)
        self.vocabulary = int(c.llama_vocab_n_tokens(self._vocab))
        self.layers = int(c.llama_model_n_layer(self._handle))
        self.bytes = int(c.llama_model_size(self._handle))
        self.parameters = int(c.llama_model_n_params(self._handle))
        self.context_trained = int(c.llama_model_n_ctx_train(self._handle))
        self.can_chat = bool(c.llama_model_has_decoder(self._handle)) and not c.llama_model_has_encoder(self._handle)
        self.recurrent = bool(c.llama_model_is_recurrent(self._handle) or c.llama_model_is_hybrid(self._handle))
        """Whether it carries a state from token to token, which cannot be taken back by a token."""
        self.can_take_back = not self.recurrent and int(c.llama_model_n_swa(self._handle)) == 0
        """Whether the last tokens of a sequence can be taken back without a loss: no window has slid over others."""
        self._buffer = ctypes.create_string_buffer(256)

    @property
    def handle(self) -> Any:
        return self._handle

    @property
    def vocab(self) -> Any:
        return self._vocab

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Token ids of `text`, without BOS. Only with `special` do texts like <|im_end|> become control tokens."""
        raw = text.encode("utf-8", "replace")
        if not raw:
            return []
        room = len(raw) + 8
        ids = (c.llama_token * room)()
        count = c.llama_tokenize(self._vocab, raw, len(raw), ids, room, False, special)
        if count < 0:
            room = -count
            ids = (c.llama_token * room)()
            count = c.llama_tokenize(self._vocab, raw, len(raw), ids, room, False, special)
        return list(ids[:count])

    def piece(self, token: int, *, special: bool = True) -> bytes:
        """The bytes of a token, whatever its length; a character may be spread over several tokens."""
        size = len(self._buffer)
        count = int(c.llama_token_to_piece(self._vocab, token, self._buffer, size, 0, special))
        if count < 0:
            self._buffer = ctypes.create_string_buffer(-count)
            count = int(c.llama_token_to_piece(self._vocab, token, self._buffer, -count, 0, special))
        return self._buffer.raw[: max(0, count)]

    def visible(self, token: int) -> bytes:
        """A token's bytes; stray control tokens are no text, except where they mark thinking."""
        piece = self.piece(token)
        if self.attributes(token) & CONTROL and piece.decode("utf-8", "replace") not in (THINK_OPEN, THINK_CLOSE):
            return b""
        return piece

    def attributes(self, token: int) -> int:
        return int(c.llama_vocab_get_attr(self._vocab, token))

    def is_end(self, token: int) -> bool:
        """Whether the token ends an answer (end of text, end of turn)."""
        return bool(c.llama_vocab_is_eog(self._vocab, token))

    def token_text(self, token: int) -> str:
        """The text of a token as the vocabulary spells it; "" for none (-1)."""
        if token < 0:
            return ""
        return (c.llama_vocab_get_text(self._vocab, token) or b"").decode("utf-8", "replace")

    @property
    def bos(self) -> int:
        return int(c.llama_vocab_bos(self._vocab))

    @property
    def eos(self) -> int:
        return int(c.llama_vocab_eos(self._vocab))

    @property
    def adds_bos(self) -> bool:
        return bool(c.llama_vocab_get_add_bos(self._vocab))

    def adapter(self, path: str) -> Any:
        """The LoRA adapter at `path`, opened once a model.

        Raises:
            AppError: it was made for another model or cannot be read.
        """
        if path not in self._adapters:
            LAST_LINES.clear()
            handle = c.llama_adapter_lora_init(self._handle, path.encode("utf-8"))
            if not handle:
                message = f"{Path(path).name} does not fit this model."
                raise AppError(message, "Use it with the model that it was trained from.", last_errors())
            self._adapters[path] = handle
        return self._adapters[path]

    def close(self) -> None:
        """Free the weights; adapters go with them (llama.h: an adapter is freed with its model)."""
        self._adapters.clear()
        if self._handle:
            c.llama_model_free(self._handle)
            self._handle = None


# --- sampling ---------------------------------------------------------------------------------------------------------


class SamplerChain:
    """A C sampler chain; `close` frees it with all its links."""

    def __init__(self) -> None:
        params = c.llama_sampler_chain_default_params()
        params.no_perf = True
        self._handle = c.llama_sampler_chain_init(params)

    @property
    def handle(self) -> Any:
        return self._handle

    def add(self, link: Any) -> None:
        c.llama_sampler_chain_add(self._handle, link)

    def close(self) -> None:
        if self._handle:
            c.llama_sampler_free(self._handle)
            self._handle = None


def penalties(model: Model, last: int, repeat: float) -> Any:
    return c.llama_sampler_init_penalties(model.vocabulary, last, repeat, 0.0, 0.0)


def grammar(model: Model, gbnf: str) -> Any:
    """A grammar link, or None where llama.cpp cannot read it."""
    return c.llama_sampler_init_grammar(model.vocab, gbnf.encode("utf-8"), b"root")


class _Converter(SchemaConverter):  # type: ignore[misc]  # the package has no types
    """The package's, with fixed texts and names of any characters: it leaves their backslashes as they are, so that a
    quotation mark ends the grammar's own string, and writes what is beyond the basic plane as two halves."""

    def _format_literal(self, literal: str) -> str:
        if literal[:1] == '"' and len(literal) > 1:  # one character alone is no JSON text
            literal = json.dumps(json.loads(literal), ensure_ascii=False)
        return '"' + literal.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'


def schema_to_gbnf(schema: str) -> str:
    """The grammar of a JSON schema. The package's rule for a character lets line breaks into a string, which no JSON
    reader takes."""
    converter = _Converter(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
    converter.visit(converter.resolve_refs(json.loads(schema), "stdin"), "")
    return str(converter.format_grammar()).replace('char ::= [^"\\\\] |', 'char ::= [^"\\\\\\x7F\\x00-\\x1F] |')


top_k: Callable[[int], Any] = c.llama_sampler_init_top_k
top_p: Callable[[float, int], Any] = c.llama_sampler_init_top_p
min_p: Callable[[float, int], Any] = c.llama_sampler_init_min_p
temperature: Callable[[float], Any] = c.llama_sampler_init_temp
dist: Callable[[int], Any] = c.llama_sampler_init_dist
greedy: Callable[[], Any] = c.llama_sampler_init_greedy
RANDOM_SEED = 0xFFFFFFFF
"""llama.h, LLAMA_DEFAULT_SEED: draw one."""
