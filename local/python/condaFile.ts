import { parse } from 'yaml';
import { messageOf } from '../messageOf';

/** What pip can make of a conda environment file. */
export interface CondaRequirements {
  /** The Python series that the file asks for, e.g. "3.10". */
  python?: string;
  /** Requirements as pip takes them. */
  requirements: string[];
  /** Conda packages that are not Python packages, as written; pip has nothing for them. */
  leftOut: string[];
}

/** Conda packages that go by another name on PyPI. */
const pypiNames: Record<string, string> = {
  pytorch: 'torch',
  'pytorch-cpu': 'torch',
  tensorflow: 'tensorflow',
  'py-xgboost': 'xgboost',
  'matplotlib-base': 'matplotlib',
  'dask-core': 'dask',
  opencv: 'opencv-python-headless',
  msgpack: 'msgpack',
};

/** Conda packages that bring programs or C libraries, which wheels carry within themselves. */
const notPython =
  /^(pip|setuptools|wheel|_\w+|lib\w+.*|gcc.*|gxx.*|.*_linux-64|cudatoolkit|cuda(-.*)?|cudnn|openmpi|mpich|mkl|openblas|blas|nomkl|make|cmake|git|curl|openssl|ca-certificates)$/;

/**
 * Reads a conda environment file. Channels mean nothing to pip; a version with one `=` matches as conda's does, by its
 * leading parts. Throws an error that names what is wrong with the file.
 */
export function readCondaFile(text: string): CondaRequirements {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new Error(`The conda file is not YAML: ${messageOf(error)}`, { cause: error });
  }
  const dependencies = (document as { dependencies?: unknown } | null)?.dependencies;
  if (!Array.isArray(dependencies)) throw new Error("The conda file has no list 'dependencies'.");
  const result: CondaRequirements = { requirements: [], leftOut: [] };
  for (const dependency of dependencies as unknown[]) {
    if (typeof dependency === 'string') readCondaPackage(dependency.trim(), result);
    else if (Array.isArray((dependency as { pip?: unknown } | null)?.pip)) {
      for (const line of (dependency as { pip: unknown[] }).pip) result.requirements.push(String(line).trim());
    } else
      throw new Error(
        `The conda file's dependency ${JSON.stringify(dependency)} is neither a name nor a list for pip.`,
      );
  }
  return result;
}

function readCondaPackage(spec: string, result: CondaRequirements): void {
  const [, name = '', version = ''] = /^(?:[^\s:]+::)?([\w.-]+)\s*(.*)$/.exec(spec) ?? [];
  const lowerName = name.toLowerCase();
  if (lowerName === 'python') {
    result.python = /(\d+\.\d+)/.exec(version)?.[1];
  } else if (notPython.test(lowerName)) {
    if (!/^(pip|setuptools|wheel)$/.test(lowerName)) result.leftOut.push(spec);
  } else {
    result.requirements.push((pypiNames[lowerName] ?? name) + pipVersion(version.trim()));
  }
}

/** `=1.5` and `1.5` by leading parts, `=1.5.1=py310_0` without the build, `==`, `>=` and lists as they are. */
function pipVersion(version: string): string {
  if (!version || version === '*') return '';
  if (!/^([<>!~]|==)/.test(version)) {
    const number = version.replace(/^=/, '').split('=')[0]?.trim() ?? '';
    return `==${number.replace(/\.?\*$/, '')}.*`;
  }
  const clauses = version.replace(/\s+/g, '').split(',');
  return clauses
    .map((clause) => {
      const withoutBuild = clause.replace(/^(==[^=]+)=.+$/, '$1');
      // pip knows `.*` only after == and !=.
      return /^[=!]=/.test(clause) ? withoutBuild : withoutBuild.replace(/\.\*$/, '');
    })
    .join(',');
}
