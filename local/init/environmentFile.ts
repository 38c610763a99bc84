import path from 'node:path';
import { importedPackages } from './pythonFacts';
import type { ProjectFiles } from './projectFiles';

const condaFile = /^(conda|environment|conda[-_]env(ironment)?)\.ya?ml$/;

export interface Environment {
  condaFile: string;
  /** What is to be written there, where the project has none. */
  text?: string;
}

/** The Conda file of a folder's Python, or one that is made of its requirements or of what it imports. */
export function environmentFor(files: ProjectFiles, folder: string, written: string): Environment {
  const found = files.find(condaFile, folder);
  if (found) return { condaFile: found };
  const requirements = files.find(/^requirements\.txt$/, folder);
  const packages = requirements ? plainRequirements(files.text(requirements)) : imports(files);
  const source = requirements ? `${requirements}` : 'what the sources import: pin the versions that you trained with';
  const names = packages.map((line) => line.split(/[\s<>=!~[;]/)[0]!.toLowerCase());
  // By it a job's MLflow finds the workspace.
  if (!names.includes('azureml-mlflow')) packages.push('azureml-mlflow');
  if (!names.some((name) => name === 'mlflow' || name === 'mlflow-skinny')) packages.push('mlflow-skinny<3');
  const lines = packages.map((line) => `      - ${/[:#]/.test(line) ? JSON.stringify(line) : line}`);
  const text = `# Made by mlops-local init, of ${source}.\nname: model\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n${lines.join('\n')}\n`;
  return { condaFile: written, text };
}

function imports(files: ProjectFiles): string[] {
  const sources = files.python();
  const own = sources.flatMap(({ file }) => [path.posix.basename(file, '.py'), file.split('/')[0]!]);
  return importedPackages(
    sources.map(({ text }) => text),
    own,
  );
}

/** Without options of pip and comments; the project itself is not installed. */
function plainRequirements(text: string): string[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .replace(/\s--hash=\S+/g, '')
        .trim(),
    )
    .filter((line) => line !== '' && !line.startsWith('-') && !line.startsWith('.'));
}
