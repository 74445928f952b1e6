"""The most memory that this process has held at a time."""

import resource
import sys


def peak_megabytes():
    """Peak resident size in MiB: what getrusage tells on Linux begins with the size of the parent process."""
    try:
        with open("/proc/self/status") as status:
            marks = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        return int(marks[0]) / 2**10
    except (OSError, IndexError):
        unit = 1 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
