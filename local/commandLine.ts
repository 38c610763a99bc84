import path from 'node:path';
import { callerFolder, localDirectories, type LocalDirectories } from './directories';
import { isPackaged } from './installation';

/** Options of every command that works on the local state, for `parseArgs`. */
export const directoryOptions = {
  directory: { type: 'string' },
  cache: { type: 'string' },
} as const;

/** Options of a run. */
export const runOptions = {
  ...directoryOptions,
  set: { type: 'string', multiple: true },
  secret: { type: 'string', multiple: true },
  variables: { type: 'string' },
  'pull-request': { type: 'string' },
  'skip-task': { type: 'string', multiple: true },
  timestamps: { type: 'boolean', default: false },
} as const;

const folder = isPackaged ? '.mlops-local in your repository' : '.local';
const cache = isPackaged ? '~/.cache/mlops-local' : '<directory>/cache';

export const runHelp = `  --set name=value     a variable or parameter of the pipeline; may be repeated
  --secret name        a secret variable, taken from the environment variable of that name; may be repeated
  --variables file     values of the variable groups, in YAML or JSON: name: value, or group: {name: value}
  --pull-request [n]   run as the pull request with this number (default: 1)
  --skip-task name     leave out the steps of a task, such as Docker or Docker@2; may be repeated
  --timestamps         show the time before each line of the log
  --directory folder   where state and runs are kept (default: ${folder})
  --cache folder       where Python environments and image layers are kept (default: ${cache})`;

export function directoriesOf(values: { directory?: string; cache?: string }): LocalDirectories {
  const [folder, cache] = [values.directory, values.cache].map((given) => given && path.resolve(callerFolder(), given));
  return localDirectories(folder || undefined, cache || undefined);
}

/** `name=value` pairs; throws with what was wrong. */
export function readSet(pairs: string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined) throw new Error(`--set needs name=value, but got '${pair}'.`);
      return [name.trim(), value!];
    }),
  );
}

/** The number of the pull request that a run is to be for. */
export function readPullRequest(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(value)) throw new Error(`--pull-request needs a number, but got '${value}'.`);
  return Number(value);
}

/** `--pull-request` may stand without a number, which no option of `parseArgs` may. */
export function withPullRequestNumber(args: string[]): string[] {
  return args.map((arg, index) =>
    arg === '--pull-request' && !/^\d+$/.test(args[index + 1] ?? '') ? '--pull-request=1' : arg,
  );
}

/** Secrets stand in no command line, where every process could read them. */
export function readSecrets(names: string[] = [], environment = process.env): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const value = environment[name];
      if (!value) throw new Error(`--secret ${name} needs a value in the environment variable ${name}.`);
      return [name, value];
    }),
  );
}

/** Runs a command and ends the process with its code; an error is one line. */
export function main(command: () => Promise<number>): void {
  command().then(
    (code) => process.exit(code),
    (error: Error) => {
      console.error(`Error: ${error.message}`);
      process.exit(1);
    },
  );
}
