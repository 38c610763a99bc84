import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../scripts/taskManifest';

/**
 * The load test and the scoring client take undici by its inner files and speak to its inner handler, which has no types and no
 * promise: this says which of them a new version has moved, before a task fails with it.
 */
describe('undici, of which inner files are used', () => {
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const load = createRequire(join(root, 'package.json'));
  const { version } = load('undici/package.json') as { version: string };
  const moved = (what: string) => `undici ${version} ${what}: see tasks/TestEndpoint/load/undici.ts and connection.ts`;

  const files: Array<[file: string, what: string, isIt: (loaded: unknown) => boolean]> = [
    ['lib/dispatcher/client.js', 'the class Client', isClass('Client')],
    ['lib/dispatcher/pool.js', 'the class Pool', isClass('Pool')],
    ['lib/dispatcher/proxy-agent.js', 'the class ProxyAgent', isClass('ProxyAgent')],
    ['lib/dispatcher/dispatcher.js', 'the class Dispatcher', isClass('Dispatcher')],
    ['lib/api/api-connect.js', 'the function connect(options, callback)', isFunction],
    ['lib/api/api-request.js', 'the function request(options, callback)', isFunction],
  ];

  it('are these and no others', () => {
    const used = [...read('tasks/TestEndpoint/load/undici.ts').matchAll(/from 'undici\/([^']+)'/g)].map(
      ([, file]) => file,
    );
    assert.deepEqual(used.sort(), files.map(([file]) => file).sort());
  });

  for (const [file, what, isIt] of files) {
    it(`has ${what} in ${file}`, () => {
      let loaded: unknown;
      assert.doesNotThrow(() => (loaded = load(`undici/${file}`)), moved(`has no ${file} any more`));
      assert.ok(isIt(loaded), moved(`has another thing than ${what} in ${file}`));
    });
  }

  it('is pinned, as a version may move any of them', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    assert.equal(dependencies.undici, version, 'the exact version that is installed');
  });

  // By the source: a handler of another shape is refused only once a request is on its way.
  it('calls the handler by the methods that the load generator has', () => {
    const methods = [...read('tasks/TestEndpoint/load/connection.ts').matchAll(/^ {2}(on[A-Z]\w+)\(/gm)].map(
      ([, name]) => name!,
    );
    assert.deepEqual(methods.sort(), ['onComplete', 'onConnect', 'onData', 'onError', 'onHeaders']);
    const request = read('node_modules/undici/lib/core/request.js');
    for (const method of methods) {
      assert.match(request, new RegExp(`\\.${method}\\(`), moved(`calls no ${method} of a handler any more`));
    }
  });
});

function isClass(name: string): (loaded: unknown) => boolean {
  return (loaded) => typeof loaded === 'function' && loaded.name === name && loaded.toString().startsWith('class');
}

function isFunction(loaded: unknown): boolean {
  return typeof loaded === 'function' && loaded.length === 2;
}
