import { Secrets } from '../../common/secrets';
import type { RequestCase } from '../requests/requestCases';
import type { Secret } from '../../common/secret';

/** A header or query parameter of such a name holds what nobody may see: x-functions-key, subscription-key, sig, code, … */
export function isSecretName(name: string): boolean {
  return /authori[sz]ation|cookie|key|token|secret|password|pwd|signature|credential|^(sig|code)$/i.test(name);
}

/** Whether one of the headers holds what nobody may see. */
export function hasSecretHeader(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some(isSecretName);
}

/** The secrets of a target and its requests: the key, and what stands in URIs and headers under a telling name. */
export function secretsOf(
  { scoringUri, apiKey }: { readonly scoringUri: URL; readonly apiKey?: Secret },
  requests: ReadonlyArray<Pick<RequestCase, 'headers' | 'path'>>,
): Secrets {
  const urls = [scoringUri, ...requests.map(({ path = '' }) => new URL(path, scoringUri))];
  return new Secrets([
    apiKey?.reveal() ?? '',
    ...urls.flatMap(({ searchParams }) => namedSecrets([...searchParams])),
    ...requests.flatMap(({ headers }) => namedSecrets(Object.entries(headers)).flatMap(withoutScheme)),
  ]);
}

function namedSecrets(entries: ReadonlyArray<readonly [string, string]>): string[] {
  return entries.filter(([name]) => isSecretName(name)).map(([, value]) => value);
}

/** "Bearer abc" is a secret, and "abc" is. */
function withoutScheme(value: string): string[] {
  return [value, value.replace(/^(Basic|Bearer|SharedKey|SharedAccessSignature) +/i, '')];
}
