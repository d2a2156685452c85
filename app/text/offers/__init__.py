"""Requests that rules read in a half-typed question, and the offers that are made of them (pure)."""
