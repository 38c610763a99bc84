import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { checkSchema, type Schema } from '../../../tasks/common/record/checkSchema';
import schema from '../../../tasks/common/record/record.schema.json';
import { exampleRecord } from './modelCard/exampleRecord';

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** As Ajv says it; what each branch of an anyOf lacks is left out on both sides. */
function byAjv(value: unknown): string[] {
  validate(value);
  return (validate.errors ?? [])
    .filter(({ schemaPath }) => !/\/anyOf\/\d+\/|#\/\$defs\/metric\/anyOf\/\d/.test(schemaPath))
    .map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message}${params.additionalProperty ? `: ${params.additionalProperty}` : ''}`,
    );
}

const byOurs = (value: unknown) =>
  checkSchema(value, schema as Schema).map(([place, problem]) => `${place} ${problem}`);
const same = (value: unknown, what: string) =>
  assert.deepEqual([...new Set(byOurs(value))].sort(), [...new Set(byAjv(value))].sort(), what);

/** All places of a JSON value, as lists of names. */
function places(value: unknown, at: string[] = []): string[][] {
  if (value === null || typeof value !== 'object') return [at];
  return [at, ...Object.entries(value).flatMap(([name, each]) => places(each, [...at, name]))];
}

describe('the check of a record by its schema', () => {
  it('speaks all words of the schema', () => {
    const known = ['$ref', 'type', 'const', 'enum', 'pattern', 'minimum', 'exclusiveMinimum', 'required', 'properties', 'additionalProperties', 'items', 'anyOf']; // prettier-ignore
    const notes = ['$schema', '$defs', 'title', 'description'];
    const walk = (each: unknown, isNames = false): void => {
      if (each === null || typeof each !== 'object') return;
      for (const [word, inner] of Object.entries(each)) {
        if (!Array.isArray(each) && !isNames) assert.ok([...known, ...notes].includes(word), word);
        if (!['const', 'enum', 'required', 'type'].includes(word) || isNames) {
          walk(inner, !isNames && ['properties', '$defs'].includes(word));
        }
      }
    };
    walk(schema);
  });

  it('says what Ajv says of whatever is wrong', () => {
    const record = JSON.parse(JSON.stringify(exampleRecord()));
    assert.deepEqual(byOurs(record), []);
    const wrong = [undefined, null, 5, -1, 1.5, 'x', '', true, [], [5], {}, { x: 1 }, 'NaN', '../x', 'a/b~c'];
    let count = 0;
    for (const place of places(record)) {
      for (const value of wrong) {
        const copy = structuredClone(record);
        const last = place.at(-1);
        if (last === undefined) {
          if (value !== undefined) same(value, JSON.stringify(value));
          continue;
        }
        const parent = place.slice(0, -1).reduce((each, name) => each[name], copy);
        if (value === undefined) delete parent[last];
        else parent[last] = value;
        // A hole in a list is nothing that JSON can hold.
        if (Array.isArray(parent) && value === undefined) continue;
        same(copy, `${place.join('/')} = ${JSON.stringify(value)}`);
        count++;
      }
    }
    assert.ok(count > 1000);
    same({ ...record, unknown: 1, constructor: 2 }, 'additional');
  });
});
