import { mkdirSync, rmSync } from 'node:fs';
import { findPython } from '../../../python/findPython';
import { findUv } from '../../../python/uv';
import { BuildError } from '../engine';
import type { Instruction } from '../dockerfile/parse';
import { networkEnvironment } from './hostEnvironment';
import { isOnStandIn } from '../imageConfig';
import type { ImagePaths } from './imagePaths';
import { byPath, layerTime, type LayerEntry } from './layerEntry';
import { isIndexOutOfReach, packagesOfMachine, versionOfStandIn } from './machinePackages';
import { RootFileReader } from './rootFileReader';
import { runCommand } from './runCommand';
import { compareSnapshots, refreshSnapshot, takeSnapshot } from './snapshot';
import type { Stage } from './stage';
import { engineSays } from './systemPrograms';
import { withImageCustomization } from './pythonCustomization';

export interface RunTools {
  stateDir: string;
  cacheDir: string;
  /** Path of a new folder for temporary files, which is not part of the image. */
  temporary: string;
  log: (text: string) => void;
  signal: AbortSignal;
  /** A planned fault: the command ends with it at once. */
  plannedExitCode?: number;
}

/**
 * Runs a RUN instruction on the stage's files and returns what it changed. Where it fails because the package index is out of
 * reach, it runs again with the packages of a Python of this machine. Throws a BuildError when it fails.
 */
export async function runInstruction(stage: Stage, instruction: Instruction, tools: RunTools): Promise<LayerEntry[]> {
  const first = await attempt(stage, instruction, tools, await installer(stage, instruction, tools));
  if (first.exitCode === 0) return first.entries;
  const { root } = await stage.rootFileSystem();
  const isAboutPackages = tools.plannedExitCode === undefined && isOnStandIn(stage.config);
  if (isAboutPackages && (await isIndexOutOfReach(root, first.output, first.environment))) {
    const lacking: string[] = [];
    for (const { python, environment } of await packagesOfMachine(await versionOfStandIn(root))) {
      tools.log(
        `${engineSays} the package index is out of reach: trying again with the packages of ${python.executable}\n`,
      );
      stage.leaveRoot();
      const again = await attempt(stage, instruction, tools, environment);
      if (again.exitCode === 0) {
        tools.log(`${engineSays} the image uses packages of ${python.executable} as they are on this machine\n`);
        return again.entries;
      }
      lacking.push(python.executable);
    }
    tools.log(
      `${engineSays} the package index is out of reach, and no Python of this machine has what the command asks for (tried: ${lacking.join(', ') || 'none of the same version'}). ` +
        `Connect to the index, or set PIP_INDEX_URL or PIP_FIND_LINKS to one that is there.\n`,
    );
  }
  const command = commandOf(stage, instruction);
  const shown = instruction.exec ? command.join(' ') : `${command.slice(0, -1).join(' ')} ${instruction.text}`;
  throw new BuildError(`The command '${shown}' returned a non-zero code: ${first.exitCode}`, first.exitCode);
}

/** What a command that calls pip, itself or by conda, gets so that uv does the work: see python/sitecustomize.py. */
async function installer(stage: Stage, instruction: Instruction, tools: RunTools): Promise<Record<string, string>> {
  if (tools.plannedExitCode !== undefined || !isOnStandIn(stage.config)) return {};
  if (!/\b(pip[\d.]*|(?:micro)?mamba|conda)\b/.test(instruction.text)) return {};
  const uv = await findUv(tools.cacheDir, await findPython());
  if (!uv) return {};
  return { ...uv.environment, LOCAL_AZURE_UV: uv.executable };
}

interface Attempt {
  exitCode: number;
  /** The end of what it printed. */
  output: string;
  environment: Record<string, string>;
  entries: LayerEntry[];
}

const outputKept = 100_000;

