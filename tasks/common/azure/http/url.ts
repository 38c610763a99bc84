/** The URL without `user:token@`, so that it may be shown and stored. A text that is not a URL is given back without anything before an `@` in its authority. */
export function withoutUserInfo(text: string): string {
  try {
    const url = new URL(text);
    if (!url.username && !url.password) return text;
    url.username = '';
    url.password = '';
    return url.toString();
  } catch {
    return text.replace(/\/\/[^/@]*@/, '//');
  }
}
