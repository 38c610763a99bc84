import * as fs from 'node:fs';
import * as path from 'node:path';
import { TaskFailure } from '../taskFailure';
import { readTextFile } from '../textFile';
import { verify } from './chain';
import { recordFileName, recordSchemaVersion, type ModelRecord, type SectionName, type Sections } from './record';
import { checkShape } from './shape';
import { messageOf } from '../messageOf';

/** Artifacts of attempts that failed: a rerun's download of all artifacts brings them beside the one that is meant. */
const failedAttempt = /-failed-\d+$/;

/** Where a record may be found, in this order. */
export interface RecordPlaces {
  /** The task's recordFile input, absolute. */
  readonly input?: string;
  /** The job variable that the previous task set. */
  readonly variable?: string;
  /** Directories that hold downloaded artifacts. */
  readonly artifacts: readonly string[];
}

/**
 * Finds the record's file.
 * @returns undefined where there is none in any place
 * @throws TaskFailure if a named file is missing or if several lie beneath the artifacts
 */
export function findRecordFile({ input, variable, artifacts }: RecordPlaces): string | undefined {
  if (input) return existing(input, 'Input recordFile:');
  if (variable) return existing(variable, 'The record that the previous task named:');
  const found = [
    ...new Set(artifacts.flatMap((directory) => search(directory, 5)).map((file) => fs.realpathSync(file))),
  ];
  if (found.length > 1) {
    throw new TaskFailure(
      `There are ${found.length} files named ${recordFileName}:\n${found.map((file) => `  - ${file}`).join('\n')}`,
      'Name the right one in the input recordFile.',
    );
  }
  return found[0];
}

/** As findRecordFile, for a task that cannot do without. */
export function requireRecordFile(places: RecordPlaces): string {
  const file = findRecordFile(places);
  if (file) return file;
  throw new TaskFailure(
    `No ${recordFileName} was found beneath ${places.artifacts.join(', ') || 'the artifacts'}.`,
    'Run Train earlier in this job, download the artifact with the record, or name it in the input recordFile.',
    { help: 'the-model-record' },
  );
}

/** A record of a hundred thousand metrics has five megabytes. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Reads a record and checks its shape and its chain.
 * @throws TaskFailure that says what is wrong with it
 */
export async function readRecord(file: string): Promise<ModelRecord> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readTextFile(file, mostBytes));
  } catch (error) {
    if (error instanceof TaskFailure) throw error;
    throw refusal(file, [`It is not JSON: ${messageOf(error)}. It may have been cut.`]);
  }
  const version = (parsed as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version > recordSchemaVersion) {
    throw new TaskFailure(
      `The model record ${file} has the schema version ${version}; this task knows versions up to ${recordSchemaVersion}.`,
      'Update the extension so that all tasks have the same version.',
      { help: 'the-model-record' },
    );
  }
  const problems = checkShape(parsed);
  if (problems.length === 0) problems.push(...verify(parsed as ModelRecord));
  if (problems.length > 0) throw refusal(file, problems);
  return parsed as ModelRecord;
}

/** Writes the record so that a reader sees the old or the new one, never half of it. */
export function writeRecord(file: string, record: ModelRecord): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`);
  fs.renameSync(temporary, file);
}

/**
 * The section, which an earlier stage must have written.
 * @throws TaskFailure that names the stage that is missing
 */
export function requireSection<Name extends SectionName>(
  record: ModelRecord,
  name: Name,
  file: string,
): Sections[Name] {
  const section = record[name] as Sections[Name] | undefined;
  if (section) return section;
  const writer = {
    source: 'Train',
    training: 'Train',
    model: 'Train (with its input modelName set)',
    evaluation: 'Evaluate',
    image: 'Package-Image',
    deployment: 'Deploy-ACI',
    tests: 'Test-Endpoint',
  }[name];
  throw new TaskFailure(`The model record ${file} has no section "${name}".`, `Run ${writer} before this task.`);
}

function refusal(file: string, problems: string[]): TaskFailure {
  return new TaskFailure(
    `The model record ${file} is refused. ${problems.join(' ')}`,
    'Use the file as the tasks wrote it; run the build again if it is lost.',
    { help: 'the-model-record' },
  );
}

function existing(file: string, what: string): string {
  if (fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  throw new TaskFailure(
    `${what} ${file} does not exist.`,
    'Check that the artifact was downloaded and the path is right.',
  );
}

function search(directory: string, depth: number): string[] {
  if (depth === 0) return [];
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) return isSearched(entry.name) ? search(full, depth - 1) : [];
    return entry.name === recordFileName ? [full] : [];
  });
}

function isSearched(folder: string): boolean {
  return folder !== 'node_modules' && !folder.startsWith('.git') && !failedAttempt.test(folder);
}
