import assert from 'node:assert/strict';
import {
  escapeCommandText,
  parseLoggingCommand,
  unescapeCommandText,
  type LoggingCommand,
} from '../../../local/agent/loggingCommand';

/** [line, what the agent's Command.TryParse makes of it]. */
const table: Array<[string, LoggingCommand | undefined]> = [
  ['plain text', undefined],
  ['##vso[task.debug]hello', { area: 'task', event: 'debug', properties: {}, data: 'hello' }],
  ['2026-11-22 job said: ##vso[task.debug]x', { area: 'task', event: 'debug', properties: {}, data: 'x' }],
  ['##vso[task.debug', undefined],
  ['##vso[debug]x', undefined],
  ['##vso[task.debug.more]x', undefined],
  ['##vso[.task..debug.]x', { area: 'task', event: 'debug', properties: {}, data: 'x' }],
  ['##VSO[task.debug]x', undefined],
  [
    '##vso[task.setvariable variable=a.b;isOutput=true;]some value',
    { area: 'task', event: 'setvariable', properties: { variable: 'a.b', isoutput: 'true' }, data: 'some value' },
  ],
  // An unescaped ] ends the head.
  ['##vso[task.debug a=[1];b=2]x', { area: 'task', event: 'debug', properties: { a: '[1' }, data: ';b=2]x' }],
  [
    '##vso[task.debug a=%5B1%5D;b=%3B]x',
    { area: 'task', event: 'debug', properties: { a: '%5B1]', b: ';' }, data: 'x' },
  ],
  ['##vso[task.debug a=x=y;=z;q=;c]x', { area: 'task', event: 'debug', properties: { a: 'x=y' }, data: 'x' }],
  ['##vso[task.debug a==y]x', { area: 'task', event: 'debug', properties: { a: 'y' }, data: 'x' }],
  ['##vso[task.debug]1%0A2%0D3%3B%5D%AZP250A', { area: 'task', event: 'debug', properties: {}, data: '1\n2\r3;]%0A' }],
  ['##vso[task.debug] a ', { area: 'task', event: 'debug', properties: {}, data: ' a ' }],
];

describe('logging commands', () => {
  for (const [line, expected] of table) {
    it(`reads ${JSON.stringify(line)}`, () => assert.deepEqual(parseLoggingCommand(line), expected));
  }

  it('leaves percents alone when DECODE_PERCENTS is false', () => {
    assert.equal(parseLoggingCommand('##vso[task.debug]%AZP25%0A', false)?.data, '%AZP25\n');
  });

  it('gets back what it escaped', () => {
    const text = '100% [a];\r\n%0A %AZP25 ]';
    assert.equal(unescapeCommandText(escapeCommandText(text)), text);
  });
});
