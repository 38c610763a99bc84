import { stringifyExact } from '../../common/json/exactJson';
import { excerpt } from '../../common/comparison/excerpt';
import { isNumber } from '../../common/comparison/numbers';

/**
 * Finds what a reply of a success status hides: error text, NaN, what says that it is JSON and is not.
 * @param json of the text; undefined where it is not JSON
 * @returns one sentence each
 */
export function hiddenFaults(text: string, json: unknown, headers: Readonly<Record<string, string>> = {}): string[] {
  if (headers['x-ms-run-function-failed']?.toLowerCase() === 'true')
    return ['The scoring script failed: the answer carries x-ms-run-function-failed.'];
  if (json === undefined) return faultsOfText(text, headers['content-type'] ?? '');
  if (typeof json === 'string' && looksLikeError(json))
    return [`The reply has a success status but is error text: ${excerpt(json)}`];
  if (json !== null && typeof json === 'object' && !Array.isArray(json)) {
    const fault = errorField(json as Record<string, unknown>);
    if (fault) return [fault];
  }
  const notNumber = findNotNumber(json, '$');
  return notNumber ? [`The reply contains ${notNumber}.`] : [];
}

function errorField(json: Record<string, unknown>): string | undefined {
  const key = Object.keys(json).find((each) => /^(error|errors|exception|traceback)$/i.test(each));
  const value = key === undefined ? undefined : json[key];
  // A number may be how far a prediction is off; beside a message it is an error's code.
  if (
    isNumber(value) &&
    (Number(String(value)) === 0 || !Object.keys(json).some((each) => /^(message|msg|detail)$/i.test(each)))
  )
    return undefined;
  if (value === undefined || value === null || value === '' || value === false) return undefined;
  if (typeof value === 'object' && !isNumber(value) && Object.keys(value).length === 0) return undefined;
  return `The reply has a success status but its "${key}" says: ${excerpt(stringifyExact(value))}`;
}

function faultsOfText(text: string, contentType: string): string[] {
  if (/^\s*([[{].*\b(NaN|Infinity)\b|(NaN|-?Infinity)\s*$)/s.test(text))
    return ['The reply contains NaN or Infinity, which is not JSON.'];
  if (looksLikeError(text)) return [`The reply has a success status but is error text: ${excerpt(text)}`];
  if (/\bjson\b/i.test(contentType) && text !== '')
    return [`The reply says that it is JSON (${excerpt(contentType)}) and is not: ${excerpt(text)}`];
  return [];
}

function findNotNumber(value: unknown, where: string): string | undefined {
  if (typeof value === 'string') return /^(nan|[-+]?inf(inity)?)$/i.test(value) ? `"${value}" at ${where}` : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, each] of Object.entries(value)) {
    const found = findNotNumber(each, Array.isArray(value) ? `${where}[${key}]` : `${where}.${key}`);
    if (found) return found;
  }
  return undefined;
}

/**
 * What Python's exceptions say of themselves: scoring scripts that catch one and return str(error) answer with just this.
 * Each form is one that no class label and no generated sentence is likely to have.
 */
const errorTexts = [
  /^Traceback \(most recent call last\)/,
  // ValueError: …, builtins.KeyError('a'), RuntimeError
  /^([\w.]+\.)?([A-Z]\w*)?(Error|Exception)\s*([:(].*)?$/s,
  /^(internal server )?error\s*:/i,
  /^internal server error\b/i,
  /^an? (\w+ )?(error|exception) (has )?(occurred|happened|was raised)\b/i,
  /^could not convert /i,
  /^[^.]*\bobject (has no attribute|is not (callable|iterable|subscriptable|JSON serializable))\b/i,
  // str(KeyError('data')), the answer of a scoring script to a body without its "data".
  /^'[^']*'$/,
  /^(unhashable type|unsupported operand type|invalid literal for|name '\w+' is not defined|list index out of range|string indices must be)\b/i,
  /^Expecting (value|property name|',' delimiter|':' delimiter)/,
  // scikit-learn, pandas
  /^(X has \d+ features, but|Input (X )?contains NaN|Expected 2D array|Found array with|The feature names should match|columns are missing:|Length mismatch:)/,
];

function looksLikeError(text: string): boolean {
  const start = text.trimStart().slice(0, 2_000).trimEnd();
  return errorTexts.some((each) => each.test(start));
}
