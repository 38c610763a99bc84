import json

import pandas
import pandera.pandas as pa

from told import told

schema = pa.DataFrameSchema(
    {
        "age": pa.Column(int, pa.Check.gt(0)),
        "fare": pa.Column(float, pa.Check.ge(0)),
        "sex": pa.Column(str, pa.Check.isin(["f", "m"])),
        "cabin": pa.Column(int),
    }
)
frame = pandas.DataFrame(
    {"age": [20, 31, -5, 44], "fare": [1.0, float("nan"), 3.0, -4.0], "sex": ["f", "m", "m", "x"]}
)

report = {"SCHEMA": {}, "DATA": {}}
try:
    schema.validate(frame, lazy=True)
except pa.errors.SchemaErrors as errors:
    report |= errors.message
    count = sum(errors.error_counts.values())
    lists = {part: sum(len(each) for each in reasons.values()) for part, reasons in errors.message.items()}
    assert count == sum(lists.values())
    values = {
        "pandera.success": 0,
        "pandera.errors": count,
        "pandera.schema_errors": lists["SCHEMA"],
        "pandera.data_errors": lists["DATA"],
    }
    told("pandera_message.json", json.dumps(report, indent=1), **values)
    told("pandera_text.json", str(errors), **values)
    for orient in ("records", "columns", "split"):
        cases = errors.failure_cases
        told(
            f"pandera_cases_{orient}.json",
            cases.to_json(orient=orient),
            **{"pandera.success": 0, "pandera.failure_cases": len(cases)},
        )

report = {"SCHEMA": {}, "DATA": {}}
fine = pandas.DataFrame({"age": [20], "fare": [1.0], "sex": ["f"], "cabin": [1]})
try:
    schema.validate(fine, lazy=True)
except pa.errors.SchemaErrors as errors:
    report |= errors.message
told("pandera_fine.json", json.dumps(report), **{"pandera.success": 1, "pandera.errors": 0})
