import type { TaskLog } from '../../common/log';
import type { ModelRecord } from '../../common/record/record';
import type { PackageInputs } from '../inputs';
import type { Subject } from '../modelToPackage';
import type { SelfTest } from './selfTest';

export function planSelfTest(
  inputs: Pick<PackageInputs, 'selfTest' | 'selfTestRequest' | 'selfTestEnvironmentVariables'>,
  _subject: Pick<Subject, 'recordFile'>,
  _record: ModelRecord,
  _log: TaskLog,
): SelfTest | undefined {
  if (!inputs.selfTest) return undefined;
  const environment = inputs.selfTestEnvironmentVariables;
  return { environment, cases: inputs.selfTestRequest ? [inputs.selfTestRequest] : [] };
}
