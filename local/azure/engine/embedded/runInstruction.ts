import { mkdirSync, rmSync } from 'node:fs';
import { BuildError } from '../engine';
import type { Instruction } from '../dockerfile/parse';
import { networkEnvironment } from './hostEnvironment';
import { isOnStandIn } from './imageConfig';
import type { ImagePaths } from './imagePaths';
import { layerTime, type LayerEntry } from './layerEntry';
import { RootFileReader } from './rootFileReader';
import { runCommand } from './runCommand';
import { compareSnapshots, takeSnapshot } from './snapshot';
import type { Stage } from './stage';
import { engineSays } from './systemPrograms';
import { withImageCustomization } from './pythonCustomization';

export interface RunTools {
  stateDir: string;
  /** Path of a new folder for temporary files, which is no part of the image. */
  temporary: string;
  log(text: string): void;
  signal: AbortSignal;
  /** A planned fault: the command ends with it at once. */
  plannedExitCode?: number;
}

/** Runs a RUN instruction on the stage's files and returns what it changed. Throws a BuildError when it fails. */
export async function runInstruction(stage: Stage, instruction: Instruction, tools: RunTools): Promise<LayerEntry[]> {
  const { root, paths } = await stage.rootFileSystem();
  const command = commandOf(stage, instruction);
  const environment = buildEnvironment(stage, paths, tools.temporary);
  const directory = root + stage.workingDirectory;
  const program = paths.findProgram(command[0] ?? '', environment.PATH ?? '', directory);
  if (!program) {
    throw new BuildError(
      `failed to run ${JSON.stringify(command)}: ${command[0]}: no such file or directory in the image`,
      127,
    );
  }
  mkdirSync(directory, { recursive: true });
  mkdirSync(tools.temporary, { recursive: true });
  const before = await takeSnapshot(root);
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
        output: (line) => tools.log(paths.toImage(line)),
      }));
    const changes = compareSnapshots(before, await takeSnapshot(root));
    await stage.repairLayers(changes.inPlace);
    if (exitCode !== 0) {
      const shown = instruction.exec ? command.join(' ') : `${command.slice(0, -1).join(' ')} ${instruction.text}`;
      throw new BuildError(`The command '${shown}' returned a non-zero code: ${exitCode}`, exitCode);
    }
    return await entriesOf(root, changes);
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

function buildEnvironment(stage: Stage, paths: ImagePaths, temporary: string): Record<string, string> {
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
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}
