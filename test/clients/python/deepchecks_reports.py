import os
import warnings

warnings.simplefilter("ignore")
os.environ["DEEPCHECKS_DISABLE_LATEST"] = "true"

import numpy
import pandas
from deepchecks.tabular import Dataset
from deepchecks.tabular.checks import FeatureDrift
from deepchecks.tabular.suites import data_integrity, train_test_validation

from told import table, told


def dataset(mean):
    frame = table(pandas, numpy, mean)
    return Dataset(frame.assign(y=(frame.age > 45).astype(int)), label="y", cat_features=["sex"])


def of(suite):
    conditions = [each for check in suite.results for each in getattr(check, "conditions_results", [])]

    def count(category):
        return sum(each.category.value == category for each in conditions)

    return {
        "deepchecks.conditions": len(conditions),
        "deepchecks.passed_conditions": count("PASS"),
        "deepchecks.failed_conditions": count("FAIL"),
        "deepchecks.warned_conditions": count("WARN"),
        "deepchecks.not_ran_checks": len(suite.get_not_ran_checks()),
        "deepchecks.passed": float(suite.passed(fail_if_check_not_run=True)),
    }


train, test = dataset(40), dataset(48)
suite = train_test_validation().run(train, test)
drift = next(check for check in suite.results if check.get_header() == "Feature Drift")
told(
    "deepchecks_drift.json",
    suite.to_json(with_display=False),
    **of(suite),
    **{
        "deepchecks.feature_drift.failed_conditions": 1,
        "deepchecks.feature_drift.age.drift_score": float(drift.value["age"]["Drift score"]),
    },
)
suite = data_integrity().run(train)
told("deepchecks_integrity.json", suite.to_json(with_display=False), **of(suite))
check = FeatureDrift().run(train, test)
told(
    "deepchecks_check.json",
    check.to_json(with_display=False),
    **{"deepchecks.feature_drift.age.drift_score": float(check.value["age"]["Drift score"]), "deepchecks.passed": "NaN"},
)
