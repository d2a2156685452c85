"""A model from nothing: its words, its reading, its conversations, and the file that llama.cpp runs."""
