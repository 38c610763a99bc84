import type { ImageSection, SelfTestResult } from '../../common/record/record';
import type { TaskContext } from '../../common/task/taskContext';
import { readBillOfMaterials } from '../image/billOfMaterials';
import { readSelfTestNotes } from '../image/selfTestNote';
import type { PackageInputs } from '../inputs';
import { labelInstruction } from '../plan/dockerfile';
import type { Services } from '../services';
import { BuildRecords } from './buildRecords';
import { buildSecrets } from './buildSecrets';
import { findBuilt, ImageBuild } from './imageBuild';
import type { ImageOrder } from './imageOrder';
import type { SelfTestOutcome } from './selfTestOutcome';

/** The image that there now is. */
export interface ObtainedImage {
  readonly digest: string;
  /** False where it was there already. */
  readonly built: boolean;
  /** False where it may lack tags that were asked for. */
  readonly tagged: boolean;
  /** Its bill of materials, where this run has one. */
  readonly sbom?: ImageSection['sbom'];
  readonly selfTest: SelfTestResult;
}

/** Finds the image of the same content, or builds it, tries it and pushes it. */
export async function obtainImage(
  services: Services,
  inputs: PackageInputs,
  order: ImageOrder,
  context: TaskContext,
): Promise<ObtainedImage> {
  const { contents, registry } = services;
  const { repository, plan, content } = order;
  const { log, signal } = context;
  const known = inputs.rebuild === 'always' ? undefined : await findBuilt(contents, repository, content, context);
  if (known) {
    log.info(`Nothing changed since the image ${known} was built: it is reused.`);
    const selfTest = await readSelfTestNotes(contents, repository, known, signal);
    return { digest: known, built: false, tagged: false, selfTest };
  }
  if (!inputs.selfTest) log.warning('The image is not tested before it is pushed: the input selfTest is off.');
  const records = new BuildRecords(context.pipeline.directories.temp, repository, buildSecrets(inputs), context);
  const place = `${registry.loginServer}/${repository}`;
  const image = new ImageBuild(await services.builder(), contents, place, repository, records, context);
  let digest: string;
  let isFollowed: boolean;
  try {
    const environment = plan.environment && (await image.environment(plan.environment, inputs.rebuild));
    ({ digest, isFollowed } = await image.scoring(order, environment, labelInstruction(order.labels)));
  } finally {
    records.publish();
  }
  const selfTest: SelfTestResult = inputs.selfTest ? resultOf(records.selfTest) : { outcome: 'off' };
  if (selfTest.outcome === 'notTested') log.warning(`The image is pushed, but not tested: ${selfTest.text}`);
  // A build that was followed is another run's.
  if (!isFollowed) selfTest.build = context.pipeline.build?.number;
  if (plan.environment) records.billOfMaterials(await readBillOfMaterials(contents, repository, digest, log, signal));
  return { digest, built: true, tagged: !isFollowed, sbom: records.sbom, selfTest };
}

/** Of an image that was pushed: a line that says otherwise is not the test's own. */
function resultOf(told: SelfTestOutcome | undefined): SelfTestResult {
  return !told || told.kind === 'failed' ? { outcome: 'unknown' } : { outcome: told.kind, text: told.text };
}
