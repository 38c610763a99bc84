"""azure-ai-ml at the same work as our own: `upload <folder>` or `stream <job>`. Prints one line of JSON at its end, on stderr."""

import json
import os
import resource
import socket
import sys
import time
import urllib.parse
import uuid

import requests
from azure.core.credentials import AccessToken

settings = json.loads(os.environ["BENCH_CONNECTION"])

# The local cloud's names are not in the system's DNS.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve(
    "127.0.0.1" if str(host).endswith("localhost") else host, *rest, **more
)

count = 0
send = requests.adapters.HTTPAdapter.send


def counted(self, *arguments, **more):
    global count
    count += 1
    return send(self, *arguments, **more)


requests.adapters.HTTPAdapter.send = counted


class Credential:
    """A client secret at the local cloud's own authority."""

    def get_token(self, *_scopes, **_more):
        answer = requests.post(
            f"{settings['authorityUrl']}/{settings['tenantId']}/oauth2/v2.0/token",
            data={
                "client_id": settings["authentication"]["clientId"],
                "client_secret": settings["authentication"]["clientSecret"],
                "grant_type": "client_credentials",
                "scope": f"{settings['audience']}/.default",
            },
            timeout=60,
        ).json()
        return AccessToken(answer["access_token"], int(time.time()) + int(answer["expires_in"]))


def client():
    from azure.ai.ml import MLClient

    return MLClient(
        Credential(),
        settings["subscriptionId"],
        settings["resourceGroup"],
        settings["workspace"],
        cloud="Local",
        cloud_metadata={
            "azure_portal": settings["resourceManagerUrl"],
            "resource_manager": settings["resourceManagerUrl"],
            "active_directory": settings["authorityUrl"],
            "aml_resource_id": settings["audience"],
            "storage_endpoint": "localhost",
            "registry_discovery_endpoint": settings["resourceManagerUrl"],
        },
    )


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def begin():
    return time.monotonic(), time.process_time(), peak_megabytes()


def upload(folder):
    from azure.ai.ml.entities._assets import Code

    ml = client()
    # Signing in and finding the workspace are not what is measured.
    ml.workspaces.get(settings["workspace"])
    started = begin()
    ml._code.create_or_update(Code(name=str(uuid.uuid4()), version="1", path=folder))
    return started


def stream(job):
    from azure.ai.ml.operations import _job_ops_helper

    # It cannot tell the account's name from the local cloud's host names, so it takes the log's URL from the run's
    # details, as it does where there is no datastore; that spares it a request for the list of logs at each look.
    _job_ops_helper.get_datastore_info = lambda *_: None
    ml = client()
    started = begin()
    ml.jobs.stream(job)
    return started


started, cpu, base = {"upload": upload, "stream": stream}[sys.argv[1]](sys.argv[2])
result = {
    "seconds": time.monotonic() - started,
    "cpuSeconds": time.process_time() - cpu,
    "megabytes": peak_megabytes(),
    "base": base,
    "requests": count,
}
print("\n" + json.dumps(result), file=sys.stderr, flush=True)
