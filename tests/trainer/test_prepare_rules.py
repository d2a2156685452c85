"""Planted personal data, near duplicates and leaks are found: recall at least 0.95 on texts made here, truth known."""

from __future__ import annotations

import datetime
import json
import random
import string
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from app.text.personal import checksums
from trainer.errors import TrainerError
from trainer.prepare import duplicates, files, personal, quality

CLEAN = (
    "The hotel limit in Munich is 165 euro per night.",
    "Order 2024-11-12 was shipped on 12.11.2024 for 1,234,567.89 euro.",
    "Part number 4001-22-333 replaces 4001-22-334 from 1 May 2025.",
    "Press Start, then wait 30 seconds. See chapter 4.2 on page 118.",
    "The North Hall opens at 07:30 and closes at 18:00 on Friday.",
    "Invoices above 10 000 euro need two approvals within 14 days.",
    "The Quality Manual, version 3.1.4, lists 12 steps for Line Three.",
    "Torque is 45 Nm at 1500 rpm, tolerance plus or minus 0.05 mm.",
)


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def with_luhn(body: str) -> str:
    """Try the ten last digits: another way to reach the sum than the checker's own arithmetic on a given number."""
    table = {0: 0, 1: 2, 2: 4, 3: 6, 4: 8, 5: 1, 6: 3, 7: 5, 8: 7, 9: 9}
    total = sum(table[int(d)] if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def iban(rng: random.Random) -> str:
    body = digits(rng, 18)
    check = 98 - int(body + "131400") % 97  # D = 13, E = 14
    number = f"DE{check:02d}{body}"
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def card(rng: random.Random) -> str:
    number = with_luhn(rng.choice(("4", "51", "55")).ljust(2, "3") + digits(rng, 13))
    return " ".join(number[i : i + 4] for i in range(0, 16, 4))


def name(rng: random.Random) -> str:
    given = rng.choice(("Anna", "Thomas", "Sophie", "Lukas", "Fatima", "Marco", "Ingrid", "Pavel"))
    return f"{given} {rng.choice(('Lindqvist', 'Brandt', 'O’Hara', 'Marchetti', 'Novak', 'Weiss', 'Dupont'))}"


KINDS: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...]]] = {
    "e-mail": (
        lambda r: f"{r.choice(('a.b', 'kim', 'x_y'))}{digits(r, 2)}@example-{digits(r, 2)}.org",
        ("Write to {} today.", "<{}>"),
    ),
    "phone": (
        lambda r: r.choice(
            (f"+49 89 {digits(r, 4)}-{digits(r, 3)}", f"+1 (212) 555-0{digits(r, 3)}", f"0171 {digits(r, 7)}")
        ),
        ("Call {} before noon.", "Tel.: {}", "Phone {} (office)"),
    ),
    "IBAN": (iban, ("Pay to {} please.", "IBAN: {}")),
    "card number": (card, ("The card {} was charged.", "Card: {}")),
    "national id": (
        lambda r: f"{r.randint(100, 600)}-{r.randint(10, 99)}-{r.randint(1000, 9999)}",
        ("SSN {} on file.", "Her number is {}."),
    ),
    "key": (
        lambda r: r.choice(
            (
                "AKIA" + "".join(r.choices(string.ascii_uppercase, k=16)),
                "ghp_" + "".join(r.choices(string.ascii_letters, k=36)),
            )
        ),
        ("The key {} opens it.", "export KEY={}"),
    ),
    "password": (lambda r: f"Wk{digits(r, 4)}!q", ("Password: {}", "the password is {}")),
    "name": (name, ("Ask {} about leave.", "Signed by {} in May.", "{} approved it.")),
}


def test_planted_personal_data_is_found_and_masked(record_property: Callable[[str, object], None]) -> None:
    rng = random.Random(5)
    found = planted = false = 0
    for kind, (make, frames) in KINDS.items():
        hits = 0
        for _ in range(60):
            value = make(rng)
            before, after = rng.choice(CLEAN), rng.choice(CLEAN)
            text = f"{before} {rng.choice(frames).format(value)} {after}"
            findings = personal.find(text)
            start, end = text.index(value), text.index(value) + len(value)
            inside = [f for f in findings if f.start < end and f.end > start]
            hits += value not in personal.mask(text, findings) and any(f.kind == kind for f in inside)
            false += len(findings) - len(inside)
        assert hits >= 57, f"{kind}: {hits} of 60"
        found, planted = found + hits, planted + 60
    record_property("personal_data_recall", found / planted)
    record_property("personal_data_precision", found / (found + false))
    print(f"personal data: recall {found / planted:.3f}, precision {found / (found + false):.3f} of {planted} planted")
    assert found / planted >= 0.95


