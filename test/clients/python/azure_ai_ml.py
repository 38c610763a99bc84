import os, tempfile
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Data, Model
from azure.identity import ClientSecretCredential
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.storage.blob import BlobServiceClient
from tried import expect, tried

url, tenant = os.environ["CLOUD_URL"], os.environ["TENANT"]
subscription, group, workspace = (os.environ[name] for name in ("SUBSCRIPTION", "GROUP", "WORKSPACE"))
credential = ClientSecretCredential(
    tenant, os.environ["CLIENT"], os.environ["SECRET"], authority=url, disable_instance_discovery=True
)
ml = MLClient(credential, subscription, group, workspace, cloud="LocalAzure")
folder = tempfile.mkdtemp()
with open(os.path.join(folder, "rows.csv"), "w") as file:
    file.write("a,b\n1,2\n")
path = os.path.join(folder, "rows.csv")

tried("workspaces.get", lambda: expect(ml.workspaces.get(workspace).name == workspace))
tried("compute.list", lambda: expect(len(list(ml.compute.list())) == 1))
tried("datastores.get_default", lambda: expect(ml.datastores.get_default().name == "workspaceblobstore"))
tried("data.create_or_update with a file", lambda: ml.data.create_or_update(Data(name="rows", version="1", path=path, type="uri_file")))
tried("data.get", lambda: expect(ml.data.get("rows", "1").version == "1"))
tried("models.create_or_update with a folder", lambda: ml.models.create_or_update(Model(name="client", version="1", path=folder, type="custom_model")))
tried("models.download", lambda: ml.models.download("client", "1", download_path=tempfile.mkdtemp()))
tried("models.list", lambda: expect(len(list(ml.models.list(name="client"))) == 1))
tried("models.get of a model that is not there", lambda: ml.models.get("nonesuch", "1"), "not found")
tried("online_endpoints.list", lambda: list(ml.online_endpoints.list()), "Local Azure does not have it")
tried("a blob by a token", lambda: expect(len(list(BlobServiceClient(os.environ["BLOB_URL"], credential=credential).list_containers())) > 0))
scopes = {"credential_scopes": ["https://management.azure.com/.default"], "base_url": url}
resources = ResourceManagementClient(credential, subscription, **scopes)
tried("resource groups.list", lambda: expect(group in [each.name for each in resources.resource_groups.list()]))
tried("resources.list", lambda: expect(len(list(resources.resources.list())) > 1))
tried("providers.get", lambda: expect(resources.providers.get("Microsoft.ContainerRegistry").resource_types))
instances = ContainerInstanceManagementClient(credential, subscription, **scopes)
tried("container_groups.list", lambda: list(instances.container_groups.list()))
tried("location.list_capabilities", lambda: expect(len(list(instances.location.list_capabilities("eastus"))) == 3))
from azure.ai.ml import Input, Output, command, dsl
from azure.ai.ml.entities import Environment
from azure.ai.ml.sweep import Choice

with open(os.path.join(folder, "train.py"), "w") as file:
    file.write("import os, sys\nprint('rate', sys.argv[1])\nos.makedirs('outputs', exist_ok=True)\nopen('outputs/a.txt', 'w').write('a')\nopen(os.path.join(sys.argv[2], 'm.txt'), 'w').write('m')\n")
environment = tried("environments.create_or_update", lambda: ml.environments.create_or_update(Environment(name="client", version="1", image="mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest")))
step = command(
    command="python train.py ${{inputs.rate}} ${{outputs.model}}",
    code=folder,
    environment="client@latest",
    inputs={"rate": 0.1},
    outputs={"model": Output(type="uri_folder")},
    compute="cpu-cluster",
)
job = tried("jobs.create_or_update of a command with code", lambda: ml.jobs.create_or_update(step))
tried("jobs.stream", lambda: ml.jobs.stream(job.name))
tried("jobs.get", lambda: expect(ml.jobs.get(job.name).status == "Completed"))
def downloaded():
    to = tempfile.mkdtemp()
    ml.jobs.download(job.name, download_path=to, all=True)
    found = [name for _, _, names in os.walk(to) for name in names]
    expect({"a.txt", "m.txt"} <= set(found) and "std_log.txt" in found, str(found))
