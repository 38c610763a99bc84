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