def test_clean_sentences_stay_as_they_are() -> None:
    assert [personal.find(text) for text in CLEAN] == [[] for _ in CLEAN]


@pytest.mark.parametrize(
    ("check", "valid", "wrong"),
    [  # published examples of the issuing bodies
        (checksums.is_iban, "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
        (checksums.is_card, "4111 1111 1111 1111", "4111 1111 1111 1112"),
        (checksums.is_swiss_ahv, "756.9217.0769.85", "756.9217.0769.86"),
        (checksums.is_spanish_id, "12345678Z", "12345678A"),
        (checksums.is_italian_code, "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
        (checksums.is_german_tax_id, "86095742719", "86095742718"),
        (checksums.is_dutch_bsn, "111222333", "111222334"),
        (checksums.is_polish_pesel, "44051401359", "44051401358"),
    ],
)
def test_checksums_tell_right_from_wrong(check: Callable[[str], bool], valid: str, wrong: str) -> None:
    assert check(valid) and not check(wrong)


def test_a_mere_number_is_seldom_taken_for_an_id() -> None:
    """Eleven digits at random: the check digit alone let one in nine pass as a German tax id."""
    rng = random.Random(4)
    found = sum(bool(personal.find(f"Serial {digits(rng, 11)} was shipped.")) for _ in range(2000))
    assert found < 0.04 * 2000


@pytest.mark.parametrize("text", ["Use +999 12 3456 789 here.", "Part 100-200-3000 fits.", "It is +49 1 today."])
def test_what_no_country_gives_out_is_no_phone_number(text: str) -> None:
    assert personal.find(text) == []


def sentence(rng: random.Random, words: int = 24) -> str:
    return " ".join("".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 9))) for _ in range(words))


def changed(rng: random.Random, text: str) -> str:
    """Nearly the same: one word replaced, the case and the commas changed."""
    words = text.split()
    words[rng.randrange(len(words))] = "replaced"
    return ", ".join((" ".join(words[:10]), " ".join(words[10:]))).capitalize() + "."


def test_planted_near_duplicates_are_found() -> None:
    rng = random.Random(7)
    originals = [sentence(rng) for _ in range(600)]
    copies = [changed(rng, text) for text in originals[:200]]
    pairs = duplicates.near_duplicates([*originals, *copies], 0.7)
    truth = {(i, 600 + i) for i in range(200)}
    got = {(p.first, p.second) for p in pairs}
    recall, precision = len(got & truth) / len(truth), len(got & truth) / max(1, len(got))
    print(f"near duplicates: recall {recall:.3f}, precision {precision:.3f}")
    assert recall >= 0.95 and precision >= 0.95


def test_planted_leaks_are_found() -> None:
    rng = random.Random(11)
    taught = [sentence(rng, 14) for _ in range(300)]
    kept = [changed(rng, text) if i < 60 else sentence(rng, 14) for i, text in enumerate(taught[:150])]
    found = {(p.first, p.second) for p in duplicates.leaks(taught, kept, 0.6)}
    truth = {(i, i) for i in range(60)}
    print(f"leaks: recall {len(found & truth) / 60:.3f}, precision {len(found & truth) / max(1, len(found)):.3f}")
    assert len(found & truth) >= 57 and len(found - truth) <= 3


def test_clusters_join_what_hangs_together() -> None:
    pairs = [
        duplicates.NearDuplicate(0, 2, 1.0),
        duplicates.NearDuplicate(2, 4, 1.0),
        duplicates.NearDuplicate(1, 3, 1.0),
    ]
    assert sorted(duplicates.clusters(6, pairs)) == [[0, 2, 4], [1, 3]]


def test_broken_characters_are_mended_and_noise_is_named() -> None:
    assert quality.repair("GrÃ¼ÃŸe aus KÃ¶ln\x00\u200b") == "Grüße aus Köln"
    assert quality.repair("café 90 €") == "café 90 €"
    assert "letters" in quality.complaint("12 34 56 78 90 12 34 56 78 ab")
    assert "repeats" in quality.complaint("buy now " * 20)
    assert quality.complaint("Send the claim within 30 days.") == ""
    table = "| City | Standard | Trade fair |\n|---|---|---|\n| Berlin | 150 € | 190 € |\n| Munich | 165 € | 220 € |"
    assert quality.complaint(table) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The claim must be sent within thirty days of the trip.", "en"),
        ("Der Antrag ist innerhalb von dreißig Tagen nach der Reise zu stellen.", "de"),
        ("La demande doit être envoyée dans les trente jours après le voyage.", "fr"),
        ("报销申请必须在出差后三十天内提交", "zh"),
        ("Заявление следует подать в течение тридцати дней", "ru"),
    ],
)
def test_language_is_told(text: str, code: str) -> None:
    assert quality.language(text) == code


