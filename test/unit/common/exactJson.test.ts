import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalNumber, decimalOf, parseExact, stringifyExact } from '../../../tasks/common/json/exactJson';
import { elementTexts, memberTexts } from '../../../tasks/common/json/jsonScan';

describe('JSON read without loss', () => {
  it('is what JSON.parse reads, for every value', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.deepEqual(JSON.parse(stringifyExact(parseExact(text))), JSON.parse(text));
        assert.deepEqual(JSON.parse(stringifyExact(parseExact(text, 'all'))), JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    for (const text of [
      '01',
      '[1,]',
      '+1',
      '.5',
      '1.',
      '[NaN]',
      '{"a":-}',
      '"a',
      '',
      '[1 2]',
      '1e',
      '9007199254740993n',
    ]) {
      assert.throws(() => parseExact(text), SyntaxError, text);
      assert.throws(() => parseExact(text, 'all'), SyntaxError, text);
    }
  });

  it('keeps every digit, and leaves ordinary numbers as they are', () => {
    for (const text of [
      '9007199254740993',
      '-123456789012345678901234567890',
      '0.10000000000000000555',
      '1e400',
      '1e-400',
    ])
      assert.equal(String(parseExact(text)), text);
    for (const [text, value] of [
      ['1.0', 1],
      ['1e2', 100],
      ['16.768081032248897', 16.768081032248897],
      ['-0.0', -0],
    ] as const)
      assert.equal(parseExact(text), value);
    assert.equal(stringifyExact(parseExact('{"a":[1.0,1e2,-0.00]}', 'all')), '{"a":[1.0,1e2,-0.00]}');
  });

  it('takes names such as __proto__ for names, and no text for a number', () => {
    const value = parseExact('{"__proto__": {"x": 9007199254740993}, "constructor": 1}') as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
    assert.equal(({} as Record<string, unknown>).x, undefined);
    assert.equal(parseExact('"\\u0000abc:5"'), '\u0000abc:5');
  });

  it('knows one number in all its spellings, and computes with it where it has a sane size', () => {
    for (const same of [
      ['1', '1.0', '10e-1', '0.1E+1'],
      ['0', '-0', '0e5', '0.000'],
      ['1500', '1.5e3', '15e2'],
    ])
      assert.equal(new Set(same.map(canonicalNumber)).size, 1);
    assert.deepEqual(decimalOf('-12.50'), { digits: -125n, exponent: -1 });
    for (const huge of ['1e999999999', `1${'2'.repeat(100_000)}`]) assert.equal(decimalOf(huge), undefined);
  });

  it('refuses what is nested too deeply, in no time', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const text = `${open.repeat(20_000)}1${close.repeat(20_000)}`;
      assert.throws(() => parseExact(text), /nested more than 1000 levels deep/);
    }
  });

  it('cuts out elements and members as they are written', () => {
    assert.deepEqual(elementTexts(' [ 1.0 ,"a,]\\"" , {"b": [1, 2]},[ ], null ] '), [
      '1.0',
      '"a,]\\""',
      '{"b": [1, 2]}',
      '[ ]',
      'null',
    ]);
    assert.deepEqual(elementTexts('[]'), []);
    assert.deepEqual(
      [...memberTexts('{"a" : 1.0, "b\\u0062":{"c" : [1 , 2]} ,"a": "x:,\\\\"}')],
      [
        ['a', '"x:,\\\\"'],
        ['bb', '{"c" : [1 , 2]}'],
      ],
    );
  });
});
