import assert from 'node:assert/strict';
import path from 'node:path';
import sinon from 'sinon';
import { JobFiles } from '../../../tasks/Evaluate/jobFiles';

describe('Evaluate: the files of a job', () => {
  const { signal } = new AbortController();
  const files = (paths: string[] | undefined, isThere = true) => {
    const list = sinon.stub().resolves(paths?.map((path) => ({ path, url: '' })));
    return new JobFiles('job', { list, download: sinon.stub().resolves(isThere) }, '/tmp', signal);
  };

  // The first decides against a model, the others decide nothing.
  it('tell a job that left no predictions from one whose files are not to be found', async () => {
    assert.equal(await files(['outputs/model.pkl']).predictions(), undefined);
    assert.match((await files(['outputs/predictions.csv']).predictions())!, /predictions\.csv$/);
    await assert.rejects(files(undefined).predictions(), /files are missing, so nothing is decided/);
    await assert.rejects(
      files(['outputs/predictions.csv'], false).predictions(),
      /file outputs\/predictions\.csv is missing/,
    );
  });

  it('are listed once, those that lie highest first, and among these by their names', async () => {
    const list = sinon.stub().resolves(['b/x', 'a/y/z', 'c', 'a/x', 'b'].map((path) => ({ path, url: '' })));
    const job = new JobFiles('job', { list, download: sinon.stub() }, '/tmp', signal);
    assert.deepEqual(await job.find(() => true), ['b', 'c', 'a/x', 'b/x', 'a/y/z']);
    assert.deepEqual(await job.find((name) => name.startsWith('a')), ['a/x', 'a/y/z']);
    assert.deepEqual(list.args, [['job', '', signal]]);
  });

  for (const [paths, found] of [
    [['a/predictions.csv', 'predictions.csv'], 'predictions.csv'],
    [['outputs/Predictions.JSONL'], 'outputs/Predictions.JSONL'],
    [['predictions.ndjson'], 'predictions.ndjson'],
    [['my_predictions.csv', 'predictions.csv.bak', 'predictions.txt', 'predictions'], undefined],
  ] as const) {
    it(`are ${found ? `predictions in ${found}` : 'no predictions'} among ${paths.join(', ')}`, async () => {
      const download = sinon.stub().resolves(true);
      const list = sinon.stub().resolves(paths.map((path) => ({ path, url: '' })));
      const job = new JobFiles('job', { list, download }, '/tmp', signal);
      const [first, second] = [await job.predictions(), await job.predictions()];
      assert.equal(first, second);
      assert.equal(download.callCount, found ? 1 : 0, 'downloaded once');
      if (found) assert.deepEqual(download.firstCall.args.slice(0, 2), ['job', found]);
    });
  }

  it('are kept in one folder, whatever they are called', async () => {
    const download = sinon.stub().resolves(true);
    const job = new JobFiles('job', { list: sinon.stub(), download }, '/folder', signal);
    assert.equal(
      path.posix.basename((await job.download('../a b/\u00fc:c.csv'))!.replaceAll('\\', '/')),
      'job-.._a_b___c.csv',
    );
    download.resolves(false);
    assert.equal(await job.download('gone'), undefined);
  });
});
