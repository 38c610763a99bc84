import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tl from 'azure-pipelines-task-lib/task';
import type { Pipeline } from '../pipeline';
import { attachmentTypes } from '../record/attachmentTypes';
import { recordFileName } from '../record/record';
import { visibleText } from '../visibleText';
import type { ServerCalls } from './buildTag';

/** What a task leaves on the run's page. What the host cannot take (a classic release has no build tags) is left out with a line in the debug log. */
export interface Publisher {
  /** A Markdown section on the run's Extensions page; works in builds and releases. */
  summary(title: string, markdown: string): void;
  /** JUnit XML for the Tests tab. */
  testResults(file: string, title: string): void;
  /** A picture: SVG for the tab Model of the run, which reads text only; any other goes with the step's log. */
  picture(file: string): void;
  /** The model record as it is now, for the tab Model of the run; the file may change afterwards. */
  record(file: string): void;
  /** What is in the image (CycloneDX JSON), for the tab Model of the run. */
  imageContents(file: string): void;
  /** Uploads files as an artifact; in a release, which has none, attaches them to the log. */
  artifact(name: string, ...files: string[]): void;
  /** @returns false where the server refuses it, and a warning says so */
  buildTag(tag: string): Promise<boolean>;
}

export function agentPublisher(pipeline: Pipeline, calls: ServerCalls): Publisher {
  const isBuild = pipeline.hostType === 'build' && pipeline.build !== undefined;
  return {
    summary(title, markdown) {
      // Under Agent.TempDirectory: inside a container job the agent refuses uploads from anywhere else.
      const directory = fs.mkdtempSync(path.join(pipeline.directories.temp, 'summary-'));
      const file = path.join(directory, `${title.replace(/[^A-Za-z0-9 ._-]/g, '_')}.md`);
      fs.writeFileSync(file, visibleText(markdown));
      tl.uploadSummary(file);
    },
    testResults(file, title) {
      tl.command(
        'results.publish',
        {
          type: 'JUnit',
          resultFiles: file,
          mergeResults: 'false',
          runTitle: title,
          publishRunAttachments: 'true',
          testRunSystem: 'VSTS - MLOps',
        },
        '',
      );
    },
    picture(file) {
      if (file.endsWith('.svg')) tl.addAttachment(attachmentTypes.picture, path.basename(file), file);
      else tl.uploadFile(file);
    },
    record(file) {
      // The agent reads an attachment some time later, when the next task may be writing.
      const directory = fs.mkdtempSync(path.join(pipeline.directories.temp, 'record-'));
      const copy = path.join(directory, recordFileName);
      fs.copyFileSync(file, copy);
      tl.addAttachment(attachmentTypes.record, recordFileName, copy);
    },
    imageContents: (file) => tl.addAttachment(attachmentTypes.contents, path.basename(file), file),
    artifact(name, ...files) {
      for (const file of files) {
        if (isBuild) tl.uploadArtifact(name, file, name);
        else tl.uploadFile(file);
      }
    },
    async buildTag(tag) {
      const { addBuildTag } = await import('./buildTag');
      return addBuildTag(tag, pipeline, calls);
    },
  };
}
