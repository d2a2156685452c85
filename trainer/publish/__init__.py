"""What a run gives out: files that llama.cpp loads, each checked against the trained model, and the model card."""
