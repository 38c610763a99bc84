import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { DockerBuildRequest } from '../taskRun';
import { TaskFileError } from '../taskFile/taskFileError';
import type { TaskStep } from '../taskFile/taskFile';
import { messageOf } from '../../../messageOf';

/** One image to build. */
export interface BuildOrder {
  /** Relative to the run's source. */
  readonly context: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly names: readonly string[];
  readonly target?: string;
  readonly noCache: boolean;
  readonly arguments: Readonly<Record<string, string>>;
}

/** Of a quick build. */
export function quickBuild(request: DockerBuildRequest, secrets: Readonly<Record<string, string>>): BuildOrder {
  const { dockerFilePath: dockerfile, imageNames: names, target, noCache } = request;
  const given = request.arguments.map(({ name, value }) => [name, value ?? secrets[name] ?? '']);
  return {
    ...{ context: '.', dockerfile, names, target, noCache },
    arguments: Object.fromEntries(given) as Record<string, string>,
  };
}

const options = {
  tag: { type: 'string', short: 't', multiple: true },
  image: { type: 'string', multiple: true },
  file: { type: 'string', short: 'f' },
  'build-arg': { type: 'string', multiple: true },
  target: { type: 'string' },
  'no-cache': { type: 'boolean' },
  pull: { type: 'boolean' },
  platform: { type: 'string' },
} as const;

/**
 * Of a step: what stands behind `docker build`. An argument without a value has that of the step's environment, as Docker's
 * client takes it.
 */
export function stepBuild({ id, words, environment, workingDirectory }: TaskStep): BuildOrder {
  const wrong = (message: string) => new TaskFileError(`failed to run step ID: ${id}: ${message}`);
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(words);
  } catch (error) {
    throw wrong(messageOf(error));
  }
  const { values, positionals } = parsed;
  const [context = '.', ...more] = positionals;
  if (more.length > 0) throw wrong('"docker build" requires exactly 1 argument.');
  if (/^[a-z]+:\/\//.test(context)) throw wrong('local Azure builds only from the source of the run');
  const folder = join(workingDirectory, context);
  return {
    context: folder,
    // By the working directory, as Docker's client takes it.
    dockerfile: values.file === undefined ? 'Dockerfile' : relativeTo(folder, join(workingDirectory, values.file)),
    names: [...(values.tag ?? []), ...(values.image ?? [])],
    target: values.target,
    noCache: values['no-cache'] ?? false,
    arguments: Object.fromEntries(
      (values['build-arg'] ?? []).map((argument) => {
        const equals = argument.indexOf('=');
        return equals < 0
          ? [argument, environment[argument] ?? '']
          : [argument.slice(0, equals), argument.slice(equals + 1)];
      }),
    ),
  };

  function relativeTo(context: string, file: string): string {
    const inner = context === '.' ? file : file.startsWith(`${context}/`) ? file.slice(context.length + 1) : undefined;
    if (inner === undefined || inner.startsWith('..')) throw wrong('the Dockerfile must lie within the build context');
    return inner;
  }
}

function parse(words: readonly string[]) {
  return parseArgs({ args: [...words], options, allowPositionals: true });
}
