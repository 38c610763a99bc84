import { Secrets } from '../../common/secrets';
import type { PackageInputs } from '../inputs';

/**
 * What a build's log may show and nobody may see: the secret arguments, the password of the base image's registry, and
 * the token within an address, which pip and git show with another path, or without the user.
 */
export function buildSecrets({
  secretBuildArguments,
  baseImageConnection,
}: Pick<PackageInputs, 'secretBuildArguments' | 'baseImageConnection'>): Secrets {
  const values = Object.values(secretBuildArguments).map((each) => each.reveal());
  return new Secrets([...values, ...values.flatMap(tokensInAddresses), baseImageConnection?.password.reveal() ?? '']);
}

/** Of scheme://user:token@host and scheme://token@host, as it is written and as it is meant. */
function tokensInAddresses(text: string): string[] {
  return [...text.matchAll(/:\/\/([^/\s]+)@/g)].flatMap(([, login = '']) => {
    const token = login.slice(login.indexOf(':') + 1);
    return [token, decoded(token)];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
