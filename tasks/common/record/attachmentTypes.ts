/** Types of the attachments by which a step speaks to the tab Model of its run. Once published they stay. */
export const attachmentTypes = {
  /** The model record, as mlops-record.json holds it. */
  record: 'mlops.record',
  /** An SVG picture, named as its file. */
  picture: 'mlops.picture',
  /** What is in the image, a bill of materials as CycloneDX JSON. */
  contents: 'mlops.contents',
} as const;
