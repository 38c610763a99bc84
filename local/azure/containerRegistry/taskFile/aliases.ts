/** Names of variables of the run, for task files from version v1.1.0 on. Source: ACR Tasks reference, "Predefined aliases". */
const ofRun = ['ID', 'SharedVolume', 'Registry', 'RegistryName', 'Date', 'OS', 'Architecture', 'Commit', 'Branch'];

/** Names of images, which stand first in a cmd. Source: acr-builder, global-defaults-linux.go. */
export const imageAliases: Readonly<Record<string, string>> = {
  acr: 'mcr.microsoft.com/acr/acr-cli',
  az: 'mcr.microsoft.com/acr/azure-cli',
  bash: 'mcr.microsoft.com/acr/bash',
  curl: 'mcr.microsoft.com/acr/curl',
  cssc: 'mcr.microsoft.com/acr/cssc',
};

/** Puts an alias's text for $name; $$ is a dollar sign, and what is not an alias stays as it is. */
export function expandAliases(text: string, own: Readonly<Record<string, string>>): string {
  const known: Record<string, string> = {
    ...imageAliases,
    ...Object.fromEntries(ofRun.map((name) => [name, `{{.Run.${name}}}`])),
    ...own,
  };
  return text.replace(/\$(\$|[A-Za-z0-9]*)/g, (whole, name: string) => (name === '$' ? '$' : (known[name] ?? whole)));
}