async function attempt(
  stage: Stage,
  instruction: Instruction,
  tools: RunTools,
  more: Record<string, string>,
): Promise<Attempt> {
  const { root, paths } = await stage.rootFileSystem();
  const command = commandOf(stage, instruction);
  const environment = { ...buildEnvironment(stage, paths, tools.temporary), ...more };
  const directory = root + stage.workingDirectory;
  const program = paths.findProgram(command[0] ?? '', environment.PATH ?? '', directory);
  if (!program) {
    throw new BuildError(
      `failed to run ${JSON.stringify(command)}: ${command[0]}: no such file or directory in the image`,
      127,
    );
  }
  const isNewDirectory = mkdirSync(directory, { recursive: true }) !== undefined;
  mkdirSync(tools.temporary, { recursive: true });
  const last = isNewDirectory ? undefined : stage.lastSnapshot;
  // What the last command changed became a layer meanwhile, which gave the files its time.
  const before = last ? refreshSnapshot(root, last.files, last.changed) : await takeSnapshot(root);
  stage.lastSnapshot = undefined;
  let output = '';
  try {
    const exitCode =
      tools.plannedExitCode ??
      (await runCommand({
        program,
        args: translate(command.slice(1), instruction.exec === undefined, paths, tools),
        directory,
        environment,
        name: `the build command ${instruction.source.slice(0, 60)}`,
        stateDir: tools.stateDir,
        signal: tools.signal,
        output: (line) => {
          output = (output + line).slice(-outputKept);
          tools.log(paths.toImage(line));
        },
      }));
    const after = await takeSnapshot(root);
    const changes = compareSnapshots(before, after);
    stage.lastSnapshot = { files: after, changed: changes.changed };
    await stage.repairLayers(changes.inPlace);
    return { exitCode, output, environment, entries: exitCode === 0 ? await entriesOf(root, changes) : [] };
  } finally {
    rmSync(tools.temporary, { recursive: true, force: true });
  }
}

function commandOf(stage: Stage, instruction: Instruction): string[] {
  if (instruction.exec) return instruction.exec;
  return [...(stage.config.Shell ?? ['/bin/sh', '-c']), instruction.text];
}

function translate(args: string[], isShell: boolean, paths: ImagePaths, tools: RunTools): string[] {
  if (!isShell) return args.map((argument) => paths.argument(argument, 'all'));
  let text = args.at(-1) ?? '';
  if (/\s--no-cache-dir\b/.test(text)) {
    tools.log(`${engineSays} --no-cache-dir left out, as pip's cache lies outside of the image\n`);
    text = text.replace(/\s--no-cache-dir\b/g, '');
  }
  return [...args.slice(0, -1), paths.shellText(text, 'all')];
}

function buildEnvironment(
  stage: Stage,
  paths: ImagePaths,
  temporary: string,
): Record<string, string> & { PATH: string } {
  const environment: Record<string, string> = networkEnvironment();
  for (const [name, value] of Object.entries(stage.variables)) {
    if (name !== 'PIP_NO_CACHE_DIR') environment[name] = paths.environmentValue(value, 'all');
  }
  return {
    ...environment,
    PATH: paths.searchPath(stage.variables.PATH),
    HOME: paths.toHost(stage.variables.HOME ?? '/root'),
    TMPDIR: temporary,
    // Python compiles with a check by content, as the layer sets the time of every file; what is compiled only because it
    // was imported would carry the time, and is left out.
    SOURCE_DATE_EPOCH: String(layerTime.getTime() / 1000),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONPATH: withImageCustomization(environment.PYTHONPATH),
    ...(isOnStandIn(stage.config) ? { LOCAL_AZURE_IMAGE_ROOT: paths.root } : {}),
  };
}

async function entriesOf(root: string, changes: { changed: string[]; removed: string[] }): Promise<LayerEntry[]> {
  const reader = new RootFileReader(root);
  const entries: LayerEntry[] = changes.removed.map((path) => ({ type: 'removed', path }));
  for (const [index, path] of changes.changed.entries()) {
    // The server goes on answering meanwhile.
    if (index % 200 === 199) await new Promise((resolve) => setImmediate(resolve));
    const entry = reader.entry(path);
    if (entry) entries.push(entry);
  }
  return entries.sort(byPath);
}
