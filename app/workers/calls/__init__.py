"""What is said to each child process: one file a role."""