tried("jobs.download of all", downloaded)
tried("jobs.download of one output", lambda: ml.jobs.download(job.name, download_path=tempfile.mkdtemp(), output_name="model"))
tried("models.create_or_update of a job's output", lambda: ml.models.create_or_update(Model(name="trained", path=f"azureml://jobs/{job.name}/outputs/model/paths/", type="custom_model")))
tried("models.list with archived ones", lambda: (ml.models.archive("trained", version="1"), expect(len(list(ml.models.list("trained"))) == 0), expect(len(list(ml.models.list("trained", list_view_type="All"))) == 1)))
tried("jobs.list with a tag", lambda: expect(len(list(ml.jobs.list(tag="none"))) == 0))
sweep = command(command="python train.py ${{inputs.rate}} ${{outputs.model}}", code=folder, environment="client@latest", inputs={"rate": Choice([0.1, 0.2])}, outputs={"model": Output(type="uri_folder")}, compute="cpu-cluster")
sweeping = sweep.sweep(sampling_algorithm="grid", primary_metric="loss", goal="Minimize")
sweeping.set_limits(max_total_trials=2, max_concurrent_trials=2)
swept = tried("jobs.create_or_update of a sweep", lambda: ml.jobs.create_or_update(sweeping))
tried("jobs.stream of a sweep", lambda: ml.jobs.stream(swept.name))
tried("jobs.list of its trials", lambda: expect(len(list(ml.jobs.list(parent_job_name=swept.name))) == 2))


@dsl.pipeline(default_compute="cpu-cluster")
def steps():
    step(rate=0.2)


chain = tried("jobs.create_or_update of a pipeline", lambda: ml.jobs.create_or_update(steps(), experiment_name="client"))
tried("jobs.stream of a pipeline", lambda: ml.jobs.stream(chain.name))
long = tried("jobs.create_or_update of a long one", lambda: ml.jobs.create_or_update(command(command="sleep 60", environment="client@latest", compute="cpu-cluster")))
tried("jobs.begin_cancel", lambda: ml.jobs.begin_cancel(long.name))
tried("a job on a compute that is not there", lambda: ml.jobs.create_or_update(command(command="true", environment="client@latest", compute="nonesuch")), "nonesuch")
tried("a job in an environment that is not there", lambda: ml.jobs.create_or_update(command(command="true", environment="nonesuch:1", compute="cpu-cluster")), "nonesuch")
from azure.ai.ml.constants import ListViewType

tried("workspaces.list", lambda: expect(workspace in [each.name for each in ml.workspaces.list()]))
tried("datastores.list", lambda: expect(len(list(ml.datastores.list())) == 2))
tried("jobs.archive and restore", lambda: (ml.jobs.archive(job.name), expect(job.name not in [each.name for each in ml.jobs.list()]), expect(job.name in [each.name for each in ml.jobs.list(list_view_type=ListViewType.ARCHIVED_ONLY)]), ml.jobs.restore(job.name), expect(job.name in [each.name for each in ml.jobs.list()])))
def tagged():
    known = ml.jobs.get(job.name)
    known.tags["team"] = "a"
    ml.jobs.create_or_update(known)
    expect(ml.jobs.get(job.name).tags["team"] == "a")
    expect([each.name for each in ml.jobs.list(tag="team")] == [job.name])
tried("jobs.create_or_update of its tags, and jobs.list by one", tagged)
tried("jobs.get of what is not there", lambda: ml.jobs.get("nonesuch"), "not found")
tried("models.get by a label", lambda: expect(ml.models.get("client", label="latest").version == "1"))
def tagged_model():
    model = ml.models.get("client", "1")
    model.tags["team"] = "a"
    ml.models.create_or_update(model)
    expect(ml.models.get("client", "1").tags["team"] == "a")
tried("models.create_or_update of its tags", tagged_model)
tried("models.restore", lambda: (ml.models.restore("trained", version="1"), expect(len(list(ml.models.list("trained"))) == 1)))
tried("data.archive, list and restore", lambda: (ml.data.archive("rows", version="1"), expect(len(list(ml.data.list("rows"))) == 0), ml.data.restore("rows", version="1"), expect(len(list(ml.data.list("rows"))) == 1)))
tried("environments.list and get by a label", lambda: (expect("client" in [each.name for each in ml.environments.list()]), expect(ml.environments.get("client", label="latest").version == "1")))
tried("environments.archive", lambda: (ml.environments.archive("client", version="1"), expect(len(list(ml.environments.list("client"))) == 0)))
