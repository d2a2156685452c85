"""A collection that a team shares through a folder: who writes it, which edition of it is here, and how that stands."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Shared(Struct, frozen=True, kw_only=True):
    """A collection that somebody else looks after; what is here is a copy of one edition of it, to be read only."""

    path: str  # the file in the shared folder
    by: str  # who looks after it
    edition: int
    at: float  # when that edition was published, seconds since the epoch
    problem: str = ""  # why no newer one can be taken over now
    since: float = 0.0  # of the problem

    def words(self) -> str:
        """How it stands, in a sentence or two."""
        said = f"Shared by {self.by}, read only, as of {moment(self.at)}"
        return (
            f"{said}. {self.problem} since {moment(self.since)}; this edition keeps answering" if self.problem else said
        )

    def refusal(self, name: str) -> str:
        """Why nothing of it is changed here."""
        return f"“{name}” is shared by {self.by} and can only be read here."


class Published(Struct, frozen=True, kw_only=True):
    """A collection of ours that is shared: colleagues read the edition that lies in the folder."""

    path: str
    by: str
    edition: int
    at: float
    follows: bool  # a new edition is written after each change
    keep_paths: bool = False
    behind: bool = False  # it was changed since that edition
    problem: str = ""  # why the last edition could not be written

    def words(self) -> str:
        """How it stands, in a sentence or two."""
        said = f"Shared in {self.path}, edition {self.edition} of {moment(self.at)}"
        if self.problem:
            return f"{said}. {self.problem}"
        return f"{said}. Changes since then are not in it" if self.behind else said


def moment(at: float) -> str:
    """A moment as it is told: "3 May 14:10", with its year where that is another one."""
    when = datetime.fromtimestamp(at)
    year = "" if when.year == datetime.now().year else f" {when.year}"
    return f"{when.day} {when:%b}{year} {when:%H:%M}"
