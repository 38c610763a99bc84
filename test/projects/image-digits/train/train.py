"""Reads handwritten digits. A service gets the picture as it is: the bytes of a PNG."""
import base64
import io
import json
from pathlib import Path

import joblib
import mlflow
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC


def png(pixels):
    """An 8 x 8 digit of 17 greys as a PNG of 64 x 64."""
    picture = Image.fromarray((pixels.reshape(8, 8) * 255 / 16).astype(np.uint8)).resize((64, 64), Image.NEAREST)
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()


digits = load_digits()
x_train, x_test, y_train, y_test = train_test_split(digits.data, digits.target, test_size=0.3, random_state=0)
model = SVC(gamma=0.001).fit(x_train, y_train)
mlflow.log_metric("accuracy", model.score(x_test, y_test))

Path("outputs/model").mkdir(parents=True, exist_ok=True)
joblib.dump(model, "outputs/model/digits.joblib")

golden = [
    {
        "name": f"picture {index}, a written {label}",
        "requestBase64": base64.b64encode(png(pixels)).decode(),
        "contentType": "image/png",
        "expected": {"digit": int(answer)},
    }
    for index, (pixels, label, answer) in enumerate(zip(x_test[:4], y_test[:4], model.predict(x_test[:4])))
]
Path("outputs/golden_requests.json").write_text(json.dumps(golden))
