import type { TrainingCost } from './trainingCost';

/**
 * The model record: the one file that chains the stages. Each stage appends its section; each section names the SHA-256
 * of the record before it, and the whole carries its own, so that a mixed-up, hand-edited or cut file is found and
 * refused. That is not a signature: it finds accidents and careless edits, not someone who recomputes the hashes.
 * It never holds a secret. The JSON Schema beside this file says the same for other programs.
 */
export const recordFileName = 'mlops-record.json';
export const recordSchemaVersion = 1;

/** JSON has no NaN and no infinity; MLflow's words for them are kept. */
export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity';

/** The sections in the order in which the stages write them. */
export const sectionNames = ['source', 'training', 'model', 'evaluation', 'image', 'deployment', 'tests'] as const;
export type SectionName = (typeof sectionNames)[number];

export interface SourceSection {
  repository?: { uri: string; provider: string; branch: string; commit: string; dirty?: boolean };
  build?: { id: string; number: string; definition: string; url: string; project: string };
}

export interface TrainingSection {
  jobName: string;
  jobType: string;
  status: string;
  experimentName: string;
  studioUrl?: string;
  compute?: string;
  startedAt?: string;
  endedAt?: string;
  metrics: Record<string, MetricValue>;
  /** The job's data inputs, by name: what the model was trained on. */
  data: Array<{ name: string; type: string; uri: string; sha256?: string }>;
  /** Hashes of data that training logged as tags of its run, such as `data.sha256`. */
  dataHashes?: Record<string, string>;
  environment?: string;
  /** SHA-256 of the code snapshot, as azure-ai-ml computes it. */
  codeHash?: string;
  /** Requests with expected predictions that training wrote, kept beside the record. */
  goldenRequests?: { file: string; sha256: string };
  /** What the job cost, by estimate. */
  cost?: TrainingCost;
  /** They all held: otherwise there had been no training. */
  dataChecks?: DataChecks;
}

/** A report on data by whose values something was decided. */
export interface DataReportFile {
  /** What names of its values begin with. */
  tool: 'ge' | 'pandera' | 'evidently' | 'deepchecks';
  /** Where it lay in the pipeline's workspace, or among the files of the job. */
  file: string;
  sha256: string;
}

/** What Train held the data against before it started the job. */
export interface DataChecks {
  criteria: Array<{ text: string; metric: string; value: MetricValue | null; limit: MetricValue; explanation: string }>;
  reports: DataReportFile[];
}

export interface ModelSection {
  name: string;
  version: string;
  /** ARM id of the model version. */
  id: string;
  type: string;
  /** Where its files lie, as Azure ML says it. */
  uri: string;
  workspace: { subscriptionId: string; resourceGroup: string; name: string };
}

export interface CriterionResult {
  /** The criterion as the user wrote it. */
  text: string;
  metric: string;
  passed: boolean;
  /** There was no champion to compare with, and the pipeline says that the comparison then does not count. */
  skipped?: boolean;
  candidate: MetricValue | null;
  /** The champion's value of the same metric, where the criterion speaks of it. */
  champion: MetricValue | null;
  /** The value that the candidate was held against, after margin or factor. */
  limit: MetricValue | null;
  /** Where the criterion asks for confidence: the interval of candidate − limit. */
  interval?: {
    level: number;
    lower: MetricValue;
    upper: MetricValue;
    rows: number;
    resamples: number;
    /** How the interval was made; `exact` by the binomial distribution. */
    method?: 'randomisation' | 'bootstrap' | 'exact';
    /** The model that errs less on average makes the largest error, so that the interval is wider. */
    longerTail?: boolean;
    mcNemarPValue?: number;
    /** Of the randomisation test, where models are compared as they are or by a margin. */
    randomisationPValue?: number;
  };
  /** Why, in one sentence that names both values. */
  explanation: string;
}

export interface EvaluationSection {
  decision: 'approved' | 'rejected';
  reason: string;
  criteria: CriterionResult[];
  metrics: Record<string, MetricValue>;
  champion: { name: string; version: string } | null;
  /** The rows that criteria with confidence were judged by, and how many candidates they have judged, this one included. */
  holdout?: { sha256: string; rows: number; candidates: number };
  /** Reports on the candidate's data, where a criterion names a value of one. */
  dataReports?: DataReportFile[];
  /** What people wrote for the model card. */
  modelCard?: WrittenCard;
  /** The build that evaluated the model, and whose artifacts have its card: another than that which trained it, perhaps. */
  build?: { id: string; number: string; definition: string; url: string };
  evaluatedAt: string;
}

/** Signed statements about an image, in its registry. */
export interface Attestations {
  /** The key: its id in its vault, or the SHA-256 of its public half. */
  signer: string;
  /** Each by the digest of the manifest that attaches it to the image. */
  statements: Array<{ predicateType: string; digest: string }>;
}

