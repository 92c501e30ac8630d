"""What is said to the home."""
