/** What a service says of an error. */
export interface ServiceError {
  readonly code?: string;
  readonly message?: string;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** A page of a gateway is quoted no longer than this. */
const longestQuote = 300;

/**
 * Reads the error bodies of the services that the tasks call, with all that they say of the cause, wherever they say it:
 * ARM and Azure ML (`error` with `details`, which often are the only place of the reason, and `innererror`), registries (`errors`),
 * MLflow (`error_code`), Entra (`error_description`), Azure DevOps (`message`), storage (XML), and pages of gateways.
 * Sources: recorded answers; OCI distribution specification; MLflow's REST API; Azure Storage, "Status and error codes".
 * @param body parsed where it was JSON, else its text
 */
export function readErrorBody(body: unknown): ServiceError {
  if (typeof body === 'string') return readText(body);
  if (!isObject(body)) return {};
  if (isObject(body.error)) return withDetails(body.error);
  const [first, ...more] = Array.isArray(body.errors) ? body.errors.filter(isObject) : [];
  if (first) return withDetails({ ...first, details: more });
  const message = textOf(body.error_description) ?? textOf(body.message) ?? textOf(body.Message) ?? textOf(body.detail);
  const code = textOf(body.error) ?? textOf(body.error_code) ?? textOf(body.code) ?? textOf(body.typeKey);
  return { code, message: message ?? textOf(body.error) };
}

/** The error's own message, then each of its parts that says something new. */
function withDetails(error: Json): ServiceError {
  const said = messagesWithin(error);
  const message = said.reduce((text, next) => {
    if (text.includes(next)) return text;
    return text === '' ? next : `${/[.!?:]$/.test(text) ? text : `${text}.`} ${next}`;
  }, '');
  return { code: textOf(error.code), message: message || textOf(error.code) };
}

/** Depth first; an error nests others as `details`, `innererror` or, in a registry, `detail`. */
function messagesWithin(error: Json): string[] {
  const own = textOf(error.message);
  const details = Array.isArray(error.details) ? (error.details as unknown[]) : [];
  const inner = [...details, error.innererror, error.innerError].filter(isObject);
  return [...(own ? [own] : []), ...inner.flatMap(messagesWithin)];
}

function readText(body: string): ServiceError {
  const xml = /<Error>[^]*?<Code>([^<]*)<\/Code>[^]*?<Message>([^<]*)</i.exec(body);
  if (xml) return { code: textOf(xml[1]), message: textOf(xml[2]?.split('\n')[0]) };
  const isPage = /^\s*</.test(body);
  const text = isPage ? body.replace(/<(style|script)[^]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ') : body;
  const line = text.replace(/\s+/g, ' ').trim();
  return { message: textOf(line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line) };
}
