"""“Which documents mention X and not Y, after 2024” as a plan that a person can read and correct (pure)."""
