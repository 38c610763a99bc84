import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloudClient } from '../local/containers/cloudClient';
import { LocalExchanges } from './localExchanges';
import { compare } from './recordedForm';
import { recordingsOrSkip, type Recording } from './recordings';

interface Exception {
  recording: string;
  /** The ends of the paths at which is answered otherwise, or the text that is not there. */
  fields: string[];
  reason: string;
}

/** Where local Azure answers otherwise than recorded, which no task reads, as a test below shows. */
const exceptions: Exception[] = [
  {
    recording: 'aci_get_crashloop',
    fields: ['Created', 'Created container'],
    reason: 'an event of 2018, which the groups recorded in 2024 do not have',
  },
  {
    recording: 'acr_run_succeeded',
    fields: ['runType'],
    reason: 'the recorded run came of an encoded task, that of the tasks of a Dockerfile',
  },
  {
    recording: 'job_get_queued',
    fields: ['ProcessInfoFile', 'ProcessStatusFile'],
    reason: "files of the service's own runtime, which does not run here",
  },
  {
    recording: 'run_details',
    fields: ['_aml_system_x', 'properties.target', 'orchestrator', 'runTypeV2.traits'],
    reason: 'of an AutoML run, while the other half was recorded of a script',
  },
  {
    recording: 'run_details',
    fields: ['stderrlogs.txt', 'stdoutlogs.txt', 'cs-capability.log'],
    reason: 'logs of the runtime of 2022; that of the v2 API writes user_logs/std_log.txt',
  },
  {
    recording: 'ws_get',
    fields: ['softDeleteEnabled', 'isPrivateLinkEnabled', 'sdkTelemetryAppInsightsKey', 'sasGetterUri'],
    reason: 'in no published specification of the workspace',
  },
];

/** What is not an exchange. */
const lists = ['aci_killing_texts'];
/** Of the headers only those that clients act on. */
const actedOn = /^(location|azure-asyncoperation|content-type|retry-after)$/;
const headersOf = (headers: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]): [string, unknown] => [name.toLowerCase(), value])
      .filter(([name]) => actedOn.test(name)),
  );

describe("Local Azure's answers to the recorded requests", function () {
  this.timeout(180_000);
  let recordings: Map<string, Recording>;
  const used = new Set<string>();
  const rows: string[] = [];
  before(function () {
    recordings = recordingsOrSkip(this);
  });
  after(() => {
    if (rows.length > 0) console.log(rows.join('\n'));
  });

  it('have what was recorded, in the same form', async () => {
    const { of: exchanges } = new LocalExchanges(await cloudClient());
    const wrong: string[] = [];
    rows.push(`${'recording'.padEnd(24)}values  same  exceptions`);
    for (const [name, { status, headers, body }] of recordings) {
      if (lists.includes(name)) continue;
      const exchange = exchanges[name];
      assert.ok(exchange, `Nothing asks local Azure for what ${name} is the answer to.`);
      const answer = await exchange();
      assert.equal(answer.status, status, `${name}: ${answer.text}`);
      const { compared, differences } = compare(
        { headers: headersOf(headers), body: typeof body === 'string' ? undefined : body },
        { headers: headersOf(answer.headers), body: answer.json },
        '',
      );
      rows.push(
        `${name.padEnd(24)}${String(compared).padStart(6)}${String(compared - differences.length).padStart(6)}`,
      );
      for (const { path, recorded, local } of differences) {
        const isOf = (field: string): boolean => path.endsWith(field) || recorded === `'${field}'`;
        const exception = exceptions.find((each) => each.recording === name && each.fields.some(isOf));
        if (!exception) wrong.push(`${name}${path}: recorded ${recorded}, here ${local}`);
        else rows.push(`    ${path.split('.').at(-1)}: ${exception.reason}`);
        for (const field of exception?.fields.filter(isOf) ?? []) used.add(`${name} ${field}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('make use of every exception', () => {
    const all = exceptions.flatMap(({ recording, fields }) => fields.map((field) => `${recording} ${field}`));
    assert.deepEqual(
      all.filter((each) => !used.has(each)),
      [],
    );
  });

  it('differ in nothing that a task or a client that is tried reads', () => {
    const sources = ['tasks', join('test', 'clients')].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|py)$/.test(file))
        .map((file) => ({ file: join(folder, file), text: readFileSync(join(folder, file), 'utf8') })),
    );
    const read = exceptions.flatMap(({ recording, fields }) =>
      fields.flatMap((field) => {
        const word = new RegExp(`\\b${field}\\b`);
        // The runs of Azure ML have a field of the name, too.
        const isOther = (file: string): boolean => recording.startsWith('acr_') && /azure\/ml\//.test(file);
        return sources
          .filter(({ file, text }) => !isOther(file) && word.test(text))
          .map(({ file }) => `${field}: ${file}`);
      }),
    );
    assert.deepEqual(read, []);
  });
});
