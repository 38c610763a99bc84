/** Package-Image's own way of a model into a build: from the registry's storage into the context, and a run scheduled. */
import { findContainerRegistry } from '../../tasks/common/azure/registry/containerRegistry';
import { ContainerRegistryTasks } from '../../tasks/common/azure/registry/containerRegistryTasks';
import { listModelFiles } from '../../tasks/common/azure/ml/modelFiles';
import { Models } from '../../tasks/common/azure/ml/models';
import type { ServiceConnection } from '../../tasks/common/azure/http/serviceConnection';
import { AzureSession } from '../../tasks/common/azure/http/session';
import { Workspace } from '../../tasks/common/azure/ml/workspace';
import { textFile } from '../../tasks/PackageImage/context/buildContext';
import { archive } from '../../tasks/PackageImage/context/contextArchive';

interface Settings {
  connection: ServiceConnection;
  resourceGroup: string;
  workspace: string;
  dockerfile: string;
}

async function main(name: string): Promise<void> {
  const settings = JSON.parse(process.env.BENCH_SETTINGS!) as Settings;
  const session = new AzureSession(settings.connection);
  const workspace = new Workspace(session, settings.resourceGroup, settings.workspace);
  const { signal } = new AbortController();
  const [model, registry] = await Promise.all([
    new Models(workspace).get(name, '1'),
    findContainerRegistry(workspace, undefined),
  ]);
  const tasks = new ContainerRegistryTasks(session, registry);
  const files = [textFile('Dockerfile', settings.dockerfile), ...(await listModelFiles(workspace, model, signal))];
  const { sourceLocation } = await tasks.uploadContext(archive(files, signal), signal);
  await tasks.schedule({
    sourceLocation,
    dockerFilePath: 'Dockerfile',
    imageNames: ['bench:ours'],
    arguments: [],
    customRegistries: {},
    timeout: 3600,
  });
  console.error(`\n${JSON.stringify({ megabytes: process.resourceUsage().maxRSS / 1024 })}`);
}

void main(process.argv[2]!);
