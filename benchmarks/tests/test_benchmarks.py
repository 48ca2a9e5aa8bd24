"""The measurements run, on a county as small as it gets; how fast anything is, no test says."""

import json
import os
import subprocess
import sys

from benchmarks.__main__ import NAMES


def test_every_measurement_runs_and_none_is_told_without_its_floor(tmp_path):
    own = {"KONGCHUO_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": ""}
    command = [sys.executable, "-m", "benchmarks", "--pupils", "100", "--json"]

    told = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr
    lines = json.loads(told.stdout)
    assert len(lines) == len(NAMES)
    assert all(line["ours"] > 0 and line["share"] > 0 for line in lines)
    assert list(tmp_path.iterdir()) == []
