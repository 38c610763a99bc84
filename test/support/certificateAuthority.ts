import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const module = 'github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.0';
const folder = join(__dirname, '..', '..', '.local', 'cache', 'pebble-2.10.0');
/** Of its own, so that no address of a container group is meant where this one stands in a variable. */
const host = '127.0.0.250';

/** A certificate authority that speaks ACME and proves names as Let's Encrypt does: Pebble, which Let's Encrypt makes for tests. */
export interface CertificateAuthority {
  /** Its ACME directory. */
  readonly directory: string;
  /** The certificate of the directory's own server, PEM. */
  readonly serverCertificate: string;
  /** The root of the certificates that it issues, PEM. */
  readonly root: string;
  /** How many it has issued. */
  issued(): number;
  close(): Promise<void>;
}

/** Pebble's program, built from the Go module proxy; undefined where there is no Go or the proxy is out of reach. */
function pebble(): string | undefined {
  const program = join(folder, 'pebble');
  if (existsSync(program)) return program;
  try {
    execFileSync('go', ['install', module], {
      stdio: 'ignore',
      timeout: 300_000,
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-buildvcs=false' },
    });
  } catch {
    return undefined;
  }
  return existsSync(program) ? program : undefined;
}

/** Whether this user may listen at the ports by which a name is proven; elsewhere than on Linux there is no address for it. */
export async function mayServeHttps(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const server = createServer();
  const refused = await new Promise<Error | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen({ host, port: 443 }, () => resolve(undefined));
  });
  server.close();
  return refused === undefined;
}

/**
 * @param addressOf the address of a name, at whose ports 80 and 443 it is proven
 * @returns undefined where Pebble cannot be had
 */
export async function startCertificateAuthority(
  addressOf: (name: string) => string | undefined,
): Promise<CertificateAuthority | undefined> {
  const program = pebble();
  if (!program) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'certificate-authority-'));
  const file = (name: string) => join(directory, name);
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=IP:${host}`];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key.pem')];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, '-out', file('server.pem'), ...subject], {
    stdio: 'ignore',
  });
  const [acme, management] = [await freePort(), await freePort()];
  const configuration = {
    listenAddress: `${host}:${acme}`,
    managementListenAddress: `${host}:${management}`,
    certificate: file('server.pem'),
    privateKey: file('key.pem'),
    httpPort: 80,
    tlsPort: 443,
  };
  writeFileSync(file('pebble.json'), JSON.stringify({ pebble: configuration }));
  const dns = await startNameServer(addressOf);
  const child = spawn(program, ['-config', file('pebble.json'), '-dnsserver', `127.0.0.1:${dns.port}`], {
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data));
  const ended = once(child, 'exit');
  const serverCertificate = readFileSync(file('server.pem'), 'utf8');
  const close = async () => {
    child.kill();
    await ended;
    dns.close();
    rmSync(directory, { recursive: true, force: true });
  };
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Pebble ended:\n${log}`);
    const root = await fetchText(`https://${host}:${management}/roots/0`, serverCertificate).catch(() => undefined);
    if (root) {
      const issued = () => log.match(/Issued certificate serial/g)?.length ?? 0;
      return { directory: `https://${host}:${acme}/dir`, serverCertificate, root, issued, close };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function fetchText(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ca, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve(text));
    });
    call.on('error', reject);
    call.end();
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen({ host, port: 0 }), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Answers each question, by TCP, with one address of the family A, or with none. */
async function startNameServer(addressOf: (name: string) => string | undefined) {
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      // Each message has its length before it.
      while (received.length >= 2 && received.length >= received.readUInt16BE(0) + 2) {
        const length = received.readUInt16BE(0);
        const answer = answerQuestion(received.subarray(2, length + 2), addressOf);
        socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
        received = received.subarray(length + 2);
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

function answerQuestion(query: Buffer, addressOf: (name: string) => string | undefined): Buffer {
  const labels: string[] = [];
  let end = 12;
  for (; query[end] !== 0; end += query[end]! + 1)
    labels.push(query.toString('latin1', end + 1, end + 1 + query[end]!));
  const isA = query.readUInt16BE(end + 1) === 1;
  const address = isA ? addressOf(labels.join('.').toLowerCase()) : undefined;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(address ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  // A pointer to the question's name, A, IN, no time to live, four bytes.
  const record = address ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)] : [];
  return Buffer.concat([header, query.subarray(12, end + 5), Buffer.from(record)]);
}
