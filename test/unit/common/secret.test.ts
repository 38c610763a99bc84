import assert from 'node:assert/strict';
import { format, inspect } from 'node:util';
import { revealed, Secret } from '../../../tasks/common/secret';

describe('A secret', () => {
  const secret = new Secret('hunter2-hunter2');

  it('reads *** wherever it gets by mistake', () => {
    const shown = {
      template: `${String(secret)} ${secret as unknown as string}`,
      joined: [secret].join(),
      json: JSON.stringify({ secret, list: [secret] }),
      inspected: inspect({ secret }, { depth: 5, showHidden: true }),
      logged: format('%s %o %j', secret, secret, secret),
      spread: JSON.stringify({ ...secret }),
      message: new Error(`no ${String(secret)}`).message,
    };
    for (const [where, text] of Object.entries(shown)) assert.doesNotMatch(text, /hunter2/, where);
    assert.deepEqual([shown.template, shown.joined, shown.json], ['*** ***', '***', '{"secret":"***","list":["***"]}']);
    assert.equal(inspect(secret), '***');
  });

  it('is told to whoever asks for it by name', () => {
    assert.equal(secret.reveal(), 'hunter2-hunter2');
    assert.deepEqual(revealed({ a: secret, b: new Secret('') }), { a: 'hunter2-hunter2', b: '' });
  });
});
