"""What outlives a reload of an entry: its state, its file, its opt-outs, and the open database."""
