import { readCondaFile } from '../../../python/condaFile';
import { findPython } from '../../../python/findPython';
import { virtualEnvironment, type VirtualEnvironment } from '../../../python/virtualEnvironment';
import type { AssetStores } from '../assets/assetStore';
import { parseAssetReference } from '../resourceIds';
import { curatedRequirements } from './curatedEnvironments';
import { userFailure } from './runFailure';

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
  const wanted = requirementsOf(options.environmentId, options.stores);
  const python = await findPython(options.python, wanted.python);
  const notes = [...wanted.notes];
  if (wanted.python && !python.version.startsWith(`${wanted.python}.`)) {
    notes.push(
      `The environment asks for Python ${wanted.python}; the job runs with Python ${python.version} of this machine.`,
    );
  }
  const environment = await virtualEnvironment({
    python,
    requirements: wanted.requirements,
    cacheDir: options.cacheDir,
    log: options.log,
    signal: options.signal,
  });
  return { ...environment, notes: [...notes, ...environment.notes] };
}

function requirementsOf(
  environmentId: string,
  stores: AssetStores,
): { python?: string; requirements: string[]; notes: string[] } {
  const reference = parseAssetReference('environments', environmentId);
  if (reference?.registry) {
    const requirements = curatedRequirements(reference.name);
    const note = `The curated environment ${reference.name} is stood in for by ${requirements ? `pip packages: ${requirements.join(', ')}` : 'plain Python'}.`;
    return { requirements: requirements ?? [], notes: [note] };
  }
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
  if (!condaFile) return { requirements: [], notes };
  try {
    const { python, requirements, leftOut } = readCondaFile(condaFile);
    if (leftOut.length > 0) notes.push(`Conda packages that pip has nothing for are left out: ${leftOut.join(', ')}.`);
    return { python, requirements, notes };
  } catch (error) {
    throw userFailure((error as Error).message, 'ImageBuildFailure');
  }
}
