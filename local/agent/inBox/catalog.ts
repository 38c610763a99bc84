import { archiveFiles } from './archiveFiles';
import {
  downloadBuildArtifacts0,
  downloadBuildArtifacts1,
  downloadPipelineArtifact,
  publishBuildArtifacts,
  publishPipelineArtifact,
} from './artifactTasks';
import { azureCli } from './azureCli';
import { bash } from './bash';
import { commandLine } from './commandLine';
import { copyFiles } from './copyFiles';
import { deleteFiles } from './deleteFiles';
import type { InBoxTask } from './inBoxTask';
import { powerShell } from './powerShell';
import { publishTestResults } from './publishTestResults';
import { pythonScript } from './pythonScript';
import { nodeTool, useNode } from './useNode';
import { usePythonVersion } from './usePythonVersion';
import { cache, withoutEffect } from './withoutEffect';

/** Every task that the local agent stands in for. */
export const inBoxTasks: readonly InBoxTask[] = [
  bash,
  commandLine,
  powerShell,
  pythonScript,
  copyFiles,
  deleteFiles,
  archiveFiles,
  publishTestResults,
  publishPipelineArtifact,
  publishBuildArtifacts,
  downloadPipelineArtifact,
  downloadBuildArtifacts0,
  downloadBuildArtifacts1,
  azureCli,
  usePythonVersion,
  nodeTool,
  useNode,
  cache,
  ...withoutEffect,
];
