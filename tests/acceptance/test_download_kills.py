"""A download whose process is killed twenty times: it goes on where it stood, and is whole in the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_world import FILE, share_sent_twice, world_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def test_twenty_kills_send_hardly_anything_twice(tmp_path: Path) -> None:
    with world_with(tmp_path) as world:
        assert share_sent_twice(world, tmp_path / "big" / FILE, 64 << 20, kills=20) < 0.05
