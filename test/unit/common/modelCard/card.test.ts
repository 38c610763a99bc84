import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import MarkdownIt from 'markdown-it';
import { parse } from 'yaml';
import { modelCard } from '../../../../tasks/common/modelCard/modelCard';
import { cardHtml } from '../../../../tasks/common/modelCard/cardHtml';
import { cardMarkdown } from '../../../../tasks/common/modelCard/cardMarkdown';
import schema from '../../../../tasks/common/modelCard/modelCard.schema.json';
import { writeModelCard } from '../../../../tasks/common/modelCard/writeModelCard';
import type { Approvals, ModelRecord, SectionName } from '../../../../tasks/common/record/record';
import { exampleRecord, exampleSections, writtenCard } from './exampleRecord';

/** A reader that takes HTML for HTML. */
const reader = new MarkdownIt({ html: true });
const card = (record: ModelRecord = exampleRecord()) => modelCard(record)!;
const frontMatter = (markdown: string) => parse(markdown.split('---\n')[1]!);
const written = (text: string) => exampleRecord({ evaluation: { modelCard: writtenCard(text) } });

interface Metric {
  type: string;
  value: number;
}

interface Result {
  task: { type: string };
  dataset: { name: string; config?: string; revision?: string };
}

describe('model card', () => {
  it('says all that the record knows, in all three forms', () => {
    const said = [
      'To suggest a price to a trained seller.',
      'Insurance values.',
      'No person is described by the data.',
      'azureml:diamonds:3',
      'a'.repeat(64),
      'job-1',
      '2.5',
      'rmse < champion with 95% confidence',
      'All 2 criteria hold.',
      'An approver',
      exampleSections.image.digest,
      'f'.repeat(64),
      'https://cost.westeurope.azurecontainer.io/score',
      'answered 500',
      'c0ffee1234',
    ];
    const unescaped = (text: string) =>
      text
        .replace(/&lt;/g, '<')
        .replace(/\\(.)/g, '$1')
        .replace(/:&#8203;/g, ':');
    const whole = card();
    for (const text of [cardMarkdown(whole), cardHtml(whole), JSON.stringify(whole)])
      for (const each of said) assert.ok(unescaped(text).includes(each), `${each} is missing of ${text.slice(0, 30)}`);
    assert.deepEqual(whole.gaps, []);
  });

  it('has the same sections at each stage, and says which stage has not run', () => {
    const ids = card().sections.map(({ id }) => id);
    assert.deepEqual(ids, [
      ...['model-details', 'intended-use', 'out-of-scope-use', 'limitations', 'ethical-considerations'],
      ...['data', 'training', 'metrics', 'comparison', 'decision', 'approvals', 'image', 'endpoint', 'tests', 'cost'],
      ...['further-information', 'lineage'],
    ]);
    const pending = (...without: SectionName[]) =>
      card(exampleRecord(Object.fromEntries(without.map((name) => [name, null]))))
        .sections.filter(({ state }) => state === 'pending')
        .map(({ id }) => id);
    assert.deepEqual(pending('image', 'deployment', 'tests'), ['approvals', 'image', 'endpoint', 'tests', 'cost']);
    assert.deepEqual(pending('tests'), ['tests', 'cost']);
  });

  it('states as gaps what people owe it, in all three forms', () => {
    const bare = card(exampleRecord({ evaluation: { modelCard: undefined } }));
    const titles = ['Intended use', 'Out-of-scope use', 'Limitations', 'Ethical considerations'];
    assert.deepEqual(
      bare.gaps,
      titles.map((title) => `The section "${title}" is missing.`),
    );
    assert.match(cardMarkdown(bare), /> \*\*Not complete\.\*\* 4 to be written:/);
    assert.match(cardHtml(bare), /<h2 id="gaps">Not complete<\/h2>/);
    assert.deepEqual(
      bare.sections.filter(({ state }) => state === 'gap').map(({ title }) => title),
      titles,
    );
  });

  it('names the reports on the data once each, what was checked before the training, and who signed', () => {
    const report = { tool: 'ge' as const, file: 'checks/data.json', sha256: '1'.repeat(64) };
    const criteria = [{ text: 'ge.success == 1', metric: 'ge.success', value: 1, limit: 1, explanation: 'It is 1.' }];
    const attestations = { signer: 'https://v.vault.azure.net/keys/k/1', statements: [] };
    const record = exampleRecord({
      training: { dataChecks: { criteria, reports: [report] } },
      evaluation: { dataReports: [report, { tool: 'evidently', file: 'drift.json', sha256: '2'.repeat(64) }] },
      image: { attestations },
      deployment: { verifiedAttestations: attestations },
    });
    const markdown = cardMarkdown(card(record));
    assert.match(markdown, /\| `ge\.success == 1` \| 1 \| 1 \| It is 1\. \|/);
    assert.equal(markdown.split('Great Expectations | checks/data.json').length, 2);
    assert.match(markdown, /\| Evidently \| drift\.json \| `2{64}` \|/);
    assert.match(markdown, /Signed by \| `https:\/\/v.*Signature verified \| `https:\/\/v/s);
  });

  it('says in so many words what was not signed, not verified, and cost less than a cent', () => {
    const cost = { estimate: true as const, amount: 0.0024, currency: 'USD', prices: [], runs: [], maxCost: 5 };
    const markdown = cardMarkdown(card(exampleRecord({ training: { cost } })));
    assert.match(markdown, /Signed by \| nobody/);
    assert.match(markdown, /Signature verified \| none was asked for/);
    assert.match(markdown, /Training, by estimate \| 0\.0024 USD \|\n\| Limit \| 5 USD/);
  });

  it('shows what people say of the data with what the record knows of it, once', () => {
    const { sections } = card(
      written('# Uses\n\nTo try.\n\n# Training data\n\nOf 2008.\n\n## Origin\n\nR.\n\n# Contact\n\nUs.'),
    );
    const told = (id: string) =>
      sections
        .find((each) => each.id === id)!
        .blocks.flatMap((each) => (each.kind === 'written' ? [each.markdown.trim()] : []));
    assert.deepEqual(told('data'), ['Of 2008.', 'R.']);
    assert.deepEqual(told('further-information'), ['Us.']);
  });

  it('lets people describe data that the job does not name', () => {
    const gapOf = (text: string) =>
      card(exampleRecord({ training: { data: [] }, evaluation: { modelCard: writtenCard(text) } })).gaps.at(-1);
    assert.match(gapOf('# Uses')!, /^The data is not known: the training job has no data input/);
    assert.doesNotMatch(gapOf('# Training data\n\nDiamonds of 2024.')!, /data is not known/);
  });

  it('shows a section that stands for two once, and points to it', () => {
    const { sections } = card(written('## Bias, Risks, and Limitations\n\nSmall stones only.'));
    const of = (id: string) => JSON.stringify(sections.find((each) => each.id === id));
    assert.match(of('limitations'), /Small stones only/);
    assert.match(of('ethical-considerations'), /See \\"Bias, Risks, and Limitations\\" above/);
  });

  it('gives approvals as they are known, and never guesses', () => {
    const of = (approvals: Approvals | undefined) =>
      JSON.stringify(card(exampleRecord({ deployment: { approvals } })).sections.find(({ id }) => id === 'approvals'));
    assert.match(of({ outcome: 'none', stage: 'dev', by: [] }), /asks no one for approval/);
    assert.match(of({ outcome: 'unknown', stage: 'prod', by: [], reason: 'refused.' }), /not known: refused\./);
    assert.match(of(undefined), /"state":"pending"/);
  });

  it('is made of a model only, and leaves no card of another', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'card-'));
    const files = () => fs.readdirSync(directory).sort();
    assert.deepEqual(writeModelCard(directory, exampleRecord()).length, 3);
    assert.deepEqual(files(), ['model-card.html', 'model-card.json', 'model-card.md']);
    const parsed = JSON.parse(fs.readFileSync(path.join(directory, 'model-card.json'), 'utf8'));
    assert.equal(parsed.record, exampleRecord().sha256);
    assert.deepEqual(writeModelCard(directory, exampleRecord({ model: null })), []);
    assert.deepEqual(files(), []);
    fs.rmSync(directory, { recursive: true });
  });

  it('follows its schema, whole and bare', () => {
    const validate = new Ajv2020({ allErrors: true }).compile(schema);
    const bare = exampleRecord({ source: null, training: null, evaluation: null, image: null, deployment: null, tests: null }); // prettier-ignore
    for (const record of [exampleRecord(), bare]) {
      const json = JSON.parse(JSON.stringify(card(record)));
      assert.ok(validate(json), JSON.stringify(validate.errors));
    }
    assert.ok(!validate({ ...card(), sections: [{ id: 1 }] }));
  });
});

