"""Scores diamonds over HTTP, inside Azure ML's inference server: POST /score {"data": [{"carat": 0.7, ...}, ...]}.

Answers {"predictions": [...]} in US dollars, one per row, or 400 with {"message": ...} that says what is wrong with the
request. Each row must have exactly the columns of the model's signature, with their types: a number sent as text is
refused, not converted, because a model that gets the wrong type still answers, only incorrectly.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

# One row is not worth sharing: waiting for other threads costs more than the prediction. Read when scikit-learn loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import joblib
import pandas as pd
from azureml_inference_server_http.api.aml_response import AMLResponse

MAX_ROWS = 10_000

model = None
columns: list[dict] = []


class BadRequest(Exception):
    """The caller's mistake, reported to the caller."""


def init() -> None:
    global model, columns
    found = sorted(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.joblib"))
    if len(found) != 1:
        raise FileNotFoundError(f"AZUREML_MODEL_DIR must contain one model.joblib, but contains {len(found)}.")
    model = joblib.load(found[0])
    columns = json.loads(found[0].with_name("signature.json").read_text())["columns"]


def run(raw_data: str):
    try:
        rows = frame(parse(raw_data))
    except BadRequest as error:
        return AMLResponse({"message": str(error)}, 400, json_str=True)
    return {"predictions": model.predict(rows).tolist()}


def parse(raw_data: str) -> list:
    def refuse(constant: str):
        raise BadRequest(f"{constant} is not JSON.")

    try:
        request = json.loads(raw_data, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON: {error}") from None
    if not isinstance(request, dict) or set(request) != {"data"} or not isinstance(request["data"], list):
        raise BadRequest('The body must be {"data": [...]} with one object per row.')
    if not 0 < len(request["data"]) <= MAX_ROWS:
        raise BadRequest(f"data must contain 1 to {MAX_ROWS} rows, but contains {len(request['data'])}.")
    return request["data"]


def frame(rows: list) -> pd.DataFrame:
    """The rows as the model was trained on: same columns, same order, same types."""
    names = [column["name"] for column in columns]
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadRequest(f"Row {index} is not an object.")
        missing, extra = [name for name in names if name not in row], sorted(set(row) - set(names))
        if missing:
            raise BadRequest(f"Row {index} lacks {', '.join(missing)}.")
        if extra:
            raise BadRequest(f"Row {index} has unknown columns: {', '.join(extra)}.")
        for column in columns:
            check(column, row[column["name"]], index)
    types = {column["name"]: float if column["type"] == "number" else object for column in columns}
    return pd.DataFrame(rows, columns=names).astype(types)


def check(column: dict, value, index: int) -> None:
    name = column["name"]
    if column["type"] == "number":
        # bool is an int in Python, but true is not a number in JSON.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not representable(value):
            raise BadRequest(f"Row {index}: {name} must be a number.")
    elif value not in column["values"]:
        raise BadRequest(f"Row {index}: {name} must be one of {', '.join(column['values'])}.")


def representable(value: int | float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
