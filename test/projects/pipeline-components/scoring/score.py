import json
import logging
import os
from pathlib import Path

import joblib
import pandas as pd

log = logging.getLogger(__name__)
forest = None


def init():
    global forest
    path = next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("forest.pkl"))
    forest = joblib.load(path)
    log.info("loaded %s", path)


def run(raw_data: str) -> dict:
    houses = pd.DataFrame(json.loads(raw_data)["houses"])
    return {"prices": forest.predict(houses[list(forest.feature_names_in_)]).tolist()}