describe('model card: metadata for the hub', () => {
  it('has the results as a model-index, slices as parts of the data', () => {
    const { license, tags, ...rest } = frontMatter(cardMarkdown(card()));
    assert.deepEqual([license, tags], ['mit', ['tabular', 'prices']]);
    const [{ name, results }] = rest['model-index'];
    assert.equal(name, 'cost-estimator');
    assert.deepEqual(
      results.map(({ task, dataset }: Result) => [task.type, dataset.name, dataset.config, dataset.revision]),
      [
        ['tabular-regression', 'Evaluation data of cost-estimator', undefined, 'e'.repeat(64)],
        ['tabular-regression', 'Evaluation data of cost-estimator, cut=Fair', 'cut=Fair', 'e'.repeat(64)],
        ['tabular-regression', 'Evaluation data of cost-estimator, cut=Good', 'cut=Good', 'e'.repeat(64)],
      ],
    );
    assert.deepEqual(results[0].metrics, [
      { type: 'rmse', value: 2.5, name: 'rmse' },
      { type: 'odd', value: 'NaN', name: 'odd' },
      { type: 'tiny', value: 1e-7, name: 'tiny' },
    ]);
  });

  it('tells slices apart however they were logged', () => {
    const metrics = { recall: 1, 'recall/region/eu': 2, 'recall[region=us, sex=f]': 3, recall_age_old: 4 };
    const criteria = [{ ...exampleRecord().evaluation!.criteria[0]!, metric: 'max difference of recall over age' }];
    const sliced = card(exampleRecord({ evaluation: { metrics, criteria } }));
    const { 'model-index': index } = frontMatter(cardMarkdown(sliced));
    assert.deepEqual(
      index[0].results.map(({ dataset, metrics: own }: Result & { metrics: Metric[] }) => [dataset.config, ...own.map(({ type, value }) => `${type} ${value}`)]), // prettier-ignore
      [[undefined, 'recall 1'], ['region=eu', 'recall 2'], ['region=us, sex=f', 'recall 3'], ['age=old', 'recall 4']], // prettier-ignore
    );
  });

  it('is YAML whatever the names hold', () => {
    const odd = { 'a: b # c': 1, 'quote"\n---\n': 2, no: 3, '\u2028\u0085': 1e21, '😀': -0.5 };
    const { 'model-index': index } = frontMatter(
      cardMarkdown(card(exampleRecord({ evaluation: { metrics: odd, modelCard: undefined } }))),
    );
    assert.deepEqual(
      Object.fromEntries(index[0].results[0].metrics.map(({ type, value }: Metric) => [type, value])),
      odd,
    );
  });

  it('keeps what people wrote, nested too', () => {
    const file =
      '---\nlanguage: [en, de]\nno: off\nco2:\n  kg: 1.5\n  by: [{a: 1}, [2, [3]], {}, null]\nempty: {}\n---\n# Uses';
    const { 'model-index': _, ...rest } = frontMatter(cardMarkdown(card(written(file))));
    assert.deepEqual(rest, {
      language: ['en', 'de'],
      no: 'off',
      co2: { kg: 1.5, by: [{ a: 1 }, [2, [3]], {}, null] },
      empty: {},
    });
  });
});

