"""Evidently before its API of 0.7, which many a pipeline still has."""
import warnings

warnings.simplefilter("ignore")

import numpy
import pandas
from evidently.metric_preset import DataDriftPreset
from evidently.report import Report
from evidently.test_preset import DataDriftTestPreset
from evidently.test_suite import TestSuite

from told import table, told

reference, current = (table(pandas, numpy, mean) for mean in (40, 48))
report = Report([DataDriftPreset()])
report.run(reference_data=reference, current_data=current)
drift = report.as_dict()["metrics"][0]["result"]
columns = report.as_dict()["metrics"][1]["result"]["drift_by_columns"]
told(
    "evidently4_report.json",
    report.json(),
    **{
        "evidently.drift.share_of_drifted_columns": drift["share_of_drifted_columns"],
        "evidently.drift.number_of_columns": 3,
        "evidently.drift.dataset_drift": float(drift["dataset_drift"]),
        "evidently.drift.drift_score[column=age]": columns["age"]["drift_score"],
        "evidently.drift.drift_detected[column=age]": float(columns["age"]["drift_detected"]),
    },
)
suite = TestSuite([DataDriftTestPreset()])
suite.run(reference_data=reference, current_data=current)
summary = suite.as_dict()["summary"]
told(
    "evidently4_suite.json",
    suite.json(),
    **{
        "evidently.tests.total_tests": summary["total_tests"],
        "evidently.tests.failed_tests": summary["failed_tests"],
        "evidently.tests.all_passed": float(summary["all_passed"]),
    },
)
