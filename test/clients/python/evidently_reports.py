import warnings

warnings.simplefilter("ignore")

import numpy
import pandas
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import MeanValue, QuantileValue, RowCount
from evidently.presets import DataDriftPreset, DataSummaryPreset

from told import table, told

definition = DataDefinition(numerical_columns=["age", "fare"], categorical_columns=["sex"])


def dataset(frame):
    return Dataset.from_pandas(frame, data_definition=definition)


reference, current = (table(pandas, numpy, mean) for mean in (40, 48))
snapshot = Report([DataDriftPreset()], include_tests=True).run(dataset(current), dataset(reference))
found = snapshot.dict()
drifted = next(each["value"] for each in found["metrics"] if "DriftedColumnsCount" in str(each))
scores = {each["config"]["column"]: each["value"] for each in found["metrics"] if "column" in each["config"]}
statuses = [test["status"].name if hasattr(test["status"], "name") else test["status"] for test in found["tests"]]
told(
    "evidently_drift.json",
    snapshot.json(),
    **{
        "evidently.drift.share_of_drifted_columns": drifted["share"],
        "evidently.drift.number_of_drifted_columns": drifted["count"],
        "evidently.drift.dataset_drift": 0,
        "evidently.tests.failed_tests": sum(each != "SUCCESS" for each in statuses),
        **{f"evidently.drift.drift_score[column={name}]": value for name, value in scores.items()},
    },
)

snapshot = Report([DataSummaryPreset()]).run(dataset(current), None)
told(
    "evidently_summary.json",
    snapshot.json(),
    **{
        "evidently.RowCount": len(current),
        "evidently.MeanValue[column=age]": float(current.age.mean()),
        "evidently.MissingValueCount.share[column=sex]": 0,
        "evidently.QuantileValue[column=fare, quantile=0.5]": float(current.fare.quantile(0.5)),
    },
)

# Python writes NaN, which is not JSON.
nothing = dataset(current.assign(age=numpy.nan))
snapshot = Report([RowCount(), MeanValue(column="age"), QuantileValue(column="fare", quantile=0.9)]).run(nothing, None)
told(
    "evidently_nan.json",
    snapshot.json(),
    **{"evidently.MeanValue[column=age]": "NaN", "evidently.QuantileValue[column=fare]": float(current.fare.quantile(0.9))},
)
