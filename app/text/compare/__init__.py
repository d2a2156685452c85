"""Compares two texts by rule and says what is different in words made from the differences: no model is asked."""
