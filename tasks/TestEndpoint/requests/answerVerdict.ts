import { parseExact } from '../../common/json/exactJson';
import { JsonTooDeep, scanJson } from '../../common/json/jsonScan';
import { hiddenFaults } from './hiddenFaults';
import type { RequestCase } from './requestCases';
import type { Reply } from './scoringClient';

/**
 * Judges the answer to a request: status, content, and what a success status may hide.
 * @returns what is wrong, one sentence each; an empty list if the case passed
 */
export function judge(request: Pick<RequestCase, 'expectStatus' | 'assertions'>, reply: Reply): string[] {
  if (!matchesStatus(reply.status, request.expectStatus))
    return [`The status is ${reply.status}, expected ${request.expectStatus}.`];
  const text = reply.body.toString('utf8');
  let json: unknown;
  try {
    json = parseExact(text);
  } catch (error) {
    if (error instanceof JsonTooDeep) return [`The reply cannot be judged: ${error.message}.`];
  }
  if (reply.status < 300) {
    const hidden = hiddenFaults(text, json, reply.headers);
    if (hidden.length > 0) return hidden;
  }
  if (request.assertions.length === 0) return [];
  if (json === undefined) return ['The reply is not JSON, so that it cannot be compared.'];
  return request.assertions.flatMap((assertion) => assertion(json));
}

/** The JSON value of a text; undefined where it is none, or nested too deeply to be read. */
export function parse(text: string): unknown {
  try {
    scanJson(text, () => {});
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function matchesStatus(status: number, expected: number | string): boolean {
  return typeof expected === 'number' ? status === expected : Math.floor(status / 100) === Number(expected[0]);
}
