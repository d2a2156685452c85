"""Looks at pictures with a model's projector (llama.cpp's libmtmd), so that they stand in a prompt like tokens.

The embeddings of a picture have no token ids. Each gets a number below zero that no other embedding has, so that
whoever compares prompts token by token (the KV cache, the states beside it) treats a picture as it treats words.
"""

from __future__ import annotations

import ctypes
import hashlib
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as c
import llama_cpp.mtmd_cpp as m
import numpy as np
from numpy.typing import NDArray

from app.errors import AppError
from app.llama.bindings import Device, Model, last_errors, on_log
from app.llama.context import Context
from app.llama.positions import numbers
from app.pictures import Picture

KEPT_BYTES = 128 << 20
"""Of embeddings of pictures that were looked at, so that a prompt that is read again need not look again."""
KEPT = 32
"""Pictures."""


class Image:
    """A picture, or a part of it, in the form that the projector takes."""

    def __init__(self, projector: Any, chunk: Any, first: int, width: int) -> None:
        """`chunk` is owned; `first`: how many embeddings have numbers already; `width` the model's."""
        self._projector, self._chunk = projector, chunk
        weakref.finalize(self, m.mtmd_input_chunk_free, chunk)
        self._embeddings = int(m.mtmd_input_chunk_get_n_tokens(chunk))
        self._width = width
        self.tokens = numbers(first, self._embeddings, int(m.mtmd_input_chunk_get_n_pos(chunk)))
        """One for each embedding; with M-RoPE some of them take no position of their own."""
        self.seen: NDArray[np.float32] | None = None
        """Its embeddings, once the projector has looked at it."""

    @property
    def bytes(self) -> int:
        return self._embeddings * self._width * 4

    def look(self) -> None:
        """Run the projector; seconds on a processor.

        Raises:
            AppError: it failed, or its numbers are not finite.
        """
        if self.seen is not None:
            return
        if m.mtmd_encode_chunk(self._projector, self._chunk) != 0:
            raise _cannot_see(last_errors())
        found = np.ctypeslib.as_array(m.mtmd_get_output_embd(self._projector), (self._embeddings * self._width,)).copy()
        if not np.isfinite(found).all():
            raise _cannot_see("The projector's numbers are not finite.")
        self.seen = found

    def decode(self, context: Context, sequence: int, start: int) -> int:
        """Evaluate its embeddings behind `start` positions of a sequence; what `Context.decode` returns, but a failure
        may leave some of them there."""
        assert self.seen is not None
        after = c.llama_pos(0)
        return int(
            m.mtmd_helper_decode_image_chunk(
                self._projector, context.handle, self._chunk, self.seen.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
                start, sequence, context.batch, ctypes.byref(after), m.mtmd_helper_post_decode_callback(), None,
            )
        )  # fmt: skip


@dataclass(frozen=True)
class Look:
    """One picture as it stands in a prompt: tokens that the model wants round it, and its images."""

    parts: tuple[list[int] | Image, ...]

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(part for part in self.parts if isinstance(part, Image))

    @property
    def tokens(self) -> list[int]:
        """Ids of words, and numbers below zero for what is seen."""
        return [token for part in self.parts for token in (part.tokens if isinstance(part, Image) else part)]


