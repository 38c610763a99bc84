import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { RepositoryClient } from '../../../local/azure/engine/registryClient';
import { createLocalAgent } from '../../../local/azure/registry/localAgent';
import { groupPath, type CloudClient } from './cloudClient';

/**
 * Python with venv, and a shell, of Debian's packages, without any of their installation's own programs (facts on local
 * components, §3).
 */
const packages = 'python3,python3-venv,python-is-python3,dash,base-files,base-passwd,coreutils,libc-bin,netbase';

/** What base-passwd's installation would do: without it no user is known by name. */
const users = ['passwd', 'group']
  .map((file) => `cp "$1/usr/share/base-passwd/${file}.master" "$1/etc/${file}"`)
  .join('; ');
const recipe = ['--variant=extract', `--include=${packages}`, `--extract-hook=${users}`];

/** Undefined when this machine can make it, else why it cannot. */
export function whyNoPodman(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'Podman is tested only as root on Linux';
  for (const program of ['podman', 'runc', 'catatonit', 'mmdebstrap']) {
    const found = ['/usr/bin', '/usr/sbin', '/usr/libexec/podman'].some((folder) => existsSync(join(folder, program)));
    if (!found) return `${program} is not installed (apt-get install podman runc catatonit mmdebstrap)`;
  }
  return undefined;
}

/** The layer of the base image; made once and kept, as it takes a download. */
async function baseLayer(cacheDir: string): Promise<{ file: string; diffId: string }> {
  const key = createHash('sha256').update(recipe.join()).digest('hex').slice(0, 8);
  const archive = join(cacheDir, 'test-base', `debian-${key}.tar`);
  if (!existsSync(archive)) {
    mkdirSync(join(cacheDir, 'test-base'), { recursive: true });
    const work = join(cacheDir, 'test-base', `new-${process.pid}.tar`);
    execFileSync('mmdebstrap', [...recipe, 'bookworm', work], { stdio: 'pipe' });
    renameSync(work, archive);
  }
  const compressed = `${archive}.gz`;
  if (!existsSync(compressed)) {
    // Suites that run side by side share the folder: what stands under the name is always whole.
    const work = join(cacheDir, 'test-base', `new-${process.pid}.tar.gz`);
    await pipeline(createReadStream(archive), createGzip({ level: 1 }), createWriteStream(work));
    renameSync(work, compressed);
  }
  return { file: compressed, diffId: await digestOf(archive) };
}

/** Puts a base image of Debian's packages into the mirror under a name of another registry, e.g. docker.io/library/python. */
export async function seedMirror(cloud: CloudClient, cacheDir: string, name: string, tag: string): Promise<string> {
  const registry = `${groupPath}/Microsoft.ContainerRegistry/registries/mirror`;
  const { json } = await cloud.arm('POST', `${registry}/listCredentials?api-version=2023-07-01`);
  const agent = createLocalAgent(cloud.azure.caFile);
  const login = { username: json.username as string, password: json.passwords[0].value as string };
  const repository = new RepositoryClient(agent, `mirror.azurecr.localhost:${cloud.azure.port}`, name, login);
  try {
    const { file, diffId } = await baseLayer(cacheDir);
    const layer = await digestOf(file);
    const { size } = statSync(file);
    await repository.pushBlob(layer, size, { file });
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
        rootfs: { type: 'layers', diff_ids: [diffId] },
        history: [{ created_by: 'mmdebstrap' }],
      }),
    );
    const configDigest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
    await repository.pushBlob(configDigest, config.length, config);
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: type,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: configDigest, size: config.length },
        layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: layer, size }],
      }),
    );
    await repository.pushManifest(tag, type, manifest);
    return `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
  } finally {
    await agent.close();
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}
