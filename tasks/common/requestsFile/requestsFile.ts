import * as fs from 'node:fs';
import { parseExact } from '../json/exactJson';
import { elementTexts } from '../json/jsonScan';
import { TaskFailure } from '../taskFailure';
import { readRequest, type GivenRequest } from './givenRequest';
import type { Tolerance } from './tolerance';
import { messageOf } from '../messageOf';

/** More than any set of requests needs (bytes): they are sent one by one, and all are held in memory. */
const largestFile = 128 * 1024 * 1024;

/**
 * Reads a requests file: a JSON array, or JSON Lines, of `{name, request, expected?, tolerance?, expectStatus?, headers?, load?}`.
 * `requestFile` (a path beside the file), `requestText` or `requestBase64` take the place of `request` where the body is not JSON. What
 * `request` holds is sent byte for byte as the file has it: 1.0 stays 1.0.
 *
 * Package-Image's self-test and Test-Endpoint both read requests by this, so that both send the same.
 * @param tolerance of the requests that have none of their own
 * @throws TaskFailure that names file, request and field
 */
export function readRequestsFile(file: string, tolerance: Tolerance): GivenRequest[] {
  const requests = entryTexts(file, readText(file)).map((text, index) => readRequest(text, index, file, tolerance));
  if (requests.length === 0) throw new TaskFailure(`The requests file ${file} has no request.`, 'Write at least one.');
  const names = new Set<string>();
  for (const [index, { name }] of requests.entries()) {
    if (names.has(name)) {
      throw new TaskFailure(
        `The requests file ${file} is wrong: in request ${index + 1}, the name "${name}" appears twice.`,
      );
    }
    names.add(name);
  }
  return requests;
}

/** PowerShell writes UTF-16, or UTF-8 with a byte order mark. */
function readText(file: string): string {
  const { size } = fs.statSync(file);
  if (size > largestFile) {
    throw new TaskFailure(
      `The requests file ${file} has ${Math.round(size / 1024 / 1024)} MB; it may have ${largestFile / 1024 / 1024}.`,
      'Give large bodies as files of their own, by requestFile.',
    );
  }
  const bytes = fs.readFileSync(file);
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new TaskFailure(`The requests file ${file} is not ${encoding.toUpperCase()} text.`, 'Save it as UTF-8.');
  }
}

/** The text of each request, as the file has it. */
function entryTexts(file: string, text: string): string[] {
  if (/^\s*\[/.test(text)) {
    try {
      parseExact(text);
      return elementTexts(text);
    } catch (error) {
      throw new TaskFailure(`The requests file ${file} is not valid JSON: ${messageOf(error)}.`);
    }
  }
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      parseExact(line);
      return [line];
    } catch (error) {
      throw new TaskFailure(
        `The requests file ${file} is not valid at line ${index + 1}: ${messageOf(error)}.`,
        'It must be a JSON array of requests, or one JSON object per line.',
      );
    }
  });
}
