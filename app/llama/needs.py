"""What a model takes of the memory, part by part, from its header alone: weights, what it keeps, what it computes in.

Weights and caches are llama.cpp's own sums. The compute buffer is what its allocator makes of the largest layer; the
formula was found by having llama.cpp allocate for models of other widths (tests/llama/test_needs.py holds it to that).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.llama.gguf_header import GgufHeader
from app.llama.layers import MOST_VALUES, Layer, layers_of, window_of

F16_BYTES, Q8_BYTES = 2.0, 34 / 32
"""Of a value in the KV cache: 16 bits; and 8 bits in blocks of 32 with a scale of 16."""
F32_BYTES = 4
USUAL_BYTES = 0.6
"""Of a weight, where a file's size is all that is known: four bits, with what belongs to them."""
CELLS = 256
"""llama.cpp rounds contexts and windows up to as many tokens."""
COPIES = 4
"""ggml-backend.cpp: GGML_SCHED_MAX_COPIES."""
PATCH_VALUES = 77
"""Of each patch of a picture, beside what its layers compute."""
_BLOCK = re.compile(r"blk\.(\d{1,3})\.")


@dataclass(frozen=True)
class Setup:
    """How a context is made: tokens of a batch, conversations at once, and whether layers with a sliding window keep
    the whole context (llama.cpp's default: a conversation can then be taken back to any of its tokens)."""

    batch: int = 512
    sequences: int = 9
    whole_windows: bool = True


@dataclass(frozen=True)
class Memory:
    """Bytes that a model takes with one context."""

    weights: int
    cache: int
    """Keys, values and states."""
    compute: int
    """What a batch is computed in, and the logits."""
    projector: int = 0

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.compute + self.projector


