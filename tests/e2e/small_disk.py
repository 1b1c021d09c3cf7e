"""A disk of a daemon's own, small enough to be filled."""

import subprocess


def in_small_disk(daemon, size):
    """Lets `daemon` see a disk of `size` at home/disk, in a mount namespace of its own. False: the kernel refuses."""
    disk = daemon.home / "disk"
    disk.mkdir()
    wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
               f'mount -t tmpfs -o size={size} none "{disk}" && exec "$@"', "sh"]
    if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode != 0:
        return False
    daemon.arguments = [*wrapper, *daemon.arguments]
    return True
