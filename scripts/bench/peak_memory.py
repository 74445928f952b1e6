"""The most memory that this process has held at a time."""

import resource
import sys


def peak_megabytes():
    """Peak resident size in MB (10^6 bytes): what getrusage tells on Linux begins with the size of the parent process."""
    try:
        with open("/proc/self/status") as status:
            marks = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        return int(marks[0]) * 1024 / 1e6
    except (OSError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
