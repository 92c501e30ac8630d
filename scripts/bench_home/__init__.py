"""A benchmark: send through Home Assistant, and compare with other methods that make the same requests."""
