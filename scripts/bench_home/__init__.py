"""What sending costs: the whole way through Home Assistant, against other ways to make the same requests."""
