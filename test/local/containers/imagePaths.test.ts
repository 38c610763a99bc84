import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImagePaths } from '../../../local/azure/engine/embedded/imagePaths';

describe('paths of an image on this machine', () => {
  let root: string;
  let paths: ImagePaths;
  let programs: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'image-'));
    mkdirSync(join(root, 'app', 'bin'), { recursive: true });
    writeFileSync(join(root, 'app', 'bin', 'run'), '', { mode: 0o755 });
    programs = join(root, 'stand ins');
    mkdirSync(programs);
    writeFileSync(join(programs, 'chown'), '', { mode: 0o755 });
    paths = new ImagePaths(root, programs);
  });
  after(() => rmSync(root, { recursive: true }));

  it('takes every absolute path of a build command for the image, so that nothing of this machine is touched', () => {
    const inBuild = (text: string): string => paths.shellText(text, 'all').replaceAll(root, 'ROOT');
    assert.equal(
      inBuild('rm -rf /var/lib/apt/lists/* && cd / && ls /'),
      'rm -rf ROOT/var/lib/apt/lists/* && cd ROOT && ls ROOT',
    );
    assert.equal(
      inBuild('pip install --prefix=/opt/x "/my dir" -f https://host/path'),
      'pip install --prefix=ROOT/opt/x "ROOT/my dir" -f https://host/path',
    );
    assert.equal(
      inBuild('echo a >/etc/b 2>/dev/null; PATH=/a:/b x'),
      'echo a >ROOT/etc/b 2>/dev/null; PATH=ROOT/a:ROOT/b x',
    );
    assert.equal(inBuild('cat a/b ./c $HOME/d'), 'cat a/b ./c $HOME/d');
  });

  it("takes this machine's program only in the place of a command", () => {
    assert.equal(
      paths.shellText('/bin/sh -c x && cp /bin/sh /copy', 'all'),
      `/bin/sh -c x && cp ${root}/bin/sh ${root}/copy`,
    );
    assert.equal(
      paths.shellText('exec /usr/bin/chown x /app', 'all'),
      `exec chown x ${root}/app`,
      'a stand-in, by the PATH',
    );
    assert.equal(paths.shellText('/app/bin/run', 'all'), `${root}/app/bin/run`);
  });

  it('translates of a container only what is there, or would be in a folder that is there', () => {
    const argument = (text: string): string => paths.argument(text, 'existing').replaceAll(root, 'ROOT');
    assert.equal(argument('--dir=/app/bin'), '--dir=ROOT/app/bin');
    assert.equal(argument('/app/new'), 'ROOT/app/new');
    assert.equal(argument('/score'), '/score');
    assert.equal(argument('http://x/app'), 'http://x/app');
    assert.equal(paths.environmentValue('/app:/app/bin', 'existing'), `${root}/app:${root}/app/bin`);
    assert.equal(paths.environmentValue('plain:/app', 'existing'), 'plain:/app');
    assert.equal(paths.toImage(`${root}/app and ${root}`), '/app and /');
  });

  it('looks for programs in the stand-ins, the image and this machine, in this order', () => {
    const search = paths.searchPath('/app/bin:/usr/bin');
    assert.ok(search.startsWith(`${programs}:${root}/app/bin:${root}/usr/bin:`));
    assert.equal(paths.findProgram('run', search, root), `${root}/app/bin/run`);
    assert.equal(paths.findProgram('bin/run', search, join(root, 'app')), `${root}/app/bin/run`);
    assert.match(paths.findProgram('sh', search, root) ?? '', /^\/(usr\/)?bin\/sh$/);
    const scratch = new ImagePaths(root, undefined);
    assert.equal(
      scratch.findProgram('sh', scratch.searchPath('/bin'), root),
      undefined,
      'an image of nothing has no shell',
    );
    assert.equal(scratch.findProgram('/bin/sh', '', root), undefined);
  });
});
