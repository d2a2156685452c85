"""HTML as a reader sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.documents.loaders.html import load_html
from app.errors import BadFile

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def blocks(page: str) -> list[tuple[str, str]]:
    parsed = load_html(page.encode())
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def test_structure() -> None:
    page = """<html><head><title>Car fleet</title><style>p { color: red }</style></head><body>
    <nav><a href=/>Home</a></nav><h1>Fleet</h1><p>Cars are <b>booked</b>
      in the portal.<br>Ask the desk.<br><br>Second part.</p>
    <ul><li>one<ul><li>inner</li></ul></li><li>two</li></ul><ol start=3><li>three</li></ol>
    <pre>code
      here</pre><h2>End</h2><script>steal()</script></body></html>"""
    assert blocks(page) == [
        ("heading", "Fleet"),
        ("paragraph", "Cars are booked in the portal.\nAsk the desk."),
        ("paragraph", "Second part."),
        ("list", "- one"),
        ("list", "- inner"),
        ("list", "- two"),
        ("list", "3. three"),
        ("code", "code\n      here"),
        ("heading", "End"),
    ]
    assert load_html(page.encode()).title == "Car fleet"


def test_tables_row_by_row_with_spans_repeated() -> None:
    page = """<table><tr><th>City</th><th>Season</th><th>Limit</th></tr>
    <tr><td rowspan=2>Munich</td><td>Standard</td><td>165 €</td></tr>
    <tr><td><p>Trade</p><p>fair</p></td><td>220 €</td></tr>
    <tr><td colspan=3>All with breakfast</td></tr></table>"""
    assert blocks(page) == [
        ("header_row", "City | Season | Limit"),
        ("row", "Munich | Standard | 165 €"),
        ("row", "Munich | Trade fair | 220 €"),
        ("paragraph", "All with breakfast"),
    ]


def test_tables_for_layout_are_read_as_blocks() -> None:
    page = (
        "<table><tr><td><h1>Left</h1><p>One</p></td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>"
    )
    assert blocks(page) == [("heading", "Left"), ("paragraph", "One"), ("row", "a | b")]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display : none'>INJ</p>",
        "<p style='font-size:0'>INJ</p>",
        "<p style='color:#FFF'>INJ</p>",
        "<p style='color:red;background-color:red'>INJ</p>",
        "<p style='position:absolute;left:-9999px'>INJ</p>",
        "<p style='opacity:0'>INJ</p>",
        "<p hidden>INJ</p>",
        "<p aria-hidden=true>INJ</p>",
        "<p class='x secret'>INJ</p>",
        "<p id=ghost>INJ</p>",
        "<template>INJ</template>",
        "<noscript>INJ</noscript>",
        "<!-- INJ -->",
        "<img alt='INJ' src=x>",
        "<textarea>INJ</textarea>",
    ],
)
def test_what_a_browser_does_not_show_is_not_read(hidden: str) -> None:
    style = "<style>@media print {.shown{display:none}} /* a */ .secret, #ghost { visibility:hidden }</style>"
    assert blocks(style + hidden + "<p class=shown>Seen</p>") == [("paragraph", "Seen")]


def test_what_is_shown_stays() -> None:
    page = "<p style='opacity:0.5;font-size:10px;color:#fff;background:#000;height:100px'>Seen</p>"
    assert blocks(page) == [("paragraph", "Seen")]


def test_main_part_without_menus() -> None:
    page = f"<div>Menu Menu</div><main><p>{'Text. ' * 20}</p></main><div>Imprint</div>"
    assert blocks(page) == [("paragraph", ("Text. " * 20).strip())]


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-8", "made-up"])
def test_declared_encoding(charset: str) -> None:
    encoding = "utf-8" if charset in ("utf-8", "made-up") else "cp1252"
    page = f'<meta charset="{charset}"><p>Größe 15 €</p>'.encode(encoding)
    assert load_html(page).text == "Größe 15 €"


def test_deep_nesting_and_hostile_style_sheets() -> None:
    assert load_html(b"<b>" * 50_000 + b"hi").text == "hi"
    for style in (b"a" * 200_000, b"@" * 200_000, b"/*" * 100_000, b"{" * 200_000):
        assert load_html(b"<style>" + style + b"</style><p>hi").text == "hi"


def test_page_without_text() -> None:
    with pytest.raises(BadFile) as refused:
        load_html(b"<html><body><script>1</script></body></html>")
    assert refused.value.code == "empty"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_shared_tricks_and_encodings() -> None:
    hidden = load_html((SHARED / "injection" / "hidden.html").read_bytes())
    assert "visible 25 days" in hidden.text
    markers = [word for word in hidden.text.split() if word.startswith("INJ_")]
    assert markers == ["INJ_TAGCHARS"], (
        "the marker stands in plain sight; the invisible tag characters after it are gone"
    )
    assert hidden.text.isascii()
    old = load_html((SHARED / "office" / "unstructured" / "fake-html-cp1252.html").read_bytes())
    assert "15,50 €" in old.text
    assert "schöne" in old.text
