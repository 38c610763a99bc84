/** An exchange with Azure as it was, before anything of it may be kept. */
export interface Exchange {
  method: string;
  /** Absolute. */
  url: string;
  requestBody?: string;
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** The headers of an answer that clients act on; no other is kept. */
const kept = ['content-type', 'location', 'azure-asyncoperation', 'retry-after', 'x-ms-error-code'];

/** Fields whose texts are secrets whatever they look like; all that stands beneath one of them, too. */
const secretField =
  /secret(?!sType)|password|passphrase|token$|credential$|signature|^sig$|^keys?$|(account|primary|secondary|shared|instrumentation|private|api|storage)_?-?key$|connectionstring|^securevalue$|authorization|cookie/i;
/** Fields that name a person. */
const personField =
  /^(user_?(name|puid|principal_?name|idp|altsecid|email)|upn|unique_name|given_?name|family_?name|preferred_username|e?mail|(created|lastModified|requested|submitted)By|owner|subscriptionName|tenantDisplayName|defaultDomain|billingAccount\w*)$/i;
/** Of a private repository even the address tells. */
const repositoryField = /(repo(sitory)?_?ur[il]|sourceUri|build_uri)$/i;
/** Parameters of a URL that open it, or that its signature is made of. */
const secretParameter = /^(sig|s|h|c|t|code|token|key|password|secret|access_?token|client_?secret|assertion)$/i;

const guid = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi;
/** Of a shared access signature whose `&` was written as an entity, escaped or encoded. */
const signatureInText = /((?:\\u0026|&amp;|%26|%3F)sig(?:=|%3D))[\w%+/~-]+/gi;
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const storageKey = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==/g;
const keyInText =
  /\b((?:Account|Shared(?:Access)?|Instrumentation|Primary|Api)-?_?Key|SharedAccessSignature|Password|Pwd|Secret|Token)(\s*[=:]\s*)(?!removed\b)[^\s;,"'\\&]+/gi;
const bearer = /\b(Bearer|Basic)\s+[\w+/.~=-]{8,}/gi;
const email = /\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g;
const address = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;
const address6 = /(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4}){1,4}(?![\w:])/gi;
const userInUrl = /\b(https?:\/\/)[^\s/@"']+@/gi;
/** Text in a text: ACR's task files, for one. */
const encodedField = /^encoded\w*content$/i;

/**
 * Takes out of exchanges what belongs to somebody: ids of subscriptions, tenants and objects (each becomes a made-up one, the same
 * wherever it stands), names and addresses of people and machines, tokens, keys and signatures. What it does not know as harmless
 * in a header is left out.
 */
export class Sanitiser {
  private readonly ids = new Map<string, string>();
  private readonly known = new Map<string, string>();

  /** A text that must not be kept wherever it stands, and what stands for it. Short ones would hit harmless words. */
  know(text: string | undefined, instead: string): void {
    if (!text || text.length < 4) return;
    this.known.set(text, instead);
    this.known.set(encodeURIComponent(text), instead);
  }

  /** Who the caller is stands in his token: each of these may stand in answers, too. */
  knowToken(token: string): void {
    this.know(token, 'token-removed');
    try {
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
        string,
        unknown
      >;
      for (const name of [
        'upn',
        'unique_name',
        'preferred_username',
        'email',
        'name',
        'family_name',
        'given_name',
        'puid',
        'ipaddr',
        'app_displayname',
      ]) {
        if (typeof claims[name] === 'string') this.know(claims[name], 'someone');
      }
    } catch {
      // An opaque token tells nothing of its owner.
    }
  }

  exchange({ method, url, requestBody, status, headers, body }: Exchange): SanitisedExchange {
    return {
      method,
      url: this.text(url),
      requestBody: this.body(requestBody ?? ''),
      status,
      headers: Object.fromEntries(
        Object.entries(headers)
          .filter(([name, value]) => kept.includes(name.toLowerCase()) && value !== undefined)
          .map(([name, value]) => [name.toLowerCase(), this.text(String(value))]),
      ),
      body: this.body(body),
    };
  }

  /** JSON as it is; any other text as text; null for none. */
  private body(body: string): unknown {
    if (body === '') return null;
    try {
      return this.value(JSON.parse(body), '');
    } catch {
      return this.text(body);
    }
  }

  private value(value: unknown, field: string, isSecret = false): unknown {
    if (typeof value === 'string') {
      if (isSecret || secretField.test(field)) return value === '' ? value : 'removed';
      if (personField.test(field)) return 'someone';
      if (repositoryField.test(field)) return 'https://example.com/repository';
      if (encodedField.test(field)) {
        return Buffer.from(this.text(Buffer.from(value, 'base64').toString())).toString('base64');
      }
      return this.text(value);
    }
    if (Array.isArray(value)) return value.map((each: unknown) => this.value(each, field, isSecret));
    if (typeof value !== 'object' || value === null) return value;
    const given = value as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(given).map(([name, each]) => {
        // The key of a pair (a metric, a tag) is a name.
        if (name === 'key' && 'value' in given && !isSecret) return [name, this.value(each, 'name')];
        const isHidden = name === 'value' && (given.isSecret === true || given.type === 'Opaque');
        const isOwn = name === 'displayName' && 'subscriptionId' in given;
        return [this.text(name), this.value(each, name, isSecretBeneath(name, field, isSecret) || isHidden || isOwn)];
      }),
    );
  }

  private text(text: string): string {
    let result = text;
    for (const [known, instead] of this.known) result = result.replaceAll(known, instead);
    return result
      .replace(/(^|[?&\s])([\w.~-]+)=([^&\s"'<>\\#]*)/g, (whole, mark: string, name: string) =>
        secretParameter.test(name) ? `${mark}${name}=removed` : whole,
      )
      .replace(signatureInText, '$1removed')
      .replace(jsonWebToken, 'token-removed')
      .replace(userInUrl, '$1')
      .replace(bearer, '$1 removed')
      .replace(keyInText, '$1$2removed')
      .replace(storageKey, 'removed')
      .replace(email, 'someone@example.com')
      .replace(guid, (id) => this.idFor(id))
      .replace(address, '192.0.2.1')
      .replace(address6, '2001:db8::1');
  }

  private idFor(id: string): string {
    const key = id.toLowerCase();
    if (/^0{8}-(0{4}-){3}0{12}$/.test(key)) return id;
    let made = this.ids.get(key);
    if (!made) {
      made = `10000000-0000-4000-8000-${String(this.ids.size + 1).padStart(12, '0')}`;
      this.ids.set(key, made);
    }
    return made;
  }
}

/** Names of kinds stand beneath `passwords` and `secrets`, too, and tell nothing. */
function isSecretBeneath(name: string, field: string, isSecret: boolean): boolean {
  if (/^(name|type|secretsType|loginMode|identity|credentialsType|credentialType)$/.test(name)) return false;
  return isSecret || (secretField.test(field) && !/^credentials?$/i.test(field));
}

/** What may be kept of an exchange. */
export interface SanitisedExchange {
  method: string;
  url: string;
  requestBody: unknown;
  status: number;
  headers: Record<string, string>;
  body: unknown;
}
