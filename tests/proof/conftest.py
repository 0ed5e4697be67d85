"""A bench, and a project on it, as the acceptance tests have them."""

from tests.acceptance.conftest import bench, bench_lab

__all__ = ["bench", "bench_lab"]
