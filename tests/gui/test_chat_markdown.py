"""Markdown of an untrusted model: the same blocks however it arrives, and nothing that opens by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.gui.chat.blocks import Block, Code, Paragraph, Table, Text
from app.gui.chat.markdown import parse, plain_text
from app.gui.chat.markdown_stream import MarkdownStream
from app.gui.chat.unsupported import mark_unsupported

MIXED = """The limit is **165 €** [1]. See `code [1]` and [a link](https://example.com).

| City | Limit |
|---|---:|
| Munich [2] | 165 |
| Berlin | 150 |
| Vienna | 160 |

## Before you book

- Take the train
  - a nested item
    on two lines
- Send the request
3. three
4. four

> A quote
> goes on

```python
def f():
    return "|"
```

Last words"""


def merged(blocks: list[Block]) -> list[object]:
    """One flat list: continued rows and paragraphs joined to where they belong."""
    flat: list[object] = []
    for block in blocks:
        if isinstance(block, Table) and block.continues:
            last = flat[-1]
            assert isinstance(last, Table)
            flat[-1] = replace(last, rows=last.rows + block.rows)
        elif isinstance(block, Text):
            flat.extend(block.paragraphs)
        else:
            flat.append(block)
    return flat


@pytest.mark.parametrize("step", [1, 2, 7, 31, 1000])
def test_streamed_blocks_equal_the_whole(step: int) -> None:
    stream = MarkdownStream(3)
    blocks: list[Block] = []
    for at in range(0, len(MIXED), step):
        blocks += stream.feed(MIXED[at : at + step])[0]
    assert merged(blocks + stream.finish()) == merged(parse(MIXED, 3))


def test_long_paragraph_is_given_out_and_reads_the_same() -> None:
    text = "A sentence with **bold words** in it. " * 200
    stream = MarkdownStream()
    given: list[Block] = []
    for at in range(0, len(text), 50):
        given += stream.feed(text[at : at + 50])[0]
    assert len(given) > 3
    assert all(isinstance(block, Text) and block.continues for block in given[1:])
    words = " ".join(
        "".join(span.text for span in paragraph.spans).strip()
        for block in given + stream.finish()
        if isinstance(block, Text)
        for paragraph in block.paragraphs
    )
    assert words == plain_text(text)


def test_html_images_and_dangerous_links_stay_text() -> None:
    text = (
        '<img src="//host/a.png"> ![pixel](//host/share/a.png) [x](file:///etc/passwd) '
        "[y](javascript:alert(1)) [z](\\\\host\\share) <b>bold</b>"
    )
    block = parse(text)[0]
    assert isinstance(block, Text)
    spans = block.paragraphs[0].spans
    assert not any(span.link for span in spans)
    words = "".join(span.text for span in spans)
    assert "<img" in words and "<b>" in words and "pixel" in words


def test_only_known_numbers_are_citations() -> None:
    block = parse("One [1], both [1, 2], none [3], an array a[0]. [1]: start", 2)[0]
    assert isinstance(block, Text)
    cites = [span.cite for span in block.paragraphs[0].spans if span.cite]
    assert cites == [1, 1, 2, 1]
    assert "[3]" in "".join(span.text for span in block.paragraphs[0].spans)


def test_citation_at_the_start_of_a_line_is_no_link_definition() -> None:
    block = parse("[1]: see page 8", 1)[0]
    assert isinstance(block, Text) and block.paragraphs[0].spans[0].cite == 1


def test_full_stop_stands_before_its_citation() -> None:
    block = parse("It costs 160 EUR [1]. More follows.", 1)[0]
    assert isinstance(block, Text)
    assert _read(block) == "It costs 160 EUR. [1] More follows."
    bold = parse("It costs **160 EUR** [1][2]. More [1]", 2)[0]
    assert _read(bold) == "It costs 160 EUR. [1][2] More [1]"


def _read(block: Block) -> str:
    assert isinstance(block, Text)
    return "".join(f"[{span.cite}]" if span.cite else span.text for span in block.paragraphs[0].spans)


def test_unsupported_sentence_is_marked_across_its_looks() -> None:
    blocks = parse("Sure. Parking **fees** are\nusually `paid`. The end.", 1)
    (block,) = mark_unsupported(blocks, ["Parking **fees** are\nusually `paid`."])
    assert isinstance(block, Text)
    spans = block.paragraphs[0].spans
    marked = "".join(span.text for span in spans if span.unsupported)
    assert marked == "Parking fees are\nusually paid."
    flags = [at for at, span in enumerate(spans) if span.flag]
    assert len(flags) == 1 and spans[flags[0] + 1].text == " The end."


def test_two_unsupported_sentences_get_a_flag_each() -> None:
    (block,) = mark_unsupported(parse("First one here. Second one here."), ["First one here.", "Second one here."])
    assert isinstance(block, Text)
    assert [span.flag for span in block.paragraphs[0].spans].count(True) == 2


def test_open_fence_is_code_without_its_end() -> None:
    done, tail = MarkdownStream().feed("```py\nx = 1\n| not | a table |\n")
    assert done == [] and tail == [Code("x = 1\n| not | a table |\n", "py", open=True)]


def test_hostile_nesting_ends() -> None:
    for text in ("> " * 5000 + "x", "- " * 3000, "[" * 20_000, "*" * 20_000, "`" * 9_999, "|" * 5000 + "\n|-" * 3):
        parse(text, 3)


def test_paragraph_marks_of_lists() -> None:
    blocks = parse("3. three\n4. four\n   - inner")
    paragraphs = [each for block in blocks if isinstance(block, Text) for each in block.paragraphs]
    assert [(each.marker, each.level) for each in paragraphs] == [("3.", 1), ("4.", 1), ("•", 2)]
    assert all(isinstance(each, Paragraph) for each in paragraphs)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20])
def test_words_that_skip_the_parser_read_as_if_they_had_not(size: int) -> None:
    """At each step the stream's blocks are those of the text so far, whatever marks end in the middle of a piece."""
    text = (
        "Words before **bold**, then `code` and more words. 1. not a list, 2 * 3 * 4 is 24; snake_case_name stays. "
        "A [link](https://example.com) goes on (so it does) and *this* ends, “quoted” – too.\n"
        "Second line of it\n- an item - with a dash\n\n1. first\n2. second one\n\nSee [1]. And on, with a, b.\n\n"
        "Title\n---\n# Heading here\n\n|a|b|\n|-|-|\n|c d|e|\n\nmore, words 3.5 % of it. Last words"
    )
    stream, done = MarkdownStream(3), list[Block]()
    for at in range(0, len(text), size):
        given, rest = stream.feed(text[at : at + size])
        done += given
        assert plain_words([*done, *rest]) == plain_words(parse(text[: at + size], 3))
    assert done + stream.finish() == parse(text, 3)


def plain_words(blocks: list[Block]) -> list[object]:
    """The looks and words of all blocks, rows of one table together."""
    found: list[object] = []
    for block in blocks:
        if isinstance(block, Text):
            found += [(each.kind, each.level, each.marker, each.spans) for each in block.paragraphs]
        elif isinstance(block, Table):
            found += [] if block.continues else [block.header]
            found += list(block.rows)
        else:
            found.append((block.language, block.text.rstrip("\n")))
    return found
