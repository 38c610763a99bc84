import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isMap, isSeq, parseDocument } from 'yaml';
import type { ModelRecord } from '../../../tasks/common/record/record';

/** A longer body is told by a file. */
const longestArgument = 400;

/**
 * The arguments by which curl sends the first request that training wrote down as an example: its body, byte for byte as the
 * file holds it, and its content type.
 * @param folder of the run; a long body is written beside the run's page
 */
export function sampleRequestArguments(record: ModelRecord, folder: string): string {
  const { contentType, body } = readSample(record, folder) ?? { contentType: 'application/json', body: '{"data": []}' };
  const header = `-H ${quoted(`content-type: ${contentType}`)}`;
  if (typeof body === 'string' && body.length <= longestArgument && !body.includes('\n')) {
    // What begins with @ would be the name of a file.
    return `${header} ${body.startsWith('@') ? '--data-raw' : '-d'} ${quoted(body)}`;
  }
  const file = path.join(folder, `sample-request-${record.model?.name ?? 'model'}`);
  writeFileSync(file, body);
  return `${header} --data-binary ${quoted(`@${file}`)}`;
}

interface Sample {
  contentType: string;
  body: string | Buffer;
}

function readSample(record: ModelRecord, folder: string): Sample | undefined {
  const file = sampleFile(record, path.join(folder, 'artifacts'));
  if (file === undefined) return undefined;
  const text = readFileSync(file, 'utf8');
  // JSON is YAML too, whose reader says where a value stands in the text.
  const { contents } = parseDocument(text);
  const first = isSeq(contents) ? contents.items[0] : undefined;
  if (!isMap(first)) return undefined;
  const value = (name: string): string | undefined => {
    const found = first.get(name);
    return typeof found === 'string' ? found : undefined;
  };
  const contentType = value('contentType') ?? 'application/json';
  const base64 = value('requestBase64');
  if (base64 !== undefined) return { contentType, body: Buffer.from(base64, 'base64') };
  const range = (first.get('request', true) as { range?: [number, number, number] } | undefined)?.range;
  const body = value('requestText') ?? (range && text.slice(range[0], range[1]).replace(/\s*\n\s*/g, ' '));
  return body === undefined ? undefined : { contentType, body };
}

/** The one beside this model's record, where the run has several models. */
function sampleFile({ model, training }: ModelRecord, artifacts: string): string | undefined {
  const name = training?.goldenRequests?.file;
  if (name === undefined || !existsSync(artifacts)) return undefined;
  const folders = readdirSync(artifacts, { recursive: true, encoding: 'utf8' })
    .filter((entry) => path.basename(entry) === name)
    .map((entry) => path.dirname(path.join(artifacts, entry)));
  const own = folders.find((folder) => {
    const file = path.join(folder, 'mlops-record.json');
    if (!existsSync(file)) return false;
    const other = (JSON.parse(readFileSync(file, 'utf8')) as ModelRecord).model;
    return other?.name === model?.name && other?.version === model?.version;
  });
  const found = own ?? folders[0];
  return found && path.join(found, name);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
