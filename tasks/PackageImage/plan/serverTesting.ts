import answers from '../python/mlops_answers.py';
import onlyOnTarget from '../python/only_on_target.json';
import comparison from '../python/server_answers.py';
import script from '../shell/server_testing.sh';
import { textFile, type ContextFile } from '../context/buildContext';
import type { SelfTest } from './selfTesting';
import type { SelfTestCase } from './selfTestCase';

/** How the server of the user's own Dockerfile is tried: started as it will be deployed, and asked over HTTP. */
export interface ServerTest extends SelfTest {
  readonly port: number;
  readonly readinessPath: string;
  /** Where requests go that name no path. */
  readonly scoringPath: string;
}

/** How long a server may take until it answers, in seconds: some load gigabytes. */
export const longestStart = 900;

/** The lines of a log by which a program says why it failed; extended regular expressions, for grep as well. */
export const exceptionLine =
  '^[A-Za-z_][A-Za-z0-9_.]*([Ee]rror|Exception|Timeout|Refused|Unavailable|Exit|Interrupt)[A-Za-z0-9_]*(:|$)';
export const errorLine =
  '^(ERROR|FATAL|CRITICAL|[Pp]anic|[Ff]atal|Error|Exception in thread)\\b|\\[(ERROR|CRITICAL)\\]';

/**
 * The folder check/ of a run of ACR Tasks, for shell/server_testing.sh: a request is some small files with its number. It lies
 * beside the build's context, of which the image must get nothing.
 */
export function serverTestFiles(test: ServerTest): ContextFile[] {
  const cases = test.cases.map(({ name, expectStatus, expectedText: expected, tolerance }) => ({
    ...{ name, expectStatus, expected, tolerance },
  }));
  const isCompared = cases.some(({ expected }) => expected !== undefined);
  const files: Record<string, string | Buffer> = {
    'server_test.sh': script,
    'server_answers.py': comparison,
    'mlops_answers.py': answers,
    'cases.json': JSON.stringify(cases),
    environment: Object.entries(test.environment)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    'exception.pattern': `${exceptionLine}\n`,
    'error.pattern': `${errorLine}\n`,
    'only_on_target.tsv': onlyOnTarget.map(({ what, pattern }) => `${what}\t${pattern}\n`).join(''),
    cases: cases.map((_each, index) => `${index}\n`).join(''),
    compared: isCompared ? 'yes\n' : '',
  };
  test.cases.forEach((each, index) => {
    for (const [name, content] of Object.entries(requestFiles(each, index, test.scoringPath)))
      files[`${index}.${name}`] = content;
  });
  return Object.entries(files).map(([name, content]) => textFile(`check/${name}`, content));
}

/** Path and query as they go over the wire. */
export function pathOf({ path }: Pick<SelfTestCase, 'path'>, scoringPath: string): string {
  const { pathname, search } = new URL(path ?? scoringPath, 'http://server');
  return pathname + search;
}

function requestFiles(request: SelfTestCase, index: number, scoringPath: string): Record<string, string | Buffer> {
  const { name, method, headers, body, path, expectStatus } = request;
  // Without a type of the request's own curl would send one of its own.
  const sent = Object.entries({ 'content-type': '', ...headers });
  const options = [
    method === 'HEAD' ? 'head' : `request = ${quoted(method)}`,
    ...sent.map(([key, value]) => `header = ${quoted(value === '' ? `${key}:` : `${key}: ${value}`)}`),
    ...(body.length > 0 ? [`data-binary = "@check/${index}.body"`] : []),
  ];
  return {
    ...{ name: name.replace(/\s+/g, ' ').trim(), expected: String(expectStatus), body },
    ...{ path: pathOf(request, scoringPath), own: path === undefined ? 'no' : 'yes' },
    curl: `${options.join('\n')}\n`,
  };
}

/** For a configuration file of curl. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
