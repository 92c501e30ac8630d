"""Programs for developers: the demo, the benchmark, the soak, and the tables of the documents."""
