"""Pictures and pages as a model is shown them: small JPEGs of ours, whatever a stranger's file says of itself."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from conftest import Documents
from made_files import pdf, text_at
from PIL import Image

from app.errors import AppError
from app.pictures import LONGEST_SIDE, Picture
from app.text.personal.kinds import USUAL
from app.workers.calls.attached import LoadPicture, PictureLoaded
from app.workers.calls.personal import KeepMasking

RED, BLUE = (220, 30, 30), (30, 30, 220)


def shown(documents: Documents, path: Path, page: int = 0) -> Picture:
    loaded = documents.ask(LoadPicture(path=str(path), page=page))
    assert isinstance(loaded, PictureLoaded)
    return loaded.picture


def opened(picture: Picture) -> Image.Image:
    assert picture.data[:3] == b"\xff\xd8\xff"
    image = Image.open(io.BytesIO(picture.data))
    assert image.size == (picture.width, picture.height)
    return image.convert("RGB")


def near(pixel: object, color: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 24 for a, b in zip(pixel, color, strict=True))


def png_that_says(width: int, height: int) -> bytes:
    """The header of a picture of any size, with the pixels of none."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg_cut_short() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 80).save(out, "JPEG")
    return out.getvalue()[: len(out.getvalue()) // 2]


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("huge.png", png_that_says(50_000, 50_000), "larger than Inhouse can read"),
        ("long.png", png_that_says(2_000_000_000, 1), "larger than Inhouse can read"),
        ("cut.jpg", jpeg_cut_short(), "damaged"),
        ("empty.png", b"", "The file is empty"),
        ("drawing.svg", SVG, "no picture of a kind that Inhouse opens"),
        ("renamed.png", SVG, "no picture of a kind that Inhouse opens"),
        ("photo.heic", HEIC, "no picture of a kind that Inhouse opens"),
        ("script.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture of a kind"),
    ],
)
def test_what_cannot_be_shown_is_said_in_words(
    documents: Documents, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AppError) as refused:
        shown(documents, path)
    assert said in str(refused.value), refused.value
    good = tmp_path / "good.png"
    Image.new("RGB", (20, 10), RED).save(good)
    assert near(opened(shown(documents, good)).getpixel((5, 5)), RED), "the next one is opened all the same"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_what_moves_is_shown_as_it_begins(documents: Documents, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"moves.{kind.lower()}"
    frames = [Image.new("RGB", (60, 40), color) for color in (RED, BLUE, BLUE)]
    frames[0].save(path, kind, save_all=True, append_images=frames[1:], duration=50)
    assert near(opened(shown(documents, path)).getpixel((30, 20)), RED)


def test_a_large_or_thin_picture_becomes_small_and_keeps_its_shape(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("RGBA", (6000, 3000), (*RED, 255)).save(path)
    wide = shown(documents, path)
    assert (wide.width, wide.height) == (LONGEST_SIDE, LONGEST_SIDE // 2) and wide.name == "wide.png"
    Image.new("L", (5000, 1)).save(path)
    assert (shown(documents, path).width, shown(documents, path).height) == (LONGEST_SIDE, 1)
    Image.new("CMYK", (30, 30)).save(tmp_path / "print.jpg")
    assert near(opened(shown(documents, tmp_path / "print.jpg")).getpixel((9, 9)), (255, 255, 255))


def test_a_page_is_shown_as_it_is_drawn_and_knows_its_document(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "plan.pdf"
    path.write_bytes(pdf([text_at(72, 700, "First"), "1 0 0 rg 0 0 595 842 re f\n" + text_at(72, 700, "Second")]))
    assert shown(documents, path, 2).documents == (), "it is in no collection yet"
    documents.add(path)
    second = shown(documents, path, 2)
    assert second.name == "plan.pdf, page 2" and second.documents == (documents.listed()[0].id,)
    assert max(second.width, second.height) == LONGEST_SIDE
    assert near(opened(second).getpixel((200, 900)), (255, 0, 0))
    with pytest.raises(AppError, match="no page 3"):
        shown(documents, path, 3)
    with pytest.raises(AppError):
        shown(documents, path), "a document is no picture"


def test_no_page_is_shown_of_a_document_whose_personal_data_is_masked(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "refund.pdf"
    path.write_bytes(pdf([text_at(72, 700, "Refunds go to DE89370400440532013000 within ten days.")]))
    documents.add(path)
    assert shown(documents, path, 1).data
    documents.ask(KeepMasking(collection_id=documents.collection("Policies"), kinds=USUAL))
    documents.add(path)
    with pytest.raises(AppError, match="Personal data is masked"):
        shown(documents, path, 1)
