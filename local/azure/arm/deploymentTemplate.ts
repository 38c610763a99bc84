import { createHash } from 'node:crypto';
import { ArmError } from '../context';

interface Template {
  parameters?: Record<string, { type?: string; defaultValue?: unknown }>;
  resources?: unknown[];
}

export interface DeploymentRequest {
  properties?: {
    mode?: string;
    template?: Template;
    parameters?: Record<string, { value?: unknown }>;
  };
}

/** What a deployment is given. */
export interface Deployable {
  mode: string;
  templateHash: string;
  parameters: Record<string, { type: string; value?: unknown }>;
}

/** Throws what the resource manager answers to a request that it would not take. */
export function readDeployment(name: string, body: DeploymentRequest | undefined): Deployable {
  if (!/^[-\w._()]{1,64}$/.test(name)) {
    throw new ArmError(
      400,
      'InvalidDeploymentName',
      `The deployment name '${name}' is invalid. The name can contain only letters, digits, '-', '.', '_', '(' and ')', at most 64 of them.`,
    );
  }
  const { mode, template, parameters: given = {} } = body?.properties ?? {};
  if (!template || !mode || !/^(incremental|complete)$/i.test(mode)) {
    throw new ArmError(
      400,
      'InvalidRequestContent',
      "The request content was invalid: the properties 'mode' and 'template' are required.",
    );
  }
  const declared = template.parameters ?? {};
  const unknown = Object.keys(given).filter((key) => !(key in declared));
  if (unknown.length > 0) {
    throw invalid(
      `The template parameters '${unknown.join(', ')}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time`,
    );
  }
  if ((template.resources ?? []).length > 0) {
    throw new ArmError(501, 'NotImplemented', 'Local Azure makes no resources by a template.');
  }
  return { mode, templateHash: hashOf(template), parameters: readParameters(declared, given) };
}

function readParameters(
  declared: NonNullable<Template['parameters']>,
  given: Record<string, { value?: unknown }>,
): Deployable['parameters'] {
  const parameters = Object.entries(declared).map(([key, { type = '', defaultValue }]) => {
    const value = given[key]?.value ?? defaultValue;
    if (value === undefined) throw invalid(`The value for the template parameter '${key}' is not provided`);
    if (/^string$/i.test(type) && typeof value !== 'string') {
      throw invalid(`Template parameter JToken type is not valid. Expected 'String, Uri'`);
    }
    const shown = type.charAt(0).toUpperCase() + type.slice(1);
    // What is secure never comes back.
    return [key, /^secure/i.test(type) ? { type: shown } : { type: shown, value }] as const;
  });
  return Object.fromEntries(parameters);
}

const invalid = (problem: string): ArmError =>
  new ArmError(400, 'InvalidTemplate', `Deployment template validation failed: '${problem}'.`);

const hashOf = (template: Template): string =>
  String(createHash('sha256').update(JSON.stringify(template)).digest().readBigUInt64BE());
