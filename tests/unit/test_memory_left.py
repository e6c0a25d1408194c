"""Whom the kernel kills first when memory runs out."""

import pytest

from mailstead.memory import ahead

MIB = 2**20


@pytest.mark.parametrize(("memory", "thousandths"), [(32 * MIB, 1000), (128 * MIB, 500), (256 * MIB, 250), (16384 * MIB, 4)])
def test_a_daemon_looks_larger_than_the_keeper_and_no_larger_than_needed(memory: int, thousandths: int):
    """By 64 MiB of whatever the container may have."""
    assert ahead(memory) == thousandths
