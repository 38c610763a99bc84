import assert from 'node:assert/strict';
import { visibleText } from '../../../tasks/common/visibleText';

describe('text from outside in a summary', () => {
  for (const [what, text, shown] of [
    ['an escape of a terminal', '\u001b[31mred', '\\x1b[31mred'],
    ['control characters', 'a\u0000b\u0008c\u007f\u009b', 'a\\x00b\\x08c\\x7f\\x9b'],
    ['a carriage return, which would write over the line', 'good\rbad', 'good\\x0dbad'],
    ['turned directions of writing', 'a\u202eb\u2066c\u200fd', 'a\\u202eb\\u2066c\\u200fd'],
    ['other ends of a line', 'a\u2028b', 'a\\u2028b'],
    ['a byte order mark', '\ufeffa', '\\ufeffa'],
  ] as const) {
    it(`shows ${what} as its code`, () => assert.equal(visibleText(text), shown));
  }

  it('leaves line ends, tabs and every other letter', () => {
    assert.equal(visibleText('a\r\nb\n\tc é ☃ 😀 مرحبا'), 'a\nb\n\tc é ☃ 😀 مرحبا');
  });
});
