"""Training: the base in torch, the examples as tokens, the adapter, and the loop that any kill may interrupt."""
