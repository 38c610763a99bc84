import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** resolve-localhost.cjs, the local cloud's DNS for Node processes. */
export const resolver = join(__dirname, '..', 'resolve-localhost.cjs');

/**
 * The environment of a process that is to reach the local cloud: its certificate authority and its DNS, each beside what
 * the present environment already asks for.
 */
export function clientEnvironment(
  cloud: { caFile: string; hostsFile: string },
  present: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const preload = `--require=${resolver}`;
  // NODE_OPTIONS is split at spaces; double quotes keep a path together.
  const option = /\s/.test(preload) ? `"${preload.replace(/["\\]/g, '\\$&')}"` : preload;
  const options = present.NODE_OPTIONS ?? '';
  return {
    ...proxyBypass(present),
    NODE_EXTRA_CA_CERTS: trustFile(cloud.caFile, present.NODE_EXTRA_CA_CERTS),
    NODE_OPTIONS: options.includes(preload) ? options : [options, option].filter(Boolean).join(' '),
    LOCAL_AZURE_HOSTS: cloud.hostsFile,
  };
}

/** Node reads one file only, so the user's own authorities are put into one file with the local cloud's. */
function trustFile(caFile: string, own: string | undefined): string {
  if (!own || own === caFile || dirname(own) === dirname(caFile) || !existsSync(own)) return caFile;
  const bundle = `${readFileSync(caFile, 'utf8').trim()}\n${readFileSync(own, 'utf8').trim()}\n`;
  const name = `ca-with-own-${createHash('sha256').update(bundle).digest('hex').slice(0, 12)}.pem`;
  const file = join(dirname(caFile), name);
  if (!existsSync(file)) writeFileSync(file, bundle);
  return file;
}

/** Where the user's environment names a proxy, the local cloud is not behind it. */
function proxyBypass(present: NodeJS.ProcessEnv): Record<string, string> {
  if (!Object.keys(present).some((name) => /^(https?|all)_proxy$/i.test(name))) return {};
  const own = present.NO_PROXY ?? present.no_proxy;
  const list = [...(own ? [own] : []), 'localhost', '.localhost', '127.0.0.1'].join(',');
  return { NO_PROXY: list, no_proxy: list };
}
