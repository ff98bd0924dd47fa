"""How much memory a benchmark's processes hold."""

import threading
from pathlib import Path


class Memory:
    """Largest resident size, in MB, of this process, of Java and of all Python workers together, looked at twice a second."""

    def __init__(self) -> None:
        self.peak = {"driver_python": 0.0, "java": 0.0, "workers": 0.0}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            now = dict.fromkeys(self.peak, 0.0)
            for pid, name, resident in _family():
                kind = "java" if name == "java" else "driver_python" if pid == _own_pid() else "workers"
                now[kind] += resident
            self.peak = {kind: max(self.peak[kind], now[kind]) for kind in now}


def _own_pid() -> int:
    return int(Path("/proc/self").resolve().name)


def _family() -> list[tuple[int, str, float]]:
    """Process id, name and resident MB of this process and everything below it (Linux)."""
    parents, found = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
        except (OSError, ValueError):
            continue
        parents[int(folder.name)] = int(status["PPid"])
        found[int(folder.name)] = (status["Name"], float(status.get("VmRSS", "0 kB").split()[0]) / 1e3)
    mine, grown = {_own_pid()}, True
    while grown:
        below = {pid for pid, parent in parents.items() if parent in mine} - mine
        mine |= below
        grown = bool(below)
    return [(pid, *found[pid]) for pid in sorted(mine)]
