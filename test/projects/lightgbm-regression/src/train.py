import argparse
import json
import pathlib

import lightgbm as lgb
import mlflow
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import train_test_split


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("outputs/model"))
    args = parser.parse_args()

    data = load_diabetes(as_frame=True)
    x_train, x_test, y_train, y_test = train_test_split(data.data, data.target, random_state=7)
    params = {"objective": "regression", "learning_rate": 0.05, "num_leaves": 8, "verbose": -1, "num_threads": 1, "seed": 7}

    def report(env):
        for _, metric, value, _ in env.evaluation_result_list:
            mlflow.log_metric(f"val_{metric}", value, step=env.iteration)

    booster = lgb.train(
        params,
        lgb.Dataset(x_train, y_train),
        num_boost_round=args.rounds,
        valid_sets=[lgb.Dataset(x_test, y_test)],
        callbacks=[report],
    )
    predictions = booster.predict(x_test)
    mlflow.log_metrics(
        {
            "mae": mean_absolute_error(y_test, predictions),
            "rmse": root_mean_squared_error(y_test, predictions),
        }
    )

    args.out.mkdir(parents=True, exist_ok=True)
    booster.save_model(args.out / "booster.txt")
    rows = x_test.head(4)
    golden = [
        {"name": "a patient", "request": rows.head(1).to_dict(orient="records"), "expected": predictions[:1].tolist()},
        {"name": "four patients", "request": rows.to_dict(orient="records"), "expected": np.asarray(predictions[:4]).tolist()},
    ]
    (args.out.parent / "golden_requests.json").write_text(json.dumps(golden, indent=1))


if __name__ == "__main__":
    main()
