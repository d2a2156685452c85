"""The record of what was asked, shown, answered, taught, swapped, exported and removed, as a chain of lines."""
