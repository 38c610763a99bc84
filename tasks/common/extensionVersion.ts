/** esbuild puts package.json's in. */
declare const EXTENSION_VERSION: string | undefined;

/** The extension's version, which is that of each of its tasks. */
export const extensionVersion = typeof EXTENSION_VERSION === 'string' ? EXTENSION_VERSION : '0.0.0';
