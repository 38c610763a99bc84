import { readFileSync } from 'node:fs';
import { XMLParser } from 'fast-xml-parser';

export interface TestCase {
  suite: string;
  name: string;
  className: string;
  seconds: number;
  outcome: 'passed' | 'failed' | 'skipped';
  message?: string;
  details?: string;
}

export interface TestRun {
  title: string;
  /** The files that were published. */
  files: string[];
  cases: TestCase[];
}

type Element = Record<string, unknown>;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => ['testsuite', 'testcase', 'failure', 'error', 'skipped'].includes(name),
});

/** Reads a JUnit file, suites nested as deep as they like. Throws when it is no JUnit XML. */
export function readJUnit(file: string): TestCase[] {
  const root = parser.parse(readFileSync(file, 'utf8'), true) as Element;
  const top = (root.testsuites ?? root) as Element;
  if (!('testsuites' in root) && !('testsuite' in root)) throw new Error(`${file} has no <testsuites> or <testsuite>.`);
  return suitesOf(top).flatMap(casesOf);
}

function suitesOf(element: Element): Element[] {
  return (element.testsuite as Element[] | undefined) ?? [];
}

function casesOf(suite: Element): TestCase[] {
  const own = ((suite.testcase as Element[] | undefined) ?? []).map((test) => {
    const fault = first(test.failure) ?? first(test.error);
    const skipped = first(test.skipped);
    const reason = fault ?? skipped;
    return {
      suite: textIn(suite['@name']),
      name: textIn(test['@name']),
      className: textIn(test['@classname']),
      seconds: Number(test['@time'] ?? 0),
      outcome: fault !== undefined ? 'failed' : skipped !== undefined ? 'skipped' : 'passed',
      ...textOf(reason),
    } satisfies TestCase;
  });
  return [...own, ...suitesOf(suite).flatMap(casesOf)];
}

/** An attribute or a text; empty where there is none. */
function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function first(value: unknown): Element | string | undefined {
  return (value as Array<Element | string> | undefined)?.[0];
}

function textOf(element: Element | string | undefined): { message?: string; details?: string } {
  if (element === undefined || element === '') return {};
  if (typeof element === 'string') return { details: element };
  const [message, details] = [element['@message'], element['#text']].map(textIn);
  return { ...(message && { message }), ...(details && { details }) };
}
