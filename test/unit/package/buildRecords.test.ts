import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as sinon from 'sinon';
import { BuildRecords } from '../../../tasks/PackageImage/build/buildRecords';
import { buildSecrets } from '../../../tasks/PackageImage/build/buildSecrets';
import { Secret } from '../../../tasks/common/secret';

describe('what is kept of a build', () => {
  let temp: string;
  beforeEach(() => (temp = fs.mkdtempSync(path.join(os.tmpdir(), 'build-records-'))));
  afterEach(() => fs.rmSync(temp, { recursive: true }));

  it('holds no secret that the log of the build shows, since the agent masks no file', () => {
    const artifact = sinon.stub();
    const info = sinon.stub();
    const secrets = buildSecrets({
      secretBuildArguments: {
        TOKEN: new Secret('token-of-git'),
        INDEX: new Secret('https://reader:word%2Fof-index@index.example/simple'),
        GIT: new Secret('https://plain-token@git.example'),
        LEVEL: new Secret('a'),
      },
      baseImageConnection: { server: 'registry.example', userName: 'puller', password: new Secret('word-of-base') },
    });
    const context = { log: { info }, publish: { artifact } } as unknown as ConstructorParameters<
      typeof BuildRecords
    >[3];
    const records = new BuildRecords(temp, 'team/cost', secrets, context);
    records.log("could not read Password for 'https://token-of-git@github.example'\nLooking in indexes: ");
    records.log(
      'https://reader:word%2Fof-index@index.example/simple\nlogin word/of-index\nplain-token, word-of-base\n',
    );
    records.publish();

    const [name, log] = artifact.firstCall.args as [string, string];
    assert.equal(name, 'image-team-cost');
    const expected = [
      "could not read Password for 'https://***@github.example'",
      'Looking in indexes: ***',
      'login ***',
      '***, ***',
      '',
    ].join('\n');
    assert.equal(fs.readFileSync(log, 'utf8'), expected);
    assert.equal(info.args.flat().join('').replace(/\n/g, ''), expected.replace(/\n/g, ''));
  });
});
