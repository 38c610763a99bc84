"""Reads a model card as the Hugging Face hub's own library does, and says what it found in its metadata."""

import json
import sys

from huggingface_hub import ModelCard

data = ModelCard.load(sys.argv[1]).data
results = [
    [result.metric_type, result.dataset_config, result.metric_value, result.task_type]
    for result in data.eval_results or []
]
print(json.dumps({"name": data.model_name, "license": data.license, "results": results}))
