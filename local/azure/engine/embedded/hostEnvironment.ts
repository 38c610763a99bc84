import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** How this machine reaches package indexes. */
const ofNetwork =
  /^(pip_\w+|uv_\w+|https?_proxy|no_proxy|all_proxy|ssl_cert_(file|dir)|requests_ca_bundle|curl_ca_bundle)$/i;

/**
 * What a command of a Dockerfile gets from this machine beside the image's own environment: how to reach package indexes, as
 * a builder's network would give it, and pip's cache, which lies outside of the image.
 */
export function networkEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (ofNetwork.test(name) && value !== undefined) environment[name] = value;
  }
  const home = homedir();
  const files = [join(home, '.config', 'pip', 'pip.conf'), join(home, '.pip', 'pip.conf')];
  const configuration = files.find((file) => existsSync(file));
  if (configuration) environment.PIP_CONFIG_FILE ??= configuration;
  environment.PIP_CACHE_DIR ??=
    process.platform === 'darwin'
      ? join(home, 'Library', 'Caches', 'pip')
      : join(process.env.XDG_CACHE_HOME ?? join(home, '.cache'), 'pip');
  environment.PIP_DISABLE_PIP_VERSION_CHECK = '1';
  environment.PIP_ROOT_USER_ACTION = 'ignore';
  environment.PIP_PROGRESS_BAR = 'off';
  delete environment.PIP_NO_CACHE_DIR;
  return environment;
}
