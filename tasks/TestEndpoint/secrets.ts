import type { RequestCase } from './requestCases';

/** A header or query parameter of such a name holds what nobody may see: x-functions-key, subscription-key, sig, code, … */
export function isSecretName(name: string): boolean {
  return /authori[sz]ation|cookie|key|token|secret|password|pwd|signature|credential|^(sig|code)$/i.test(name);
}

/** Shorter values ("true", "json") are in every text: hiding them would hide all. */
const shortest = 6;

/**
 * What the tests know and nobody may see. An endpoint may send a key back, in an error text for one; the agent masks its
 * log, but not the files of test results, summary and record.
 */
export class Secrets {
  readonly values: readonly string[];
  private readonly spellings: readonly string[];

  constructor(values: Iterable<string>) {
    this.values = [...new Set(values)].filter((each) => each.length >= shortest);
    const spellings = this.values.flatMap((each) => [
      each,
      encodeURIComponent(each),
      JSON.stringify(each).slice(1, -1),
    ]);
    this.spellings = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  }

  /** The text with *** in place of every secret, and of the start of one where an ellipsis says that the text was cut. */
  hide(text: string): string {
    return this.spellings.reduce((shown, secret) => {
      let hidden = shown.replaceAll(secret, '***');
      for (let length = secret.length - 1; length >= shortest && hidden.includes('…'); length--)
        hidden = hidden.replaceAll(`${secret.slice(0, length)}…`, '***…');
      return hidden;
    }, text);
  }
}

/** The secrets of a target and its requests: the key, and what stands in URIs and headers under a telling name. */
export function secretsOf(
  { scoringUri, apiKey = '' }: { readonly scoringUri: URL; readonly apiKey?: string },
  requests: ReadonlyArray<Pick<RequestCase, 'headers' | 'path'>>,
): Secrets {
  const urls = [scoringUri, ...requests.map(({ path = '' }) => new URL(path, scoringUri))];
  return new Secrets([
    apiKey,
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
