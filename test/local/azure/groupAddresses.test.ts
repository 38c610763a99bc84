import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { GroupAddresses } from '../../../local/azure/engine/groupAddresses';

async function portThatIsFree(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Other local Azures of this machine come and go meanwhile, so that an address need not be the first to be given. */
async function isGiven(cloud: GroupAddresses, address: string, port: number): Promise<boolean> {
  for (let count = 0; count < 50; count++) if ((await cloud.reserve(`other ${count}`, [port])) === address) return true;
  return false;
}

describe('addresses of container groups', () => {
  const addresses: GroupAddresses[] = [];
  const open = (): GroupAddresses => addresses[addresses.push(new GroupAddresses()) - 1]!;
  const servers: Server[] = [];

  before(function () {
    // Elsewhere groups share the one address that there is.
    if (process.platform !== 'linux') this.skip();
  });
  afterEach(() => {
    for (const each of addresses.splice(0)) each.releaseAll();
    for (const server of servers.splice(0)) server.close();
  });

  it('differ between local Azures that ask at the same time', async () => {
    const port = await portThatIsFree();
    const clouds = Array.from({ length: 6 }, open);
    const given = await Promise.all(clouds.map((cloud) => cloud.reserve('a', [port])));
    assert.equal(new Set(given).size, given.length, given.join(', '));
  });

  it('can be had again once they are released', async () => {
    const port = await portThatIsFree();
    const cloud = open();
    const first = await cloud.reserve('a', [port]);
    assert.equal(await isGiven(open(), first, port), false);
    cloud.release('a');
    assert.equal(await isGiven(open(), first, port), true);
  });

  it('are kept by a group that is created again, though one before it has become free', async () => {
    const port = await portThatIsFree();
    const [cloud, other] = [open(), open()];
    const before = await cloud.reserve('before', [port]);
    const own = await cloud.reserve('a', [port]);
    cloud.release('before');
    cloud.handOver('a', 'b');
    assert.equal(await isGiven(other, own, port), false, 'nobody gets it in between');
    other.releaseAll();
    assert.equal(await cloud.reserve('b', [port], own), own);
    cloud.release('b');
    assert.equal(await open().reserve('c', [port], own), own, 'as far as it is free');
    assert.notEqual(await open().reserve('d', [port], own), own);
    assert.notEqual(own, before);
  });

  it('pass over one whose port another program has', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    assert.notEqual(await open().reserve('a', [(server.address() as AddressInfo).port]), '127.0.0.1');
  });

  it('are free again when the process that had them was killed', async () => {
    const port = await portThatIsFree();
    const module = path.resolve('local/azure/engine/groupAddresses.ts');
    const script = `
      const { GroupAddresses } = require(${JSON.stringify(module)});
      void new GroupAddresses().reserve('a', [${port}]).then((address) => console.log(address));
      setInterval(() => {}, 60_000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--eval', script]);
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    const theirs = output.toString().trim();
    assert.equal(await isGiven(open(), theirs, port), false);
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.equal(await isGiven(open(), theirs, port), true);
  });
});
