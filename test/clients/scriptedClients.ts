import { join } from 'node:path';
import { nodePackages, pythonWith } from './installation';
import type { Client, Tried, World } from './world';

/** Clients that are libraries: a script of ours calls them, and says a line for each operation. */
async function script(world: World, program: string, args: string[], more?: Record<string, string>): Promise<Tried[]> {
  const { output } = await world.execute(program, args, more);
  const lines = output.split('\n').filter((line) => line.startsWith('{"operation"'));
  if (lines.length === 0) return [{ operation: 'start', outcome: 'wrong', detail: output.slice(-300) }];
  return lines.map((line) => JSON.parse(line) as Tried);
}

const inPython = (name: string, version: string, requirements: string, file: string): Client => ({
  name,
  version,
  install: () => pythonWith(requirements),
  run: (world, python) => script(world, python, [join(__dirname, 'python', file)]),
});

export const scriptedClients: Client[] = [
  inPython('mlflow-skinny', '3.17.2', 'requirements-mlflow3.txt', 'mlflow_client.py'),
  inPython('mlflow 2, azureml-mlflow', '2.22.5', 'requirements-mlflow2.txt', 'mlflow_client.py'),
  inPython('azure-ai-ml, azure-mgmt-*', '1.35.2', 'requirements-azure-ai-ml.txt', 'azure_ai_ml.py'),
  inPython('azure-cli', '2.91.0', 'requirements-azure-cli.txt', 'azure_cli.py'),
  {
    name: '@azure/arm-*',
    version: 'newest',
    install: nodePackages,
    run: (world, folder) =>
      script(world, process.execPath, [join(__dirname, 'node', 'arm_clients.mjs')], { PACKAGES: folder }),
  },
];
