"""What a company sets: read as it stands, or closed wherever it cannot be; and no mutation opens what was closed."""

from __future__ import annotations

import json
import os
import random
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app import policy as module
from app.cli.main import main
from app.cli.policy import schema
from app.errors import AppError, NotAllowed
from app.paths import home
from app.policy import Policy, policy_file, read_policy, seal_of
from app.rules import CHAT_DAYS, EXPORTS, FOLDERS, MODELS, RULES, SERVERS, TRAINING, covers, lies_below, resolved
from app.settings import ALL, API_ENABLED, CLOSED, DECIDED, OFFLINE, THEME, Settings, company_policy

ROOT = Path(__file__).resolve().parents[1]
CANNOT = "The company's policy cannot be read"
WHOLE: dict[str, Any] = {
    "version": 1,
    "by": "IT service",
    "values": {
        "offline": True, "api_enabled": False, "add_runtimes": False, "exports": False, "training": False,
        "servers": ["models.example:8000", "*.lab.example"], "models": ["a" * 64, "0" * 64], "embedders": [],
        "folders": ["/srv/documents", "~/Documents"], "chat_days": 90, "mask_personal_data": True, "api_network": False,
        "log_level": "warning", "update_source": "", "theme": "dark",
    },
    "reasons": {"offline": "Models come from the software centre.", "exports": "Ask the data protection officer."},
}  # fmt: skip


def read(tmp_path: Path, raw: bytes | str | dict[str, Any]) -> Policy:
    file = tmp_path / "policy.json"
    text = json.dumps(raw, indent=2) if isinstance(raw, dict) else raw
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_policy(DECIDED, CLOSED, file)


def sealed(document: dict[str, Any]) -> str:
    return json.dumps({**document, "seal": seal_of(document)}, indent=2, ensure_ascii=False)


def is_closed(policy: Policy) -> bool:
    return all(policy.values[key] == value for key, value in CLOSED.items())


def test_a_policy_is_read_as_it_stands(tmp_path: Path) -> None:
    policy = read(tmp_path, WHOLE)
    assert policy.problems == () and policy.problem == "" and not policy.closed
    assert policy.rule(EXPORTS) is False and policy.rule(CHAT_DAYS) == 90
    assert policy.rule(SERVERS) == ("models.example:8000", "*.lab.example")
    assert policy.why("offline") == "Set by IT service. Models come from the software centre."
    assert policy.why("training") == "Set by IT service." and policy.why("text_size") == ""
    with pytest.raises(NotAllowed, match="does not allow exports") as refused:
        policy.require(EXPORTS, policy.rule(EXPORTS), "exports")
    assert refused.value.hint == "Ask the data protection officer."


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folder of Linux")
def test_no_variable_of_a_user_moves_the_systems_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "HOME", "INHOUSE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("INHOUSE_POLICY", raising=False)
    assert policy_file() == Path("/etc/xdg/Inhouse/policy.json")


def test_what_the_system_has_goes_before_what_a_variable_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "system_folder", lambda: tmp_path)
    monkeypatch.setenv("INHOUSE_POLICY", str(tmp_path / "other.json"))
    assert policy_file() == tmp_path / "other.json"
    (tmp_path / "policy.json").symlink_to(tmp_path / "nowhere")
    assert policy_file() == tmp_path / "policy.json", "and a link to nowhere is there"


def test_without_a_policy_everything_is_open(tmp_path: Path) -> None:
    policy = read_policy(DECIDED, CLOSED, tmp_path / "none.json")
    assert not policy.values and all(policy.rule(rule) == rule.open for rule in RULES)


@pytest.mark.parametrize(
    "raw",
    [
        "", "{", "[]", "null", "1", "{}", '{"version": 2}', '{"version": "1"}', '{"version": true}', '{"values": {}}',
        '{"version": 1, "values": []}', '{"version": 1, "by": 3}', '{"version": 1, "reasons": 3}',
        '{"version": 1, "values": {"exports": false, "exports": true}}', '{"version": 1, "version": 1}',
        '{"version": 1, "more": {}}', '{"version": 1, "values": {"text_size": NaN}}', "[" * 100_000, "\x00" * 200,
        '{"version": 1, "values": {"temperature": 1e999}}', '{"version": 1, "seal": ""}',
        b"\xff\xfe{\x00}\x00", b'{"version": 1, "by": "\xff"}', " " * (5 << 20),
        '{"version": 1, "values": {"a": ' + "9" * 10_000 + "}}",
    ],
)  # fmt: skip
def test_a_file_that_is_no_policy_closes_everything(
    tmp_path: Path, raw: str | bytes, expected_warnings: list[str]
) -> None:
    expected_warnings.append(CANNOT)
    policy = read(tmp_path, raw)
    assert is_closed(policy) and len(policy.problems) == 1
    assert "inhouse policy" in policy.problem and policy.why("exports").startswith("Closed")


