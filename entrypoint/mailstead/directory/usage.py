"""How much mail an account keeps, as Dovecot counts it."""

import subprocess


def stored(address: str) -> int | None:
    """Return the bytes an account's mail takes, by doveadm-quota(1), which counts in whole KiB; None if it cannot be asked."""
    try:
        ran = subprocess.run(
            ["doveadm", "-f", "tab", "quota", "get", "-u", address], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    kilobytes = [row[2] for row in rows if len(row) > 2 and row[1] == "STORAGE"]
    return int(kilobytes[0]) * 1024 if kilobytes and kilobytes[0].isdigit() else None
