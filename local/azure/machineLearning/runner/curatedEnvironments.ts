/**
 * What stands in for environments of Azure ML's own registry: the packages that Azure's own conda files pin, in the Python that
 * they name where this machine has it, else in the nearest versions that have wheels for the Python that is there.
 * Source: Azure/azureml-assets, assets/training/general/environments/<name>/context/conda_dependencies.yaml.
 */
export interface CuratedEnvironment {
  /** The Python of Azure's file. */
  python: string;
  /** By package, as Azure's file pins it. */
  pins: Record<string, string>;
  /** What Azure's file has besides, and no training script is likely to miss. */
  leftOut: string[];
}

/** How the requirement differs from Azure's. */
export interface Difference {
  package: string;
  azure: string;
  here: string;
}

const tools = [
  'azureml-core',
  'azureml-defaults',
  'azureml-telemetry',
  'py-spy',
  'debugpy',
  'ipykernel',
  'tensorboard',
  'torch-tb-profiler',
  'py-cpuinfo',
];
const common = { numpy: '~=1.22.0', scipy: '~=1.10.0', matplotlib: '~=3.5.0', tqdm: '~=4.66.3', 'azureml-mlflow': '' };
const sklearn = (python: string, pandas: string, version: string): CuratedEnvironment => ({
  python,
  pins: { 'scikit-learn': version, pandas, joblib: '~=1.2.0', ...common },
  leftOut: ['scikit-learn-intelex', 'psutil', ...tools],
});
const lightgbm: CuratedEnvironment = {
  python: '3.10',
  pins: { lightgbm: '>=4.6.0', xgboost: '~=1.7.6', 'scikit-learn': '~=1.5.1', pandas: '~=1.5.3', ...common },
  leftOut: ['distributed', 'adlfs', 'psutil', ...tools],
};

export const curatedEnvironments: Record<string, CuratedEnvironment> = {
  'sklearn-1.0': sklearn('3.9', '~=1.3.0', '~=1.0.0'),
  'sklearn-1.1': sklearn('3.9', '~=1.3.0', '~=1.1.0'),
  'sklearn-1.5': sklearn('3.10', '~=1.5.3', '~=1.5.0'),
  'lightgbm-3.3': lightgbm,
  lightgbm,
};

/** The versions of each package that came out with wheels for a new Python, oldest first: [version, the newest Python]. */
const wheels: Record<string, ReadonlyArray<readonly [requirement: string, newestPython: string]>> = {
  'scikit-learn': [
    ['~=1.0.0', '3.10'],
    ['~=1.1.3', '3.11'],
    ['~=1.3.2', '3.12'],
    ['~=1.5.2', '3.13'],
    ['~=1.7.2', '3.14'],
  ],
  pandas: [
    ['~=1.3.0', '3.10'],
    ['~=1.5.3', '3.11'],
    ['~=2.1.1', '3.12'],
    ['~=2.2.3', '3.13'],
    ['~=2.3.3', '3.14'],
  ],
  numpy: [
    ['~=1.22.0', '3.10'],
    ['~=1.23.2', '3.11'],
    ['~=1.26.0', '3.12'],
    ['~=2.1.0', '3.13'],
    ['~=2.3.2', '3.14'],
  ],
  scipy: [
    ['~=1.10.0', '3.11'],
    ['~=1.11.2', '3.12'],
    ['~=1.14.1', '3.13'],
    ['~=1.16.1', '3.14'],
  ],
  matplotlib: [
    ['~=3.5.0', '3.10'],
    ['~=3.6.0', '3.11'],
    ['~=3.8.0', '3.12'],
    ['~=3.9.2', '3.13'],
    ['~=3.10.5', '3.14'],
  ],
};

/** The environment of that name, undefined if it is not known here. */
export function curatedEnvironment(name: string): CuratedEnvironment | undefined {
  return curatedEnvironments[name.toLowerCase()];
}

/** What pip must install for a Python (e.g. 3.11.7), and where that is not what Azure's file says. */
export function curatedRequirements(
  { pins }: CuratedEnvironment,
  pythonVersion: string,
): { requirements: string[]; differences: Difference[] } {
  const requirements: string[] = [];
  const differences: Difference[] = [];
  for (const [name, pin] of Object.entries(pins)) {
    const here = nearest(name, pin, pythonVersion);
    requirements.push(name + here);
    if (here !== pin) differences.push({ package: name, azure: pin, here: here || 'the newest' });
  }
  return { requirements, differences };
}

/** Azure's pin where it has wheels, else the oldest newer version that does; the newest of all for a Python that is newer still. */
function nearest(name: string, pin: string, pythonVersion: string): string {
  const steps = wheels[name];
  if (!steps) return pin;
  const own = steps.findLastIndex(([requirement]) => series(requirement) <= series(pin));
  const step = steps.slice(Math.max(own, 0)).find(([, newest]) => series(newest) >= series(pythonVersion));
  if (!step) return '';
  return step === steps[own] ? pin : step[0];
}

/** Major and minor version as a number that can be compared. */
function series(version: string): number {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) * 1000 + Number(minor);
}
