/** Package-Image's own way of a model into a build: from the registry's storage into the context, and a run scheduled. */
import { findContainerRegistry } from '../../tasks/common/azure/registry/containerRegistry';
import { ContainerRegistryTasks } from '../../tasks/common/azure/registry/containerRegistryTasks';
import { listModelFiles } from '../../tasks/common/azure/ml/modelFiles';
import { Models } from '../../tasks/common/azure/ml/models';
import { AzureSession } from '../../tasks/common/azure/http/session';
import { Workspace } from '../../tasks/common/azure/ml/workspace';
import { textFile } from '../../tasks/PackageImage/context/buildContext';
import { archive } from '../../tasks/PackageImage/context/contextArchive';
import { serviceConnectionOf, type BenchConnection } from '../benchConnection';

interface Settings {
  connection: BenchConnection;
  dockerfile: string;
}

async function main(name: string): Promise<void> {
  const { connection, dockerfile } = JSON.parse(process.env.BENCH_SETTINGS!) as Settings;
  const session = new AzureSession(serviceConnectionOf(connection));
  const workspace = new Workspace(session, connection.resourceGroup, connection.workspace);
  const { signal } = new AbortController();
  const [model, registry] = await Promise.all([
    new Models(workspace).get(name, '1'),
    findContainerRegistry(workspace, undefined),
  ]);
  const tasks = new ContainerRegistryTasks(session, registry);
  const files = [textFile('Dockerfile', dockerfile), ...(await listModelFiles(workspace, model, signal))];
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
