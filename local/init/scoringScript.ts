/** A scoring script that checks what it is sent, for a pickled model with predict(). */
export const scoringScript = `"""Scores rows over HTTP: POST /score {"data": [[...], ...]}, one list of numbers or one object of columns per row.

Answers {"predictions": [...]}, one per row, or 400 with {"message": ...} that says what is wrong with the request.
Written by mlops-local init: it is yours to change.
"""

import json
import math
import os
from pathlib import Path

import joblib
from azureml_inference_server_http.api.aml_response import AMLResponse

MAX_ROWS = 10_000
SUFFIXES = (".joblib", ".pkl", ".pickle")

model = None


class BadRequest(Exception):
    """The caller's mistake, reported to the caller."""


def init():
    """AZUREML_MODEL_DIR contains what training left at modelPath, in a folder named after the last part of that path."""
    global model
    folder = Path(os.environ["AZUREML_MODEL_DIR"])
    found = sorted(file for file in folder.rglob("*") if file.suffix in SUFFIXES)
    if len(found) != 1:
        names = ", ".join(str(file.relative_to(folder)) for file in found) or "none"
        raise FileNotFoundError(f"One model file ({', '.join(SUFFIXES)}) is expected in {folder}, but it contains: {names}")
    model = joblib.load(found[0])


def run(raw_data):
    try:
        rows = check(parse(raw_data))
    except BadRequest as error:
        return AMLResponse({"message": str(error)}, 400, json_str=True)
    return {"predictions": model.predict(rows).tolist()}


def parse(raw_data):
    def refuse(constant):
        raise BadRequest(f"{constant} is not JSON.")

    try:
        body = json.loads(raw_data, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not JSON: {error}") from None
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise BadRequest('The body must be {"data": [...]} with one list or object per row.')
    if not 0 < len(body["data"]) <= MAX_ROWS:
        raise BadRequest(f"data must contain 1 to {MAX_ROWS} rows, but contains {len(body['data'])}.")
    return body["data"]


def check(rows):
    """Rows of the width that the model was trained on; objects become a table of the model's columns."""
    names = getattr(model, "feature_names_in_", None)
    width = getattr(model, "n_features_in_", None)
    if all(isinstance(row, dict) for row in rows):
        import pandas

        columns = list(names) if names is not None else list(rows[0])
        for index, row in enumerate(rows):
            if set(row) != set(columns):
                raise BadRequest(f"Row {index} must have the columns {', '.join(columns)}, but has {', '.join(row)}.")
            values(list(row.values()), index, texts=True)
        return pandas.DataFrame(rows, columns=columns)
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            raise BadRequest(f"Row {index} must be a list of numbers.")
        if width is not None and len(row) != width:
            raise BadRequest(f"Row {index} must contain {width} numbers, but contains {len(row)}.")
        values(row, index, texts=False)
    if names is not None:
        import pandas

        return pandas.DataFrame(rows, columns=list(names))
    return rows


def values(row, index, texts):
    for value in row:
        if texts and isinstance(value, str):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not finite(value):
            raise BadRequest(f"Row {index}: {json.dumps(value)} is not a number.")


def finite(value):
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
`;
