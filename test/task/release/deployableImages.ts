import { readFileSync } from 'node:fs';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { localCloud } from '../../../local/azure/context';
import { buildImage, registryPath } from '../../local/containers/acrBuild';
import type { CloudClient } from '../../local/containers/cloudClient';

/** A scoring server that does as its variables say: CRASH=<exit code>, LISTEN=<port>, HEALTH=<status>, SLEEP=<seconds>. */
const server = `
import http.server, json, os, sys, time
print('scoring server, version', os.environ['VERSION'], flush=True)
time.sleep(float(os.environ.get('SLEEP', '0')))
if 'CRASH' in os.environ:
    print("ModuleNotFoundError: No module named 'pandas'", file=sys.stderr, flush=True)
    sys.exit(int(os.environ['CRASH']))

class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        status = int(os.environ.get('HEALTH', '200')) if self.path == '/health' else 404
        self.reply(status, 'Healthy')
    def do_POST(self):
        self.rfile.read(int(self.headers.get('Content-Length', '0')))
        self.reply(200, {'version': os.environ['VERSION'], 'secret': len(os.environ.get('SECRET', ''))})
    def log_message(self, *args):
        pass

port = int(os.environ.get('LISTEN', '5001'))
print('Listening at: http://0.0.0.0:%d' % port, flush=True)
http.server.ThreadingHTTPServer(('0.0.0.0', port), Handler).serve_forever()
`;

export interface DeployableImage {
  /** registry/repository@sha256:… */
  readonly reference: string;
  readonly digest: string;
}

/** Builds the scoring server as two versions of one image; HEALTH and CRASH may be built in. */
export async function buildScoringImage(
  cloud: CloudClient,
  version: string,
  environment = '',
): Promise<DeployableImage> {
  const dockerfile = [
    'FROM mcr.microsoft.com/azureml/curated/minimal-py311-inference:latest',
    'COPY server.py /server.py',
    `ENV VERSION=${version} ${environment}`,
    'CMD ["python3", "/server.py"]',
  ].join('\n');
  return build(cloud, `estimator:${version}`, { Dockerfile: `${dockerfile}\n`, 'server.py': server });
}

/** An image that no machine of the service can run. */
export function buildForeignImage(cloud: CloudClient): Promise<DeployableImage> {
  const files = {
    Dockerfile: 'FROM scratch\nCOPY run /run\nCMD ["/run"]\n',
    run: { content: '#!/bin/sh\n', mode: 0o755 },
  };
  return build(cloud, 'foreign:1', files, { os: 'Linux', architecture: 'arm64' });
}

/**
 * Caddy itself as an image, under the name that the gateway's container starts, with its folders as in the official image.
 * @param trusted certificates, PEM, of private authorities that it trusts
 */
export async function buildGatewayImage(cloud: CloudClient, caddy: string, trusted = ''): Promise<DeployableImage> {
  const dockerfile = [
    'FROM mcr.microsoft.com/azureml/curated/minimal-py311-inference:latest',
    'COPY caddy /usr/bin/caddy',
    'COPY trusted.pem /etc/ssl/trusted.pem',
    'RUN mkdir -p /data /config',
    'ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config SSL_CERT_FILE=/etc/ssl/trusted.pem',
  ].join('\n');
  return build(cloud, 'caddy:2', {
    Dockerfile: `${dockerfile}\n`,
    caddy: { content: readFileSync(caddy), mode: 0o755 },
    'trusted.pem': trusted,
  });
}

async function build(
  cloud: CloudClient,
  name: string,
  files: Parameters<typeof buildImage>[1],
  platform = { os: 'Linux', architecture: 'amd64' },
): Promise<DeployableImage> {
  const { status, digests, log } = await buildImage(cloud, files, {
    imageNames: [name],
    isPushEnabled: true,
    platform,
  });
  const digest = digests[name];
  if (status !== 'Succeeded' || !digest) throw new Error(`The image ${name} could not be built:\n${log}`);
  return { reference: `${cloud.loginServer}/${name.split(':')[0]}@${digest}`, digest };
}

/** The record that the build pipeline would hand on for this image. */
export function recordOf(
  image: DeployableImage,
  { decision = 'approved', version = '1' }: { decision?: 'approved' | 'rejected'; version?: string } = {},
): ModelRecord {
  const model = append(emptyRecord(), 'model', {
    name: 'cost-estimator',
    version,
    id: '/models/cost-estimator',
    type: 'custom_model',
    uri: 'azureml://model',
    workspace: {
      subscriptionId: localCloud.subscriptionId,
      resourceGroup: localCloud.resourceGroup,
      name: localCloud.workspace,
    },
  });
  const evaluated = append(model, 'evaluation', {
    decision,
    reason: decision === 'approved' ? 'rmse 4 <= 5' : 'rmse 6 is above the limit of 5',
    criteria: [],
    metrics: {},
    champion: null,
    evaluatedAt: '2026-01-01T00:00:00.000Z',
  });
  const [registry = '', rest = ''] = image.reference.split(/\/(.*)/);
  return append(evaluated, 'image', {
    reference: image.reference,
    digest: image.digest,
    registry,
    repository: rest.split('@')[0]!,
    tags: [],
    registryId: registryPath,
    port: 5001,
    readinessPath: '/health',
    scoringPath: '/score',
    built: true,
  });
}
