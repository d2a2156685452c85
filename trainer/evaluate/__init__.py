"""Compare: is the tuned model better than the one before, and what got worse?"""
