"""The Azure CLI: each command through the same entry that the program `az` has, in one process as its start takes seconds."""
import io, os, sys, tempfile, time
from tried import expect, tried

home = tempfile.mkdtemp()
os.environ.update(AZURE_CONFIG_DIR=home, AZURE_CORE_COLLECT_TELEMETRY="no", AZURE_CORE_INSTANCE_DISCOVERY="false")
# For azure-ai-ml; this client is told by `az cloud register`.
os.environ.pop("ARM_CLOUD_METADATA_URL")
from azure.cli.core import get_default_cli

url, registry, group = os.environ["CLOUD_URL"], os.environ["REGISTRY"], os.environ["GROUP"]
client, secret, server = os.environ["CLIENT"], os.environ["SECRET"], os.environ["LOGIN_SERVER"]
scope = f"/subscriptions/{os.environ['SUBSCRIPTION']}/resourceGroups/{group}"


# What is not there makes az end with code 3.
def az(line, *more):
    cli = get_default_cli()
    try:
        code = cli.invoke([*line.split(), *more, "--only-show-errors"], out_file=io.StringIO())
    except SystemExit as end:
        code = end.code
    if code:
        raise RuntimeError(f"exit code {code}: {cli.result.error if cli.result else ''}")
    return cli.result.result


# What is typed stays a pipe that goes on: az reads it in the background for good.
def typed(line, text):
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    stdout = sys.stdout
    sys.stdin, sys.stdout = os.fdopen(reader, "r"), io.TextIOWrapper(io.BytesIO(), write_through=True)
    try:
        az(line)
        return sys.stdout.buffer.getvalue().decode()
    finally:
        sys.stdout = stdout


def run(line, *more, check=lambda answer: True, refusal=None):
    tried(f"az {line}", lambda: expect(check(az(line, *more)), "not as expected"), refusal)


def names(answer):
    return [each["name"] for each in answer]


run("cloud register -n LocalAzure", "--endpoint-resource-manager", url)
run("cloud set -n LocalAzure")
run("login --service-principal", "-u", client, "-p", "wrong", "--tenant", os.environ["TENANT"], refusal="exit code 1")
run("login --service-principal", "-u", client, "-p", secret, "--tenant", os.environ["TENANT"])
run("account show", check=lambda answer: answer["id"] == os.environ["SUBSCRIPTION"])
run("account list-locations", check=lambda answer: "eastus" in names(answer))
run("group list", check=lambda answer: group in names(answer))
run("group show -n nonesuch", refusal="exit code 3")
run("group exists -n nonesuch", check=lambda answer: answer is False)
run("group create -n mine -l eastus --tags a=b")
run("group list --tag a=b", check=lambda answer: names(answer) == ["mine"])
run("group update -n mine --set tags.a=c", check=lambda answer: answer["tags"] == {"a": "c"})
run("group delete -n mine --yes")
run(f"resource list -g {group}", check=lambda answer: registry in names(answer))
run("resource list --resource-type Microsoft.ContainerRegistry/registries", check=lambda answer: registry in names(answer))
run("resource list --tag no=such", check=lambda answer: answer == [])
run(f"resource show -g {group} -n {registry} --resource-type Microsoft.ContainerRegistry/registries", check=lambda answer: answer["name"] == registry)
run("provider list", check=lambda answer: "Microsoft.ContainerRegistry" in [each["namespace"] for each in answer])
run("provider show -n Microsoft.ContainerInstance")
run(f"deployment group list -g {group}", check=lambda answer: isinstance(answer, list))
run("identity list", check=lambda answer: len(answer) == 1)
run(f"role assignment list --scope {scope}/providers/Microsoft.ContainerRegistry/registries/{registry}", "--fill-principal-name", "false", "--fill-role-definition-name", "false", check=lambda answer: len(answer) == 1)
run("role definition list -n AcrPull", check=lambda answer: [each["roleName"] for each in answer] == ["AcrPull"])

principal = tried("az identity create", lambda: az(f"identity create -n made -g {group}"))["principalId"]
pull_role = f"/subscriptions/{os.environ['SUBSCRIPTION']}/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
on_registry = f"{scope}/providers/Microsoft.ContainerRegistry/registries/{registry}"
run("role assignment create --assignee-principal-type ServicePrincipal", "--assignee-object-id", principal, "--role", pull_role, "--scope", on_registry)
run("role assignment list --fill-principal-name false --fill-role-definition-name false", "--scope", on_registry, check=lambda answer: principal in [each["principalId"] for each in answer])
run(f"identity delete -n made -g {group}")
run("account get-access-token", check=lambda answer: answer["accessToken"])
run("group create -n templates -l eastus")
template = os.path.join(home, "template.json")
with open(template, "w") as file:
    file.write('{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "parameters": {"a": {"type": "string"}}, "resources": []}')
run("deployment group create -n first -g templates -f", template, "-p", "a=b", check=lambda answer: answer["properties"]["provisioningState"] == "Succeeded")
run("deployment group show -n first -g templates", check=lambda answer: answer["properties"]["parameters"]["a"]["value"] == "b")
run("deployment group show -n none -g templates", refusal="exit code 3")
run("deployment group delete -n first -g templates")
run("group export -n templates", refusal="Local Azure does not serve")
run("group delete -n templates --yes")

