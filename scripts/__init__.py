"""Programs for developers: the demo, the benchmark, the soak, and the capability table of the README."""