def test_a_link_to_nowhere_a_folder_and_a_pipe_close_everything(tmp_path: Path, expected_warnings: list[str]) -> None:
    expected_warnings.append(CANNOT)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe"):
        assert is_closed(read_policy(DECIDED, CLOSED, tmp_path / name)), name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("exports", "false"), ("exports", 0), ("exports", None), ("exports", []), ("exportss", False), ("", False),
        ("models", "a" * 64), ("models", ["A" * 64]), ("models", ["a" * 63]), ("models", [1]), ("models", {}),
        ("servers", ["https://models.example"]), ("servers", ["*"]), ("servers", [""]), ("servers", ["a b"]),
        ("folders", ["documents"]), ("folders", ["/srv/../etc"]), ("folders", [""]), ("folders", ["~anna"]),
        ("chat_days", 0), ("chat_days", -1), ("chat_days", 1.5), ("chat_days", "90"), ("chat_days", True),
        ("hub", "http://mirror.example"), ("hub", "mirror.example"), ("hub", ""), ("hub", "https://a/?x=1"),
        ("log_level", "quiet"), ("offline", "yes"), ("theme", "pink"), ("text_size", 10_000),
        ("models", ["a" * 64] * 10_001),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_closes_what_is_not_clearly_open(
    tmp_path: Path, key: str, value: object, expected_warnings: list[str]
) -> None:
    expected_warnings.append("has 1 values that this version cannot use")
    policy = read(tmp_path, {"version": 1, "values": {"training": True, key: value}})
    assert len(policy.problems) == 1
    assert policy.rule(TRAINING) is True, "what it says clearly holds"
    rest = {rule.key: rule.safe for rule in RULES if rule.key not in ("training", key)}
    assert {each: policy.values[each] for each in rest} == rest
    if key in CLOSED:
        assert policy.values[key] == CLOSED[key]


# --- mutations ------------------------------------------------------------------------------------------------------


def opens(before: Policy, after: Policy) -> list[str]:
    """Keys that are more open than before."""
    return [key for key in WHOLE["values"] if key in CLOSED and not _as_closed(key, before.values[key], after)]


def _as_closed(key: str, before: Any, after: Policy) -> bool:
    now = after.values.get(key, next((rule.open for rule in RULES if rule.key == key), None))
    if now == before or now == CLOSED[key]:
        return True
    if isinstance(before, tuple):
        return now is not None and set(now) <= set(before)
    return False


def mutate(rng: random.Random, raw: bytes) -> bytes:
    """One accident or attack: a letter, a cut, a line, a block of another file, a key renamed."""
    at, to = sorted((rng.randrange(len(raw)), rng.randrange(len(raw))))
    lines = raw.split(b"\n")
    line = rng.randrange(len(lines))
    return rng.choice([
        lambda: raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :],
        lambda: raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :],
        lambda: raw[:at] + raw[at + 1 :],
        lambda: raw[:at],
        lambda: raw[at:],
        lambda: raw[:at] + raw[to:],
        lambda: raw[:at] + b"\0" * (to - at) + raw[to:],
        lambda: raw[:to] + raw[at:],
        lambda: b"\n".join(lines[:line] + lines[line + 1 :]),
        lambda: b"\n".join(lines[: line + 1] + lines[line:]),
        lambda: raw.replace(b"false", b"true", 1),
        lambda: raw.replace(b"true", b"false"),
        lambda: raw.replace(rng.choice([b"exports", b"models", b"values", b"seal", b"folders"]), b"other", 1),
        lambda: re.sub(rb'"seal": "\w+"', b'"seal": ""', raw),
    ])()  # fmt: skip


def test_a_thousand_mutations_of_a_sealed_policy_open_nothing(tmp_path: Path, expected_warnings: list[str]) -> None:
    expected_warnings += [CANNOT, "values that this version cannot use"]
    raw, rng = sealed(WHOLE).encode(), random.Random(14)
    before = read(tmp_path, raw)
    assert before.problems == ()
    closed = same = 0
    for number in range(1000):
        changed = mutate(rng, raw)
        after = read(tmp_path, changed)
        assert opens(before, after) == [], (number, changed)
        closed += bool(after.problems)
        same += not after.problems and after.values == before.values
    assert closed + same == 1000 and closed > 900, (closed, same)


def test_a_single_letter_of_an_unsealed_policy_turns_no_switch(tmp_path: Path, expected_warnings: list[str]) -> None:
    """Which hosts, folders and sums are named only a seal protects: docs/policy.md says so."""
    expected_warnings += [CANNOT, "values that this version cannot use"]
    raw, rng = json.dumps(WHOLE, indent=2).encode(), random.Random(15)
    before = read(tmp_path, raw)
    named = {rule.key for rule in (SERVERS, MODELS, FOLDERS)}
    for _ in range(1000):
        at = rng.randrange(len(raw))
        changed = raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]
        assert set(opens(before, read(tmp_path, changed))) - {"chat_days"} <= named, changed


# --- settings -------------------------------------------------------------------------------------------------------