@dataclass(frozen=True)
class Needs:
    """What a header says of a model, ready for sums. Layers count from 0; the output is what follows the last."""

    layers: tuple[Layer, ...]
    layer_bytes: tuple[int, ...]
    """Weights of each layer."""
    input_bytes: int
    """Of the embedding table, which stays with the processor."""
    output_bytes: int
    """Of all that belongs to no layer; the table once more where it serves as the output too."""
    weights: int
    """Of the whole model, each tensor once."""
    window: int
    hidden: int
    attended: int
    """Values a token that all heads give together."""
    scanned: int
    """Inner width of a recurrent layer, and `state_values` of one conversation in it."""
    state_values: int
    mixed: int
    """Values a token beside the inner width, of which a state is made."""
    wide: int
    """Of the feed-forward part: of one, or of all experts that see a token."""
    routed: int
    """Width of the layer times the experts that see a token; 0 without experts."""
    latent: int
    """Values a token that MLA spreads its heads over; 0 without."""
    vocabulary: int
    projector_bytes: int = 0

    def cache_bytes(self, context: int, eight_bits: bool, setup: Setup) -> int:
        """Keys, values and states of all layers."""
        return int(sum(self.layer_caches(context, eight_bits, setup)))

    def layer_caches(self, context: int, eight_bits: bool, setup: Setup) -> list[float]:
        """Bytes of keys, values and states of each layer."""
        per_value = Q8_BYTES if eight_bits else F16_BYTES
        cells, near = self._cells(context, setup)
        return [
            (layer.keys + layer.values) * (near if layer.windowed else cells) * per_value
            + layer.state * setup.sequences * F32_BYTES
            for layer in self.layers
        ]

    def compute_bytes(self, context: int, setup: Setup) -> int:
        """The compute buffer, with flash attention, and the logits of each conversation's last token."""
        tokens = self._batch(context, setup)
        masks = self._masks(context, setup)
        logits = setup.sequences * self.vocabulary * F32_BYTES
        working = max(tokens * self._width(setup.sequences / tokens) * F32_BYTES, float(logits))
        return int(masks + working + logits)

    def pipeline_bytes(self, context: int, setup: Setup) -> int:
        """What each of several graphics cards that hold a whole model takes beside its own compute buffer: llama.cpp
        has the inputs of `COPIES` batches under way then."""
        states = self._batch(context, setup) * self.hidden * F32_BYTES
        return (COPIES - 1) * self._masks(context, setup) + COPIES * states

    def memory(self, context: int, *, eight_bits: bool = False, setup: Setup | None = None) -> Memory:
        """All of it, on one device."""
        setup = setup or Setup()
        return Memory(
            weights=self.weights,
            cache=self.cache_bytes(context, eight_bits, setup),
            compute=self.compute_bytes(context, setup),
            projector=self.projector_bytes,
        )

    def grows(self) -> bool:
        """Whether a longer context takes more memory; not so where all is state."""
        return any(layer.keys for layer in self.layers)

    def _batch(self, context: int, setup: Setup) -> int:
        """Tokens of a batch, as many for each conversation."""
        return -(-min(setup.batch, context) // setup.sequences) * setup.sequences

    def _masks(self, context: int, setup: Setup) -> int:
        """Which cells each token of a batch sees."""
        cells, near = self._cells(context, setup)
        kinds = {layer.windowed for layer in self.layers if layer.keys}
        return sum(near if windowed else cells for windowed in kinds) * self._batch(context, setup) * 2

    def _cells(self, context: int, setup: Setup) -> tuple[int, int]:
        """Tokens that the layers keep which see everything, and those with a window."""
        cells = _rounded(context)
        if setup.whole_windows:
            return cells, cells
        return cells, _rounded(min(cells, self.window * setup.sequences + setup.batch))

    def _width(self, conversations: float) -> float:
        """Values a token in the widest moment of a layer. `conversations`: how many there are for each token."""
        hidden, wide, attended = self.hidden, self.wide, self.attended
        width: float = max(3 * hidden + 3 * wide + attended, 3 * hidden + 2 * attended)
        if self.routed > 2 * wide:  # the experts' answers find no room in what their inside has left
            width += self.routed
        if self.latent:
            width = max(width, 4 * hidden + 3 * self.latent)
        if self.scanned:
            scan = 6.25 * self.scanned + 4 * self.mixed + conversations * self.state_values
            beside = hidden if any(layer.keys and not layer.state for layer in self.layers) else 0.0
            if any(layer.keys and layer.state for layer in self.layers):
                beside = 1.5 * hidden + attended
            width = max(width, scan + beside)
        return width


def needs_of(header: GgufHeader, *, file_bytes: int = 0, projector: GgufHeader | None = None) -> Needs | None:
    """What a model needs; None for an architecture whose formulas are not known here, or numbers that make no sense.

    `file_bytes` where the header is that of another quantization of the model.
    """
    layers = layers_of(header)
    if layers is None:
        return None
    sizes, inside, table, output = _weights(header, len(layers))
    of = header.of_architecture
    heads = max(header.by_layer("attention.head_count"), default=0)
    head = of("attention.key_length", header.embedding // heads if heads else 0)
    used = of("expert_used_count")
    latent = heads * of("attention.key_length") if any(each.keys and not each.values for each in layers) else 0
    inner, state, groups = of("ssm.inner_size"), of("ssm.state_size"), of("ssm.group_count")
    widths = (header.embedding, heads * head, inner, state, groups, used, _wide(header, used), window_of(header))
    if min(widths) < 0 or max(widths) > MOST_VALUES:
        return None
    whole = file_bytes or sizes
    scale = whole / sizes if sizes and file_bytes else 1.0
    return Needs(
        layers=layers,
        layer_bytes=tuple(int(each * scale) for each in inside),
        input_bytes=int(table * scale),
        output_bytes=int(output * scale),
        weights=whole,
        window=window_of(header),
        hidden=header.embedding,
        attended=heads * (of("attention.key_length_mla") if latent else head),
        scanned=inner,
        state_values=state * inner,
        mixed=2 * groups * state,
        wide=_wide(header, used),
        routed=used * header.embedding,
        latent=latent,
        vocabulary=header.vocabulary,
        projector_bytes=projector_bytes(projector) if projector is not None else 0,
    )


def usual_needs(parameters: int, file_bytes: int) -> Needs:
    """Of a model of which only the size is known (`parameters` 0: only the file's): layers grow with the third root,
    and the width with them (128 times as many, as from 1 to 70 billion weights); eight heads of 128 keep tokens."""
    weights = parameters or file_bytes / USUAL_BYTES
    count = max(1, round((weights / (12 * 128**2)) ** (1 / 3)))
    hidden, table = 128 * count, file_bytes // 20
    return Needs(
        layers=(Layer(keys=1024, values=1024),) * count,
        layer_bytes=((file_bytes - 2 * table) // count,) * count,
        input_bytes=table,
        output_bytes=table,
        weights=file_bytes,
        window=0,
        hidden=hidden,
        attended=hidden,
        scanned=0,
        state_values=0,
        mixed=0,
        wide=hidden * 7 // 2,
        routed=0,
        latent=0,
        vocabulary=150_000,
    )


def projector_bytes(header: GgufHeader) -> int:
    """What a vision part takes: its weights, and the widest moment of one layer over all patches of a picture.

    As llama.cpp reserves it for CLIP encoders of several widths; of encoders with gates as much as a language model's.
    """
    size, patch = header.number("clip.vision.image_size"), header.number("clip.vision.patch_size")
    hidden = header.number("clip.vision.embedding_length")
    wide = header.number("clip.vision.feed_forward_length")
    gated = any(".ffn_gate." in name for name in header.tensor_bytes)
    width = 3 * wide + 4 * hidden if gated else wide + 2 * hidden + PATCH_VALUES
    patches = (size // patch) ** 2 + 1 if patch > 0 else 0
    return sum(header.tensor_bytes.values()) + max(0, patches * width) * F32_BYTES


def _wide(header: GgufHeader, used: int) -> int:
    """Inner width of the feed-forward part, or of all experts that see a token; of layers of both kinds the wider."""
    dense, expert = header.of_architecture("feed_forward_length"), header.of_architecture("expert_feed_forward_length")
    if not used:
        return dense
    leading = dense if header.of_architecture("leading_dense_block_count") else 0
    return max(used * (expert or dense), leading)


def _weights(header: GgufHeader, count: int) -> tuple[int, list[int], int, int]:
    """Bytes of all tensors that are loaded, of each layer's, of the embedding table and of the rest."""
    inside, table, output, total = [0] * count, 0, 0, 0
    for name, size in header.tensor_bytes.items():
        block = _BLOCK.match(name)
        if block is not None and int(block.group(1)) >= count:
            continue  # a head that drafts tokens: llama.cpp leaves it in the file
        total += size
        if block is not None:
            inside[int(block.group(1))] += size
        elif name in ("token_embd.weight", "per_layer_token_embd.weight"):
            table += size
        else:
            output += size
    if "output.weight" not in header.tensor_bytes:
        output += header.tensor_bytes.get("token_embd.weight", 0)
    return total, inside, table, output


def _rounded(tokens: int) -> int:
    return -(-tokens // CELLS) * CELLS
