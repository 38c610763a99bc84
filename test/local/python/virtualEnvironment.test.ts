import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPython, type Python } from '../../../local/python/findPython';
import { virtualEnvironment } from '../../../local/python/virtualEnvironment';

describe('a Python environment', function () {
  this.timeout(600_000);
  let cacheDir: string;
  let python: Python;
  const { PIP_INDEX_URL, PIP_RETRIES } = process.env;

  before(async () => {
    python = await findPython();
    cacheDir = mkdtempSync(join(tmpdir(), 'python-cache-'));
    // An index where nobody listens.
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    server.close();
    Object.assign(process.env, { PIP_INDEX_URL: `http://127.0.0.1:${port}/simple`, PIP_RETRIES: '0' });
  });
  after(() => {
    rmSync(cacheDir, { recursive: true, force: true });
    for (const [name, value] of Object.entries({ PIP_INDEX_URL, PIP_RETRIES })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const make = (requirements: string[]) => virtualEnvironment({ python, requirements, cacheDir, log: () => undefined });

  it('is made once and found again, also by two at the same time', async () => {
    const [one, other] = await Promise.all([make([]), make([])]);
    assert.equal(one.executable, other.executable);
    assert.deepEqual([one.reused, other.reused].sort(), [false, true]);
    assert.equal((await make([])).reused, true);
  });

  it('gives way to a Python that has the packages when the index is out of reach, and says so', async () => {
    const environment = await make(['pip==0.0.1']);
    assert.match(
      environment.notes.join(),
      /index is out of reach; .+ is used as it is: pip [\d.]+ \(asked for ==0\.0\.1\)/,
    );
  });

  it('is refused when no Python has the packages, with what is lacking', async () => {
    await assert.rejects(
      make(['pip', 'no-such-package']),
      /out of reach, and no Python .+ lacks no-such-package.+PIP_INDEX_URL/s,
    );
  });
});
