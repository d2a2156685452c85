"""Sheets as typed tables, questions about them as query plans, and plans as SQL of our own making (pure)."""
