import { readCondaFile } from '../../../python/condaFile';
import { findPython } from '../../../python/findPython';
import { virtualEnvironment, type VirtualEnvironment } from '../../../python/virtualEnvironment';
import type { AssetStores } from '../assets/assetStore';
import { parseAssetReference } from '../resourceIds';
import { curatedEnvironment, curatedRequirements } from './curatedEnvironments';
import { userFailure } from './runFailure';
import { messageOf } from '../../../messageOf';

export interface JobPythonOptions {
  environmentId: string;
  stores: AssetStores;
  cacheDir: string;
  /** The Python to make environments from, if it was told. */
  python?: string;
  log: (line: string) => void;
  signal: AbortSignal;
}

/**
 * The Python environment that stands in for a job's environment: made from its conda file, or for a curated one from what
 * is in it. `notes` say in plain words what is not as in the cloud.
 */
export async function jobPython(options: JobPythonOptions): Promise<VirtualEnvironment> {
  const wanted = wantedPython(options.environmentId, options.stores);
  const python = await findPython(options.python, wanted.python);
  const { requirements, notes } = wanted.packages(python.version);
  if (wanted.python && !python.version.startsWith(`${wanted.python}.`)) {
    notes.push(
      `The environment asks for Python ${wanted.python}; the job runs with Python ${python.version} of this machine.`,
    );
  }
  const environment = await virtualEnvironment({
    python,
    requirements,
    cacheDir: options.cacheDir,
    log: options.log,
    signal: options.signal,
  });
  return { ...environment, notes: [...notes, ...environment.notes] };
}

interface Packages {
  requirements: string[];
  notes: string[];
}
interface WantedPython {
  /** The series, e.g. 3.10. */
  python?: string;
  /** What is to be installed for the Python that is there. */
  packages(pythonVersion: string): Packages;
}

function wantedPython(environmentId: string, stores: AssetStores): WantedPython {
  const reference = parseAssetReference('environments', environmentId);
  if (reference?.registry) return curatedPython(reference.name);
  const environment = reference && stores.environments.find(reference);
  if (!environment) throw userFailure(`The environment '${environmentId}' was not found.`, 'EnvironmentNotFound');
  const { image, condaFile, build } = environment.properties as { image?: string; condaFile?: string; build?: unknown };
  if (build) {
    throw userFailure(
      'The environment has a Docker build context. The local Azure runs jobs as processes and can not build it; ' +
        'give the job an environment with a base image and a conda file.',
      'ImageBuildFailure',
    );
  }
  const notes = [`The job runs as a process of this machine, not in the image ${image}.`];
  if (!condaFile) return { packages: () => ({ requirements: [], notes }) };
  try {
    const { python, requirements, leftOut } = readCondaFile(condaFile);
    if (leftOut.length > 0) notes.push(`Conda packages that pip has nothing for are left out: ${leftOut.join(', ')}.`);
    return { python, packages: () => ({ requirements, notes }) };
  } catch (error) {
    throw userFailure(messageOf(error), 'ImageBuildFailure');
  }
}

function curatedPython(name: string): WantedPython {
  const curated = curatedEnvironment(name);
  if (!curated) {
    const note = `The curated environment ${name} is stood in for by plain Python.`;
    return { packages: () => ({ requirements: [], notes: [note] }) };
  }
  return {
    python: curated.python,
    packages(pythonVersion) {
      const { requirements, differences } = curatedRequirements(curated, pythonVersion);
      const notes = [
        `The curated environment ${name} is stood in for by pip packages as Azure's own file pins them: ` +
          `${requirements.join(', ')}. It lacks ${curated.leftOut.join(', ')}.`,
      ];
      if (differences.length > 0) {
        const list = differences.map((each) => `${each.package} ${each.here} (Azure: ${each.azure})`);
        notes.push(`For Python ${pythonVersion} it has other versions than in Azure: ${list.join(', ')}.`);
      }
      return { requirements, notes };
    },
  };
}