run("acr list", check=lambda answer: registry in names(answer))
run(f"acr show -n {registry}", check=lambda answer: answer["loginServer"] == server)
run("acr show -n nonesuch", refusal="could not be found")
run(f"acr check-name -n {registry}", check=lambda answer: answer["nameAvailable"] is False)
run(f"acr show-usage -n {registry}")
run(f"acr show-endpoints -n {registry}")
run(f"acr credential show -n {registry}", check=lambda answer: answer["username"] == registry)
run(f"acr credential renew -n {registry} --password-name password2")
run(f"acr login -n {registry} --expose-token", check=lambda answer: answer["accessToken"])
run("acr create -n another12345 --sku Basic -g", group)
run("acr update -n another12345 --admin-enabled true", check=lambda answer: answer["adminUserEnabled"])
run("acr delete -n another12345 --yes")
context = tempfile.mkdtemp()
with open(os.path.join(context, "Dockerfile"), "w") as file:
    file.write('FROM python:3.11-slim\nCMD ["python", "-m", "http.server", "8080"]\n')
run(f"acr build -r {registry} -t built:1 -t built:{{{{.Run.ID}}}}", context)
with open(os.path.join(context, "Wrong"), "w") as file:
    file.write("FROM scratch\nCOPY nothing /\n")
run(f"acr build -r {registry} -t built:2 -f {context}/Wrong", context, refusal="exit code 1")
run(f"acr task list-runs -r {registry}", check=lambda answer: len(answer) >= 2)
run(f"acr task show-run -r {registry} --run-id ca1", check=lambda answer: answer["status"] == "Succeeded")
run(f"acr task logs -r {registry} --run-id ca1")
run(f"acr task list -r {registry}", refusal="InvalidResourceType")
run(f"acr repository list -n {registry}", check=lambda answer: "built" in answer)
run(f"acr repository show -n {registry} --repository built", check=lambda answer: answer["tagCount"] == 2)
run(f"acr repository show -n {registry} --image built:1", check=lambda answer: answer["name"] == "1")
run(f"acr repository show-tags -n {registry} --repository built", check=lambda answer: answer == ["1", "ca1"])
run(f"acr repository show-tags -n {registry} --repository built --detail --orderby time_desc --top 1", check=lambda answer: len(answer) == 1)
run(f"acr manifest list-metadata -r {registry} -n built --orderby time_desc", check=lambda answer: len(answer) == 1)
run(f"acr manifest show -r {registry} -n built:1", check=lambda answer: answer["schemaVersion"] == 2)
run(f"acr repository update -n {registry} --image built:1 --write-enabled false", check=lambda answer: answer["changeableAttributes"]["writeEnabled"] is False)
run(f"acr repository untag -n {registry} --image built:1", refusal="disallowed")
run(f"acr repository update -n {registry} --image built:1 --write-enabled true")
run(f"acr manifest list-referrers -r {registry} -n built:1", check=lambda answer: answer["manifests"] == [])
run(f"acr manifest show-metadata -r {registry} -n built:1", check=lambda answer: answer["digest"].startswith("sha256:"))
run(f"acr repository untag -n {registry} --image built:ca1")
run(f"acr repository show-tags -n {registry} --repository built", check=lambda answer: answer == ["1"])
run(f"acr repository show -n {registry} --repository nonesuch", refusal="exit code 3")
run(f"acr repository delete -n {registry} --image built:none --yes", refusal="is not found")

one = f"-n one -g {group}"
pull = ["--registry-username", client, "--registry-password", secret]
size = "--os-type Linux --cpu 1 --memory 1"
run(f"container create {one} {size} --image {server}/nonesuch:1", *pull, refusal="InaccessibleImage")
run(f"container create {one} {size} --image {server}/built:1 --ports 8080 --ip-address Public --no-wait -e A=b", *pull)
run(f"container show {one}", check=lambda answer: answer["containers"][0]["environmentVariables"][0]["name"] == "A")


def running():
    while (answer := az(f"container show {one}"))["provisioningState"] != "Succeeded":
        time.sleep(0.2)
    expect(answer["instanceView"]["state"] == "Running")


tried("az container show, until it runs", running)
run("container list", check=lambda answer: "one" in names(answer))
run(f"container logs {one}")
run(f"container logs {one} --container-name none", refusal="exit code")
run(f"container export {one} -f {context}/exported.yaml")


def typed_to():
    shown = typed(f"container exec {one} --exec-command /bin/sh", "echo typed-$((40+2))\nexit\n")
    expect("typed-42" in shown, f"what came was {shown!r}")


tried("az container exec, typed to", typed_to)
run(f"container exec {one} --container-name nonesuch --exec-command /bin/sh", refusal="ContainerNotFound")
run(f"container restart {one} --no-wait")
tried("az container show, until it runs again", running)
run(f"container stop {one}", check=lambda answer: True)
run(f"container delete {one} --yes")
run(f"container show {one}", refusal="exit code 3")
run(f"acr repository delete -n {registry} --repository built --yes", check=lambda answer: answer["manifestsDeleted"])
account = "madestorage12345"
run(f"storage account create -n {account} -g {group} -l eastus --sku Standard_LRS", check=lambda answer: answer["provisioningState"] == "Succeeded")
run("storage account list", check=lambda answer: account in names(answer))
run(f"storage account show -n {account} -g {group}", check=lambda answer: answer["kind"] == "StorageV2")
run(f"storage account keys list -n {account} -g {group}", refusal="keeps nothing")
run(f"storage account delete -n {account} -g {group} --yes")
