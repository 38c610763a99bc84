import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ModelRecord } from './record';

/** The files that Microsoft's and Solliance's quickstart wrote, for scripts that still read them. Source: mlops-starter, evaluate.py and deploy.py. */
export const evaluationInfoFile = 'eval_info.json';
export const webServiceFile = 'aci_webservice.json';
export const testResultsFile = 'test_results.json';

/**
 * eval_info.json: the first criterion's metric stands under its own name.
 * @returns the file's path
 */
export function writeEvaluationInfo(directory: string, record: ModelRecord, imageName = ''): string {
  const { model, evaluation, image } = record;
  const first = evaluation?.criteria[0];
  return write(directory, evaluationInfoFile, {
    model_name: model?.name,
    model_version: model?.version,
    model_path: model?.uri,
    ...(first ? { [first.metric]: first.candidate, metric_threshold: first.limit } : {}),
    deploy_model: evaluation?.decision === 'approved',
    image_name: image?.reference ?? imageName,
  });
}

/** aci_webservice.json. */
export function writeWebService(directory: string, record: ModelRecord): string {
  return write(directory, webServiceFile, {
    aci_name: record.deployment?.containerGroup,
    aci_url: record.deployment?.scoringUri,
  });
}

/** test_results.json: what the task found; its shape is the task's own. */
export function writeTestResults(directory: string, results: unknown): string {
  return write(directory, testResultsFile, results);
}

function write(directory: string, name: string, content: unknown): string {
  fs.mkdirSync(directory, { recursive: true });
  const file = path.join(directory, name);
  fs.writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}
