import path from 'node:path';
import { importedPackages } from './pythonFacts';
import type { ProjectFiles } from './projectFiles';

const requirementsFile = /^requirements\.txt$/;

/** The Conda file of a folder's Python; or its requirements, of which one can be made. */
export interface Environment {
  condaFile: string;
  /** What is to be written there, where the project has none. */
  text?: string;
  /** What the text is made of, as a path from the root on. */
  requirementsFile?: string;
}

/** What lies in the folder itself says more than a Conda file elsewhere. Without either it is made of what the sources import. */
export function environmentFor(files: ProjectFiles, folder: string, written: string): Environment {
  const condaFiles = files.paths.filter((file) => /\.ya?ml$/.test(file) && isCondaFile(files.text(file)));
  const requirements = files.find(requirementsFile, folder);
  const own = [...condaFiles, ...(requirements ? [requirements] : [])].find(
    (file) => path.posix.dirname(file) === folder,
  );
  const found = own ?? condaFiles[0] ?? requirements;
  if (found === undefined) {
    const source = 'what the sources import: pin the versions that you trained with';
    return { condaFile: written, text: condaText(imports(files), source) };
  }
  if (found !== requirements) return { condaFile: found };
  return { condaFile: written, text: condaText(plainRequirements(files, found), found), requirementsFile: found };
}

function isCondaFile(text: string): boolean {
  return /^dependencies:/m.test(text) && !/^(\$schema|apiVersion):/m.test(text);
}

function condaText(packages: string[], source: string): string {
  const names = packages.map((line) => line.split(/[\s<>=!~[;]/)[0]!.toLowerCase());
  // By it a job's MLflow finds the workspace.
  if (!names.includes('azureml-mlflow')) packages.push('azureml-mlflow');
  if (!names.some((name) => name === 'mlflow' || name === 'mlflow-skinny')) packages.push('mlflow-skinny<3');
  const lines = packages.map((line) => `      - ${/[:#]|^-/.test(line) ? JSON.stringify(line) : line}`);
  return `# Written by mlops-local init, from ${source}.\nname: model\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n${lines.join('\n')}\n`;
}

function imports(files: ProjectFiles): string[] {
  const sources = files.python();
  const own = sources.flatMap(({ file }) => [path.posix.basename(file, '.py'), file.split('/')[0]!]);
  return importedPackages(
    sources.map(({ text }) => text),
    own,
  );
}

/** With those of the files that they name by -r; without comments, hashes and the project itself, which is not installed. */
function plainRequirements(files: ProjectFiles, file: string, seen: readonly string[] = []): string[] {
  if (seen.includes(file) || !files.has(file)) return [];
  const lines = files
    .text(file)
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .replace(/\s--hash=\S+/g, '')
        .trim(),
    );
  return lines.flatMap((line) => {
    const [, other] = /^(?:-r|--requirement)[\s=]*(\S+)$/.exec(line) ?? [];
    if (other) return plainRequirements(files, path.posix.join(path.posix.dirname(file), other), [...seen, file]);
    if (/^--(extra-index-url|index-url|find-links)\b/.test(line)) return [line];
    return line === '' || line.startsWith('-') || line.startsWith('.') ? [] : [line];
  });
}
