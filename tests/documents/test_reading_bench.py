"""What `inhouse bench reading` says of a folder."""

from __future__ import annotations

from pathlib import Path

from app.documents.reading_bench import figures, words


def test_each_file_and_each_kind_is_a_figure(tmp_path: Path) -> None:
    (tmp_path / "expected").mkdir()
    (tmp_path / "expected" / "a.txt.md").write_text(
        "# Red\n\ngreen *blue* [grey](http://x.example/unread) four", "utf-8"
    )
    (tmp_path / "a.txt").write_text("Red green, grey four.", "utf-8")
    (tmp_path / "b.eml").write_text("From: a@b.example\n\nhello", "utf-8")
    (tmp_path / "c.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    found = {figure["figure"]: figure for figure in figures(tmp_path)}
    assert set(found) >= {"a.txt", "c.doc", "word recall .txt"}
    assert "read, 21 characters" in found["a.txt"]["unit"] and "refused: " in found["c.doc"]["unit"]
    assert found["word recall .txt"]["value"] == 0.8 and not found["word recall .txt"]["ok"]


def test_marks_and_targets_of_links_are_no_words() -> None:
    assert words("| a\\_b | <!-- image --> [text](https://x.example/y_(z)) &amp; **c** |").keys() == {
        "a_b",
        "text",
        "c",
    }
