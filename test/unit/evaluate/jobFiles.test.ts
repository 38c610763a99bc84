import assert from 'node:assert/strict';
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
});
