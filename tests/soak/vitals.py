"""What a process holds: memory, descriptors, threads, children, temporary files."""

import os
import pathlib
import re
import signal


def status(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return dict(re.findall(r"^(\w+):\s+(.*?)$", text, re.MULTILINE))


class Vitals:
    """The figures of `pid` at one moment; `folders` are those in which temporary files would lie."""

    def __init__(self, pid, folders):
        figures = status(pid)
        self.memory = int(figures["RssAnon"].split()[0]) * 1024
        self.threads = int(figures["Threads"])
        names = []
        for entry in os.scandir(f"/proc/{pid}/fd"):
            try:
                names.append(os.readlink(entry.path))
            except FileNotFoundError:
                pass
        self.descriptors = len(names)
        unnamed = [name for name in names if name.startswith("/") and name.endswith(" (deleted)")]
        named = [str(path) for folder in folders for path in folder.rglob("*") if path.is_file()]
        self.temporary_files = sorted(unnamed + named)
        self.children, self.zombies = [], []
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                try:
                    state = status(child)["State"]
                except (FileNotFoundError, ProcessLookupError, KeyError):
                    continue
                (self.zombies if state.startswith("Z") else self.children).append(int(child))

    def __str__(self):
        return (f"{self.memory / 1e6:6.1f} MB  {self.descriptors} descriptors  {self.threads} threads  "
                f"{len(self.children)} children  {len(self.zombies)} zombies  {len(self.temporary_files)} temporary files")


def family(pid):
    """The children of a process for people, with their states and command lines."""
    lines = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            try:
                words = pathlib.Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                lines.append(f"{child} {status(child)['State']}: {words}")
            except (FileNotFoundError, ProcessLookupError, KeyError):
                continue
    return "\n".join(lines)


def helpers_of(daemon):
    """The processes of a daemon's that are helpers, each with its command line."""
    found = {}
    for pid in daemon.children():
        try:
            line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"--in-fd=" in line:
            found[pid] = line
    return found


def send_signal(daemon, pid, number):
    """To a helper of that daemon's, if it still is one."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if pid not in helpers_of(daemon):
            return False
        signal.pidfd_send_signal(handle, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
