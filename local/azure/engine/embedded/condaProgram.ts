import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { readCondaFile, type CondaRequirements } from '../../../python/condaFile';
import { messageOf } from '../../../messageOf';

/**
 * What `conda`, `mamba` and `micromamba` are in a build of the embedded engine: environments become virtual environments of the
 * image's Python, packages are installed by pip. Runs as a program of its own inside of a RUN instruction.
 */
const says = 'embedded engine:';
const root = process.env.LOCAL_AZURE_IMAGE_ROOT ?? '';
const basePrefix = join(root, 'opt', 'python');

class CondaError extends Error {}

interface Call {
  words: string[];
  options: Map<string, string>;
}

const withValue: Record<string, string> = {
  '-n': 'name', '--name': 'name', '-p': 'prefix', '--prefix': 'prefix', '-f': 'file', '--file': 'file', '-c': 'channel', '--channel': 'channel',
}; // prettier-ignore

const skipped = (command: string[]): number => {
  console.error(`${says} skipped conda ${command.join(' ')}: there is no conda here, pip installs the packages`);
  return 0;
};

const commands: Record<string, (rest: string[], all: string[]) => number> = {
  'env create': (rest) => fromFile(readCall(rest)),
  'env update': (rest) => fromFile(readCall(rest)),
  create: (rest) => change(readCall(rest), true),
  install: (rest) => change(readCall(rest), false),
  update: (rest) => change(readCall(rest), false),
  run: (rest) => runInEnvironment(rest),
  '--version': () => {
    console.log('conda 24.9.2');
    return 0;
  },
  clean: (_, all) => skipped(all),
  init: (_, all) => skipped(all),
  config: (_, all) => skipped(all),
  activate: (_, all) => skipped(all),
  deactivate: (_, all) => skipped(all),
};

function main(args: string[]): number {
  const [command = '', ...rest] = args[0] === 'env' ? [`env ${args[1] ?? ''}`, ...args.slice(2)] : args;
  if (Object.hasOwn(commands, command)) return commands[command]!(rest, args);
  throw new CondaError(`conda ${args.join(' ')} is not known to the embedded engine`);
}

/** By what is named, or by the file that names it. */
function change(call: Call, isNew: boolean): number {
  return /\.ya?ml$/.test(call.options.get('file') ?? '') ? fromFile(call) : fromPackages(call, isNew);
}

function readCall(args: string[]): Call {
  const call: Call = { words: [], options: new Map() };
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] as string;
    const [name = '', value] = argument.startsWith('--') ? splitOnce(argument, '=') : [argument];
    const option = withValue[name];
    if (option) call.options.set(option, value ?? args[++at] ?? '');
    else if (!argument.startsWith('-')) call.words.push(argument);
  }
  return call;
}

function prefixOf(call: Call, nameInFile?: string): string {
  const prefix = call.options.get('prefix');
  if (prefix) return resolve(prefix);
  const name = call.options.get('name') ?? nameInFile;
  return !name || name === 'base' ? basePrefix : join(root, 'opt', 'conda', 'envs', name);
}

function fromFile(call: Call): number {
  const file = call.options.get('file') ?? call.words[0] ?? 'environment.yml';
  if (!existsSync(file)) throw new CondaError(`EnvironmentFileNotFound: '${file}' file not found`);
  const text = readFileSync(file, 'utf8');
  const name = (parse(text) as { name?: string } | null)?.name;
  return install(prefixOf(call, name), readCondaFile(text), dirname(resolve(file)));
}

function fromPackages(call: Call, isNew: boolean): number {
  const prefix = prefixOf(call);
  if (isNew && existsSync(join(prefix, 'pyvenv.cfg'))) throw new CondaError(`prefix already exists: ${prefix}`);
  return install(prefix, readCondaFile(JSON.stringify({ dependencies: call.words })), process.cwd());
}

function install(prefix: string, wanted: CondaRequirements, folder: string): number {
  const python = join(prefix, 'bin', 'python');
  if (!existsSync(python)) {
    console.log(`${says} ${prefix} becomes a virtual environment of the stand-in's Python`);
    const made = run(join(basePrefix, 'bin', 'python'), ['-m', 'venv', prefix]);
    if (made !== 0) return made;
  }
  const version = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
    encoding: 'utf8',
  }).stdout.trim();
  if (wanted.python && wanted.python !== version) {
    console.log(`${says} the conda file asks for Python ${wanted.python}; this machine has ${version}`);
  }
  for (const spec of wanted.leftOut)
    console.log(`${says} skipped the conda package ${spec}: it is not a Python package`);
  if (wanted.requirements.length === 0) return 0;
  // Beside the conda file, as its pip section may name files relative to it.
  const list = join(folder, `.requirements-of-conda-${process.pid}.txt`);
  writeFileSync(list, `${wanted.requirements.join('\n')}\n`);
  try {
    console.log(`${says} conda's packages are installed by pip`);
    return run(python, ['-m', 'pip', 'install', '--progress-bar', 'off', '--requirement', list]);
  } finally {
    rmSync(list);
  }
}

function runInEnvironment(args: string[]): number {
  const flags = args.findIndex((argument, index) => !argument.startsWith('-') && !withValue[args[index - 1] ?? '']);
  const call = readCall(args.slice(0, flags));
  const bin = join(prefixOf(call), 'bin');
  const [program = '', ...rest] = args.slice(flags);
  return run(program, rest, { ...process.env, PATH: `${bin}:${process.env.PATH}` });
}

function run(program: string, args: string[], env = process.env): number {
  const result = spawnSync(program, args, { stdio: 'inherit', env });
  if (result.error) throw new CondaError(`${program}: ${result.error.message}`);
  return result.status ?? 1;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`${messageOf(error)}`);
  process.exitCode = 1;
}
