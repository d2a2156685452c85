"""Settings: declared once, kept whole whatever happens to the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import settings as s
from app.errors import AppError, NoSpace
from app.paths import Home, home


def values(place: Home) -> dict[str, object]:
    stored = json.loads(place.settings_file.read_text())["values"]
    assert isinstance(stored, dict)
    return stored


def test_a_choice_is_there_at_the_next_start_and_only_differences_are_stored() -> None:
    first = s.Settings(home())
    first.set(s.THEME, "dark")
    first.set(s.SEED, 7)
    first.set(s.SIDEBAR_OPEN, True)
    assert values(home()) == {"seed": 7, "theme": "dark"}
    again = s.Settings(home())
    assert (again.get(s.THEME), again.get(s.SEED), again.get(s.TEXT_SIZE)) == ("dark", 7, 100)
    again.set(s.SEED, None)
    assert values(home()) == {"theme": "dark"}


def test_every_default_is_allowed_and_every_key_is_declared_once() -> None:
    assert len(s.BY_KEY) == len(s.ALL)
    for setting in s.ALL:
        assert setting.accept(setting.default) == setting.default
        assert not setting.section or (setting.label and setting.section in s.SECTIONS)
    for preset in s.PRESETS.values():
        assert preset.keys() == s.PRESETS["precise"].keys()
        for key, value in preset.items():
            s.BY_KEY[key].accept(value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", "pink"), ("theme", 1), ("temperature", 3.0), ("temperature", float("nan")), ("temperature", "0.1"),
        ("top_k", 1.5), ("top_k", True), ("seed", -1), ("instructions", "x" * 2001), ("context_length", 5000),
        ("reduced_motion", 1), ("theme", None),
    ],
)  # fmt: skip
def test_a_value_that_is_not_allowed_is_refused_with_a_sentence(key: str, value: object) -> None:
    settings = s.Settings(home())
    with pytest.raises(AppError) as caught:
        settings.set(s.BY_KEY[key], value)
    assert caught.value.hint
    assert not home().settings_file.exists()


def test_the_answer_style_sets_the_sampling_and_an_own_value_goes_before_it() -> None:
    settings = s.Settings(home())
    settings.set(s.REPEAT_PENALTY, 1.15)
    settings.set(s.TOP_K, 40)
    assert settings.sampling().repeat_penalty == 1.15
    assert not settings.is_default(s.REPEAT_PENALTY)
    assert settings.is_default(s.TOP_K)
    settings.set(s.ANSWER_STYLE, "creative")
    assert settings.sampling().temperature == 1.0
    assert settings.is_default(s.REPEAT_PENALTY)
    settings.set(s.TEMPERATURE, 1)
    assert settings.is_default(s.TEMPERATURE)


def test_listeners_hear_what_changed_and_nothing_else() -> None:
    settings = s.Settings(home())
    heard: list[str] = []
    end = settings.subscribe(heard.append)
    settings.set(s.THEME, "dark")
    settings.set(s.THEME, "dark")
    other = s.Settings(home())
    other.set(s.TEXT_SIZE, 120)
    assert heard == ["theme"]
    settings.reload()
    assert heard == ["theme", "text_size"]
    end()
    settings.reset(s.THEME)
    assert heard == ["theme", "text_size"]


def test_two_processes_writing_at_once_keep_each_others_changes() -> None:
    program = (
        "import sys; from app import settings as s; from app.paths import home\n"
        "settings = s.Settings(home())\n"
        "for n in range(40): settings.set(s.BY_KEY[sys.argv[1]], int(sys.argv[2]) + n)\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program, key, start])
        for key, start in (("top_k", "100"), ("max_tokens", "2000"), ("text_size", "110"))
    ]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert values(home()) == {"top_k": 139, "max_tokens": 2039, "text_size": 149}
    assert not list(home().root.glob("*.tmp"))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": "1", "values": {}}', b"\xff\xfe\x00", b"[" * 100_000, b'{"version": 1}']
)
def test_a_broken_file_is_set_aside_and_the_defaults_are_used(content: bytes) -> None:
    home().root.mkdir(parents=True)
    home().settings_file.write_bytes(content)
    settings = s.Settings(home())
    assert settings.get(s.THEME) == "system"
    kept = list(home().root.glob("settings.broken-*.json"))
    assert [file.read_bytes() for file in kept] == [content]
    assert kept[0].name in settings.note
    settings.set(s.THEME, "light")
    assert s.Settings(home()).get(s.THEME) == "light"


def test_unknown_keys_are_kept_and_a_value_that_is_not_allowed_gives_way() -> None:
    home().root.mkdir(parents=True)
    home().settings_file.write_text('{"version": 1, "values": {"from_later": [1], "theme": "pink", "top_k": 7}}')
    settings = s.Settings(home())
    assert (settings.get(s.THEME), settings.get(s.TOP_K)) == ("system", 7)
    settings.set(s.TEXT_SIZE, 110)
    assert values(home()) == {"from_later": [1], "top_k": 7, "text_size": 110}


def test_a_newer_file_is_used_and_left_as_it_is() -> None:
    home().root.mkdir(parents=True)
    text = '{"version": 99, "values": {"theme": "dark"}}'
    home().settings_file.write_text(text)
    settings = s.Settings(home())
    assert settings.read_only
    assert settings.note
    settings.set(s.TOP_K, 9)
    assert (settings.get(s.THEME), settings.get(s.TOP_K)) == ("dark", 9)
    assert home().settings_file.read_text() == text


def test_an_older_file_is_migrated_after_a_backup(monkeypatch: pytest.MonkeyPatch) -> None:
    home().root.mkdir(parents=True)
    home().settings_file.write_text('{"version": 1, "values": {"colours": "dark"}}')
    monkeypatch.setattr(s, "MIGRATIONS", [lambda old: {"theme": old["colours"]}])
    settings = s.Settings(home())
    assert settings.get(s.THEME) == "dark"
    settings.reload()
    assert not home().backups.exists(), "who only reads leaves nothing behind"
    settings.set(s.TOP_K, 9)
    assert json.loads(home().settings_file.read_text())["version"] == 2
    settings.set(s.TOP_K, 10)
    (copy,) = home().backups.glob("settings-v1-*.json")
    assert "colours" in copy.read_text()


OLD = '{"version": 1, "values": {"default_collection": "Reisen & Spesen", "theme": "dark"}}'


def test_the_name_of_the_default_collection_becomes_its_id() -> None:
    home().root.mkdir(parents=True)
    home().settings_file.write_text(OLD)
    settings = s.Settings(home())
    heard: list[str] = []
    settings.subscribe(heard.append)
    assert settings.get(s.DEFAULT_COLLECTION) == 0
    settings.resolve_collections({"Other": 1})
    assert home().settings_file.read_text() == OLD, "it waits until the collection is known"
    settings.set(s.TEXT_SIZE, 110)
    s.Settings(home()).resolve_collections({"other": 1, "reisen & spesen": 2})
    settings.reload()
    assert settings.get(s.DEFAULT_COLLECTION) == 2 and s.DEFAULT_COLLECTION.key in heard
    assert values(home()) == {"default_collection": 2, "text_size": 110, "theme": "dark"}
    settings.resolve_collections({"Reisen & Spesen": 9})
    assert settings.get(s.DEFAULT_COLLECTION) == 2


def test_a_choice_made_before_the_name_was_resolved_stands() -> None:
    home().root.mkdir(parents=True)
    home().settings_file.write_text(OLD)
    settings = s.Settings(home())
    settings.set(s.DEFAULT_COLLECTION, 0)
    settings.resolve_collections({"Reisen & Spesen": 2})
    assert settings.get(s.DEFAULT_COLLECTION) == 0 and values(home()) == {"theme": "dark"}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_an_older_file_in_a_read_only_folder_is_used() -> None:
    home().root.mkdir(parents=True)
    home().settings_file.write_text(OLD)
    home().root.chmod(0o500)
    settings = s.Settings(home())
    assert settings.get(s.THEME) == "dark"
    with pytest.raises(NoSpace):
        settings.set(s.THEME, "light")
    home().root.chmod(0o700)


def test_a_folder_that_cannot_be_written_says_so_and_keeps_the_choice_for_now(tmp_path: Path) -> None:
    settings = s.Settings(Home(tmp_path / "data"))
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(NoSpace):
        settings.set(s.THEME, "dark")
    assert settings.get(s.THEME) == "dark"
