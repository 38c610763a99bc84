import assert from 'node:assert/strict';
import { formAtFirst, wholeForm } from '../../../scripts/taskForm';
import type { TaskManifest } from '../../../scripts/taskManifest';
import { breakLines, cutToWidth, markdownRuns } from '../../../scripts/textLines';

const task = {
  name: 'MLOpsTrain',
  friendlyName: 'Train',
  description: 'Trains <models>.',
  groups: [
    { name: 'open', displayName: 'Open group', isExpanded: true },
    { name: 'closed', displayName: 'Closed group', isExpanded: false },
    { name: 'hidden', displayName: 'Group of hidden inputs', isExpanded: true },
  ],
  inputs: [
    {
      name: 'kind',
      type: 'pickList',
      label: 'Kind',
      defaultValue: 'a',
      required: true,
      options: { a: 'First', b: 'Second' },
    },
    { name: 'name', type: 'string', label: 'Name', required: true, helpMarkDown: 'See [the `name`](docs/x.md).' },
    { name: 'other', type: 'string', label: 'Other', required: true, visibleRule: 'kind = b' },
    { name: 'inside', type: 'boolean', label: 'Inside', defaultValue: true, groupName: 'open' },
    { name: 'deep', type: 'string', label: 'Deep', groupName: 'closed' },
    { name: 'veiled', type: 'string', label: 'Veiled', groupName: 'hidden', visibleRule: 'kind = b' },
  ],
} as unknown as TaskManifest;

/** The texts of a drawing, line by line. */
const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map(([, text]) => text!.replace(/<[^>]+>/g, ''));

describe('the drawing of a form', () => {
  it('shows at first what the designer shows: visible inputs, stars, choices by their labels, closed groups', () => {
    const shown = texts(formAtFirst(task));
    assert.deepEqual(shown.slice(shown.indexOf('Train')), [
      'Train',
      'Trains &lt;models&gt;.',
      'Kind',
      'First',
      'Name *',
      'Open group',
      'Inside',
      'Closed group',
    ]);
  });

  it('shows in the whole form every input, with its rule, its help and its choices', () => {
    const shown = texts(wholeForm(task));
    for (const text of ['Other *', 'when kind = b', 'Deep', 'Veiled', 'closed at first', '- Second', 'See the name.'])
      assert.ok(shown.includes(text), `${text} is missing in ${shown.join(' | ')}`);
  });
});

describe('lines of text', () => {
  const plain = (lines: ReturnType<typeof breakLines>): string[] =>
    lines.map((line) => line.map(({ text }) => text).join(''));

  it('break at spaces, keep a bracket with its code, and break a word only where it is longer than a line', () => {
    assert.deepEqual(plain(breakLines(markdownRuns('one two (`three`) four'), 10, 50)), ['one two', '(three)', 'four']);
    const long = plain(breakLines(markdownRuns('a `bbbbbbbbbbbbbbbbbbbb`'), 10, 50));
    assert.equal(long.join('').replaceAll(' ', ''), `a${'b'.repeat(20)}`);
    assert.ok(long.length > 2);
  });

  it('lose the signs of Markdown, not underscores within a name', () => {
    assert.deepEqual(plain([markdownRuns('*This* is _it_: [there](x.md), `a_b` A_B_C')]), [
      'This is it: there, a_b A_B_C',
    ]);
  });

  it('are cut with an ellipsis where they are too long for a field', () => {
    assert.equal(cutToWidth('short', 10, 100), 'short');
    const cut = cutToWidth('x'.repeat(100), 10, 100);
    assert.ok(cut.endsWith('…') && cut.length < 20, cut);
  });
});
