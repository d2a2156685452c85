"""The graphics cards of this computer as the system names them, so that one that llama.cpp does not see is explained.

Read from files of the kernel and, on Windows, the registry: nothing is started, and no driver is needed.
"""

from __future__ import annotations

import contextlib
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from app.runtimes import Card

VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
DISPLAY = "0x03"
"""How the class of a PCI device begins that draws or computes."""
NAMES = ("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids")
"""Where distributions keep the list of PCI devices."""
LINE_LIMIT = 60_000
"""Lines of that list that are read at most; it has 40,000."""


def installed_cards(root: Path = Path("/"), system: str = sys.platform) -> tuple[Card, ...]:
    """Every card, those without a driver too; () where nothing can be told. `root` is for tests."""
    if system == "win32":
        return tuple(_of_registry())
    if system == "darwin":
        chip = platform.machine() == "arm64"
        return (Card(vendor="Apple", name="Apple GPU", driver="Metal"),) if chip else ()
    found = list(_of_pci(root))
    if not found and (root / "dev/dxg").exists():
        return (Card(vendor="", name="A graphics card of Windows (WSL)", driver="dxgkrnl"),)
    return tuple(found)


def _of_pci(root: Path) -> Iterator[Card]:
    for device in sorted((root / "sys/bus/pci/devices").glob("*")):
        vendor = _read(device / "vendor")
        if _read(device / "class").startswith(DISPLAY) and vendor in VENDORS:
            code = _read(device / "device")
            name = _nvidia_name(root, device.name) or _listed_name(root, vendor, code)
            label = name or f"{VENDORS[vendor]} graphics ({code.removeprefix('0x')})"
            with_vendor = label if VENDORS[vendor].casefold() in label.casefold() else f"{VENDORS[vendor]} {label}"
            yield Card(vendor=VENDORS[vendor], name=with_vendor, driver=_driver(device))


def _driver(device: Path) -> str:
    with contextlib.suppress(OSError):
        return (device / "driver").resolve(strict=True).name
    return ""


def _nvidia_name(root: Path, slot: str) -> str:
    """As NVIDIA's own driver calls it."""
    said = _read(root / "proc/driver/nvidia/gpus" / slot / "information")
    found = re.search(r"^Model:\s*(.+)$", said, re.MULTILINE)
    return found[1].strip() if found else ""


def _listed_name(root: Path, vendor: str, device: str) -> str:
    """As the list of PCI devices calls it: "GA102 [GeForce RTX 3090]" → "GeForce RTX 3090"."""
    for place in NAMES:
        with contextlib.suppress(OSError), (root / place).open(encoding="utf-8", errors="replace") as lines:
            inside = False
            for count, line in enumerate(lines):
                if count > LINE_LIMIT:
                    break
                if not line.startswith(("\t", "#")):
                    inside = line[:4].casefold() == vendor.removeprefix("0x")
                elif inside and line[:1] == "\t" and line[1:5].casefold() == device.removeprefix("0x"):
                    name = line[5:].strip()
                    marked = re.search(r"\[(.+)\]", name)
                    return marked[1] if marked else name
    return ""


def _of_registry() -> Iterator[Card]:
    if sys.platform != "win32":
        return
    import winreg

    place = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
    with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as adapters:
        for number in range(winreg.QueryInfoKey(adapters)[0]):
            with contextlib.suppress(OSError), winreg.OpenKey(adapters, winreg.EnumKey(adapters, number)) as adapter:
                name = str(winreg.QueryValueEx(adapter, "DriverDesc")[0])
                driver = str(winreg.QueryValueEx(adapter, "ProviderName")[0])
                vendor = next((each for each in VENDORS.values() if each.casefold() in name.casefold()), "")
                if vendor or "radeon" in name.casefold() or "geforce" in name.casefold():
                    yield Card(
                        vendor=vendor or ("AMD" if "radeon" in name.casefold() else "NVIDIA"), name=name, driver=driver
                    )


def _read(path: Path) -> str:
    """The first bytes of a small file of the kernel; "" where it is not there."""
    with contextlib.suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        return file.read(4096).strip()
    return ""
