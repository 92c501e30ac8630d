"""Pure functions on texts: normalize, match, split, clean."""