describe('model card: text of others', () => {
  const attack = '<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) ![y](https://e/x.png)';

  it('runs nothing and fetches nothing on the page', () => {
    const text = `# Uses\n\n${attack}\n\n\`\`\`html\n<script>\n\`\`\`\n\n- <iframe src="//e">\n\n| a | b |\n|---|---|\n| <svg onload=x> | c |`;
    const record = exampleRecord({
      evaluation: { reason: attack, modelCard: writtenCard(text) },
      model: { name: '<b>"x', version: "'>" },
      training: { studioUrl: 'javascript:alert(1)', jobName: '<i>' },
    });
    const page = cardHtml(card(record));
    const allowed =
      /<\/?(html|head|meta|title|style|body|header|footer|nav|main|section|h[1-6]|p|ul|ol|li|dl|dt|dd|div|table|thead|tbody|tr|th|td|code|pre|a|strong|em|hr)\b[^>]*>|<!doctype html>/g;
    const rest = page.replace(/<style>[\s\S]*?<\/style>/, '').replace(allowed, '');
    assert.doesNotMatch(rest, /<[a-z!/]/i);
    assert.doesNotMatch(page, /href="javascript|<a[^>]*onerror|src=(?!x onerror|&quot;)/i);
    assert.match(page, /default-src 'none'/);
  });

  it('stays text in Markdown, and a fence left open ends with its section', () => {
    const markdown = cardMarkdown(card(written(`# Uses\n\n${attack} and \`<b>\` at <https://e.org>\n\n\`\`\`\n<i>`)));
    assert.match(markdown, /&lt;script>alert\(1\)&lt;\/script>&lt;img src=x/);
    assert.match(markdown, /and `&lt;b>` at <https:\/\/e\.org>/);
    const unequal = cardMarkdown(card(written('# Uses\n\n` <img src=x> `` and\n\n``a ` <b>`` and <i>')));
    assert.match(unequal, /` &lt;img src=x> `` and\n\n``a ` <b>`` and &lt;i>/);
    assert.match(markdown, /```\n<i>\n```\n/);
    const [, before] = markdown.split('## Intended use');
    assert.ok(before!.includes('## Lineage'));
  });

  it('hides nothing of what people wrote, in any form', () => {
    const turns = 'a\u202eb\u2066c\u200fd\u061ce\u001b[2Jf';
    const heading = `Uses ${turns}`;
    const text = `# ${heading}\n\n${turns} [x](https://e.org/${turns})\n\n\`\`\`\n${turns}\n\`\`\`\n\n# ${turns}\n\nMore.\n`;
    const record = exampleRecord({ evaluation: { modelCard: writtenCard(text), reason: turns } });
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'visible-'));
    const files = writeModelCard(folder, record).map((file) => fs.readFileSync(file, 'utf8'));
    fs.rmSync(folder, { recursive: true });
    assert.equal(files.length, 3);
    const unseen = ['\u202e', '\u2066', '\u200f', '\u061c', '\u001b'];
    for (const file of files) assert.deepEqual(unseen.filter((each) => file.includes(each)), []); // prettier-ignore
    const [markdown, page, json] = files;
    for (const file of [markdown!, page!]) assert.ok(file.includes('a\\u202eb\\u2066c\\u200fd\\u061ce\\x1b[2Jf'), file);
    assert.deepEqual(JSON.parse(json!), JSON.parse(JSON.stringify(card(record))), 'for programs it says the same');
  });

  const tag = '<img src=x onerror=alert(1)>';
  const texts: Array<[kind: string, text: string]> = [
    ['HTML', tag],
    ['a bar', `a | ${tag}`],
    ['a bar with a backslash', `a \\| ${tag}`],
    ['a bar with two', `a \\\\| \\\\\\| ${tag}`],
    ['lines', `a\r\n\n# b\n\`\`\`\n~~~\n---\n| c |\u2028${tag}`],
    ['backticks', `\` ${tag} \`\` | \``],
    ['links', `[a](javascript:alert(1)) ![b](https://e.org/c.png) <https://e.org> ${tag}`],
    ['characters that turn the direction of writing', 'a\u202eb\u2066c\u200fd\u061ce'],
    ['characters that do not print', 'a\u0000b\u001b[2Jc\u0085d\ufeffe'],
  ];
  const places: Array<[place: string, changes: (text: string) => Parameters<typeof exampleRecord>[0]]> = [
    ['the name of the model', (text) => ({ model: { name: text } })],
    ['its version', (text) => ({ model: { version: text } })],
    ['the names of metrics', (text) => ({ evaluation: { metrics: { rmse: 1, [text]: 2 } } })],
    ['values of metrics', (text) => ({ evaluation: { metrics: { rmse: text as 'NaN' } } })],
    ['the names of slices', (text) => ({ evaluation: { metrics: { rmse: 1, [`rmse[cut=${text}]`]: 2 } } })],
    ['criteria', (text) => ({ evaluation: { criteria: [{ ...exampleSections.evaluation.criteria[1]!, text, explanation: text }] } })], // prettier-ignore
    ['the decision', (text) => ({ evaluation: { reason: text, decision: text as 'approved' } })],
    ['the champion', (text) => ({ evaluation: { champion: { name: text, version: text } } })],
    ['the branch', (text) => ({ source: { repository: { ...exampleSections.source.repository!, branch: text, uri: text } } })], // prettier-ignore
    ['the build', (text) => ({ source: { build: { ...exampleSections.source.build!, number: text, definition: text, url: `https://e.org/${text}` } } })], // prettier-ignore
    ['the job', (text) => ({ training: { jobName: text, studioUrl: `https://e.org/${text}`, experimentName: text } })],
    ['the data', (text) => ({ training: { data: [{ name: text, type: text, uri: text }], dataHashes: { [text]: text } } })], // prettier-ignore
    ['tags of the image', (text) => ({ image: { tags: [text], reference: text } })],
    ['approvals', (text) => ({ deployment: { approvals: { outcome: 'approved', stage: text, by: [{ name: text, comment: text }] } } })], // prettier-ignore
    ['tests of the endpoint', (text) => ({ tests: { cases: [{ name: text, kind: 'request', passed: false, message: text }] } })], // prettier-ignore
  ];
  const cellsOf = (row: string) => row.replace(/\\./g, '').split('|').length;
  /** What a card is made of. Cells are counted here, since a reader leaves out those that a row has too many. */
  const shape = (markdown: string) => {
    const body = markdown.slice(markdown.indexOf('\n---\n') + 5).trim();
    const types = reader.parse(body, {}).flatMap((token) => [token, ...(token.children ?? [])]).map(({ type }) => type); // prettier-ignore
    const count = (start: string) => types.filter((type) => type.startsWith(start)).length;
    const tables = body.split('\n\n').filter((block) => block.startsWith('| '));
    const uneven = tables.filter((table) => new Set(table.split('\n').map(cellsOf)).size > 1);
    return {
      headings: count('heading_open'),
      html: count('html'),
      pictures: count('image'),
      fences: count('fence'),
      uneven,
    };
  };
  for (const [place, changes] of places) {
    it(`stays text on its line and in its cell: ${place}`, () => {
      const expected = shape(cardMarkdown(card(exampleRecord(changes('a')))));
      for (const [kind, text] of texts) {
        const markdown = cardMarkdown(card(exampleRecord(changes(text))));
        assert.deepEqual(shape(markdown), expected, `${kind}:\n${markdown}`);
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(markdown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/, kind); // prettier-ignore
        assert.ok(frontMatter(markdown)['model-index'], kind);
      }
    });
  }
});
