import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import semver from 'semver';
import { inBoxTask, type InBoxStep } from './inBoxTask';
import { programOnPath } from './program';

interface Python {
  executable: string;
  version: string;
}

export const usePythonVersion = inBoxTask({
  id: '33c63b11-352b-45a2-ba1b-54cb568a29ca',
  name: 'UsePythonVersion',
  version: 0,
  description: 'Puts a Python of this machine first; installs none.',
  inputs: [
    { name: 'versionSpec', defaultValue: '3.x', required: true },
    { name: 'disableDownloadFromRegistry' },
    { name: 'allowUnstable' },
    { name: 'githubToken' },
    { name: 'addToPath', defaultValue: 'true' },
    { name: 'architecture' },
  ],
  outputVariables: ['pythonLocation'],
  async run(step) {
    const { context, inputs } = step;
    const wanted = inputs.text('versionSpec');
    const isFitting = (python: Python | undefined): boolean => !!python && semver.satisfies(python.version, wanted);
    const present = ['python3', 'python'].map((name) => pythonOf(name, step.environment));
    const fitting = present.find(isFitting) ?? named(wanted, step.environment).find(isFitting);
    const python = fitting ?? present.find((one) => one !== undefined);
    if (!python) throw new Error('This machine has no Python, and this step needs one. Install python3.');
    if (!fitting) {
      context.warning(
        `No Python ${wanted} is on this machine, and the local agent installs none: Python ${python.version} is used instead.`,
      );
    }
    const folder = commandFolder(step, python);
    if (inputs.flag('addToPath') && !context.options.prependPath.includes(folder)) {
      context.options.prependPath.unshift(folder);
    }
    context.setVariable('pythonLocation', path.dirname(folder), { secret: false, output: true, readOnly: false });
    context.write(`Python ${python.version} (${python.executable})`);
  },
});

function pythonOf(name: string, environment: Record<string, string>): Python | undefined {
  const program = programOnPath(name, environment);
  if (!program) return undefined;
  try {
    const probe = 'import sys; print(sys.executable); print("%d.%d.%d" % sys.version_info[:3])';
    const text = execFileSync(program, ['-c', probe], { encoding: 'utf8', env: environment, stdio: 'pipe' });
    const [executable, version] = text.trim().split('\n') as [string, string];
    return { executable, version };
  } catch {
    // A shim of pyenv may stand for a version that is not chosen.
    return undefined;
  }
}

/** Pythons that a machine has under the names of their series, newest first: python3.13, ... */
function named(wanted: string, environment: Record<string, string>): Array<Python | undefined> {
  return Array.from({ length: 13 }, (_, index) => `3.${20 - index}`)
    .filter((series) => semver.validRange(wanted) && semver.intersects(`${series}.x`, wanted))
    .map((series) => pythonOf(`python${series}`, environment));
}

/** A folder that has the Python as `python` and `python3`, as the agent's tool folder has; not every machine has both names. */
function commandFolder({ context }: InBoxStep, { executable, version }: Python): string {
  const tools = context.options.variables.get('Agent.ToolsDirectory')!;
  const folder = path.join(tools, 'Python', version, 'local', 'bin');
  mkdirSync(folder, { recursive: true });
  const inner = path.dirname(executable);
  for (const name of ['python', 'python3', 'pip', 'pip3']) {
    const file = path.join(folder, name);
    const program = name.startsWith('pip') ? [executable, '-m', 'pip'] : [executable];
    if (name.startsWith('pip') && !existsSync(path.join(inner, name)) && !existsSync(path.join(inner, 'pip3')))
      continue;
    // Not a link: a Python finds its packages by the place of its file.
    writeFileSync(
      file,
      `#!/bin/sh\nexec ${program.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')} "$@"\n`,
    );
    chmodSync(file, 0o755);
  }
  return folder;
}
