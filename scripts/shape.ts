import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { readJson } from './taskManifest';

const compiled = new Map<string, ValidateFunction>();

/** Checks a document against one of this folder's schemas; each problem names its place as a JSON pointer. */
export function shapeProblems(schemaName: string, document: unknown): string[] {
  let check = compiled.get(schemaName);
  if (!check) {
    const schema = readJson<object>(join(__dirname, `${schemaName}.schema.json`));
    check = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
    compiled.set(schemaName, check);
  }
  if (check(document)) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) => {
    const what = 'additionalProperty' in params ? ` '${String(params.additionalProperty)}'` : '';
    return `${instancePath || '/'} ${message}${what}`;
  });
}
