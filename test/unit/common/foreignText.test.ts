import assert from 'node:assert/strict';
import { foreignText } from '../../../tasks/common/foreignText';

describe('text from outside in a log', () => {
  for (const [what, text, shown] of [
    ['a colour', '\u001b[1;31mred\u001b[0m', 'red'],
    ['what moves the cursor or clears the screen', 'a\u001b[2J\u001b[1A\u001b[2Kb\u001bMc', 'abc'],
    ['a title or a link of a terminal', '\u001b]0;title\u0007a\u001b]8;;https://a\u001b\\b', 'ab'],
    ['an escape that is cut', 'a\u001b[', 'a\\x1b['],
    ['NUL and other control characters', 'a\u0000b\u0007c\u009b', 'a\\x00b\\x07c\\x9b'],
    ['a turned direction of writing', 'a\u202eb', 'a\\u202eb'],
    ['an error of its own', '##[error]down', '##_[error]down'],
    ['a section behind a colour', '\u001b[0m##[section]x', '##_[section]x'],
    [
      'marks put together from what is left out',
      '#\u001b[0m#[error]x ##\u001b[0mvso[task.complete]',
      '##_[error]x ##_vso[task.complete]',
    ],
    ['a new line by a carriage return', 'a\r##[error]b\r\nc', 'a\n##_[error]b\nc'],
    ['a command', '##vso[task.complete result=Succeeded]', '##_vso[task.complete result=Succeeded]'],
    ['only the word of commands', '##vso and ##VSO[x] and ##vso\u200b[', '##_vso and ##_VSO[x] and ##_vso\u200b['],
    ['what is harmless', '## Title\n\t[a] # #[b] naïve ☃', '## Title\n\t[a] # #[b] naïve ☃'],
  ] as const) {
    it(`is harmless: ${what}`, () => assert.equal(foreignText(text), shown));
  }

  it('takes time that grows with its length', () => {
    for (const piece of ['\u001b[', '\u001b]', '##', '\u001b[1;']) {
      assert.ok(foreignText(piece.repeat(500_000)).length > 0);
    }
  });
});
