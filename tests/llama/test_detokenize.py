"""No character is lost or broken on its way from tokens to text."""

from __future__ import annotations

import random

import gguf
import pytest

from app.llama.bindings import Model
from app.llama.detokenize import AnswerStream, TextStream


def stream(parts: list[bytes], stop: tuple[str, ...] = (), **how: bool) -> tuple[str, str, list[str], AnswerStream]:
    out = AnswerStream(stop, **how)
    shown = [piece.text for part in parts for piece in out.feed(part)]
    shown += [piece.text for piece in out.finish()]
    return "".join(out.thoughts), "".join(out.answer), shown, out


def split(text: str, seed: int) -> list[bytes]:
    """The bytes of a text, cut at random, inside characters too."""
    draw, raw = random.Random(seed), text.encode()
    cuts = sorted(draw.sample(range(1, len(raw)), min(len(raw) - 1, 12)))
    return [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]


@pytest.mark.parametrize("seed", range(20))
def test_characters_survive_any_cut(seed: int) -> None:
    text = "Grüße, 你好 नमस्ते 👩‍👩‍👧 مرحبا!"
    assert stream(split(text, seed))[1] == text


@pytest.mark.parametrize("seed", range(20))
def test_thinking_and_stop_survive_any_cut(seed: int) -> None:
    parts = split("<think>\nAh, ü.\n</think>\n\nYes < no. STOP never", seed)
    thoughts, answer, shown, out = stream(parts, ("STOP",))
    assert (thoughts, answer, out.stopped) == ("Ah, ü.\n", "Yes < no. ", True)
    assert "".join(shown) == thoughts + answer


def test_a_stop_string_that_does_not_come_is_given_back() -> None:
    assert stream([b"one ST", b"O and ST"], ("STOP",))[1] == "one STO and ST"


def test_template_that_opened_the_block() -> None:
    thoughts, answer, _, _ = stream([b"hm</thi", b"nk> so"], thinking=True)
    assert (thoughts, answer) == ("hm", "so")


def test_an_answer_may_write_about_think_tags() -> None:
    assert stream([b"Write <think> and </think> round it."])[1] == "Write <think> and </think> round it."


def test_half_a_character_at_the_end() -> None:
    cut = AnswerStream()
    list(cut.feed("aü".encode()[:2]))
    list(cut.finish(complete=False))
    assert "".join(cut.answer) == "a"
    assert TextStream().feed(b"\xff!") == "\ufffd!"


def gpt2_bytes() -> dict[str, int]:
    """GPT-2's alphabet: printable Latin-1 bytes stand for themselves, the other 68 for U+0100 onwards."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(others)}


def test_every_token_of_the_vocabulary_survives(model: Model, starter: object) -> None:
    """Against the vocabulary in the file, spelled in GPT-2's byte alphabet (another reader of another source)."""
    byte_of = gpt2_bytes()
    field = gguf.GGUFReader(str(starter)).fields["tokenizer.ggml.tokens"]
    assert model.vocabulary == len(field.data)
    for token, part in enumerate(field.data):
        text = bytes(field.parts[part]).decode()
        known = all(char in byte_of for char in text)
        expected = bytes(byte_of[char] for char in text) if known and token > 16 else text.encode()
        assert model.piece(token) == expected, (token, text)
        whole = TextStream()
        assert whole.feed(model.piece(token)) + whole.flush() == expected.decode("utf-8", "replace")
