// The public API: the verbs of the command line, and what they take and give. What is not exported here is nobody's
// business outside.
//
//   const { run, val } = await train({ data: 'pets' }, { onEvent: event => console.error(event), signal });

export type { Card } from './backbones/card.js';
export { type DecodedPrediction, decodePredictions } from './backbones/decode-predictions.js';
export { preprocessInput, preprocessingModes } from './backbones/preprocessing.js';
export type { Preprocessing, ResizeRule } from './data/image-rules.js';
export { type ErrorCode, FinetuneError } from './errors.js';
export type { BadImage, EpochRecord, PipelineEvent } from './events.js';
export type {
  CopyGroup,
  InspectedClass,
  InspectedImage,
  Inspection,
  SuspiciousLabel,
  UnusualImage,
} from './features/inspection.js';
export type { BenchResult, BenchRow } from './inference/measurement.js';
export type { NetworkSummary } from './network/summarize.js';
export { type BackboneList, type BackbonesOptions, backbones } from './pipeline/backbones.js';
export { type BenchOptions, bench } from './pipeline/bench.js';
export { type DatasetOptions, dataset, type WrittenDataset } from './pipeline/dataset.js';
export { doctor } from './pipeline/doctor.js';
export { type EvaluateOptions, type Evaluation, evaluate, type Gate } from './pipeline/evaluate.js';
export { inspect } from './pipeline/inspect.js';
export type { InspectOptions } from './pipeline/inspect-options.js';
export { type LoadBackboneOptions, loadBackbone } from './pipeline/load-backbone.js';
export { type LrFindOptions, lrFind } from './pipeline/lr-find.js';
export { type Prediction, type PredictOptions, predict } from './pipeline/predict.js';
export { type Prepared, type PrepareOptions, prepare } from './pipeline/prepare.js';
export { type SetupOptions, type SetupResult, setup } from './pipeline/setup.js';
export { type SummaryOptions, summary } from './pipeline/summary.js';
export type { TrainOptions } from './pipeline/train/options.js';
export { train } from './pipeline/train.js';
export type { ListedBackbone } from './report/backbones.js';
export {
  type Classification,
  type Classifier,
  type ClassifierOptions,
  type ImageSource,
  loadClassifier,
  type ScoredClass,
} from './runs/classifier.js';
export type { TrainResult } from './runs/save.js';
export type { Check, Diagnosis } from './system/check.js';
export type { Callbacks } from './system/context.js';
export type { ClassMetrics, Metrics } from './training/metrics.js';
export type { RatePoint, RateRange } from './training/rate-range.js';
