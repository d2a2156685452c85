"""The table of figures that `make acceptance` ends with: what was measured, what was promised, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Figure = tuple[str, str, str, bool]
"""What, as measured, the aim, met."""
FIGURES = pytest.StashKey[list[Figure]]()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, str, str, bool], bool]:
    """Writes a row of the table and says whether it holds; the test asserts at its end, so that no row is lost."""
    rows = request.config.stash.setdefault(FIGURES, [])

    def write(what: str, measured: str, aim: str, met: bool) -> bool:
        rows.append((what, measured, aim, met))
        return met

    return write


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, also where a test failed."""
    rows = config.stash.get(FIGURES, [])
    if not rows:
        return
    terminalreporter.section("figures")
    wide = [max(len(row[column]) for row in rows) for column in range(3)]  # type: ignore[arg-type]
    for what, measured, aim, met in rows:
        cells = (what.ljust(wide[0]), measured.ljust(wide[1]), aim.ljust(wide[2]), "met" if met else "MISSED")
        terminalreporter.write_line("  ".join(cells))