def test_headers_and_footers_are_told_from_text() -> None:
    body = "\n".join(f"Line {{}}{n} of the page's own text." for n in "abcd")
    pages = [f"Travel policy 2026\nConfidential\n{body.format(*[n * 'x'] * 4)}\nPage {n} of 9" for n in range(1, 9)]
    assert quality.boilerplate(pages) == {"travel policy #", "confidential", "page # of #"}
    assert quality.boilerplate(pages[:2]) == frozenset()


def test_texts_and_their_labels_are_read_by_these_names(tmp_path: Path) -> None:
    path = tmp_path / "letters.csv"
    path.write_text("text,label\nThe pump arrived broken.,complaint\n", encoding="utf-8")
    (example,) = files.read_file(path).examples
    assert (example.question, example.answer) == ("The pump arrived broken.", "complaint")


def test_rows_of_every_known_shape_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        '{"instruction": "Say it", "input": "in German", "output": "Gut"}\n'
        '{"conversations": [{"from": "human", "value": "Hi?"}, {"from": "gpt", "value": "Hello"}]}\n'
        '{"messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A"}]}\n'
        '{"prompt": "Q?", "chosen": "good", "rejected": "bad"}\n'
        '{"messages": [{"role": "user", "content": "no answer"}]}\n'
        "{broken\n",
        encoding="utf-8",
    )
    rows = files.read_file(path)
    assert [e.question for e in rows.examples] == ["Say it\n\nin German", "Hi?", "Q?"]
    assert [(p.chosen, p.rejected) for p in rows.preferences] == [("good", "bad")]
    assert [problem.split(":")[0] for problem in rows.problems] == ["Line 5 of “rows.jsonl”", "Line 6 of “rows.jsonl”"]


def test_a_broken_csv_row_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    path.write_text('question;answer\n"Two\nlines?";Yes\nonly one\nLast?;Ja, größer\n', encoding="cp1252")
    rows = files.read_file(path)
    assert [(e.question, e.answer) for e in rows.examples] == [("Two\nlines?", "Yes"), ("Last?", "Ja, größer")]
    assert rows.problems == ["Line 4 of “faq.csv”: it has 1 columns, the first row has 2."]


