import { isVariableName, variableNameRule } from '../common/environmentVariable';
import { $defs } from '../common/record/record.schema.json';

/** What Azure says of a name, so that it is said before any call. Each function gives the problem, or undefined where there is none. */

/** Source: resource name rules, Microsoft.ContainerInstance/containerGroups. */
export function containerGroupProblem(name: string): string | undefined {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
    ? undefined
    : `"${name}" is not a name for a container group. Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.`;
}

/** Source: the message of Azure's InvalidDnsNameLabel. */
export function dnsNameLabelProblem(label: string): string | undefined {
  return /^[a-z][a-z0-9-]{3,61}[a-z0-9]$/.test(label)
    ? undefined
    : `"${label}" is not a DNS name label. Use 5 to 63 lower-case letters, digits and hyphens, a letter first and a letter or digit last.`;
}

export function environmentVariableProblem(name: string): string | undefined {
  if (isVariableName(name)) return undefined;
  return `"${name}" is not a valid name of an environment variable. ${variableNameRule}`;
}

/** Tag names have at most 512 characters and none of <>%&\?/, values at most 256. Source: resource manager, tag limits. */
export function tagProblem(name: string, value: string): string | undefined {
  if (name.length > 512 || /[<>%&\\?/]/.test(name))
    return `"${name}" is not a name for a tag: it may not contain any of < > % & \\ ? /.`;
  return value.length > 256 ? `the value of "${name}" has more than 256 characters.` : undefined;
}

/** A route that can stand in a URL, a probe and the gateway's rules: the record's schema says which can. */
export function routeProblem(route: string): string | undefined {
  return new RegExp($defs.route.pattern).test(route)
    ? undefined
    : `"${route}" is not a route. It starts with one / and contains only letters, digits and . _ ~ / -.`;
}

/** A valid container group's name that is as near to the text as can be. */
export function toContainerGroupName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return name || 'model';
}

/** The name, or label, of what stands beside the real one while it is verified. */
export function besides(name: string): string {
  return `${name.slice(0, 58).replace(/-+$/, '')}-next`;
}
