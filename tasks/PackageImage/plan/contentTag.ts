import { createHash } from 'node:crypto';
import type { RegisteredModel } from '../../common/azure/ml/registeredModel';
import { Secret } from '../../common/secret';
import { hashFiles } from '../context/buildContext';
import type { BuildArgument, EnvironmentPlan, ImagePlan } from './imagePlan';
import type { ServerTest } from './serverTesting';

/**
 * The tag by which an environment of the same base and dependencies is found. Secret arguments are left out: a renewed
 * password makes no other image.
 */
export async function environmentTag(plan: EnvironmentPlan, signal: AbortSignal): Promise<string> {
  return `environment-${hash([plan.dockerfile, await hashFiles(plan.files, signal), withoutSecrets(plan.arguments)])}`;
}

/**
 * The tag by which an image of the same content is found: the same model version, code, dependencies, base and way of
 * packaging give the same tag. A version of a model never changes, so its files need not be read.
 */
export async function contentTag(plan: ImagePlan, model: RegisteredModel, signal: AbortSignal): Promise<string> {
  const environment = plan.environment ? await environmentTag(plan.environment, signal) : '';
  const files = await hashFiles(plan.files, signal);
  const parts = [
    plan.dockerfile(environment),
    environment,
    files,
    model.id.toLowerCase(),
    withoutSecrets(plan.arguments),
    ...(plan.serverTest ? [testOf(plan.serverTest)] : []),
  ];
  return `content-${hash(parts)}`;
}

/** What another test would find out is not known of an image, as little as where there was none. */
function testOf({ environment, cases }: ServerTest): unknown {
  return [environment, cases.map((each) => ({ ...each, body: each.body.toString('base64') }))];
}

function withoutSecrets(all: readonly BuildArgument[]): unknown {
  return all.map(({ name, value }) => [name, value instanceof Secret ? '' : value]);
}

function hash(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
