"""Text of any encoding: byte order marks, UTF-16 without one, and the 8-bit and multi-byte ones that say nothing."""

from __future__ import annotations

import pytest

from app.documents.loaders.decode import decode, looks_binary

TEXTS = {
    "ru": "Гостиница в Осло стоит 210 евро за ночь. Завтрак включён в цену.",
    "uk": "Готель у Львові коштує 90 євро за ніч. Сніданок включено у вартість.",
    "el": "Το ξενοδοχείο στην Αθήνα κοστίζει 90 ευρώ τη βραδιά. Το πρωινό περιλαμβάνεται.",
    "ja": "オスロのホテルの上限は一泊210ユーロです。朝食は料金に含まれています。",
    "zh": "奥斯陆酒店每晚限额为210欧元，早餐包含在内。请在月底之前提交报销单。",
    "tw": "奧斯陸酒店每晚限額為210歐元，早餐包含在內。請在月底之前提交報銷單。",
    "ko": "오슬로 호텔의 1박 한도는 210유로입니다. 조식은 요금에 포함되어 있습니다.",
    "pl": "Limit w Krakowie wynosi 90 euro za noc. Śniadanie jest wliczone, a także żółta książka.",
    "cs": "Limit pro hotel v Praze je 90 eur za noc. Snídaně je v ceně, parkování také. Příliš žluťoučký kůň.",
    "hu": "A szállodai keret éjszakánként 90 euró. A reggeli benne van az árban, őszi szünetben is.",
    "de": "Das Limit für Übernachtungen beträgt in München 210 € je Nacht. Größe „L“ – Frühstück.",
    "fr": "La limite pour l'hôtel à Genève est de 210 € par nuit, petit-déjeuner compris. Œuvre achevée.",
    "es": "El límite en Málaga es de 210 € por noche. El desayuno está incluido, ¿verdad? Mañana más.",
    "pt": "O limite em São Paulo é de 210 € por noite. O café da manhã está incluído; opções não há.",
    "it": "Il limite per l'albergo è di 210 € a notte. La colazione è compresa, però il parcheggio no.",
    "sv": "Gränsen för hotell i Malmö är 210 euro per natt. Frukost ingår också på måndagar.",
    "da": "Grænsen for hoteller på Fyn er 210 euro; morgenmad og høflig betjening indgår altså.",
    "tr": "İstanbul'daki otel sınırı gecelik 90 avrodur. Kahvaltı dahildir, şehir merkezi yakındır.",
    "he": "המגבלה למלון בתל אביב היא 210 אירו ללילה. ארוחת הבוקר כלולה במחיר.",
    "ar": "حد الفندق في دبي هو 210 يورو في الليلة. وجبة الإفطار مشمولة في السعر.",
    "th": "โรงแรมในกรุงเทพราคา 90 ยูโรต่อคืน รวมอาหารเช้าแล้ว",
}
NARROW = [
    ("ru", "cp1251"), ("ru", "koi8_r"), ("ru", "iso8859_5"), ("ru", "cp866"), ("uk", "cp1251"), ("uk", "koi8_u"),
    ("el", "cp1253"), ("ja", "cp932"), ("ja", "euc_jp"), ("ja", "iso2022_jp"), ("zh", "gb18030"), ("zh", "gb2312"),
    ("tw", "big5"), ("ko", "cp949"), ("pl", "cp1250"), ("pl", "iso8859_2"), ("cs", "cp1250"), ("cs", "iso8859_2"),
    ("hu", "cp1250"), ("de", "cp1252"), ("fr", "cp1252"), ("es", "cp1252"), ("pt", "cp1252"), ("it", "cp1252"),
    ("sv", "cp1252"), ("da", "cp1252"), ("tr", "cp1254"), ("he", "cp1255"), ("ar", "cp1256"), ("th", "cp874"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "encoding"), NARROW)
@pytest.mark.parametrize("before", ["", "An English line that is all ASCII. It comes first.\n" * 40])
def test_an_encoding_that_nothing_declares_is_known_by_its_text(language: str, encoding: str, before: str) -> None:
    text = before + TEXTS[language] + "\n"
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16", "utf-8-sig", "utf-32"])
def test_unicode_is_read_with_a_mark_and_without(language: str, encoding: str) -> None:
    text = TEXTS[language] + "\n" + TEXTS[language] + "\n"
    assert decode(text.encode(encoding)) == text


def test_a_short_western_text_stays_western() -> None:
    for text in ("Hallo Jörg,", "Le café est à côté.", "Größe: 5 µm", "Prix : 5 €", "naïve"):
        assert decode(text.encode("cp1252")) == text


def test_binary_stays_binary() -> None:
    for data in (
        bytes(range(256)) * 40,
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64),
    ):
        assert looks_binary(data)
