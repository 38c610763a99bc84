import json
import os
from glob import glob

import lightgbm as lgb
import pandas as pd


def init():
    global booster
    (path,) = glob(os.path.join(os.environ["AZUREML_MODEL_DIR"], "**", "booster.txt"), recursive=True)
    booster = lgb.Booster(model_file=path)


def run(body):
    frame = pd.DataFrame(json.loads(body))
    return booster.predict(frame[booster.feature_name()]).tolist()
