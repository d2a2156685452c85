"""Exports of other apps as chats of ours: each format a reader, told apart by what is in the file."""
