import type { TaskRunRequest } from '../../../common/azure/registry/runRequest';
import { Secret } from '../../../common/secret';
import { longestStart, type ServerTest } from '../../plan/serverTesting';
import type { BuildOrder } from '../imageBuilder';

/** Where the build's context lies among the files of the run, beside check/. */
export const contextFolder = 'image';

/** The network of all steps. Source: acr-builder, graph/network.go. */
const network = 'acb_default_network';

/**
 * The task by which ACR builds an image, tries its server, and pushes it if that went well. Version v1.0.0 has no aliases, so
 * that a $ in it is a $. What a step is given goes through a template, then YAML, then a shell: acr-builder, cmd/acb/commands/exec.
 * @param timeout of each step, in seconds
 */
export async function buildAndTestTask(
  { repository, tags, content, dockerfile, arguments: given }: BuildOrder,
  { port, readinessPath }: ServerTest,
  timeout: number,
): Promise<Pick<TaskRunRequest, 'taskFile' | 'values'>> {
  const { stringify } = await import('yaml');
  const names = tags.map((tag) => `{{.Run.Registry}}/${repository}:${tag}`);
  // As values, so that what stands in them goes through no template itself.
  const values = given.map(({ name, value }, index) => ({
    name: `argument${index}`,
    value:
      value instanceof Secret
        ? new Secret(withinQuotes(shellWord(`${name}=${value.reveal()}`)))
        : withinQuotes(`${name}=${shellWord(value)}`),
  }));
  const valuesOf = (secret: boolean) =>
    values.filter(({ value }) => value instanceof Secret === secret).map(({ name }) => `{{.Values.${name}}}`);
  const secrets = valuesOf(true);
  const build = [
    ...names.map((name) => `-t ${name}`),
    `-f ${dockerfile}`,
    // In this form ACR looks for base images in their values.
    ...valuesOf(false).map((value) => `--build-arg ${value}`),
    // And in this one not: they have no value here, Docker takes it from the environment.
    ...given.filter(({ value }) => value instanceof Secret).map(({ name }) => `--build-arg=${name}`),
    '.',
  ];
  const tested = `{{.Run.Registry}}/${repository}:${content}`;
  const test = ['docker', 'check/server_test.sh', tested, port, readinessPath, '{{.Run.SharedVolume}}', network, Math.min(longestStart, timeout)]; // prettier-ignore
  const steps = [
    {
      id: 'build',
      build: build.join(' '),
      workingDirectory: contextFolder,
      ...(secrets.length > 0 ? { env: secrets } : {}),
    },
    { id: 'self-test', cmd: test.join(' '), entryPoint: 'sh' },
    { id: 'push', push: names },
  ];
  const options = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 } as const;
  return { taskFile: stringify({ version: 'v1.0.0', stepTimeout: timeout, steps }, options), values };
}

function shellWord(text: string): string {
  return /^[\w./:@%+=,-]*$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

/** As a text stands between double quotes in YAML. */
function withinQuotes(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
