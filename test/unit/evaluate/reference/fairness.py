"""Makes fairness.json: what fairlearn says on numbers that the tests compute as well.

    python -m venv venv && venv/bin/pip install fairlearn
    venv/bin/python fairness.py > fairness.json
"""

import json
import sys

import fairlearn
import numpy as np
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate
from sklearn import metrics

ROWS = 400
rng = np.random.default_rng(11)
region = rng.choice(["eu", "us", "apac"], ROWS, p=[0.5, 0.3, 0.2])
label = (rng.random(ROWS) < 0.4).astype(int)
flipped = rng.random(ROWS) < np.where(region == "apac", 0.25, 0.1)
prediction = np.where(flipped, 1 - label, label)

FORMULAS = {
    "accuracy": metrics.accuracy_score,
    "recall": metrics.recall_score,
    "precision": metrics.precision_score,
    "selection_rate": selection_rate,
    "false_positive_rate": false_positive_rate,
    "mae": metrics.mean_absolute_error,
}


def expected(formula):
    frame = MetricFrame(metrics=formula, y_true=label, y_pred=prediction, sensitive_features=region)
    return {
        "groups": {name: float(value) for name, value in frame.by_group.items()},
        "difference": float(frame.difference(method="between_groups")),
        "ratio": float(frame.ratio(method="between_groups")),
    }


json.dump(
    {
        "versions": {"fairlearn": fairlearn.__version__, "numpy": np.__version__},
        "data": {"region": region.tolist(), "label": label.tolist(), "prediction": prediction.tolist()},
        "metrics": {name: expected(formula) for name, formula in FORMULAS.items()},
    },
    sys.stdout,
)
