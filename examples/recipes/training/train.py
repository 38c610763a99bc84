"""Benign or malignant? Thirty measures of a cell nucleus decide."""
import argparse
import json
from pathlib import Path

import joblib
import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--regularization", type=float, default=1.0)
parser.add_argument("--mlflow-model", action="store_true", help="leave an MLflow model, which needs no scoring script")
arguments = parser.parse_args()

x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0, stratify=y)
model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / arguments.regularization, max_iter=500))
model.fit(x_train, y_train)
mlflow.log_param("regularization", arguments.regularization)
mlflow.log_metric("accuracy", model.score(x_test, y_test))
mlflow.log_metric("auc", roc_auc_score(y_test, model.predict_proba(x_test)[:, 1]))

rows = x_test[:3]
answer = model.predict(rows).tolist()
if arguments.mlflow_model:
    mlflow.sklearn.save_model(model, "outputs/model", input_example=rows)
    request, expected = {"input_data": rows.tolist()}, answer
else:
    Path("outputs/model").mkdir(parents=True, exist_ok=True)
    joblib.dump(model, "outputs/model/model.pkl")
    request, expected = {"data": rows.tolist()}, {"result": answer}

# Requests with the right answers: Package-Image and Test-Endpoint hold the service to them.
Path("outputs/golden_requests.json").write_text(
    json.dumps([{"name": "three patients", "request": request, "expected": expected}])
)
