"""Recommends the wines that are nearest to one that somebody liked: no estimator, so a model class of our own."""
import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.datasets import load_wine
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

COLUMNS = ["alcohol", "malic_acid", "color_intensity", "hue", "proline"]


class NearestWines(mlflow.pyfunc.PythonModel):
    def __init__(self, scaler, neighbours, cultivars):
        self.scaler = scaler
        self.neighbours = neighbours
        self.cultivars = cultivars

    def predict(self, context, model_input, params=None):
        _, nearest = self.neighbours.kneighbors(self.scaler.transform(model_input[COLUMNS]))
        votes = self.cultivars[nearest]
        return pd.DataFrame(
            {
                "cultivar": [int(np.bincount(row).argmax()) for row in votes],
                "agreement": [float(np.bincount(row).max() / len(row)) for row in votes],
            }
        )


def main():
    wines = load_wine(as_frame=True)
    frame, cultivars = wines.data[COLUMNS], wines.target.to_numpy()
    test = np.arange(len(frame)) % 4 == 0
    scaler = StandardScaler().fit(frame[~test])
    neighbours = NearestNeighbors(n_neighbors=7).fit(scaler.transform(frame[~test]))
    model = NearestWines(scaler, neighbours, cultivars[~test])

    with mlflow.start_run():
        answers = model.predict(None, frame[test])
        mlflow.log_metric("hit_rate", float((answers["cultivar"] == cultivars[test]).mean()))
        mlflow.pyfunc.save_model(
            "outputs/model",
            python_model=model,
            signature=infer_signature(frame[test], answers),
            input_example=frame[test].head(2),
        )

    some = frame[test].head(3)
    golden = [
        {
            "name": "three wines",
            "request": {"dataframe_split": some.to_dict(orient="split")},
            "expected": {"predictions": model.predict(None, some).to_dict(orient="records")},
        },
        {
            "name": "one wine, as Azure ML's clients send it",
            "request": {"input_data": some.head(1).to_dict(orient="split")},
            "expected": model.predict(None, some.head(1)).to_dict(orient="records"),
        },
    ]
    Path("outputs/golden_requests.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    main()
