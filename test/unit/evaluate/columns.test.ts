import assert from 'node:assert/strict';
import { className, ClassDictionary } from '../../../tasks/Evaluate/confidence/classDictionary';
import { GrowingArray } from '../../../tasks/Evaluate/confidence/growingArray';
import { inCandidateOrder, pairRows } from '../../../tasks/Evaluate/confidence/pairing';
import { columnOf, nameOf, type Readable } from '../../../tasks/Evaluate/confidence/predictionColumns';

describe('Evaluate: columns of predictions', () => {
  for (const [role, columns, expected] of [
    ['id', ['a', 'ID'], 'ID'],
    ['id', ['row_id', 'a'], 'row_id'],
    ['label', ['y_true'], 'y_true'],
    ['label', ['Truth'], 'Truth'],
    ['label', ['actual'], 'actual'],
    ['label', ['target'], 'target'],
    ['label', ['expected'], 'expected'],
    // The first of its names wins, wherever it stands.
    ['label', ['expected', 'y_true', 'Label'], 'Label'],
    ['prediction', ['y_pred'], 'y_pred'],
    ['prediction', ['predicted', 'prediction'], 'prediction'],
    ['prediction', ['predicted'], 'predicted'],
    ['score', ['probability'], 'probability'],
    ['score', ['y_score'], 'y_score'],
    ['score', ['proba'], 'proba'],
    ['score', ['score '], undefined],
    ['label', ['labels', 'my_label'], undefined],
    ['id', [], undefined],
  ] as const) {
    it(`${role} among ${columns.join(', ') || 'none'} is ${expected ?? 'none'}`, () =>
      assert.equal(nameOf({ role }, columns), expected));
  }

  it('of their own name are called just so', () => {
    assert.equal(nameOf({ role: 'own', name: 'Loss' }, ['loss', 'Loss']), 'Loss');
    assert.equal(nameOf({ role: 'own', name: 'Loss' }, ['loss']), undefined);
  });

  it('are found by what was asked for: meaning, name, and numbers or classes', () => {
    const column = (at: number) => Float64Array.of(at);
    const requests = [
      { role: 'label', as: 'number' },
      { role: 'label', as: 'class' },
      { role: 'own', name: 'a', as: 'number' },
      { role: 'own', name: 'b', as: 'number' },
    ] as const;
    const rows: Readable = { kind: 'rows', rows: 1, columns: requests.map((request, at) => ({ request, values: column(at) })) }; // prettier-ignore
    for (const [at, request] of requests.entries()) assert.deepEqual(columnOf(rows, request), column(at));
    assert.equal(columnOf(rows, { role: 'own', name: 'c', as: 'number' }), undefined);
    assert.equal(columnOf(rows, { role: 'score', as: 'number' }), undefined);
  });

  it('keep what is appended, however much', () => {
    const array = new GrowingArray();
    const count = 1024 * 1.25 + 3;
    for (let index = 0; index < count; index++) array.push(index / 2);
    assert.equal(array.length, count);
    assert.deepEqual(
      array.toArray(),
      Float64Array.from({ length: count }, (_, index) => index / 2),
    );
  });
});

describe('Evaluate: the name of a class, however it is written', () => {
  for (const [name, ...written] of [
    ['1', '1', '1.0', '01', ' 1 ', '1e0', 'true', 'True', 'TRUE', ' true ', '+1'],
    ['0', '0', '0.0', '-0', '-0.0', 'false', 'False', ' FALSE', '00'],
    ['-1', '-1', '-1.00'],
    ['0.5', '0.5', '.5', '0.50'],
    ['1234567.12345', '1234567.12345', '1234567.123450'],
    ['123456789012345', '123456789012345', '123456789012345.0'],
    ['12345678901234.123', '12345678901234.123', '12345678901234.12300'],
    ['1e+21', '1000000000000000000000', '1e21'],
    ['cat', 'cat', ' cat', 'cat '],
    ['truer', 'truer'],
    ['untrue', 'untrue'],
    ['falsely', 'falsely'],
    ['not false', 'not false'],
    ['', '', '  '],
    ['NaN', 'NaN'],
    ['1,5', '1,5'],
    ['Infinity', 'Infinity', '1e999'],
    ['a1', 'a1'],
    ['1a', '1a'],
  ] as const) {
    it(`${JSON.stringify(name)}: ${written.map((each) => JSON.stringify(each)).join(', ')}`, () =>
      assert.deepEqual(
        written.map(className),
        written.map(() => name),
      ));
  }

  it('has one code in both models’ files, in the order of their first rows', () => {
    const classes = new ClassDictionary(['cat', 'true']);
    assert.deepEqual(['dog', '1', 'cat', '1.0', 'dog'].map((each) => classes.code(each)), [2, 1, 0, 1, 2]);
    assert.deepEqual(classes.names, ['cat', '1', 'dog']);
    assert.deepEqual([classes.find('TRUE'), classes.find('dog '), classes.find('bird')], [1, 2, undefined]);
    assert.deepEqual(classes.names, ['cat', '1', 'dog'], 'to look is not to add');
  }); // prettier-ignore
});

describe('Evaluate: which rows of two models are the same', () => {
  const rowsOf = (ids?: number[], rows = ids?.length ?? 3): Readable => ({
    kind: 'rows',
    rows,
    columns: [],
    ...(ids ? { ids: Float64Array.from(ids) } : {}),
  });
  const sorry = 'so that they cannot be compared row by row';
  for (const [what, candidate, champion, expected] of [
    ['all in the same order', rowsOf([5, 7, 9]), rowsOf([5, 7, 9]), undefined],
    ['all without ids', rowsOf(), rowsOf(), undefined],
    ['all by their ids', rowsOf([5, 7, 9]), rowsOf([9, 5, 7]), [1, 2, 0]],
    ['all by their ids, but for the first', rowsOf([5, 7, 9]), rowsOf([5, 9, 7]), [0, 2, 1]],
    ['none where one has more', rowsOf([1, 2]), rowsOf([1, 2, 3]), `the candidate has 2 rows of predictions, the champion 3, ${sorry}`],
    ['none where one has no ids', rowsOf([1, 2, 3]), rowsOf(), `only one of the two files of predictions has ids, ${sorry}`],
    ['none where the other has none', rowsOf(), rowsOf([1, 2, 3]), `only one of the two files of predictions has ids, ${sorry}`],
    ['none where an id stands twice', rowsOf([1, 2, 2]), rowsOf([2, 1, 2]), `an id appears in more than one row of the predictions, ${sorry}`],
    ['none where the champion has one twice', rowsOf([1, 2, 3]), rowsOf([3, 1, 1]), `an id appears in more than one row of the predictions, ${sorry}`],
    ['none where ids differ', rowsOf([1, 2, 3]), rowsOf([3, 2, 4]), `the two files of predictions have different ids, ${sorry}`],
  ] as Array<[string, Readable, Readable, number[] | string | undefined]>) {
    it(what, () => {
      const pairing = pairRows(candidate, champion);
      if (typeof expected === 'string') return assert.deepEqual(pairing, { kind: 'different', why: expected });
      assert.deepEqual(pairing, expected ? { kind: 'paired', championRow: Uint32Array.from(expected) } : { kind: 'paired' });
    });
  } // prettier-ignore

  it('the champion’s values come in the candidate’s order', () => {
    const values = Float64Array.of(10, 20, 30);
    assert.equal(inCandidateOrder(values, {}), values);
    assert.deepEqual(inCandidateOrder(values, { championRow: Uint32Array.of(1, 2, 0) }), Float64Array.of(20, 30, 10));
  });
});
