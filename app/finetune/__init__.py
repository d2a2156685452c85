"""The fine-tune wizard without Qt: what a person chose, the runs on disk, what they say, and what came out."""
