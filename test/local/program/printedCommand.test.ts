import assert from 'node:assert/strict';
import path from 'node:path';
import sinon from 'sinon';
import { directoriesOf } from '../../../local/commandLine';
import { callerFolder } from '../../../local/directories';
import { root } from '../../../local/installation';
import { printedCommand } from '../../../local/printedCommand';

describe('a command that is printed', () => {
  const environment = { npm_lifecycle_event: 'local', INIT_CWD: '/home/user/project' };
  afterEach(() => sinon.restore());

  it('works where the user is, on the state that the run was made on', () => {
    sinon.stub(process, 'cwd').returns(root);
    assert.equal(printedCommand('up', directoriesOf({})), 'npm run local -- up');
    const places = directoriesOf({ directory: '/tmp/it is here', cache: '/tmp/cache' });
    assert.equal(printedCommand('up', places), "npm run local -- up --directory '/tmp/it is here' --cache /tmp/cache");
    sinon.stub(process, 'env').value({ ...process.env, ...environment });
    assert.equal(printedCommand('down', directoriesOf({})), `npm --prefix ${root} run local -- down`);
  });

  it('takes paths from the folder in which npm was called, where npm runs our own script', () => {
    assert.equal(callerFolder(environment), '/home/user/project');
    assert.equal(callerFolder({ ...environment, npm_lifecycle_event: 'test' }), process.cwd());
    sinon.stub(process, 'env').value({ ...process.env, ...environment });
    assert.equal(directoriesOf({ directory: 'state' }).root, path.join('/home/user/project', 'state'));
  });
});
