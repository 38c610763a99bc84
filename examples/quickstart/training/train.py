"""Trains the cost estimator: what does a diamond cost (in US dollars), given its size and its grades?

Leaves in outputs/, which Azure Machine Learning keeps with the job:
  model/model.joblib         the fitted pipeline
  model/signature.json       the columns that it expects, with their types
  predictions.csv            id,label,prediction for each diamond that was held out
  golden_requests.json       requests with the answers that a right deployment gives
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

# So little data is no work to share: on a busy machine the threads would mostly wait for each other. Read when
# scikit-learn loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import joblib
import mlflow
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

import dataset


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--max-leaf-nodes", type=int, default=31)
    parser.add_argument("--iterations", type=int, default=100, help="trees in all")
    parser.add_argument("--report-every", type=int, default=10, help="trees between two reports of the loss")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("outputs"))
    return parser.parse_args()


def fit(options: argparse.Namespace, x_train, y_train, x_test, y_test) -> Pipeline:
    """Fits a few trees at a time and logs the loss after each, so that it can be watched."""
    encoder = ColumnTransformer(
        [
            ("grades", OrdinalEncoder(categories=list(dataset.GRADES.values())), list(dataset.GRADES)),
            ("numbers", "passthrough", dataset.NUMBERS),
        ]
    )
    trees = HistGradientBoostingRegressor(
        learning_rate=options.learning_rate,
        max_leaf_nodes=options.max_leaf_nodes,
        early_stopping=False,
        warm_start=True,
        random_state=options.seed,
    )
    encoded_train, encoded_test = encoder.fit_transform(x_train), encoder.transform(x_test)
    # As many rows tell the loss in training as are held out; the rows are in random order.
    sample, sample_labels = encoded_train[: len(x_test)], y_train[: len(x_test)]
    for count in range(options.report_every, options.iterations + 1, options.report_every):
        trees.set_params(max_iter=count).fit(encoded_train, y_train)
        loss = {
            "train_loss": root_mean_squared_error(sample_labels, trees.predict(sample)),
            "test_loss": root_mean_squared_error(y_test, trees.predict(encoded_test)),
        }
        mlflow.log_metrics(loss, step=count)
        print(f"{count:4d} trees: rmse {loss['train_loss']:7.2f} in training, {loss['test_loss']:7.2f} held out", flush=True)
    return Pipeline([("encode", encoder), ("trees", trees)])


def metrics(label: pd.Series, prediction: np.ndarray, rows: pd.DataFrame) -> dict[str, float]:
    """Metrics over all rows, and the error of each grade of clarity, the rarest of which a mean would hide."""
    result = {
        "rmse": root_mean_squared_error(label, prediction),
        "mae": mean_absolute_error(label, prediction),
        "r2": r2_score(label, prediction),
    }
    for grade in dataset.GRADES["clarity"]:
        of_grade = (rows["clarity"] == grade).to_numpy()
        result[f"rmse.clarity.{grade}"] = root_mean_squared_error(label[of_grade], prediction[of_grade])
    return {name: float(value) for name, value in result.items()}


def signature() -> dict:
    columns = []
    for name in dataset.COLUMNS:
        if name in dataset.GRADES:
            columns.append({"name": name, "type": "string", "values": dataset.GRADES[name]})
        else:
            columns.append({"name": name, "type": "number"})
    return {"columns": columns, "target": {"name": dataset.TARGET, "type": "number", "unit": "USD"}}


def golden_requests(model: Pipeline, rows: pd.DataFrame) -> list[dict]:
    """Requests over diamonds that were held out, with this model's own answers; the last two must be refused."""

    def golden(name: str, chosen: pd.DataFrame) -> dict:
        return {
            "name": name,
            "request": {"data": chosen.to_dict(orient="records")},
            "expected": {"predictions": model.predict(chosen).tolist()},
            "tolerance": {"relative": 1e-6},
        }

    by_size = rows.sort_values("carat", kind="stable")
    one_of_each_cut = rows.groupby("cut", sort=True).head(1)
    middle = by_size.iloc[[len(by_size) // 2]]
    diamond = middle.to_dict(orient="records")[0]
    return [
        golden("one diamond", middle),
        golden("smallest and largest", by_size.iloc[[0, -1]]),
        golden("one of each cut", one_of_each_cut),
        golden("a hundred at once", rows.head(100)),
        {"name": "unknown cut", "request": {"data": [{**diamond, "cut": "Splendid"}]}, "expectStatus": 400},
        {"name": "carat as text", "request": {"data": [{**diamond, "carat": str(diamond["carat"])}]}, "expectStatus": 400},
    ]


def main() -> None:
    options = arguments()
    diamonds, data_hash = dataset.load()
    rows, labels = diamonds[dataset.COLUMNS], diamonds[dataset.TARGET]
    x_train, x_test, y_train, y_test = train_test_split(rows, labels, test_size=0.2, random_state=options.seed)
    print(f"{len(x_train)} diamonds to learn from, {len(x_test)} held out")

    with mlflow.start_run():
        mlflow.log_params(
            {
                "learning_rate": options.learning_rate,
                "max_leaf_nodes": options.max_leaf_nodes,
                "iterations": options.iterations,
                "seed": options.seed,
                "train_rows": len(x_train),
                "test_rows": len(x_test),
            }
        )
        mlflow.set_tag("data.sha256", data_hash)

        model = fit(options, x_train, y_train, x_test, y_test)
        prediction = model.predict(x_test)
        result = metrics(y_test, prediction, x_test)
        mlflow.log_metrics(result)

    output: Path = options.output
    (output / "model").mkdir(parents=True, exist_ok=True)
    joblib.dump(model, output / "model" / "model.joblib", compress=3)
    (output / "model" / "signature.json").write_text(json.dumps(signature(), indent=2) + "\n")
    (output / "golden_requests.json").write_text(json.dumps(golden_requests(model, x_test), indent=2) + "\n")
    table = pd.DataFrame({"id": x_test.index, "label": y_test.to_numpy(), "prediction": prediction})
    table.to_csv(output / "predictions.csv", index=False)

    print(f"rmse {result['rmse']:.2f}, mae {result['mae']:.2f}, r2 {result['r2']:.4f}")


if __name__ == "__main__":
    sys.exit(main())
