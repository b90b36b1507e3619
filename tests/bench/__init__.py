"""The benchmark suite: `python -m tests.bench`. Nothing of it runs with the tests."""
