import type { AssetContainer, AssetVersion } from '../assets/assetStore';
import { stageOf, tagsOf, type RegisteredModels } from './registeredModels';

/** A registered model as MLflow has it. */
export const modelAnswer = (model: AssetContainer, registry: RegisteredModels) => ({
  name: model.name,
  creation_timestamp: Date.parse(model.system.createdAt),
  last_updated_timestamp: Date.parse(model.system.lastModifiedAt),
  description: model.properties.description ?? '',
  latest_versions: registry.latest(model.name, undefined).map((version) => versionAnswer(version, registry)),
  tags: pairs(tagsOf(model)),
  aliases: Object.entries(registry.aliases(model)).map(([alias, version]) => ({ alias, version })),
});

export const versionAnswer = (found: AssetVersion, registry: RegisteredModels) => ({
  name: found.name,
  version: found.version,
  creation_timestamp: Date.parse(found.system.createdAt),
  last_updated_timestamp: Date.parse(found.system.lastModifiedAt),
  current_stage: stageOf(found.properties.stage),
  description: found.properties.description ?? '',
  source: found.properties.modelUri,
  run_id: found.properties.jobName,
  status: 'READY',
  tags: pairs(tagsOf(found)),
  aliases: Object.entries(registry.aliases(registry.model(found.name))).flatMap(([alias, version]) =>
    version === found.version ? [alias] : [],
  ),
});

const pairs = (tags: Record<string, string>) => Object.entries(tags).map(([key, value]) => ({ key, value }));
