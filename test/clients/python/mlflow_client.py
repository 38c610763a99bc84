import os, tempfile, uuid
import mlflow
from tried import expect, tried

client = mlflow.MlflowClient()
name = f"client-{uuid.uuid4().hex[:8]}"
experiment = tried("create_experiment", lambda: client.create_experiment(name))
tried("search_experiments by name", lambda: expect([e.name for e in client.search_experiments(filter_string=f"name = '{name}'")] == [name]))
run = tried("create_run", lambda: client.create_run(experiment))
tried("log_metric and get_metric_history", lambda: (client.log_metric(run.info.run_id, "loss", 0.5), expect(len(client.get_metric_history(run.info.run_id, "loss")) == 1)))
tried("search_runs", lambda: expect(len(client.search_runs([experiment], "metrics.loss < 1")) == 1))
tried("search_runs with a wrong filter", lambda: client.search_runs([experiment], "nonesuch = 1"), "INVALID_PARAMETER_VALUE")
tried("log_dict and list_artifacts", lambda: (client.log_dict(run.info.run_id, {"a": 1}, "m/a.json"), expect([f.path for f in client.list_artifacts(run.info.run_id, "m")] == ["m/a.json"])))
tried("create_registered_model", lambda: client.create_registered_model(name))
tried("create_model_version", lambda: expect(client.create_model_version(name, f"runs:/{run.info.run_id}/m", run.info.run_id).version in ("1", 1)))
tried("search_registered_models", lambda: expect([m.name for m in client.search_registered_models(f"name = '{name}'")] == [name]))
tried("search_registered_models by a tag", lambda: client.search_registered_models("tags.a = 'b'"), "INVALID_PARAMETER_VALUE")
tried("search_model_versions", lambda: expect(len(client.search_model_versions(f"name = '{name}'")) == 1))
tried("download models:/name/version", lambda: expect(os.path.exists(os.path.join(mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=tempfile.mkdtemp()), "a.json"))))
tried("set_model_version_tag", lambda: client.set_model_version_tag(name, "1", "a", "b"))
tried("set_registered_model_alias", lambda: (client.set_registered_model_alias(name, "champion", "1"), expect(client.get_model_version_by_alias(name, "champion").version in ("1", 1))))
tried("rename_registered_model", lambda: client.rename_registered_model(name, "other"), "does not rename")
tried("delete_model_version", lambda: client.delete_model_version(name, "1"))
tried("delete_registered_model", lambda: client.delete_registered_model(name), "does not delete")
tried("delete_run", lambda: client.delete_run(run.info.run_id))
