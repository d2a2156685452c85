"""From what a company has to what a model can learn: collect, clean, make questions, split."""
