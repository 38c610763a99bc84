"""Holds the data against what it must be like, and writes what pandera found as JSON for the pipeline's criteria."""
import json
import sys
from pathlib import Path

import pandera.pandas as pa
from sklearn.datasets import load_breast_cancer

data = load_breast_cancer(as_frame=True).frame
schema = pa.DataFrameSchema(
    {
        "mean radius": pa.Column(float, pa.Check.in_range(5, 30)),
        "mean smoothness": pa.Column(float, pa.Check.in_range(0, 1)),
        "target": pa.Column(int, pa.Check.isin([0, 1])),
    },
    checks=pa.Check(lambda frame: len(frame) >= 500, name="at least 500 rows"),
)

# pandera has no report of its own where nothing is wrong.
report = {"SCHEMA": {}, "DATA": {}}
try:
    schema.validate(data, lazy=True)
except pa.errors.SchemaErrors as errors:
    report |= errors.message

file = Path(sys.argv[1])
file.parent.mkdir(parents=True, exist_ok=True)
file.write_text(json.dumps(report, indent=1))
