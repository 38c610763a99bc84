import assert from 'node:assert/strict';
import { uvEnvironment } from '../../../local/python/uv';

describe('what uv is told of pip’s settings', () => {
  const settings = (lines: string[], own: NodeJS.ProcessEnv = {}) => {
    const {
      UV_INDEX_STRATEGY,
      UV_NO_PROGRESS: _quiet,
      UV_PYTHON_DOWNLOADS: _never,
      ...rest
    } = uvEnvironment(lines.join('\n'), own);
    assert.equal(UV_INDEX_STRATEGY, 'unsafe-best-match');
    return rest;
  };

  it('is each setting that decides where packages come from', () => {
    assert.deepEqual(
      settings([
        "global.index-url='https://packages.example/simple'",
        "global.extra-index-url='\\nhttps://one.example/simple\\nhttps://two.example/simple'",
        "global.trusted-host='one.example two.example'",
        "install.find-links='/wheels /more-wheels'",
        "global.cert='/etc/ca.pem'",
        "global.no-color='true'",
      ]),
      {
        UV_DEFAULT_INDEX: 'https://packages.example/simple',
        UV_INDEX: 'https://one.example/simple https://two.example/simple',
        UV_INSECURE_HOST: 'one.example two.example',
        UV_FIND_LINKS: '/wheels,/more-wheels',
        SSL_CERT_FILE: '/etc/ca.pem',
      },
    );
  });

  it('takes the environment before the section install, and that before global, in any order', () => {
    const lines = [
      "install.index-url='https://install'",
      ":env:.index-url='https://env'",
      "global.index-url='https://global'",
    ];
    assert.equal(settings(lines).UV_DEFAULT_INDEX, 'https://env');
    assert.equal(settings(lines.filter((line) => !line.startsWith(':env:'))).UV_DEFAULT_INDEX, 'https://install');
  });

  it('leaves alone what uv was told itself, and sections of other commands', () => {
    assert.deepEqual(settings(["global.index-url='https://pip'"], { UV_DEFAULT_INDEX: 'https://uv' }), {});
    assert.deepEqual(settings(["download.index-url='https://download'"]), {});
  });
});