def test_settings_follow_a_policy_that_comes_changes_breaks_and_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]
) -> None:
    expected_warnings.append(CANNOT)
    file = tmp_path / "policy.json"
    monkeypatch.setenv("INHOUSE_POLICY", str(file))
    settings, heard = Settings(home()), list[str]()
    settings.subscribe(heard.append)
    settings.set(API_ENABLED, True)
    heard.clear()
    assert not settings.follow_policy() and not settings.get(OFFLINE)
    file.write_text(json.dumps({"version": 1, "values": {"offline": True, "exports": False}}))
    assert settings.follow_policy() and settings.get(OFFLINE) and sorted(heard) == ["exports", "offline"]
    with pytest.raises(AppError, match="set by your company"):
        settings.set(OFFLINE, False)
    heard.clear()
    file.write_text("{")
    assert settings.follow_policy() and not settings.get(API_ENABLED) and "api_enabled" in heard
    assert "cannot be read" in settings.note and settings.own_note == ""
    file.unlink()
    settings.reload()
    assert settings.get(API_ENABLED) and not settings.get(OFFLINE) and settings.note == ""
    assert company_policy().values == {}


# --- what is named --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "host", "port", "fine"),
    [
        (None, "any.example", 1, True), ((), "any.example", 1, False), (("a.example",), "a.example", 8000, True),
        (("a.example:8000",), "a.example", 8000, True), (("a.example:8000",), "a.example", 8001, False),
        (("a.example:8000",), "a.example", None, False), (("*.example",), "a.example", None, True),
        (("*.example",), "example", None, False), (("*.example",), "aexample", None, False),
        (("a.example",), "a.example.evil.test", None, False), (("*.a.example",), "b.a.example.evil.test", None, False),
        (("[::1]:80",), "::1", 80, False),
    ],
)  # fmt: skip
def test_hosts_are_covered_by_name_and_port(hosts: Any, host: str, port: int | None, fine: bool) -> None:
    assert covers(hosts, host, port) is fine


def test_folders_count_where_links_lead(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    allowed.mkdir()
    other.mkdir()
    (allowed / "out").symlink_to(other)
    (other / "in").symlink_to(allowed)
    folders = resolved((str(allowed),))
    assert lies_below(folders, allowed) and lies_below(folders, allowed / "a.txt")
    assert not lies_below(folders, allowed / "out" / "a.txt") and not lies_below(folders, allowed / ".." / "other")
    assert lies_below(folders, other / "in" / "a.txt") and not lies_below(folders, tmp_path / "allowed2")
    assert lies_below(None, other) and not lies_below((), allowed)


# --- for IT ---------------------------------------------------------------------------------------------------------


def test_the_schema_says_what_the_reader_takes(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    assert validator.is_valid(WHOLE) and validator.is_valid(json.loads(sealed(WHOLE)))
    assert set(schema()["properties"]["values"]["properties"]) == {each.key for each in (*ALL, *RULES)}
    for values in ({"exports": "no"}, {"other": 1}, {"models": ["a"]}, {"chat_days": 0}, {"hub": "http://a"}):
        assert not validator.is_valid({"version": 1, "values": values}), values


def test_the_manual_has_every_rule_and_the_schema() -> None:
    manual = (ROOT / "docs" / "policy.md").read_text()
    for rule in RULES:
        assert f"`{rule.key}`" in manual, rule.key
    block = re.search(r"```json schema\n(.*?)```", manual, re.DOTALL)
    assert block is not None and json.loads(block[1]) == schema(), "inhouse policy schema"


def test_the_command_checks_seals_and_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], expected_warnings: list[str]
) -> None:
    expected_warnings += [CANNOT, "values that this version cannot use"]

    def said() -> str:
        return "".join(capsys.readouterr())

    assert main(["policy"]) == 0 and "Nothing is set" in said()
    file = tmp_path / "p.json"
    file.write_text(json.dumps(WHOLE | {"reasons": {"theme": "x", "text_size": "y"}}))
    assert main(["policy", "check", str(file)]) == 0
    shown = said()
    assert "not sealed" in shown and "“text_size”, which is not set" in shown and "fine" in shown
    assert main(["policy", "seal", str(file)]) == 0 and main(["policy", "seal", str(file)]) == 0
    said()
    assert main(["policy", "check", str(file)]) == 0 and "not sealed" not in said()
    monkeypatch.setenv("INHOUSE_POLICY", str(file))
    assert main(["policy", "--json"]) == 0
    assert json.loads(said())["values"]["chat_days"] == 90
    file.write_text(file.read_text().replace("90", "91"))
    assert main(["policy", "check", str(file)]) == 1 and "changed after it was sealed" in said()
    assert main(["policy"]) == 1 and "closed, since the policy cannot be read" in said()
    assert main(["collections"]) == 0 and "policy cannot be read" in said(), "every command says so"
    assert main(["policy", "check", str(tmp_path / "none")]) == 1 and "There is no file" in said()
    file.write_text('{"version": 1, "values": {"exportz": false}}')
    assert main(["policy", "check", str(file)]) == 1 and "exportz" in said()


def test_a_locked_theme_is_a_setting_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "policy.json"
    file.write_text(sealed(WHOLE))
    monkeypatch.setenv("INHOUSE_POLICY", str(file))
    settings = Settings(home())
    assert settings.get(THEME) == "dark" and settings.is_locked(THEME)