/** The file of Evaluate's input modelCard, taken apart. */
export interface WrittenCard {
  /** Of the file. */
  sha256: string;
  /** Its front matter, as the Hugging Face hub names the fields: license, tags, pipeline_tag, … */
  metadata: Record<string, unknown>;
  /** What stands before the first heading has an empty title. */
  sections: WrittenSection[];
}

export interface WrittenSection {
  title: string;
  /** 1 to 6, that of its heading. */
  level: number;
  /** Markdown, without comments and without the sections below it. */
  text: string;
}

export interface ImageSection {
  /** registry/repository@sha256:… */
  reference: string;
  digest: string;
  registry: string;
  repository: string;
  tags: string[];
  /** ARM id of the registry. */
  registryId?: string;
  environmentId?: string;
  baseImage?: string;
  /** What serves within the image; images of earlier versions do not say. */
  packaging?: 'scoringScript' | 'mlflow' | 'dockerfile';
  /** The port on which the container listens, and the routes that it answers. */
  port: number;
  readinessPath: string;
  scoringPath: string;
  /** False where an image of the same content was found and reused. */
  built: boolean;
  /** How its test before the push ended; images of earlier versions do not say. */
  selfTest?: SelfTestResult;
  /** What Package-Image signed: the record without this field, and the image's provenance. */
  attestations?: Attestations;
  /** Its bill of materials; of an image that is used again the build that made it has it. */
  sbom?: { format: 'CycloneDX'; file: string; sha256: string; components: number };
}

export interface SelfTestResult {
  /** `unknown`: of an image that is used again and does not say it. */
  outcome: 'passed' | 'notTested' | 'off' | 'unknown';
  /** One line: what was tested, or why it was not. */
  text?: string;
  /** Number of the build that tested it; that of an earlier one where the image is used again. */
  build?: string;
}

export interface DeploymentSection {
  containerGroup: string;
  containerGroupId: string;
  resourceGroup: string;
  location: string;
  /** The image that runs, by digest. */
  image: string;
  imageDigest: string;
  scoringUri: string;
  fqdn?: string;
  ipAddress?: string;
  /** What ran before, by digest; null where nothing did. */
  previousImage: string | null;
  /** What Deploy-ACI was given as evidence, and has verified. */
  verifiedAttestations?: Attestations;
  /** Who let the stage begin that deployed. */
  approvals?: Approvals;
  deployedAt: string;
}

/** Who approved a stage, as Azure DevOps says it. */
export interface Approvals {
  /** `none`: nobody is asked; `unknown`: the server did not say. */
  outcome: 'approved' | 'none' | 'unknown';
  stage: string;
  by: Array<{ name: string; at?: string; comment?: string }>;
  /** Why it is not known. */
  reason?: string;
}

export interface TestsSection {
  passed: boolean;
  /** What was tested; without the values of secret query parameters. */
  scoringUri?: string;
  /** How long the service took until it answered, and how often each not-yet-ready answer came before. */
  startup?: { seconds: number; retries: Readonly<Record<string, number>> };
  total: number;
  failed: number;
  skipped: number;
  cases: Array<{ name: string; kind: string; passed: boolean; message?: string }>;
  /** What could be better though no test fails for it. */
  findings?: Array<{ sent: string; answered: string; remedy?: string }>;
  /** Milliseconds. */
  latency?: {
    p50: number;
    p90: number;
    p95: number;
    p99: number;
    max: number;
    requests: number;
    errors: number;
    perSecond: number;
  };
  /** What rollbackOnFailure came to: image is what runs by its doing or was left running, null where nothing is. */
  rollback?: { outcome: 'restored' | 'removed' | 'kept' | 'failed'; image: string | null };
  /** What promoteToChampion came to: champion is the version that holds the title now. */
  promotion?: { isChampion: boolean; champion: string };
  /** What Test-Endpoint signed: deployment and tests, without this field and without what followed from them. */
  attestations?: Attestations;
  /** Who let the stage begin that tested. */
  approvals?: Approvals;
  testedAt: string;
}

export interface Sections {
  source: SourceSection;
  training: TrainingSection;
  model: ModelSection;
  evaluation: EvaluationSection;
  image: ImageSection;
  deployment: DeploymentSection;
  tests: TestsSection;
}

/** What every section carries beside its own fields. */
export interface Link {
  /** SHA-256 of the record as it was before this section. */
  previous: string;
}

export type ModelRecord = { schemaVersion: number; sha256: string } & { [Name in SectionName]?: Sections[Name] & Link };

/** Writes metrics so that JSON can hold them. */
export function toMetricValues(metrics: Readonly<Record<string, number>>): Record<string, MetricValue> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, toMetricValue(value)]));
}

/** Writes a metric so that JSON can hold it. */
export function toMetricValue(value: number): MetricValue {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}
