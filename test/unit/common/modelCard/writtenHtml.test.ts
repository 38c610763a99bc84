import assert from 'node:assert/strict';
import MarkdownIt from 'markdown-it';
import { writtenHtml } from '../../../../tasks/common/modelCard/writtenHtml';

const reference = new MarkdownIt({ html: false });
/** As they differ in white space only, in how code ends, and in what makes a table usable by the keyboard. */
const plain = (html: string) =>
  html
    .replace(/ (role|aria-label|tabindex|scope)="[^"]*"/g, '')
    .replace(/<div class="wide">|<\/div>/g, '')
    .replace(/<hr ?\/?>/g, '<hr>')
    .replace(/<br ?\/?>\n?/g, '<br>')
    .replace(/&#39;/g, "'")
    .replace(/<(\/?)s>/g, '<$1del>')
    .replace(/\s*(<\/?(p|ul|ol|li|pre|blockquote|table|thead|tbody|tr|th|td|hr)\b[^>]*>)\s*/g, '$1')
    .replace(/<li><p>((?:(?!<p>).)*?)<\/p>/gs, '<li>$1')
    .replace(/ class="language-\w+"| style="[^"]*"/g, '')
    .trim();

describe('model card: Markdown of people on the page', () => {
  for (const text of [
    'One\ntwo\n\nthree',
    '**bold** and *em*, __bold__ and _em_, snake_case_name, 2 * 3 * 4, ~~gone~~',
    '***both*** and **a *b* c**',
    '`code <b>` and ``a ` b`` and \\*not em\\*',
    '[a link](https://example.org/a_b_c?x=1&y=2) and <https://example.org> and [mail](mailto:a@example.org)',
    '[**bold** link](https://example.org)',
    '[x](javascript:alert) stays',
    '- a\n- b\n- c',
    '* a\n* b\n\nafter',
    '1. a\n2. b',
    '3. a\n4. b',
    '- a\n  - b\n  - c\n- d',
    '1. a\n   - b\n\n   more\n2. c',
    '- a\n\n- b',
    '- a\nlazy\n- b',
    '> quoted\n> more\n\nafter',
    '> - a\n> - b',
    '```python\nif a < b:\n    "x"\n```',
    '~~~\n```\n~~~\nafter',
    '| a | b |\n|---|--:|\n| 1 | `x` |\n| **2** | c \\| d |',
    'text\n\n---\n\nmore',
    '<script>alert(1)</script> & "quotes"',
    'line  \nbroken',
    'text:\n- a\n- b',
  ])
    it(`shows ${JSON.stringify(text)} as markdown-it does`, () => {
      const expected = plain(reference.render(text)).replace(/\[x\]\(javascript:alert\)/, 'x');
      assert.equal(plain(writtenHtml(text).text), expected);
    });

  it('comes to an end with anything', () => {
    const parts = [
      '- ',
      '> ',
      '1. ',
      '```',
      '| a |',
      '|-|',
      '**',
      '_',
      '[',
      '](',
      '`',
      '\n',
      '\n\n',
      '  ',
      'x',
      '<',
      '\\',
    ];
    let seed = 1;
    for (let round = 0; round < 3000; round++) {
      let text = '';
      for (let length = 0; length < 14; length++) {
        seed = (seed * 48271) % 2147483647;
        text += parts[seed % parts.length];
      }
      const html = writtenHtml(text).text;
      assert.doesNotMatch(html.replace(/<\/?(p|ul|ol|li|blockquote|pre|code|table|thead|tbody|tr|th|td|div|hr|br|em|strong|del|a)\b[^>]*>/g, ''), /</); // prettier-ignore
    }
  });
});
