"""What a screen reader hears of the application: names and focus over AT-SPI, on an accessibility bus of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from check_application import Installed, Missed
from check_window import display, focus, keys, shown, until
from jeepney import DBusAddress, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

ACCESSIBLE = "org.a11y.atspi.Accessible"
REGISTRY = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
FOCUSABLE, FOCUSED, SENSITIVE, SHOWING = 11, 12, 24, 25
"""Bits of a state (atspi-constants.h)."""
ITEMS = ("list item", "cell", "table cell", "tree item", "table row", "table column header", "table row header")
"""Reached by the arrow keys of their list; the current one says that it has the focus also while its list has not."""
ANSWER_S = 20.0
PAGES = {"Chat": "ctrl+1", "Documents": "ctrl+2", "Models": "ctrl+3", "Fine-tune": "ctrl+4", "Settings": "ctrl+comma"}
SECTIONS = (
    "General", "Appearance", "Assistants", "Documents", "Models and hardware", "API", "Privacy", "Keyboard",
    "Data and backup", "About",
)  # fmt: skip
"""Of Settings, beside “Answers”, with which it opens."""
MOST_TABS = 150

Ref = tuple[str, str]
"""Bus name and path of something that can be read."""


def screen_reader(program: Path) -> str:
    """In a home of its own each control of each page has a name and is reached by keys; a chat is read in order."""
    counted = 0
    with tempfile.TemporaryDirectory(prefix="inhouse-check-") as home:
        app = Installed(program, Path(home))
        try:
            counted = _walk(app)
        finally:
            app.end()
    pages = len(PAGES) + len(SECTIONS)
    return f"{counted} controls of {pages} pages named and reached by keys; a chat read in order, with who said it"


def _walk(app: Installed) -> int:
    """How many controls there are on all pages."""
    counted = 0
    with display(app.environment), accessibility_bus(app.environment) as reader:
        app.start()
        until(lambda: shown("Inhouse") and reader.window(), 60, "no window is on the accessibility bus")
        focus("Inhouse")
        time.sleep(3)
        keys("", "Return")  # the first run: start with what comes along
        time.sleep(3)
        for page, key in PAGES.items():
            keys("", key)
            time.sleep(2)
            counted += _all_reached(page, reader)
        for section in SECTIONS:
            _press(section, reader)
            counted += _all_reached(f"Settings, {section}", reader)
        keys("", "ctrl+n")
        time.sleep(1)
        for said in ("What is a gasket?", "And what is a flange?"):
            keys(said, "Return")
            until(lambda said=said: _is_followed(reader, said), 60, f"“{said}” and its answer were not read")  # type: ignore[misc]
        read = reader.names("Question:", "Answer:")
        if [each.partition(":")[0] for each in read] != ["Question", "Answer"] * 2:
            raise Missed(f"A chat is read as {[each[:40] for each in read]}.")
    return counted


def _press(section: str, reader: Reader) -> None:
    """Go to the button of a section by keys, and press it."""
    called_so = [ref for ref, (_, name) in reader.focusable().items() if name.partition(",")[0] == section]
    if not called_so:
        raise Missed(f"Settings has no section “{section}”.")
    button = called_so[-1]  # the sidebar has a “Documents” too, and comes first
    for _ in range(MOST_TABS):
        if reader.focused({button: None}) is not None:
            break
        keys("", "Tab")
    keys("", "space")
    time.sleep(1.5)


def _all_reached(page: str, reader: Reader) -> int:
    """How many controls there are; Tab reaches each, and the arrow keys the choices of a group."""
    there = reader.focusable()
    unnamed = [role for role, name in there.values() if not name]
    if unnamed:
        raise Missed(f"{page}: {len(unnamed)} without a name: {', '.join(unnamed)}")
    reached: set[Ref] = set()
    for _ in range(MOST_TABS):
        keys("", "Tab")
        now = reader.focused(there)
        if now is None or now in reached:
            if len(reached) >= len(there):
                break
            continue
        reached.add(now)
        while there[now][0] in ("check box", "radio button"):
            keys("", "Right")
            now = reader.focused(there) or now
            if now in reached:
                break
            reached.add(now)
    still = reader.focusable()  # a message at the bottom has gone by itself meanwhile
    missing = [f"{role} “{name}”" for ref, (role, name) in there.items() if ref not in reached and ref in still]
    if missing:
        raise Missed(f"{page}: no key reaches {', '.join(missing)}")
    return len(there)


def _is_followed(reader: Reader, said: str) -> bool:
    read = reader.names("Question:", "Answer:")
    return f"Question: {said}" in read and read[-1].startswith("Answer: ") and len(read[-1]) > len("Answer: ")


# --- the bus ----------------------------------------------------------------------------------------------------------


@contextmanager
def accessibility_bus(environment: dict[str, str]) -> Iterator[Reader]:
    """A session with the accessibility bus, named in `environment` while it lasts; what it writes goes with it."""
    with tempfile.TemporaryDirectory() as home:
        own = {name: os.environ[name] for name in ("PATH", "DISPLAY") if name in os.environ} | {"HOME": home}
        session = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=own,
        )  # fmt: skip
        try:
            assert session.stdout is not None
            address = session.stdout.readline().strip()
            environment |= {"DBUS_SESSION_BUS_ADDRESS": address, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
            with open_dbus_connection(address) as bus:
                place = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Status")
                bus.send_and_get_reply(Properties(place).set("IsEnabled", "b", True), timeout=ANSWER_S)
                asked = new_method_call(place.with_interface("org.a11y.Bus"), "GetAddress")
                (inner,) = bus.send_and_get_reply(asked, timeout=ANSWER_S).body
                with open_dbus_connection(inner) as reached:
                    yield Reader(reached)
        finally:
            for name in ("DBUS_SESSION_BUS_ADDRESS", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON"):
                environment.pop(name, None)
            session.terminate()
            session.wait(10)


class Reader:
    """Asks the application as a screen reader does."""

    def __init__(self, bus: DBusConnection) -> None:
        self._bus = bus

    def window(self) -> list[Ref]:
        """The windows of the one application that has registered; none while it has not."""
        return [each for application in self._children(REGISTRY) for each in self._children(application)]

    def focusable(self) -> dict[Ref, tuple[str, str]]:
        """What can be reached now, with role and name."""
        return {
            ref: (self._role(ref), self._name(ref))
            for ref, state in self._shown()
            if _has(state, FOCUSABLE) and _has(state, SENSITIVE) and self._role(ref) not in ITEMS
        }

    def focused(self, among: Iterator[Ref] | dict[Ref, Any]) -> Ref | None:
        """Which of these has the focus."""
        return next((ref for ref in among if _has(self._state(ref), FOCUSED)), None)

    def names(self, *beginnings: str) -> list[str]:
        """What is shown under a name that begins so, in the order in which it is read."""
        found = [self._name(ref) for ref, _ in self._shown() if self._role(ref) != "label"]
        return [name for name in found if name.startswith(beginnings)]

    def _shown(self) -> Iterator[tuple[Ref, int]]:
        waiting = self.window()[::-1]
        while waiting:
            ref = waiting.pop()
            state = self._state(ref)
            if _has(state, SHOWING):
                yield ref, state
                waiting += self._children(ref)[::-1]

    def _children(self, ref: Ref) -> list[Ref]:
        return [(str(name), str(path)) for name, path in self._ask(ref, "GetChildren")]

    def _role(self, ref: Ref) -> str:
        return str(self._ask(ref, "GetRoleName"))

    def _state(self, ref: Ref) -> int:
        low, high = self._ask(ref, "GetState")
        return int(low) | int(high) << 32

    def _name(self, ref: Ref) -> str:
        asked = Properties(DBusAddress(ref[1], ref[0], ACCESSIBLE)).get("Name")
        return str(self._bus.send_and_get_reply(asked, timeout=ANSWER_S).body[0][1]).strip()

    def _ask(self, ref: Ref, method: str) -> Any:
        asked = new_method_call(DBusAddress(ref[1], ref[0], ACCESSIBLE), method)
        try:
            return self._bus.send_and_get_reply(asked, timeout=ANSWER_S).body[0]
        except TimeoutError as error:
            raise Missed(f"The window did not answer a screen reader ({method}).") from error


def _has(state: int, bit: int) -> bool:
    return bool(state >> bit & 1)
