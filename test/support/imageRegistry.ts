import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { groupPath, type CloudClient } from '../local/containers/cloudClient';
import { localCloud } from '../../local/azure/context';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export interface StoredManifest {
  digest: string;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
  annotations?: Record<string, string>;
}

/** What the local cloud's registry holds, read as any client of a registry reads it. */
export class ImageRegistry {
  private authorization?: string;

  constructor(private readonly cloud: CloudClient) {}

  /** @param reference tag or digest */
  async manifest(repository: string, reference: string): Promise<StoredManifest> {
    const { text, headers } = await this.fetch(`${repository}/manifests/${reference}`);
    return { ...(JSON.parse(text) as StoredManifest), digest: String(headers['docker-content-digest']) };
  }

  /** Every byte of an image that anybody who pulls it gets: its manifest, its config and its unpacked layers. */
  async bytes(repository: string, reference: string): Promise<Buffer[]> {
    const manifest = await this.manifest(repository, reference);
    const blobs = [];
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      const { bytes } = await this.fetch(`${repository}/blobs/${digest}`);
      blobs.push(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes);
    }
    return [Buffer.from(JSON.stringify(manifest)), ...blobs];
  }

  async tags(repository: string): Promise<string[]> {
    const { text } = await this.fetch(`${repository}/tags/list`);
    return (JSON.parse(text) as { tags: string[] }).tags;
  }

  private async fetch(path: string) {
    const authorization = (this.authorization ??= await this.signIn());
    const answer = await this.cloud.send('GET', `https://${this.cloud.loginServer}/v2/${path}`, {
      headers: { authorization, accept: '*/*' },
    });
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    return answer;
  }

  private async signIn(): Promise<string> {
    const registry = `${groupPath}/Microsoft.ContainerRegistry/registries/${localCloud.registry}`;
    const { json } = await this.cloud.arm('POST', `${registry}/listCredentials?api-version=2023-07-01`);
    const { username, passwords } = json as { username: string; passwords: Array<{ value: string }> };
    return `Basic ${Buffer.from(`${username}:${passwords[0]!.value}`).toString('base64')}`;
  }
}
