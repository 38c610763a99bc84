import { parse, YAMLParseError } from 'yaml';
import { valueText } from '../../valueText';
import { expandAliases, imageAliases } from './aliases';
import { shellWords } from './shellWords';
import { TaskFileError } from './taskFileError';
import { renderTemplate, type TemplateValues } from './template';

/** One step, with what the whole task says put in. */
export interface TaskStep {
  /** Also the name of its container. */
  readonly id: string;
  readonly kind: 'build' | 'push' | 'cmd';
  /** Of a build or cmd, as the shell that runs `docker` with them splits them. */
  readonly words: readonly string[];
  /** Of a push. */
  readonly images: readonly string[];
  readonly entryPoint?: string;
  /** Relative to the workspace, unless it is absolute. */
  readonly workingDirectory: string;
  readonly disableWorkingDirectoryOverride: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
  readonly detach: boolean;
  readonly keep: boolean;
  readonly ignoreErrors: boolean;
  /** Ids; '-' for none. */
  readonly when: readonly string[];
  /** Seconds. */
  readonly timeout: number;
  readonly startDelay: number;
  readonly retries: number;
  readonly retryDelay: number;
  readonly repeat: number;
}

type Given = Record<string, unknown>;

const versions = ['1.0-preview-1', 'v1.0.0', 'v1.1.0'];
const standardTimeout = 600;
const standardRetryDelay = 5;
/** They do nothing here that could be seen: every network is one, every image is where it is, root is not needed. */
const withoutEffect = ['network', 'isolation', 'cpus', 'cache', 'user', 'privileged', 'pull', 'cmdDownloadRetries', 'cmdDownloadRetryDelay']; // prettier-ignore
const known = [
  ...['id', 'cmd', 'build', 'push', 'entryPoint', 'workingDirectory', 'disableWorkingDirectoryOverride', 'env'],
  ...['ports', 'expose', 'detach', 'keep', 'ignoreErrors', 'when', 'timeout', 'startDelay'],
  ...['retries', 'retryDelay', 'repeat', ...withoutEffect],
];

/**
 * Reads a task file as ACR does: aliases, then the template, then YAML. Source: acr-builder, cmd/acb/commands/exec and graph.
 * @throws TaskFileError
 */
export function readTaskFile(text: string, values: TemplateValues): TaskStep[] {
  const version = /^['"]?version['"]?\s*:\s*['"]?([^'"\s#]+)/m.exec(text)?.[1] ?? '';
  const hasAliases = version >= 'v1.1.0';
  const rendered = renderTemplate(hasAliases ? expandAliases(text, ownAliases(text)) : text, values);
  const task = parseYaml(rendered);
  if (version && !versions.includes(version.toLowerCase()))
    throw new TaskFileError(`invalid version specified: "${version}", the current version is "v1.0.0"`);
  for (const name of ['secrets', 'volumes'])
    if (Array.isArray(task[name]) && task[name].length > 0)
      throw new TaskFileError(`local Azure does not know the property "${name}" of a task`);
  if (!Array.isArray(task.steps)) return [];
  const steps = task.steps.map((step, index) => readStep(step as Given, index, task, hasAliases));
  const ids = steps.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new TaskFileError(`${twice} already exists as a vertex`);
  return steps;
}

function parseYaml(text: string): Given {
  try {
    return (parse(text) ?? {}) as Given;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new TaskFileError(`failed to deserialize task and validate: yaml: ${error.message.split('\n')[0]}`);
  }
}

function ownAliases(text: string): Record<string, string> {
  const alias = parseYaml(text.replace(/\{\{.*?\}\}/g, '')).alias as { values?: object; src?: unknown } | undefined;
  if (alias?.src) throw new TaskFileError('local Azure does not fetch aliases: alias.src');
  return Object.fromEntries(Object.entries(alias?.values ?? {}).map(([name, value]) => [name, String(value)]));
}

function readStep(step: Given, index: number, task: Given, hasAliases: boolean): TaskStep {
  const id = text(step.id) ?? `acb_step_${index}`;
  const { kind, when } = checkStep(id, step);
  const words = kind === 'push' ? [] : shellWords(text(step[kind]) ?? '');
  if (hasAliases && kind === 'cmd') words[0] = imageAliases[words[0] ?? ''] ?? words[0] ?? '';
  return {
    ...{ id, kind, words, when, images: [...new Set(texts(step.push))] },
    entryPoint: text(step.entryPoint),
    workingDirectory: text(step.workingDirectory) ?? text(task.workingDirectory) ?? '',
    disableWorkingDirectoryOverride: step.disableWorkingDirectoryOverride === true,
    environment: { ...variables(texts(task.env)), ...variables(texts(step.env)) },
    // "8080:80" publishes 80 of the container.
    ports: [...texts(step.ports), ...texts(step.expose)].map((each) => Number.parseInt(each.split(':').at(-1)!)),
    ...{ detach: step.detach === true, keep: step.keep === true, ignoreErrors: step.ignoreErrors === true },
    timeout: number(step.timeout) || number(task.stepTimeout) || standardTimeout,
    startDelay: number(step.startDelay),
    retries: number(step.retries),
    retryDelay: number(step.retryDelay) || standardRetryDelay,
    repeat: number(step.repeat),
  };
}

/** What a step is, and what it waits for. Throws what ACR says of a step that is neither or too much. */
function checkStep(id: string, step: Given): Pick<TaskStep, 'kind' | 'when'> {
  const wrong = (message: string) => new TaskFileError(`failed to create the graph: step ${id}: ${message}`);
  const strange = Object.keys(step).find((name) => !known.includes(name));
  if (strange) throw wrong(`local Azure does not know the property "${strange}" of a step`);
  const kinds = (['build', 'push', 'cmd'] as const).filter((kind) => step[kind] !== undefined && step[kind] !== '');
  if (/\s/.test(id)) throw wrong('step ID cannot contain spaces');
  const [kind, ...others] = kinds;
  if (kind === undefined) throw wrong('step is missing a cmd, build, or push property');
  if (others.length > 0) throw wrong('step must only contain a single build, cmd, or push property');
  const when = texts(step.when);
  if (when.includes('-') && when.length > 1)
    throw wrong('step cannot contain other IDs in when if the immediate execution token is specified');
  if (when.includes(id)) throw wrong(`Step ID: ${id} is self-referenced`);
  return { kind, when };
}

/** `NAME=value` a line, quoted as the shell has it. */
function variables(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [pair = ''] = shellWords(line);
      const equals = pair.indexOf('=');
      if (equals < 0) throw new TaskFileError(`cannot parse step environment variable ${line} correctly`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : valueText(value);
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
