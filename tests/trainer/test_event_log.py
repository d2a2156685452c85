"""What a run says reaches whoever can still hear it: a full disk does not silence it, nor does a closed pipe."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trainer.events import EventLog, Failed, Notice, decode, read_events


def test_a_full_disk_does_not_silence_the_last_word(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log = EventLog(tmp_path)  # a folder: it cannot be appended to
    with pytest.raises(OSError):
        log(Failed(stage="export", message="The disk is full."))
    (line,) = capfdbinary.readouterr().out.splitlines()
    said = decode(line)
    assert isinstance(said, Failed) and said.message == "The disk is full."


def test_a_reader_that_has_gone_does_not_cost_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        @property
        def buffer(self) -> Gone:
            return self

        def write(self, _: bytes) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    with pytest.raises(BrokenPipeError):
        EventLog(tmp_path / "events.jsonl")(Failed(stage="train", message="Over."))
    assert [type(event) for event in read_events(tmp_path / "events.jsonl")[0]] == [Failed]


def test_a_line_that_a_full_disk_cut_does_not_take_the_next_with_it(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "events.jsonl"
    log = EventLog(path, echo=False)
    log(Notice(message="one"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, before[1]))
    try:
        with pytest.raises(OSError):
            log(Notice(message="two"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    log(Failed(stage="export", message="The disk is full."))
    assert [type(event) for event in read_events(path)[0]] == [Notice, Failed]
