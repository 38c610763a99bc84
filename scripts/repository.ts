import { join, posix } from 'node:path';
import { readJson, root } from './taskManifest';

/** Stands in package.json until the owner of the extension names their repository there. */
export const placeholder = 'https://github.com/your-organization/mlops-azure-devops';

/** The repository's address in the web, from package.json's `repository`: the one place where it is said. */
export function repositoryUrl(): string {
  const { repository } = readJson<{ repository: { url: string } }>(join(root, 'package.json'));
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
}

/** The address of a file of the repository, or of a heading in it, as its host shows it: GitHub and alike, or Azure Repos. */
export function fileUrl(path: string, repository = repositoryUrl()): string {
  const [file, anchor] = path.split('#') as [string, string | undefined];
  if (!repository.includes('/_git/')) return `${repository}/blob/main/${path}`;
  return `${repository}?path=/${file}${anchor ? `&anchor=${anchor}` : ''}`;
}

/**
 * Makes the links of a Markdown text, which lead within the repository, lead there from anywhere. Pictures stay as they are.
 * @param folder the folder of the text, relative to the repository's root
 */
export function absoluteLinks(markdown: string, folder = '', repository = repositoryUrl()): string {
  return markdown.replace(
    /(?<!!)\[([^\]]+)\]\((?!https?:|mailto:)([^)\s]+)\)/g,
    (link, text: string, target: string) => {
      const path = target.startsWith('#') ? undefined : posix.normalize(posix.join(folder, target));
      return path ? `[${text}](${fileUrl(path, repository)})` : link;
    },
  );
}
