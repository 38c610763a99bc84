import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runPage } from '../../../local/agent/page/runPage';
import type { RunRecord, StepRecord } from '../../../local/agent/run/runRecord';
import { temporaryFolder } from '../../support/agent';

export const evil = '<img src=x onerror=alert(1)>';

export function step(more: Partial<StepRecord> = {}): StepRecord {
  return {
    name: 'evaluate',
    displayName: `Evaluate ${evil}`,
    task: 'MLOpsEvaluate@1',
    log: 'logs/a.log',
    startTime: '2026-11-22T10:00:00.000Z',
    finishTime: '2026-11-22T10:00:05.000Z',
    result: 'failed',
    issues: [{ type: 'error', message: `rejected ${evil}`, data: {} }],
    errorCount: 1,
    warningCount: 0,
    outputs: { decision: evil },
    variables: {},
    summaries: [],
    attachments: [],
    testRuns: [
      {
        title: evil,
        files: [],
        cases: [{ suite: evil, name: evil, className: '', seconds: 1, outcome: 'failed', message: evil }],
      },
    ],
    ...more,
  };
}

export function runOf(steps: StepRecord[]): RunRecord {
  const times = { startTime: '2026-11-22T10:00:00.000Z', finishTime: '2026-11-22T10:01:00.000Z' };
  return {
    id: 7,
    pipeline: 'quickstart',
    file: 'azure-pipelines.yml',
    hostType: 'build',
    set: { threshold: evil },
    source: { branch: 'refs/heads/main', commit: 'c'.repeat(40), message: evil, author: '', repository: 'r' },
    warnings: [evil],
    number: '20260101.1',
    counters: {},
    again: { file: '/repository/azure-pipelines.yml', secretNames: [] },
    errors: [],
    ...times,
    result: 'failed',
    stages: [
      {
        name: 'b',
        dependsOn: [],
        displayName: 'Build',
        result: 'failed',
        ...times,
        jobs: [{ name: 'j', displayName: 'Job', result: 'failed', ...times, steps, outputs: {} }],
      },
    ],
    artifacts: [{ name: 'mlops', files: [{ path: `a/${evil} 100%.json`, bytes: 1234 }] }],
    buildTags: [evil],
  };
}

/** The page of a run whose every text is hostile, and whose every view has something to show. */
export function hostilePage(): string {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'logs'));
  writeFileSync(path.join(folder, 'logs/a.log'), `2026-11-22T10:00:00.0000000Z ${evil} </script>\n`);
  writeFileSync(path.join(folder, 's.md'), `# Hi\n${evil}\n\n![p](http://example.com/p.png) [l](javascript:alert(1))`);
  writeFileSync(
    path.join(folder, 'plot.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  );
  const record = { schemaVersion: 1, model: { name: evil, version: '1' }, evaluation: evaluation() };
  writeFileSync(path.join(folder, 'mlops-record.json'), JSON.stringify(record));
  const steps = [
    step({
      summaries: [{ title: 's', file: 's.md' }],
      attachments: [{ type: 'mlops.picture', name: 'plot.svg', file: 'plot.svg' }],
    }),
  ];
  return runPage({ ...runOf(steps), modelRecord: 'mlops-record.json' }, folder);
}

function evaluation() {
  const criterion = { metric: 'rmse', champion: null, explanation: evil };
  return {
    decision: 'rejected',
    reason: `too high ${evil}`,
    champion: null,
    metrics: { rmse: 541.2381, loss: 'NaN' },
    criteria: [
      { ...criterion, text: 'rmse <= 0.01', passed: false, candidate: 541.2381, limit: 0.01 },
      { ...criterion, text: 'loss <= 1', passed: false, candidate: 'NaN', limit: 1 },
    ],
  };
}
