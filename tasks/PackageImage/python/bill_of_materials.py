"""Prints the bill of materials. Written by the pipeline task MLOpsPackageImage."""
import json
import os
import platform
import re
import sys
import uuid
from glob import glob
from importlib import metadata

components = {}


def add(kind, name, version, licence):
    purl = "pkg:%s/%s@%s" % (kind, name, version)
    component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licence and len(licence) < 100 and "\n" not in licence:
        component["licenses"] = [{"license": {"name": licence}}]
    components[purl] = component


for package in metadata.distributions():
    name = package.metadata["Name"]
    if name:
        normal = re.sub(r"[-_.]+", "-", name).lower()
        licence = package.metadata.get("License-Expression") or package.metadata.get("License")
        add("pypi", normal, package.version, licence)
for file in glob(os.path.join("environment", "conda-meta", "*.json")):
    with open(file, encoding="utf-8") as handle:
        package = json.load(handle)
    add("conda", package["name"], package["version"], package.get("license"))

listed = [components[key] for key in sorted(components)]
json.dump(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:%s" % uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(listed, sort_keys=True)),
        "version": 1,
        "metadata": {"component": {"type": "platform", "bom-ref": "python", "name": "python", "version": platform.python_version()}},
        "components": listed,
    },
    sys.stdout,
    indent=1,
)
