import assert from 'node:assert/strict';
import { Secrets } from '../../../tasks/common/secrets';

const hide = (secret: string, text: string) => new Secrets([secret]).hide(text);
const inBase64 = (secret: string) => Buffer.from(secret).toString('base64');

/** Both letters that URL-safe base64 writes in another way stand in its base64. */
const awkward = 'key>>>key???';

describe('the spellings of a secret', () => {
  const hidden: Array<[what: string, secret: string, spelled: string]> = [
    ["Python's repr of Latin-1", 'schlüssel', 'schl\\xfcssel'],
    ["Python's repr of its bytes", 'schlüssel', 'schl\\xc3\\xbcssel'],
    ['the first character that takes two bytes', 'secret\u0080x', 'secret\\xc2\\x80x'],
    ['a form, where a space is a plus', 'open sesame', 'open+sesame'],
    ['HTML, with an apostrophe', "it's-mine", 'it&apos;s-mine'],
    ['JSON, two units for one character', 'smile😀key', 'smile\\ud83d\\ude00key'],
    ['JavaScript, by its code point', 'smile😀key', 'smile\\u{1F600}key'],
    ['a string literal within another', `a"b'c/d\\e`, `a\\\\"b\\'c\\/d\\\\e`],
    ['base64 that needs no filling', 'abcdef', 'YWJjZGVm'],
    ['base64 with a plus and a slash', awkward, inBase64(awkward)],
    ['base64 for a URL', awkward, inBase64(awkward).replaceAll('+', '-').replaceAll('/', '_')],
    ['base64, percent-encoded', awkward, encodeURIComponent(inBase64(awkward))],
    ['base64 in JSON', awkward, inBase64(awkward).replaceAll('+', '\\u002B').replaceAll('/', '\\u002f')],
    ['base64 in JSON that escapes a slash', awkward, inBase64(awkward).replaceAll('/', '\\/')],
    ['base64 in HTML', awkward, inBase64(awkward).replaceAll('+', '&#43;').replaceAll('/', '&#47;')],
    ['base64 in HTML, in hexadecimal', awkward, inBase64(awkward).replaceAll('+', '&#x2B;').replaceAll('/', '&#X2f;')],
    ['base64 in lines, as JSON', awkward, inBase64(awkward).replace(/.{5}/g, '$&\\r\\n')],
  ];
  for (const [what, secret, spelled] of hidden) {
    it(`are hidden whole: ${what}`, () => assert.equal(hide(secret, `a ${spelled} b`), 'a *** b'));
  }

  const shown: Array<[what: string, secret: string, text: string]> = [
    ['no plus for another character than a space', 'open-sesame', 'open+sesame'],
    ['no space that is missing', 'open sesame', 'opensesame'],
    ['no byte of a character beyond Latin-1', 'secret€x', 'secret\\xacx'],
    ['no byte of the first character beyond Latin-1', 'secretĀx', 'secret\\x00x'],
    ['no name that HTML has not', 'abcdef', 'abcde&undefined;'],
    ['no value that is short but for the blanks around it', '  abc   ', 'x  abc   y'],
  ];
  for (const [what, secret, text] of shown) {
    it(`leave other text alone: ${what}`, () => assert.equal(hide(secret, text), text));
  }

  it('leave the backslash before a secret', () => assert.equal(hide('abcdef', '\\abcdef'), '\\***'));

  it('take the longer one of two that begin alike', () => {
    assert.equal(new Secrets(['abcdef', 'abcdefghi']).hide('abcdefghi abcdef'), '*** ***');
    assert.equal(new Secrets(['abcdefghi', 'abcdef']).hide('abcdefghi abcdef'), '*** ***');
  });

  it('take a line for the frame of a key only where all of it is', () => {
    for (const each of ['pin-----BEGIN KEY-----', '-----BEGIN KEY-----pin']) assert.equal(hide(each, each), '***');
    assert.equal(hide('-----BEGIN KEY-----', '-----BEGIN KEY-----'), '-----BEGIN KEY-----');
  });
});

describe('a secret that was cut', () => {
  const long = Array.from({ length: 60 }, (_, index) => `${index}/+"a`).join('');
  const cuts = [6, 7, 199, 200, 201, 202, long.length - 1];
  for (const left of cuts) {
    it(`is hidden after ${left} characters, in any spelling`, () => {
      for (const spelled of [long, Buffer.from(long).toString('hex').toUpperCase()]) {
        const text = `a ${spelled.slice(0, left)}… b ${spelled.slice(0, left)}…`;
        assert.equal(hide(long, text), 'a ***… b ***…');
      }
    });
  }

  it('is shown where no more than five characters are left, or no ellipsis says that it was cut', () => {
    for (const text of [`${long.slice(0, 5)}…`, long.slice(0, 250), `${long.slice(0, 250)} …`])
      assert.equal(hide(long, text), text);
  });
});
