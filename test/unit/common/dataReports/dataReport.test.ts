import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCriteria } from '../../../../tasks/common/criteria/parseCriteria';
import { readDataReport } from '../../../../tasks/common/dataReports/dataReport';
import { ambiguityOf, judgeByReports, metricsOfReports } from '../../../../tasks/common/dataReports/reportMetrics';

const validation = (percent: number) => ({
  success: percent === 100,
  statistics: { evaluated_expectations: 100, successful_expectations: percent, success_percent: percent },
  results: [],
});
const drift = (share: number) => ({
  metrics: [{ metric_id: 'DriftedColumnsCount(drift_share=0.5)', value: { count: 1, share } }],
  tests: [],
});

describe('a data report', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-reports-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const read = (content: unknown, name = 'report.json') => {
    const file = join(folder, name.replaceAll('/', '-'));
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return readDataReport(file, name);
  };
  const judge = (line: string, ...reports: Array<ReturnType<typeof read>>) => {
    const criterion = parseCriteria(line).criteria[0]!;
    const all = metricsOfReports(reports, 'among the files');
    const { passed, explanation } = judgeByReports(criterion, all, { kind: 'none', comparisons: 'skip' });
    return { passed, text: ambiguityOf(all, criterion) ?? explanation };
  };

  describe('is refused, named with what was expected, where it is', () => {
    const statistics = { evaluated_expectations: 2, successful_expectations: 2 };
    const allWell = { success: true, statistics, results: [] };
    const failed = { success: false, expectation_config: { type: 'expect_x', kwargs: {} }, result: {} };
    const cases: Array<[what: string, content: unknown, says: RegExp]> = [
      ['empty', '', /report\.json is empty\. Expected is the JSON of Great Expectations/],
      ['cut off', '{"metrics": [', /report\.json is not JSON: .*Expected is/],
      ['HTML', '<html><body>drift</body></html>', /is not JSON/],
      ['nested beyond reason', '['.repeat(5000) + 'NaN' + ']'.repeat(5000), /is not JSON: it is nested/],
      ['something else', { rmse: 3 }, /is JSON of something else/],
      ['a list of numbers', [1, 2], /is JSON of something else/],
      ['a text', '"fine"', /is JSON of something else/],
      ['null', 'null', /is JSON of something else/],
      ['an empty object, which may mean anything', {}, /says nothing.*\{"SCHEMA": \{\}, "DATA": \{\}\}/],
      ['an empty table of failure cases', [], /says nothing/],
      ['a success without anything that succeeded', { success: true }, /something else/],
      [
        'a success whose statistics count nothing',
        { success: true, statistics: { evaluated_expectations: 3 } },
        /is of Great Expectations, but it has neither statistics.successful_expectations nor the results/,
      ],
      [
        'statistics of words',
        { success: true, statistics: { evaluated_expectations: 'three', successful_expectations: 3 }, results: [] },
        /evaluated_expectations is "three", which is not a count/,
      ],
      [
        'more successes than expectations',
        { success: true, statistics: { evaluated_expectations: 1, successful_expectations: 3 }, results: [] },
        /more successful expectations than evaluated ones/,
      ],
      ['results that are none', { ...allWell, results: 7 }, /its results are not a list/],
      ['results of which one is not understood', { ...allWell, results: [7] }, /results\[0\] is not an object/],
      ['part of a count', { ...allWell, statistics: { evaluated_expectations: 2.5, successful_expectations: 2.5 } }, /is 2\.5, which is not a count/], // prettier-ignore
      ['at odds with its results', { ...allWell, results: [failed] }, /1 of its results failed, and its statistics count 0/], // prettier-ignore
      ['at odds with its success', { ...allWell, success: false }, /says that it failed, and counts nothing that did/],
      ['a checkpoint with a validation that is not understood', { validation_results: [allWell, null] }, /validation_results\[1\] is not an object/], // prettier-ignore
      ['a run without a validation', { run_results: { a: null } }, /run_results\[0\] is not an object/],
      ['pandera with a number of errors', { SCHEMA: { WRONG_DATATYPE: 5 }, DATA: {} }, /is of pandera, but its SCHEMA has something else than a list of errors for WRONG_DATATYPE/], // prettier-ignore
      ['pandera with half of it in another form', { SCHEMA: {}, DATA: [1] }, /its DATA does not list errors by reason/],
      ['Deepchecks with what is no check', { type: 'SuiteResult', results: [{ type: 'Other' }] }, /is of Deepchecks, but results\[0\] is not that of a check/], // prettier-ignore
      ['Deepchecks with a condition that is not understood', { type: 'CheckResult', check: { name: 'A' }, conditions_results: [{ Status: 'PASS' }, 7] }, /conditions_results\[1\] is not an object/], // prettier-ignore
    ];
    for (const [what, content, says] of cases) {
      it(what, () => assert.throws(() => read(content), says));
    }

    it('huge', () => {
      const file = join(folder, 'huge.json');
      writeFileSync(file, '{}');
      truncateSync(file, 65 * 1024 * 1024);
      assert.throws(() => readDataReport(file, 'huge.json'), /has 68\.2 MB, more than the 67\.1 MB/);
    });
  });

  it('is known by its content, whatever its name', () => {
    assert.equal(read(validation(100), 'evidently.json').tool, 'ge');
    assert.equal(read(drift(0.1), 'great_expectations.json').tool, 'evidently');
    assert.equal(read({ SCHEMA: {}, DATA: {} }).tool, 'pandera');
    assert.equal(read({ type: 'SuiteResult', name: 'x', results: [] }).tool, 'deepchecks');
  });

  it('may have the words that Python writes for what JSON cannot say', () => {
    const text =
      '{"metrics": [{"metric_name": "A()", "value": NaN}, {"metric_name": "B()", "value": -Infinity},' +
      ' {"metric_name": "C(column=NaN, really)", "config": {"column": "NaN, really"}, "value": 3}]}';
    const { values } = read(text).content;
    assert.deepEqual([values.get('A'), values.get('B'), values.get('C[column=NaN, really]')], [NaN, -Infinity, 3]);
    assert.deepEqual(judge('evidently.A <= 1', read(text)), {
      passed: false,
      text: 'evidently.A is NaN for the candidate.',
    });
  });

  describe('of which nothing is known approves nothing', () => {
    const nothing: Array<[line: string, content: unknown]> = [
      ['ge.success == 1', { ...validation(0), success: true, statistics: {}, results: [] }],
      ['ge.unsuccessful_expectations == 0', { success: true, statistics: {}, results: [] }],
      ['ge.success_percent >= 0', { success: true, statistics: {}, validation_results: [] }],
      ['evidently.tests.failed_tests == 0', drift(0)],
      ['deepchecks.failed_conditions == 0', { type: 'SuiteResult', results: [] }],
      [
        'deepchecks.failed_conditions == 0',
        { type: 'SuiteResult', results: [{ type: 'CheckFailure', header: 'X', check: { name: 'X' } }] },
      ],
      ['pandera.failure_cases == 0', { SCHEMA: {}, DATA: {} }],
    ];
    for (const [line, content] of nothing) {
      it(line, () => assert.equal(judge(line, read(content)).passed, false));
    }
  });

  describe('of what raised an error, says that it has not passed:', () => {
    const condition = { Status: 'PASS', Condition: 'c', 'More Info': '' };
    const ran = { type: 'CheckResult', check: { name: 'A' }, conditions_results: [condition] };
    const raised = { type: 'CheckFailure', check: { name: 'B' }, exception: 'no index' };
    const expectation = (info: object) => ({
      success: true,
      expectation_config: { type: 'expect_x', kwargs: { column: 'a' } },
      result: { unexpected_percent: 0 },
      exception_info: info,
    });
    const report = (info: object) => ({ success: true, statistics: {}, results: [expectation(info)] });
    const checked: Array<[line: string, content: unknown, holds: boolean]> = [
      ['deepchecks.passed == 1', { type: 'SuiteResult', results: [ran] }, true],
      ['deepchecks.passed == 1', { type: 'SuiteResult', results: [ran, raised] }, false],
      ['deepchecks.b.passed == 1', { type: 'SuiteResult', results: [ran, raised] }, false],
      ['deepchecks.b.failed_conditions == 0', { type: 'SuiteResult', results: [ran, raised] }, false],
      ['deepchecks.not_ran_checks == 0', { type: 'SuiteResult', results: [ran, raised] }, false],
      ['ge.success == 1', report({ raised_exception: false }), true],
      ['ge.success == 1', report({ raised_exception: true }), false],
      ['ge.unsuccessful_expectations == 0', report({ "('m', 'a', ())": { raised_exception: true } }), false],
    ];
    for (const [line, content, holds] of checked) {
      it(`${line} ${holds ? 'holds' : 'does not hold'}`, () => assert.equal(judge(line, read(content)).passed, holds));
    }

    it('or that its statistics contradict it', () => {
      const statistics = { evaluated_expectations: 1, successful_expectations: 1 };
      assert.throws(() => read({ ...report({ raised_exception: true }), statistics }), /1 of its results failed, and its statistics count 0/); // prettier-ignore
    });
  });

  it('that is one of several validations counts their expectations together, and is none where one checked nothing', () => {
    const both = { success: false, run_results: { a: { validation_result: validation(100) }, b: validation(50) } };
    assert.equal(read(both).content.values.get('success_percent'), 75);
    const results = { validation_results: [validation(100), { success: true, statistics: {}, expectations: [] }] };
    assert.equal(read({ success: true, ...results }).content.values.get('success_percent'), NaN);
  });

  it('may be a list of validations, one a suite', () => {
    const suite = (successful: number) => ({
      success: successful === 2,
      statistics: { evaluated_expectations: 2, successful_expectations: successful },
      results: [],
    });
    assert.equal(read([suite(2), suite(1)]).content.values.get('success_percent'), 75);
    assert.equal(judge('ge.success == 1', read([suite(2), suite(1)])).passed, false);
    assert.equal(judge('ge.success == 1', read([suite(2), suite(2)])).passed, true);
  });

  it('counts the results where there are no statistics', () => {
    const result = (success: boolean) => ({ success, expectation_config: { expectation_type: 'e', kwargs: {} } });
    const report = read({ success: false, results: [result(true), result(false)] });
    assert.equal(report.content.values.get('success_percent'), 50);
  });

  it('takes the worst of several expectations of a column', () => {
    const result = (unexpected: number, type: string) => ({
      success: unexpected === 0,
      expectation_config: { type, kwargs: { column: 'age' } },
      result: { unexpected_percent: unexpected },
    });
    const report = read({ success: false, statistics: {}, results: [result(7, 'a'), result(3, 'b')] });
    assert.equal(judge('ge.unexpected_percent[column=age] <= 5', report).passed, false);
    assert.equal(judge('ge.unexpected_percent[column=age, expectation=b] <= 5', report).passed, true);
  });

  it('of Evidently takes two different values under one name for none', () => {
    const twice = read({ metrics: [...drift(0.1).metrics, ...drift(0.9).metrics], tests: [] });
    const { passed, text } = judge('evidently.drift.share_of_drifted_columns <= 0.2', twice);
    assert.equal(passed, false);
    assert.match(text, /report\.json has several, different values of it/);
  });

  describe('among others', () => {
    const one = () => read(validation(100), 'reports/titanic.json');
    const two = () => read(validation(90), 'reports/fares.json');

    it('goes by the name of its tool where it is the only one of it', () => {
      assert.equal(judge('ge.success_percent == 100', one(), read(drift(0.1))).passed, true);
      assert.equal(judge('ge.titanic.success_percent == 100', one()).passed, true);
    });

    it('must be named where there are several of its tool', () => {
      const { passed, text } = judge('ge.success_percent >= 80', one(), two());
      assert.equal(passed, false);
      assert.match(text, /several reports of Great Expectations, reports\/fares\.json and reports\/titanic\.json: say which, as in ge\.fares\.success_percent\./); // prettier-ignore
      assert.equal(judge('ge.titanic.success_percent == 100', one(), two()).passed, true);
      assert.equal(judge('ge.fares.success_percent == 100', one(), two()).passed, false);
    });

    it('need not be named where no other tells the value', () => {
      const rows = read({ metrics: [{ metric_name: 'RowCount()', value: 300 }], tests: [] }, 'summary.json');
      assert.equal(judge('evidently.drift.share_of_drifted_columns <= 0.2', read(drift(0.1)), rows).passed, true);
      assert.equal(judge('evidently.RowCount >= 100', read(drift(0.1)), rows).passed, true);
    });

    it('may lie in two places', () => {
      const twice = [read(validation(100), 'outputs/ge.json'), read(validation(100), 'copy.json')];
      assert.equal(judge('ge.success_percent == 100', ...twice).passed, true);
      assert.equal(judge('ge.copy.success_percent == 100', ...twice).passed, true);
    });

    it('goes by its path where another has its name', () => {
      const namesakes = [read(validation(100), 'train/data.json'), read(validation(90), 'test/data.json')];
      assert.equal(judge('ge.train/data.success_percent == 100', ...namesakes).passed, true);
      assert.equal(judge('"ge.test/data.success_percent" == 100', ...namesakes).passed, false);
      assert.match(judge('ge.success == 1', ...namesakes).text, /as in ge\.test\/data\.success/);
    });

    it('is not judged by another one of its name, whichever was read last', () => {
      const [good, bad] = [validation(100), validation(50)];
      for (const [one, other] of [
        ['reports/x.json', 'reports/x.json'],
        ['reports/x.json', 'reports/x.txt'],
      ] as const) {
        for (const [first, second] of [
          [good, bad],
          [bad, good],
        ]) {
          // prettier-ignore
          const reports = [read(first, one), read(second, other)];
          for (const line of ['ge.reports/x.success_percent == 100', 'ge.success_percent == 100']) {
            const { passed, text } = judge(line, ...reports);
            assert.equal(passed, false, line);
            assert.equal(text, `there are several reports of Great Expectations, ${one} and ${other}, that tell it by one and the same name: give one of the files another name.`); // prettier-ignore
          }
        }
      }
    });

    it('is not judged by what another calls its own value', () => {
      const rows = (name: string, value: number) => ({ metrics: [{ metric_name: `${name}()`, value }], tests: [] });
      const reports = [read(rows('b.c', 1), 'a.json'), read(rows('c', 2), 'a.b.json')];
      for (const each of [reports, [...reports].reverse()]) {
        const { passed, text } = judge('evidently.a.b.c == 2', ...each);
        assert.equal(passed, false);
        assert.match(text, /Evidently, a\.b\.json and a\.json, that tell it by one and the same name/);
      }
      const within = read({ metrics: [...rows('b.c', 1).metrics, ...rows('c', 2).metrics], tests: [] }, 'b.json');
      assert.equal(judge('evidently.b.c == 1', within).text, 'b.json has two values that go by it: say which, as in evidently.b.b.c, or give b.json another name.'); // prettier-ignore
      assert.equal(judge('evidently.b.b.c == 1', within).passed, true);
    });

    it('hides no group of a disparity', () => {
      const share = (values: readonly number[]) => ({
        metrics: values.map((value, at) => ({ metric_name: 'Share()', config: { column: 'abc'[at] }, value })),
        tests: [],
      });
      const line = 'max difference of evidently.Share over column <= 0.1';
      assert.equal(judge(line, read(share([1, 1, 1]), 'one.json')).passed, true);
      const { text } = judge(line, read(share([1, 1, 1]), 'one.json'), read(share([0]), 'two.json'));
      assert.match(text, /several reports of Evidently, one\.json and two\.json: say which/);
    });
  });

  it('that lacks a value says which it has, the likest first', () => {
    const { passed, text } = judge('evidently.drift.share_of_columns <= 0.2', read(drift(0.1), 'drift.json'));
    assert.equal(passed, false);
    assert.match(text, /^evidently\.drift\.share_of_columns was not measured: drift\.json has evidently\.drift\.share_of_drifted_columns, /); // prettier-ignore
  });

  it('of another tool does not answer', () => {
    assert.deepEqual(judge('ge.success == 1', read(drift(0.1), 'drift.json')), {
      passed: false,
      text: 'ge.success was not measured: there is no report of Great Expectations among the files, only drift.json (Evidently).',
    });
  });

  it('may have columns that are called as objects of JavaScript are', () => {
    const metric = (column: string) => ({ metric_name: 'MeanValue()', config: { column }, value: 5 });
    const report = read(JSON.stringify({ metrics: ['__proto__', 'constructor', 'a]b'].map(metric), tests: [] }));
    assert.equal(judge('evidently.MeanValue[column=__proto__] == 5', report).passed, true);
    assert.equal(judge('evidently.MeanValue[column=toString] == 5', report).passed, false);
    assert.equal(judge('evidently.constructor == 5', report).passed, false);
  });
});
