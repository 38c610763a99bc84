/** The extension's repository; esbuild puts package.json's in, so that the types of its statements are addresses of its own. */
declare const REPOSITORY_URL: string | undefined;
const home = typeof REPOSITORY_URL === 'string' ? REPOSITORY_URL : 'https://localhost/mlops-azure-devops';

/** How the image was made. Source: slsa.dev/spec/v1.0/provenance. */
export const provenanceType = 'https://slsa.dev/provenance/v1';
/** The record of the model in the image, up to the image itself, and with it the decision. */
export const modelRecordType = `${home}/attestations/model-record/v1`;
/** What was deployed from the image, and what the tests of it found. */
export const releaseType = `${home}/attestations/release/v1`;
/** SLSA's name for how an image is made, here by Package-Image. */
export const buildType = `${home}/package-image/v1`;
