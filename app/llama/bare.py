"""The reference of the speed figures: llama_cpp's own calls and nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import llama_cpp as c

from app.types import Sampling

PENALTY_WINDOW = 256


class Bare:
    """A model and a context of its own, made with the same parameters as the engine's."""

    def __init__(self, path: Path, context: int, threads: int) -> None:
        model_params = c.llama_model_default_params()
        model_params.n_gpu_layers = 999 if c.llama_supports_gpu_offload() else 0
        self._model = c.llama_model_load_from_file(str(path).encode(), model_params)
        self._vocab = c.llama_model_get_vocab(self._model)
        params = c.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = context, 512, 512
        params.n_threads = params.n_threads_batch = threads
        self._context = c.llama_init_from_model(self._model, params)

    def tokens_per_s(self, prompt: list[int], sampling: Sampling) -> float:
        """Greedy decoding with the same penalties; the prompt's own time is left out."""
        c.llama_memory_clear(c.llama_get_memory(self._context), True)
        sampler = c.llama_sampler_chain_init(c.llama_sampler_chain_default_params())
        if sampling.repeat_penalty not in (0.0, 1.0):
            words = c.llama_vocab_n_tokens(self._vocab)
            link = c.llama_sampler_init_penalties(words, PENALTY_WINDOW, sampling.repeat_penalty, 0.0, 0.0)
            c.llama_sampler_chain_add(sampler, link)
        c.llama_sampler_chain_add(sampler, c.llama_sampler_init_greedy())
        for start in range(0, len(prompt), 512):
            self._decode(prompt[start : start + 512])
        token = c.llama_sampler_sample(sampler, self._context, -1)
        started, count = time.perf_counter(), 0
        while count < sampling.max_tokens - 1 and not c.llama_vocab_is_eog(self._vocab, token):
            self._decode([token])
            token = c.llama_sampler_sample(sampler, self._context, -1)
            count += 1
        seconds = time.perf_counter() - started
        c.llama_sampler_free(sampler)
        return count / seconds

    def read_per_s(self, prompt: list[int]) -> float:
        """Tokens of a prompt evaluated a second, without drawing any."""
        c.llama_memory_clear(c.llama_get_memory(self._context), True)
        started = time.perf_counter()
        for start in range(0, len(prompt), 512):
            self._decode(prompt[start : start + 512])
        return len(prompt) / (time.perf_counter() - started)

    def _decode(self, tokens: list[int]) -> None:
        array = (c.llama_token * len(tokens))(*tokens)
        if c.llama_decode(self._context, c.llama_batch_get_one(array, len(tokens))):
            raise RuntimeError("llama_decode failed")

    def close(self) -> None:
        """Give the memory back."""
        c.llama_free(self._context)
        c.llama_model_free(self._model)
