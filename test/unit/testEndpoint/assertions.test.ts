import assert from 'node:assert/strict';
import sinon from 'sinon';
import { pathAssertion, schemaAssertion, valueAssertion } from '../../../tasks/TestEndpoint/requests/assertions';

const exact = { absolute: 0, relative: 0 };

describe('what is expected of a reply', () => {
  afterEach(() => sinon.restore());

  it('is a value, with a tolerance', () => {
    const holds = valueAssertion({ p: [1, null] }, { absolute: 0.1, relative: 0 });
    assert.deepEqual(holds({ p: [1.05, null] }), []);
    assert.equal(holds({ p: [1.2, null] }).length, 1);
    assert.deepEqual(valueAssertion(null, exact)(null), []);
    assert.equal(valueAssertion(null, exact)(0).length, 1);
  });

  /** What only this draft knows, so that a schema read by another draft's rules would be judged wrongly. */
  const pair = {
    'https://json-schema.org/draft/2020-12/schema': { prefixItems: [{ type: 'number' }], items: { type: 'string' } },
    'https://json-schema.org/draft/2019-09/schema': {
      items: [{ type: 'number' }],
      additionalItems: { type: 'string' },
    },
    'http://json-schema.org/draft-07/schema#': { items: [{ type: 'number' }], additionalItems: { type: 'string' } },
  };
  for (const [draft, rest] of Object.entries(pair)) {
    it(`is a JSON Schema of ${draft}`, async () => {
      const holds = await schemaAssertion({ $schema: draft, type: 'array', ...rest });
      assert.deepEqual(holds([1, 'a', 'b']), []);
      assert.deepEqual(holds([1, 'a', 2]), ['$.2: must be string.']);
      assert.deepEqual(holds(['x']), ['$.0: must be number.']);
    });
  }

  it('is a JSON Schema of 2020-12 where none is named', async () => {
    const holds = await schemaAssertion({ required: ['p'], properties: { p: { type: 'array', minItems: 1 } } });
    assert.deepEqual(holds({ p: [1] }), []);
    assert.deepEqual(holds({ p: [] }), ['$.p: must NOT have fewer than 1 items.']);
    assert.deepEqual((await schemaAssertion(false))(1), ['$: boolean schema is false.']);
  });

  it('is no JSON Schema if it says nonsense, or is of a draft that is not known', async () => {
    await assert.rejects(schemaAssertion({ type: 'number or so' }), /type/);
    await assert.rejects(schemaAssertion([]), /neither an object nor true or false/);
    await assert.rejects(
      schemaAssertion({ $schema: 'http://json-schema.org/draft-03/schema#' }),
      /none of JSON Schema/,
    );
  });

  it('prints nothing of a schema, which may hold a command for the agent', async () => {
    const printed = (['log', 'warn', 'error'] as const).map((each) => sinon.stub(console, each));
    const holds = await schemaAssertion({ type: 'string', format: '##vso[task.complete result=Failed]', odd: 1 });
    holds('x');
    assert.ok(printed.every(({ notCalled }) => notCalled));
  });

  it('is what stands at a JSONPath, each match of it', async () => {
    const at = async (path: string, expected: unknown, json: unknown) =>
      (await pathAssertion(path, expected, exact))(json);
    assert.deepEqual(await at('$.p[0].cost', 6, { p: [{ cost: 6 }] }), []);
    assert.deepEqual(await at('$.p[*].cost', 6, { p: [{ cost: 6 }, { cost: 6 }] }), []);
    assert.match(
      (await at('$.p[*].cost', 6, { p: [{ cost: 6 }, { cost: 7 }] }))[0] ?? '',
      /^\$\.p\[\*\]\.cost: \$: expected 6, got 7/,
    );
    assert.deepEqual(
      await at('$.p[?@.cost > 5].name', 'x', {
        p: [
          { cost: 6, name: 'x' },
          { cost: 1, name: 'y' },
        ],
      }),
      [],
    );
    assert.deepEqual(await at('$.q', 1, { p: 1 }), ['$.q: nothing is there.']);
    const near = await pathAssertion('$.p', 100, { absolute: 0, relative: 0.01 });
    assert.deepEqual([near({ p: 101 }).length, near({ p: 102 }).length], [0, 1]);
  });

  it('is no JSONPath if it does not read as one', async () => {
    await assert.rejects(pathAssertion('predictions[0]', 1, exact));
    await assert.rejects(pathAssertion('$.p[', 1, exact));
  });
});