class Eyes:
    """A projector beside its model. `close` it before the model."""

    def __init__(
        self, path: Path, model: Model, threads: int, batch: int, card: Device | None = None, most: int = -1
    ) -> None:
        """Look on a graphics card, or on the processor. `batch`: tokens that the model's context takes at once; `most`:
        what a picture may take at most, -1 what the projector wants (of kinds that take as many as a picture is large).

        Raises:
            AppError: it is no projector, or one of another model, or the card has no room for it.
        """
        m.mtmd_log_set(on_log, ctypes.c_void_p(0))
        m.mtmd_helper_log_set(on_log, ctypes.c_void_p(0))
        params = m.mtmd_context_params_default()
        params.use_gpu, params.n_threads, params.image_max_tokens = card is not None, threads, most
        params.device = card.handle if card is not None else None
        params.print_timings = params.warmup = False
        self._handle = m.mtmd_init_from_file(str(path).encode("utf-8"), model.handle, params)
        if not self._handle or not m.mtmd_support_vision(self._handle):
            detail = last_errors()
            self._free()
            message = f"{path.name} does not let this model see."
            raise AppError(message, "Import the model together with the vision file that belongs to it.", detail)
        self._width, self._batch = int(c.llama_model_n_embd_inp(model.handle)), batch
        self._known: OrderedDict[str, Look] = OrderedDict()
        self._images: weakref.WeakValueDictionary[int, Image] = weakref.WeakValueDictionary()
        self._numbered = 0
        self._thread = ThreadPoolExecutor(1, "look")

    def close(self) -> None:
        """What the projector is just looking at ends first."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._known.clear()
        self._free()

    def _free(self) -> None:
        if self._handle:
            m.mtmd_free(self._handle)
            self._handle = None

    def take(self, picture: Picture) -> Look:
        """How the picture stands in a prompt; nothing has been looked at yet.

        Raises:
            AppError: it cannot be decoded, or is too large for the model.
        """
        key = hashlib.sha256(picture.data).hexdigest()
        look = self._known.get(key)
        if look is None:
            look = self._known[key] = Look(tuple(self._parts(picture)))
            self._images.update((image.tokens[0], image) for image in look.images)
        self._known.move_to_end(key)
        return look

    def images_in(self, tokens: Sequence[int]) -> dict[int, Image]:
        """The images that a prompt just composed holds, by their first numbers; whoever evaluates it keeps them."""
        found = {token: self._images[token] for token in tokens if token < 0 and token in self._images}
        self._forget()
        return found

    def look(self, images: Sequence[Image]) -> Future[None]:
        """Look at these in a thread of the projector's own, one after the other."""

        def work() -> None:
            for image in images:
                image.look()

        return self._thread.submit(work)

    def _forget(self) -> None:
        """Drop what was used longest ago; who still needs it holds it."""
        kept, used = 0, 0
        for key, look in reversed(list(self._known.items())):
            used, kept = used + sum(image.bytes for image in look.images), kept + 1
            if kept > 1 and (kept > KEPT or used > KEPT_BYTES):
                del self._known[key]

    def _parts(self, picture: Picture) -> Iterator[list[int] | Image]:
        data = (ctypes.c_ubyte * len(picture.data)).from_buffer_copy(picture.data)
        made = m.mtmd_helper_bitmap_init_from_buf(self._handle, data, len(picture.data), False)
        bitmap = getattr(made, "bitmap", made)
        if not bitmap:
            raise _cannot_see(last_errors())
        chunks = m.mtmd_input_chunks_init()
        try:
            marker = m.mtmd_default_marker()
            text = m.mtmd_input_text(marker, len(marker), False, True)
            if m.mtmd_tokenize(self._handle, chunks, ctypes.byref(text), (ctypes.c_void_p * 1)(bitmap), 1) != 0:
                raise _cannot_see(last_errors())
            for at in range(m.mtmd_input_chunks_size(chunks)):
                yield self._part(m.mtmd_input_chunks_get(chunks, at))
        finally:
            m.mtmd_input_chunks_free(chunks)
            m.mtmd_bitmap_free(bitmap)

    def _part(self, chunk: Any) -> list[int] | Image:
        if m.mtmd_input_chunk_get_type(chunk) == m.MTMD_INPUT_CHUNK_TYPE_TEXT:
            size = ctypes.c_size_t(0)
            tokens = m.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(size))
            return [int(tokens[at]) for at in range(size.value)]
        image = Image(self._handle, m.mtmd_input_chunk_copy(chunk), self._numbered, self._width)
        if len(image.tokens) > self._batch and m.mtmd_decode_use_non_causal(self._handle, chunk):
            # Each of its parts looks at all others: llama.cpp ends the process where they are not in one batch.
            raise _cannot_see(f"It has {len(image.tokens)} parts, and {self._batch} are looked at together.")
        self._numbered += len(image.tokens)
        return image


def _cannot_see(detail: str) -> AppError:
    return AppError("The model could not look at this picture.", "Try another picture, or another model.", detail)
