#!/usr/bin/env python3
"""Fails on an #include that runs against the arrows of docs/ARCHITECTURE.md, and on generated headers outside the codecs."""
import pathlib
import re
import sys

ARROWS = {
    "base": {"base"},
    "eventbus": {"eventbus", "base"},
    "msgbus": {"msgbus", "eventbus", "base"},
    "external": {"external", "msgbus", "eventbus", "base"},
    "httpd": {"httpd", "msgbus", "eventbus", "base"},
    "helpers": {"helpers", "external", "base"},
    "server": {"server", "httpd", "external", "msgbus", "eventbus", "base"},
}
WIRE = {"external/codec.h", "external/frame.h", "external/messages.h"}  # What a helper may use of the daemon's.
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def violations(root: pathlib.Path):
    for room, allowed in ARROWS.items():
        for path in sorted((root / room).glob("**/*.[hc]*")):
            for target in INCLUDE.findall(path.read_text(encoding="utf-8")):
                first = target.split("/")[0]
                if first in ARROWS and first not in allowed:
                    yield f"{path}: {room} may not include {target}"
                if room == "helpers" and first == "external" and target not in WIRE:
                    yield f"{path}: helpers may use the wire alone, not {target}"
                if target.endswith(".pb.h") and not (room == "external" and path.name.startswith("codec")):
                    yield f"{path}: generated headers belong to external/codec* alone, not {target}"


found = list(violations(pathlib.Path(sys.argv[1])))
print("\n".join(found) if found else "every include follows the arrows")
sys.exit(1 if found else 0)
