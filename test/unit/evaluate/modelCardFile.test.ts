import assert from 'node:assert/strict';
import { writtenGaps } from '../../../tasks/common/modelCard/writtenSections';
import { completeFile, writtenCard } from '../common/modelCard/exampleRecord';

const gaps = (text: string) => writtenGaps(writtenCard(text).sections);
const missing = (...titles: string[]) => titles.map((title) => `The section "${title}" is missing.`);
const [use, scope, limits, ethics] = ['Intended use', 'Out-of-scope use', 'Limitations', 'Ethical considerations'];

/** Says what is owed, but for what stands in the place of the limitations. */
const withLimits = (text: string) =>
  `# Intended use\n\na\n\n# Out-of-scope use\n\nb\n\n# Ethical considerations\n\nc\n\n# Limitations\n\n${text}`;

describe('Evaluate: the file for the model card', () => {
  it('is taken apart by its headings', () => {
    const { metadata, sections } = writtenCard(
      '\uFEFF---\r\nlicense: mit\r\n---\r\nHello\r\n\r\n# Uses #\r\n\r\n<!-- why?\r\n# no -->For **all**.\r\n\r\nSmall\r\n---\r\n\r\n- a\r\n---\r\n```\r\n# code\r\n<!-- kept -->\r\n```\r\n####### seven\r\n#tag\r\n',
    );
    assert.deepEqual(metadata, { license: 'mit' });
    assert.deepEqual(sections, [
      { title: '', level: 1, text: 'Hello' },
      { title: 'Uses', level: 1, text: 'For **all**.' },
      { title: 'Small', level: 2, text: '- a\n---\n```\n# code\n<!-- kept -->\n```\n####### seven\n#tag' },
    ]);
  });

  it('takes neither code for a comment nor a line with backticks for a fence', () => {
    const { sections } = writtenCard('# A\n`<!--` <!-- gone --> b\n``` c`d\n# E\nf');
    assert.deepEqual(
      sections.map(({ title, text }) => [title, text]),
      [
        ['A', '`<!--`  b\n``` c`d'],
        ['E', 'f'],
      ],
    );
  });

  for (const [what, text, titles] of [
    ['code that ends', '# A\n```\n# code\n```\n# B', ['A', 'B']],
    ['code that ends with a longer fence, and blanks after it', '# A\n~~~ js\n# code\n ~~~~ \t\n# B', ['A', 'B']],
    ['code in which a shorter fence stands', '# A\n````\n```\n# code\n````\n# B', ['A', 'B']],
    ['code in which a fence of the other kind stands', '# A\n```\n~~~\n# code\n```\n# B', ['A', 'B']],
    ['code in which a fence with a word stands', '# A\n```\n``` js\n# code\n```\n# B', ['A', 'B']],
    ['code that does not end', '# A\n```\n# code', ['A']],
    ['lines beneath lists, quotes and tables', '# A\n- a\n---\n1. b\n---\n12) c\n---\n> d\n===\n| e\n---', ['A']],
    ['lines beneath text', 'B\n=\n2026 was\n---\nC - d\n===', ['B', '2026 was', 'C - d']],
  ] as const) {
    it(`has the headings of ${what}`, () =>
      assert.deepEqual(writtenCard(text).sections.map(({ title }) => title), titles)); // prettier-ignore
  }

  it('may name its sections as the templates of the field do', () => {
    assert.deepEqual(gaps(completeFile), []);
    const huggingFace =
      '# Model Card for X\n## Uses\n### Direct Use\na\n### Out-of-Scope Use\nb\n## Bias, Risks, and Limitations\nc';
    assert.deepEqual(gaps(huggingFace), []);
    const mitchell =
      '## 1. Intended Use\n- a\n## 2. Out-of-scope use cases\nb\n## 3. Ethical Considerations\nc\n## 4. Caveats and Recommendations\nd';
    assert.deepEqual(gaps(mitchell), []);
    assert.deepEqual(gaps('# Intended uses & limitations\na\n# Misuse\nb\n# **Bias and fairness**:\nc'), []);
  });

  it('is told all that is missing at once', () => {
    assert.deepEqual(gaps(''), missing(use, scope, limits, ethics));
    assert.deepEqual(gaps('Only text, and no heading.'), missing(use, scope, limits, ethics));
    assert.deepEqual(gaps('# Uses\n## Out-of-scope use\nb\n# Limitations\n\n# Ethics\nTBD'), [
      ...missing(use),
      'The section "Limitations" is empty.',
      'The section "Ethics" still has "TBD".',
    ]);
  });

  for (const [text, why] of [
    ['', 'is empty.'],
    ['   \n\n', 'is empty.'],
    ['<!-- Say here what it cannot do. -->', 'is empty.'],
    ['-\n-\n', 'is empty.'],
    ['…', 'is empty.'],
    ['[More Information Needed]', 'still has "[More Information Needed]".'],
    ['- **Known:** [More Information Needed]', 'still has "[More Information Needed]".'],
    ['{{ limitations | default("", true) }}', 'still has "{{ limitations | default("", true) }}".'],
    ['TODO', 'still has "TODO".'],
    ['Some.\n\nTODO: ask the team', 'still has "TODO".'],
    ['- [ ] x\n- TBD', 'still has "TBD".'],
    ['_To be written._', 'still has "To be written.".'],
    ['[Describe the limits]', 'still has "[Describe the limits]".'],
    ['Lorem ipsum dolor sit amet.', 'still has "Lorem ipsum".'],
  ] as const) {
    it(`has nothing in ${JSON.stringify(text)}`, () =>
      assert.deepEqual(gaps(withLimits(text)), [`The section "Limitations" ${why}`]));
  }

  for (const text of [
    'None known.',
    '- Large stones\n- Rare colours',
    '[The study](https://example.org)',
    'The list of todos is short.',
    '```\nTODO\n```\nThe code above is an example.',
    '| a | b |\n|---|---|\n| 1 | 2 |',
    'Große Steine 石',
  ]) {
    it(`has a text in ${JSON.stringify(text)}`, () => assert.deepEqual(gaps(withLimits(text)), []));
  }

  it('may have other sections, which may not be empty either', () =>
    assert.deepEqual(gaps(`${completeFile}\n# Training data\n\n# Contact\n\n## By mail\n\nx@example.org`), [
      'The section "Training data" is empty.',
    ]));

  for (const [front, problem] of [
    ['---\nlicense: mit\n', /has no end/],
    ['---\na: [\n---\n', /is not YAML/],
    ['---\n- a\n---\n', /must be names with values/],
    ['---\nmodel-index: []\n---\n', /leave "model-index" out/],
  ] as const)
    it(`is refused with front matter ${JSON.stringify(front)}`, () => assert.throws(() => writtenCard(front), problem));
});
