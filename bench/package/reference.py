"""Runs `az` with these arguments; its last line on stderr says how much memory it took at most."""

import json
import resource
import runpy
import sys

status = 0
try:
    runpy.run_module("azure.cli", run_name="__main__", alter_sys=True)
except SystemExit as end:
    status = end.code or 0
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"megabytes": peak / (1024 if sys.platform == "linux" else 1024 * 1024)}), file=sys.stderr)
sys.exit(status)
