"""The commands: a second front end for scripts and administrators, with no second logic."""

from app.cli.main import main

__all__ = ["main"]
