"""What each layer of a model keeps of a conversation, by its architecture, as llama.cpp allocates it.

After llama.cpp's llama-hparams.cpp, llama_model::create_memory and the load_arch_hparams of each architecture (the
source that llama-cpp-python 0.3.36 ships). Keys and values are counted in values a token, states in values a
conversation.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.llama.gguf_header import GgufHeader


@dataclass(frozen=True)
class Layer:
    """What one layer keeps: `keys` and `values` of each token, and a `state` that does not grow."""

    keys: int = 0
    values: int = 0
    windowed: bool = False
    """Whether it looks back no further than the sliding window."""
    state: int = 0


@dataclass(frozen=True)
class _Window:
    """Which layers slide: all but every `every`-th, unless the file has a pattern of its own; `tokens` where the file
    says none. `always`: whether they do so without a window in the file."""

    every: int
    tokens: int = 0
    always: bool = False


WINDOWED: dict[str, _Window] = {
    "afmoe": _Window(4),
    "cohere2": _Window(4),
    "gemma2": _Window(2, 4096, always=True),
    "gemma3": _Window(6),
    "gemma3n": _Window(5),
    "gemma4": _Window(6),
    "gpt-oss": _Window(2),
    "llama4": _Window(4, 8192, always=True),
    "olmo2": _Window(4),
}
RECURRENT = {"mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"}
"""A state in each layer, and no keys and values."""
MARKED = {"granitehybrid", "jamba", "kimi-linear", "lfm2", "lfm2moe", "plamo2"}
"""A state in each layer that has no heads for keys."""
INTERVAL = {"qwen3next", "qwen35", "qwen35moe"}
"""A state in all layers but every fourth, unless the file says otherwise."""
NEMOTRON = {"nemotron_h", "nemotron_h_moe"}
"""Layers with a state, with attention, and with neither of them."""
LATENT = {"deepseek2", "deepseek2-ocr", "kimi-linear", "mistral4"}
"""Keys and values in one, where the file has the keys of MLA."""
PLAIN = {
    "apertus", "arcee", "arctic", "baichuan", "bailingmoe", "bailingmoe2", "bitnet", "bloom", "chatglm", "codeshell",
    "cogvlm", "command-r", "dbrx", "deci", "deepseek", "dots1", "ernie4_5", "ernie4_5-moe", "exaone", "falcon", "gemma",
    "glm4", "glm4moe", "gpt2", "gptneox", "granite", "granitemoe", "grovemoe", "hunyuan-dense", "hunyuan-moe",
    "hunyuan_vl", "internlm2", "jais", "llama", "maincoder", "minicpm", "minicpm3", "minimax-m2", "mistral3", "mpt",
    "nemotron", "olmo", "olmoe", "openelm", "orion", "paddleocr", "pangu-embedded", "phi2", "phi3", "phimoe", "plamo",
    "plm", "qwen", "qwen2", "qwen2moe", "qwen2vl", "qwen3", "qwen3moe", "qwen3vl", "qwen3vlmoe", "refact", "seed_oss",
    "smollm3", "stablelm", "starcoder", "starcoder2", "xverse",
}  # fmt: skip
"""Keys and values of each token in each layer."""
BOTH = {"falcon-h1"}
"""A state, and keys and values, in each layer."""
MOST_VALUES = 1 << 40
"""Of a layer and token; what a header says beyond that is damage."""
MOST_LAYERS = 512
"""llama.cpp's own limit (LLAMA_MAX_LAYERS)."""
KNOWN = PLAIN | set(WINDOWED) | RECURRENT | MARKED | INTERVAL | NEMOTRON | LATENT | BOTH


def layers_of(header: GgufHeader) -> tuple[Layer, ...] | None:
    """Each layer that llama.cpp evaluates; None for an architecture whose formulas are not known here."""
    name = header.architecture
    if name not in KNOWN or header.layers > MOST_LAYERS:
        return None
    count = header.layers - header.of_architecture("nextn_predict_layers")
    heads_kv = header.by_layer("attention.head_count_kv", header.of_architecture("attention.head_count"))
    recurrent = _recurrent(header, heads_kv)
    windowed = _windowed(header, recurrent)
    own = _own_cache(header)
    latent = _is_latent(header)
    state = _state(header)
    found = []
    for index in range(count):
        attends = name in BOTH or (not recurrent[index] and _attends(header, index))
        keys, values = _widths(header, heads_kv[index], windowed[index]) if attends and index < own else (0, 0)
        layer = Layer(keys, 0 if latent else values, windowed[index], state if recurrent[index] else 0)
        if min(layer.keys, layer.values, layer.state) < 0 or max(layer.keys, layer.values, layer.state) > MOST_VALUES:
            return None
        found.append(layer)
    return tuple(found)


