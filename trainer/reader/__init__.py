"""Trains the reader that comes with the app: `python -m trainer reader DATA --out FOLDER`."""
