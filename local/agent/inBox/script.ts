import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InBoxStep } from './inBoxTask';
import { findProgram, runProgram, type ProgramSurroundings } from './program';

export type Shell = 'bash' | 'pwsh';

/** The shells that steps may ask for, with the arguments that Azure Pipelines gives them. */
const shells: Record<Shell, { extension: string; args: (file: string) => string[] }> = {
  bash: { extension: 'sh', args: (file) => ['--noprofile', '--norc', file] },
  pwsh: { extension: 'ps1', args: (file) => ['-NoLogo', '-NoProfile', '-NonInteractive', '-File', file] },
};

export interface Script {
  shell: Shell;
  /** Variables already put in. */
  text: string;
  /** Absolute. */
  workingDirectory: string;
  failOnStderr: boolean;
}

/** Writes a script to the agent's folder for such files and runs it; throws when it fails. */
export async function runScript(around: ProgramSurroundings, script: Script): Promise<void> {
  const { context, environment } = around;
  const { extension, args } = shells[script.shell];
  const file = findProgram(script.shell, environment);
  context.write('Generating script.');
  const scriptFile = temporaryFile(around, extension);
  writeFileSync(scriptFile, script.text.replaceAll('\r\n', '\n'));
  context.write('========================== Starting Command Output ===========================');
  context.write(`##[command]${[file, ...args(scriptFile)].join(' ')}`);
  const { workingDirectory: cwd, failOnStderr } = script;
  await runProgram(around, { name: script.shell, file, args: args(scriptFile), cwd, failOnStderr });
}

/** A file of the step's own in Agent.TempDirectory; it is gone with the job. */
export function temporaryFile({ context }: ProgramSurroundings, extension: string): string {
  const folder = context.options.variables.get('Agent.TempDirectory')!;
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${randomUUID()}.${extension}`);
}

/** The script that runs a file with its arguments as Bash@3 does. */
export function bashFile(file: string, args: string): string {
  return `exec bash '${file.replaceAll("'", "'\\''")}' ${args}`.trim();
}

/** The script that runs a file with its arguments as PowerShell@2 does. */
export function powerShellFile(file: string, args: string): string {
  return `. '${file.replaceAll("'", "''")}' ${args}`.trim();
}

/** The file that an input names; throws an error that names the input. */
export function scriptFile({ inputs, folder }: InBoxStep, input: string): string {
  const file = path.resolve(folder, inputs.text(input));
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(`Input ${input}: the file ${file} does not exist. Relative paths start at ${folder}.`);
  }
  return file;
}