def window_of(header: GgufHeader) -> int:
    """Tokens of the sliding window."""
    window = WINDOWED.get(header.architecture, _Window(0))
    if header.architecture == "llama4":
        return window.tokens
    return header.of_architecture("attention.sliding_window") or window.tokens


def _recurrent(header: GgufHeader, heads_kv: list[int]) -> list[bool]:
    name, layers = header.architecture, header.layers
    if name in RECURRENT or name in BOTH:
        return [True] * layers
    if name in MARKED:
        return [heads == 0 for heads in heads_kv]
    if name in NEMOTRON:
        wide = header.by_layer("feed_forward_length")
        return [heads == 0 and width == 0 for heads, width in zip(heads_kv, wide, strict=True)]
    if name not in INTERVAL:
        return [False] * layers
    if f"{name}.attention.recurrent_layers" in header.metadata:
        return [bool(value) for value in header.by_layer("attention.recurrent_layers")]
    every = header.of_architecture("full_attention_interval", 4) or 4
    return [(index + 1) % every != 0 for index in range(layers)]


def _attends(header: GgufHeader, index: int) -> bool:
    """Whether a layer without a state has attention: of a Nemotron-H some only feed forward."""
    return header.architecture not in NEMOTRON or header.by_layer("feed_forward_length")[index] == 0


def _windowed(header: GgufHeader, recurrent: list[bool]) -> list[bool]:
    name, layers = header.architecture, header.layers
    tokens = header.of_architecture("attention.sliding_window")
    if name == "lfm2" and tokens:
        return [not each for each in recurrent]
    window = WINDOWED.get(name)
    if window is None or (not tokens and not window.always):
        return [False] * layers
    if name == "llama4" and f"{name}.attention.sliding_window" in header.metadata and not tokens:
        return [False] * layers
    key = "attention.sliding_window_pattern"
    pattern = header.metadata.get(f"{name}.{key}", window.every)
    if isinstance(pattern, list):
        return [bool(value) for value in header.by_layer(key)]
    every = int(pattern) if isinstance(pattern, int | float) else window.every
    return [every == 0 or index % every < every - 1 for index in range(layers)]


def _own_cache(header: GgufHeader) -> int:
    """Layers from there on use what an earlier one keeps."""
    if header.architecture == "gemma3n":
        return 20
    if header.architecture == "gemma4":
        return header.layers - header.of_architecture("attention.shared_kv_layers")
    return header.layers


def _is_latent(header: GgufHeader) -> bool:
    """Whether keys and values are kept as one (MLA); files from before llama.cpp could do it keep both."""
    return (
        header.architecture in LATENT
        and header.of_architecture("attention.key_length_mla") > 0
        and header.of_architecture("attention.value_length_mla") > 0
    )


def _widths(header: GgufHeader, heads_kv: int, windowed: bool) -> tuple[int, int]:
    heads = header.by_layer("attention.head_count")[0]
    head = header.embedding // heads if heads else 0
    key = header.of_architecture("attention.key_length", head)
    value = header.of_architecture("attention.value_length", head)
    if windowed:
        key = header.of_architecture("attention.key_length_swa", key)
        value = header.of_architecture("attention.value_length_swa", value)
    return key * heads_kv, value * heads_kv


def _state(header: GgufHeader) -> int:
    """Values of one layer's state of one conversation, its last inputs among them."""
    of, hidden = header.of_architecture, header.embedding
    if head := of("wkv.head_size"):
        return of("token_shift_count", 2) * hidden + hidden * head
    if short := of("shortconv.l_cache"):
        return hidden * (short - 1) + of("ssm.state_size") * of("ssm.inner_size")
    kernel = of("ssm.conv_kernel")
    if head := of("kda.head_dim"):
        heads = header.by_layer("attention.head_count")[0]
        return 3 * (kernel - 1 if kernel else 3) * heads * head + head * head * heads
    inner, size, groups = of("ssm.inner_size"), of("ssm.state_size"), of("ssm.group_count")
    return max(0, kernel - 1) * (inner + 2 * groups * size) + size * inner
