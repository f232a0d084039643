"""One call of the three functions: its arguments, what they decide, and the runs and plans made of that."""
