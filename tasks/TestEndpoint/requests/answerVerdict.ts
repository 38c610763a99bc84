import { parseExact } from '../../common/json/exactJson';
import { JsonTooDeep } from '../../common/json/jsonScan';
import { excerpt } from '../../common/comparison/excerpt';
import { shownUrl } from './exchange';
import { hiddenFaults } from './hiddenFaults';
import { replyText } from './replyText';
import type { RequestCase } from './requestCases';
import type { Reply } from './scoringClient';

/** What is wrong with an answer, and what is right but could be better; one sentence each. */
export interface Verdict {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

type Judged = Pick<RequestCase, 'expectStatus' | 'expected' | 'expectedPaths' | 'assertions'>;

/**
 * Judges the answer to a request: status, content, and what a success status may hide. What the user expects outranks
 * all that we think of an answer: error text is right where `expected` says so.
 */
export function judge(request: Judged, reply: Reply): Verdict {
  if (!matchesStatus(reply.status, request.expectStatus))
    return wrong(`The status is ${reply.status}, expected ${request.expectStatus}${redirection(reply)}.`);
  const text = replyText(reply);
  try {
    return judgeContent(request, reply, text, read(text));
  } catch (error) {
    if (error instanceof JsonTooDeep) return wrong(`The reply cannot be judged: ${error.message}.`);
    throw error;
  }
}

const right: Verdict = { problems: [], warnings: [] };
const wrong = (...problems: string[]): Verdict => ({ problems, warnings: [] });

function judgeContent(request: Judged, reply: Reply, text: string, json: unknown): Verdict {
  const { assertions, expected, expectedPaths } = request;
  const isSuccess = reply.status < 300;
  const found = json === undefined ? [] : assertions.flatMap((assertion) => assertion(json));
  const isAsked = json !== undefined && (expected !== undefined || expectedPaths.length > 0);
  if (isAsked && found.length === 0) return right;
  const inner = isSuccess ? innerJson(json) : undefined;
  if (inner !== undefined) return judgeInner(request, inner);
  const hidden = isSuccess ? hiddenFaults(text, json, reply.headers) : [];
  if (hidden.length > 0) return wrong(...hidden);
  if (assertions.length === 0) return right;
  if (json === undefined) return wrong('The reply is not JSON, so that it cannot be compared.');
  if (isSuccess && typeof json === 'string' && isValue(expected)) return wrong(textForValue(json));
  return wrong(...found);
}

const isValue = (expected: unknown): boolean => expected !== undefined && typeof expected !== 'string';

/** run() of the scripts of 2019 ends in json.dumps: their clients decode twice, and so does the comparison. */
function judgeInner({ assertions }: Judged, inner: object): Verdict {
  const hidden = hiddenFaults(JSON.stringify(inner), inner);
  if (hidden.length > 0) return wrong(...hidden);
  const problems = assertions.flatMap((assertion) => assertion(inner));
  if (problems.length > 0) return wrong(...problems.map((each) => `Within the JSON text of the reply: ${each}`));
  return {
    problems: [],
    warnings: [
      'The reply is encoded twice: a JSON string that contains JSON. Let the scoring script return the value itself, not json.dumps of it; or, where its clients decode twice, say so by an "expected" that is this text.',
    ],
  };
}

/** The value within a JSON text that holds a JSON list or object. */
function innerJson(json: unknown): object | undefined {
  if (typeof json !== 'string' || !/^\s*[[{]/.test(json)) return undefined;
  return read(json) as object | undefined;
}

function textForValue(text: string): string {
  return `The reply is a text and not the expected value: ${excerpt(text)}. A scoring script that catches an exception and returns str(error) answers like that; let it raise, or answer with a status of 400 or 500.`;
}

/** @throws JsonTooDeep; of any other text that is not JSON the value is undefined */
function read(text: string): unknown {
  try {
    return parseExact(text);
  } catch (error) {
    if (error instanceof JsonTooDeep) throw error;
    return undefined;
  }
}

function matchesStatus(status: number, expected: number | string): boolean {
  return typeof expected === 'number' ? status === expected : Math.floor(status / 100) === Number(expected[0]);
}

/** Where an answer sends its reader. The request is not sent there: its key would go along. */
function redirection({ status, headers: { location } }: Reply): string {
  if (status < 300 || status > 399 || !location) return '';
  const shown = URL.canParse(location) ? shownUrl(new URL(location)) : location.replace(/\?.*$/s, '?***');
  return `: it redirects to ${excerpt(shown)}, and redirects are not followed. If that is the endpoint, give it as scoringUri`;
}
