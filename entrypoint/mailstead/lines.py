"""Texts of many lines, of which few have changed."""


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines of two texts from the first to the last that differ, and at most one more; those around are alike."""
    start = before.rfind("\n", 0, _alike(before, after)) + 1
    old, new = before[start:], after[start:]
    end = old.find("\n", len(old) - _alike_at_end(old, new)) + 1 or len(old)
    return old[:end].splitlines(), new[: len(new) - len(old) + end].splitlines()


def _alike(one: str, other: str) -> int:
    """Return how many signs two texts begin with alike. Halves what is left each time: comparing long pieces is quick."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


def _alike_at_end(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.endswith(other[len(other) - middle : len(other) - low], 0, len(one) - low):
            low = middle
        else:
            high = middle - 1
    return low
