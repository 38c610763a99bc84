import { createHash, createHmac } from 'node:crypto';
import type { Container, EnvironmentVariable } from '../common/azure/containerGroups/containerGroups';
import { gatewayContainer } from '../common/deployment/containers';
import { besides } from './nameRules';
import type { Secret } from '../common/secret';

/** Ports that the gateway uses within the group, beside those that are exposed: no scoring server listens at such. */
const keyPort = 64002;
const certificatePort = 64001;
const httpsPort = 443;
/** The certificate authority calls here; everything else is sent on to HTTPS. */
const challengePort = 80;

export interface Gateway {
  readonly image: string;
  readonly https: boolean;
  readonly apiKey?: Secret;
  /** Port of the scoring container: containers of a group share one network. */
  readonly port: number;
  readonly readinessPath: string;
  /** Of the group; with https it is always there. */
  readonly dnsNameLabel?: string;
  readonly location: string;
  readonly certificateAuthority?: string;
  /** Name of the volume that keeps certificates. */
  readonly certificateVolume?: string;
}

/** Where Caddy's image keeps certificates, with their keys and its account at the authority. */
const dataFolder = '/data';

/** The ports that a gateway exposes in place of the scoring container's. */
export function gatewayPorts({ https, port }: Pick<Gateway, 'https' | 'port'>): number[] {
  if (https) return [httpsPort, challengePort];
  return [port === 8080 ? 8081 : 8080];
}

/**
 * Caddy in front of the scoring container. It gets its certificate at the first call, because with a reuse scope the
 * group's name is known only once the group exists.
 */
export function gateway(options: Gateway): Container {
  const { image, apiKey, certificateVolume } = options;
  return {
    name: gatewayContainer,
    image,
    // By standard input: the file system of the image may be read-only. Caddy takes the shell's place, so that it gets
    // the signal to stop.
    command: ['sh', '-c', 'exec caddy run --adapter caddyfile --config - <<END\n$CADDYFILE\nEND'],
    ports: gatewayPorts(options).map((port) => ({ port })),
    environmentVariables: [{ name: 'CADDYFILE', value: caddyfile(options) }, ...(apiKey ? keyVariables(apiKey) : [])],
    resources: { requests: { cpu: 0.1, memoryInGB: 0.2 } },
    volumeMounts: certificateVolume ? [{ name: certificateVolume, mountPath: dataFolder }] : undefined,
  };
}

/** The salt follows from the key, so that the same key gives the same group; without the key nobody knows it. */
function keyVariables(apiKey: Secret): EnvironmentVariable[] {
  const key = apiKey.reveal();
  const salt = createHmac('sha256', key).update('salt of the gateway').digest('base64url');
  const digest = createHash('sha256').update(`${salt}Bearer ${key}`).digest('hex');
  return [
    { name: 'API_KEY_SALT', secureValue: salt },
    { name: 'API_KEY_DIGEST', secureValue: digest },
  ];
}

/**
 * The gateway's configuration; it holds no secret.
 *
 * The key is checked in a time that tells nothing of it: what is compared are SHA-256 digests of the header and of the
 * key, both behind a salt that only the group knows. Whoever sends a guess knows neither digest, so that the
 * place at which the two first differ is of no use to him. The check fails closed: the inner site answers 401 unless
 * its template ran and set a header.
 */
export function caddyfile(options: Gateway): string {
  const { https, apiKey, readinessPath, port, dnsNameLabel = '', location } = options;
  const sites = [
    site(https ? 'https://' : `:${gatewayPorts(options)[0]}`, [
      ...(https ? ['tls {', '\ton_demand', '}'] : []),
      ...(apiKey ? keyCheck(readinessPath) : []),
      `reverse_proxy 127.0.0.1:${port} {`,
      ...(apiKey ? ['\theader_up -Authorization'] : []),
      // A large model may answer late; the gateway is not the one to give up.
      '\ttransport http {',
      '\t\tdial_timeout 5s',
      '\t}',
      '}',
    ]),
  ];
  if (apiKey) {
    sites.push(
      site(`http://:${keyPort}`, [
        'bind 127.0.0.1',
        'header Content-Type text/plain',
        'templates',
        'respond `{{if eq (sha256sum (print (env "API_KEY_SALT") (.Req.Header.Get "Authorization"))) (env "API_KEY_DIGEST")}}{{.RespHeader.Set "X-Authorized" "yes"}}{{end}}` 401',
      ]),
    );
  }
  if (https) {
    // The second name is that of a group that stands beside while it is verified.
    const labels = [dnsNameLabel, besides(dnsNameLabel)].join('|');
    // label.eastus.azurecontainer.io, label.usgovvirginia.azurecontainer.console.azure.us; some have a hash after the label.
    const domain = 'azurecontainer(\\\\.console\\\\.azure)?\\\\.[a-z]+';
    const name = `^(${labels})\\\\.([a-z0-9]+\\\\.)?${location}\\\\.${domain}$`;
    sites.push(
      site(`http://:${certificatePort}`, [
        'bind 127.0.0.1',
        `@own expression \`{http.request.uri.query.domain}.matches("${name}")\``,
        'respond @own 200',
        'respond 403',
      ]),
    );
  }
  return [site('', globalOptions(options)), ...sites].join('\n');
}

function globalOptions({ https, certificateAuthority }: Gateway): string[] {
  const options = ['admin off', 'persist_config off'];
  if (!https) return [...options, 'auto_https off'];
  options.push(`https_port ${httpsPort}`, `http_port ${challengePort}`);
  if (certificateAuthority) options.push(`acme_ca ${certificateAuthority}`);
  // Only for the group's own name: else anybody could make the gateway ask for certificates in vain.
  return [...options, 'on_demand_tls {', `\task http://127.0.0.1:${certificatePort}`, '}'];
}

/** Every call but a look at the health route is shown to the inner site first. */
function keyCheck(readinessPath: string): string[] {
  return [
    '@scoring not {',
    '\tmethod GET HEAD',
    `\tpath ${readinessPath}`,
    '}',
    `reverse_proxy @scoring 127.0.0.1:${keyPort} {`,
    '\tmethod GET',
    '\trewrite /',
    '\t@authorized header X-Authorized yes',
    '\thandle_response @authorized {',
    '\t}',
    '}',
  ];
}

function site(address: string, lines: string[]): string {
  return [`${address} {`.trimStart(), ...lines.map((line) => `\t${line}`), '}', ''].join('\n');
}
