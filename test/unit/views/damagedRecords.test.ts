import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkShape } from '../../../tasks/common/record/shape';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { readReports } from '../../../views/reports';
import { reportsView } from '../../../views/reportsView';
import { exampleRecord, exampleSections } from '../common/modelCard/exampleRecord';

const attestations = {
  signer: 'https://v.vault.azure.net/keys/k/1',
  statements: [{ predicateType: 'p', digest: 'd' }],
};
const report = { tool: 'evidently', file: 'drift.json', sha256: 'a'.repeat(64) } as const;

/** A record in which every field stands that a view reads. */
const whole = exampleRecord({
  training: {
    compute: 'cpu',
    environment: '/subscriptions/s/environments/e/versions/1',
    cost: {
      estimate: true,
      amount: 1.5,
      currency: 'USD',
      asOf: '2026-06-01T08:00:00Z',
      maxCost: 5,
      idle: { amount: 0.1, nodes: 1, seconds: 120 },
      prices: [{ size: 'Standard_X', tier: 'Standard', os: 'Linux', perHour: 0.3 }],
      runs: [
        { name: 'one', compute: 'cpu', nodes: 1, seconds: 60, amount: 0.5 },
        { name: 'two', compute: 'cpu', nodes: 1, seconds: 60, reused: true },
      ],
      gaps: ['One price is not known.'],
    },
    dataChecks: {
      criteria: [
        { text: 'evidently.drift <= 1', metric: 'evidently.drift', value: 0, limit: 1, explanation: 'It is 0.' },
      ],
      reports: [report],
    },
  },
  evaluation: { dataReports: [report], build: { ...exampleSections.source.build!, id: '42', number: '20260602.1' } },
  image: { baseImage: 'ubuntu', selfTest: { outcome: 'passed', text: '2 requests' }, attestations },
  deployment: { previousImage: `r.azurecr.io/cost@sha256:${'c'.repeat(64)}`, verifiedAttestations: attestations },
  tests: {
    findings: [{ sent: 'an empty body', answered: 'answered 500', remedy: 'Answer 400.' }],
    rollback: { outcome: 'restored', image: null },
    promotion: { isChampion: true, champion: '3' },
    attestations,
    approvals: { ...exampleSections.deployment.approvals!, stage: 'tests' },
  },
});

type Place = string[];
function placesIn(value: object, names: Place = []): Place[] {
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) => [
    [...names, name],
    ...(typeof each === 'object' && each !== null ? placesIn(each, [...names, name]) : []),
  ]);
}
const places = placesIn(whole);

/** The record with another value in one of its places, or with none. */
function damaged(record: ModelRecord, names: Place, value: unknown): ModelRecord {
  const copy = structuredClone(record);
  const owner = names
    .slice(0, -1)
    .reduce<unknown>((each, name) => (each as Record<string, unknown> | null)?.[name], copy);
  // Another damage may have taken the place away.
  if (typeof owner === 'object' && owner !== null) Reflect.set(owner, names.at(-1)!, value);
  return copy;
}

const isWhole = (record: ModelRecord): boolean => {
  try {
    checkShape(record);
    return true;
  } catch {
    return false;
  }
};

/** What the tab shows of a record as its attachment holds it. */
function shown(content: string): { text: string; notes: string[] } {
  const found = readReports([{ type: 'mlops.record', name: 'mlops-record.json', step: 'a', content }]);
  return { text: reportsView(found).text, notes: found.notes };
}

function checkShown(content: string, isSaid: boolean): void {
  const { text, notes } = shown(content);
  assert.doesNotMatch(text, /undefined|\[object Object\]|NaN |>null<|does not know/, content);
  assert.match(text, /class="(report|note)"/);
  if (isSaid) assert.ok(notes.length > 0, `nothing is said of ${content}`);
}

describe('the record of a run that is damaged', () => {
  before(() => {
    checkShape(whole);
    assert.deepEqual(shown(JSON.stringify(whole)).notes, []);
  });

  it('is shown without what cannot be read, and says so, whatever stands in any one place', () => {
    const values = [null, -5, 'x', true, [], {}, [null], { deep: [1] }];
    for (const [index, place] of places.entries()) {
      for (const value of [undefined, values[index % values.length]]) {
        const record = damaged(whole, place, value);
        const { text, notes } = shown(JSON.stringify(record));
        const what = `${place.join('.')} = ${JSON.stringify(value)}`;
        assert.doesNotMatch(text, /undefined|\[object Object\]|NaN |>null<|does not know/, what);
        assert.match(text, /class="(report|note)"/, what);
        const [section, field] = place;
        // A field of a section that is not there says nothing; one that holds what it must not has its name in the note.
        if (
          value !== undefined &&
          field !== undefined &&
          field !== 'previous' &&
          !isWhole(record) &&
          typeof value !== 'string'
        )
          assert.match(notes.join(), new RegExp(`\\b${section}\\b`), what);
      }
    }
  });

  it('is shown without what cannot be read where several places hold anything', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...places), fc.jsonValue()), { minLength: 1, maxLength: 5 }),
        (damages) => {
          fc.pre(!/undefined|object Object|NaN|null</.test(JSON.stringify(damages)));
          const record = damages.reduce((each, [place, value]) => damaged(each, place, value), whole);
          checkShown(JSON.stringify(record), false);
        },
      ),
      { numRuns: 100 },
    ));

  it('is shown as far as it goes, and says so, wherever it was cut', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: JSON.stringify(whole).length - 1 }), (length) =>
        checkShown(JSON.stringify(whole).slice(0, length), true),
      ),
      { numRuns: 100 },
    ));

  it('hides no other field of its section, and none of the other sections', () => {
    for (const field of ['cost', 'dataChecks', 'compute']) {
      const { text, notes } = shown(JSON.stringify(damaged(whole, ['training', field], [5])));
      assert.deepEqual(notes, [
        `The model record of one step cannot be read completely. Left out, whole or in part: training.${field}. Everything else is shown.`,
      ]);
      for (const [other, label] of [
        ['cost', 'Cost (estimate)'],
        ['dataChecks', 'Data checks'],
        ['compute', 'Compute'],
      ])
        assert.equal(text.includes(`<dt>${label}</dt>`), other !== field, `${label} with a damaged ${field}`);
      assert.match(text, /Approved by/);
    }
  });

  it('hides of a list only those that cannot be read', () => {
    const record = damaged(
      whole,
      ['deployment', 'approvals', 'by'],
      [{ name: 'First' }, { name: 7 }, { name: 'Third' }],
    );
    const { text, notes } = shown(JSON.stringify(record));
    assert.match(text, /First; Third/);
    assert.match(notes.join(), /in part: deployment\.approvals\./);
  });
});