def test_a_conversation_begins_with_its_question(tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    rows = [
        [("gpt", "Welcome!"), ("gpt", "How can I help?"), ("human", "Hi?"), ("gpt", "Hello")],
        [("system", "Be brief."), ("gpt", "Welcome!"), ("human", "Hi?"), ("gpt", "Hello"), ("gpt", "There.")],
        [("gpt", "Nobody asked.")],
        [("gpt", "Welcome!"), ("human", "Hi?")],
    ]
    listed = [{"conversations": [{"from": who, "value": text} for who, text in row]} for row in rows]
    path.write_text("\n".join(map(json.dumps, listed)), encoding="utf-8")
    read = files.read_file(path)
    assert [[turn.content for turn in e.messages] for e in read.examples] == [
        ["Hi?", "Hello"], ["Be brief.", "Hi?", "Hello", "There."]
    ]  # fmt: skip
    assert [problem.split(":")[0] for problem in read.problems] == [f"Line {n} of “chats.jsonl”" for n in (3, 4)]


@pytest.mark.parametrize("stray", ['"12.7 cm is it', '"12.7" cm is it'])
def test_a_stray_quotation_mark_costs_one_row(tmp_path: Path, stray: str) -> None:
    path = tmp_path / "faq.csv"
    lines = ["question,answer", *[f"What is item {n}?,Answer {n}" for n in range(1000)]]
    lines[3] = f"What is 5 inches?,{stray}"
    path.write_text("\n".join(lines), encoding="utf-8")
    read = files.read_file(path)
    assert len(read.examples) == 999 and len(read.problems) == 1
    assert read.problems[0].startswith("Line 4 of “faq.csv”: a quotation mark is missing or misplaced")
    assert read.examples[2].answer == "Answer 3" and read.examples[-1].source.row == 1001


def test_two_stray_quotation_marks_do_not_join_the_rows_between(tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    lines = ["question,answer", *[f"What is item {n}?,Answer {n}" for n in range(100)]]
    lines[3], lines[50] = 'What is 5 inches?,"12.7 cm', 'How wide?,5"'
    path.write_text("\n".join(lines), encoding="utf-8")
    read = files.read_file(path)
    assert len(read.examples) == 99 and [problem.split(":")[0] for problem in read.problems] == ["Line 4 of “faq.csv”"]
    prose = "\n".join(f"Line {n}, with a comma and, sometimes, two." if n % 3 else f"Line {n}" for n in range(60))
    path.write_text(f'question,answer\nWhat?,"{prose}"\nAnd?,Yes\n', encoding="utf-8")
    read = files.read_file(path)
    assert [e.answer for e in read.examples] == [prose, "Yes"] and not read.problems


def test_lines_of_json_end_with_a_line_feed_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"question": f"Where{mark}is it?", "answer": "Here"} for mark in "\u2028\u2029\x85 "]
    path.write_bytes("\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode())
    read = files.read_file(path)
    assert len(read.examples) == 4 and not read.problems
    assert [e.source.row for e in read.examples] == [1, 2, 3, 4]


def test_preferences_may_be_lists_of_messages(tmp_path: Path) -> None:
    def said(*texts: str) -> list[dict[str, str]]:
        return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]

    answer = said("", "Good")[1:]
    path = tmp_path / "pairs.jsonl"
    rows: list[dict[str, object]] = [
        {"prompt": "Hi?", "chosen": said("Hi?", "Good"), "rejected": said("Hi?", "Bad")},
        {"chosen": said("Hi?", "Good"), "rejected": said("Hi?", "Bad")},
        {"prompt": "Hi?", "chosen": said("Hi?", "Yes?", "Go on.", "Good"), "rejected": said("Hi?", "No", "Oh.", "Bad")},
        {"prompt": said("Hi?"), "chosen": answer, "rejected": said("", "Bad")[1:]},
        {"prompt": "Hi?", "chosen": "Good", "rejected": said("Hi?", "Bad")},
        {"prompt": "Hi?", "chosen": said("Hi?"), "rejected": said("Hi?", "Bad")},
        {"prompt": "Hi?", "chosen": {"text": "Good"}, "rejected": "Bad"},
        {"question": ["Hi?"], "answer": "Good"},
        {"question": "Hi?", "answer": {"text": "Good"}},
        {"question": "Hi?", "answer": "Good", "context": ["not asked for"], "rejected": []},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    read = files.read_file(path)
    assert [(p.chosen, p.rejected) for p in read.preferences] == [("Good", "Bad")] * 5
    prompts = [[turn.content for turn in p.messages] for p in read.preferences]
    assert prompts == [["Hi?"], ["Hi?"], ["Hi?", "Yes?", "Go on."], ["Hi?"], ["Hi?"]]
    assert [e.answer for e in read.examples] == ["Good"]
    assert [problem.split(":")[0] for problem in read.problems] == [f"Line {n} of “pairs.jsonl”" for n in (6, 7, 8, 9)]
    assert "“question” is not a text." in read.problems[2]


def test_cells_are_taught_as_a_person_sees_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    day = datetime.datetime
    cells = [
        (0.2, "0%", "20 %"), (0.125, "0%", "13 %"), (0.0825, "0.00%", "8.25 %"), (0.5, "0.##%", "50 %"),
        (0.055, "0.##%", "5.5 %"), (3, '0" % of all"', "3"), (0.2, "General", "0.2"), (1, "0%", "100 %"),
        (day(2026, 3, 1), "yyyy-mm-dd", "2026-03-01"), (day(2026, 3, 1, 14, 30), "d.m.yyyy h:mm", "2026-03-01 14:30"),
        (datetime.time(8, 5), "h:mm", "08:05"), ("20%", "0%", "20%"),
    ]  # fmt: skip
    sheet.append(["question", "answer"])
    for row, (value, form, _) in enumerate(cells, 2):
        sheet.append([f"What is {row}?", value])
        sheet.cell(row, 2).number_format = form
    path, odd = tmp_path / "rows.xlsx", tmp_path / "odd.xlsx"
    book.save(path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(odd, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            size = f'ref="A1:B{len(cells) + 1}"'.encode()
            assert size in part or "sheet1" not in name
            target.writestr(name, part.replace(size, b'ref="A1"'))
    for file in (path, odd):  # some programs write no true size of a sheet
        assert [e.answer for e in files.read_file(file).examples] == [shown for *_, shown in cells]


def test_a_file_that_is_not_examples_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_bytes(b"not a workbook")
    with pytest.raises(TrainerError, match="cannot be opened"):
        files.read_file(tmp_path / "broken.xlsx")
    with pytest.raises(TrainerError, match="no longer there"):
        files.read_file(tmp_path / "gone.csv")
