import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { StepContext } from '../stepContext';
import { runStepProcess } from '../stepRun';

/** What starts a program of a step: its environment and what ends it. */
export interface ProgramSurroundings {
  context: StepContext;
  environment: Record<string, string>;
  signal: AbortSignal;
}

export interface Program {
  /** As an error names it. */
  name: string;
  file: string;
  args: string[];
  cwd: string;
  failOnStderr?: boolean;
}

/** Runs a program to its end; throws when it fails. What it writes is the step's log. */
export async function runProgram(
  { context, environment, signal }: ProgramSurroundings,
  program: Program,
): Promise<void> {
  const { name, file, args, cwd, failOnStderr } = program;
  if (!existsSync(cwd)) throw new Error(`The working directory does not exist: ${cwd}`);
  const complaints: string[] = [];
  const onErrorLine = (line: string): void => void complaints.push(line);
  const code = await runStepProcess(context, { file, args, cwd, env: environment, onErrorLine }, signal);
  if (signal.aborted) return;
  if (code !== 0) throw new Error(`${name} exited with code '${code ?? 'unknown'}'.`);
  if (!failOnStderr || complaints.length === 0) return;
  for (const line of complaints) context.error(line);
  throw new Error(
    `${name} wrote ${complaints.length === 1 ? 'a line' : 'lines'} to the standard error stream, and failOnStderr is on.`,
  );
}

/** The path of a program of this machine; throws an error that says what the step needs. */
export function findProgram(name: string, environment: Record<string, string>, hint = ''): string {
  const found = programOnPath(name, environment);
  if (!found) throw new Error(`${name} is not installed on this machine, and this step needs it.${hint && ` ${hint}`}`);
  return found;
}

export function programOnPath(name: string, environment: Record<string, string>): string | undefined {
  return (environment.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file) && statSync(file).isFile());
}
