"""Copies of the checkout and of other revisions, for scripts that build both in one run. The checkout is left alone."""

import os
import resource
import shutil
import subprocess
import sys
import time


def copy(folder, revision=None):
    """The files of a revision in a new folder; without one those of the checkout, as they are."""
    os.makedirs(folder)
    if revision:
        archive = subprocess.Popen(["git", "archive", revision], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", folder], stdin=archive.stdout, check=True)
        if archive.wait():
            sys.exit(f"{revision} is no revision of this repository")
        return
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for path in subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0"):
        if os.path.isfile(path):
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            shutil.copy2(path, os.path.join(folder, path))


def measured(command, folder, environment):
    """Runs a command. Returns its seconds of user CPU, with those of all that it starts, and its seconds on the wall."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.monotonic()
    subprocess.run(command, check=True, cwd=folder, env=environment)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, time.monotonic() - began


def table(rows):
    """Rows of texts, the first column to the left and the others to the right."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = ["  " + row[0].ljust(widths[0]) + "".join(cell.rjust(width + 2) for cell, width in zip(row[1:], widths[1:])) for row in rows]
    return "\n".join(lines)
