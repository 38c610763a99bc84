import assert from 'node:assert/strict';
import { messageOf as localMessageOf } from '../../../local/messageOf';
import { messageOf } from '../../../tasks/common/messageOf';

const refused = (port: number) => new Error(`connect ECONNREFUSED 127.0.0.1:${port}`);

const cases: Array<[what: string, thrown: unknown, said: string]> = [
  ['an error', new Error('the disk is full'), 'the disk is full'],
  ['a text', 'the disk is full', 'the disk is full'],
  ['nothing', undefined, 'undefined'],
  ['an error without a message', new TypeError(), 'TypeError'],
  [
    'several errors in one, whose own message Node leaves empty',
    new AggregateError([refused(1), refused(2)]),
    'connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.1:2',
  ],
  ['several errors that have a message of their own', new AggregateError([refused(1)], 'no address'), 'no address'],
];

for (const [name, say] of [
  ['tasks', messageOf],
  ['local', localMessageOf],
] as const) {
  describe(`What an error says (${name})`, () => {
    for (const [what, thrown, said] of cases) it(`of ${what}`, () => assert.equal(say(thrown), said));
  });
}
