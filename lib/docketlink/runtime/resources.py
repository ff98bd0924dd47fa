"""What the machine has and what the process took."""

import os
import resource
import sys


def peak_memory_mb() -> float:
    """Largest resident size of this Python process so far, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (1e6 if sys.platform == "darwin" else 1e3)  # kilobytes on Linux, bytes on macOS


def total_memory_mb() -> float:
    """Memory of the machine, in MB (10^6 bytes)."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
