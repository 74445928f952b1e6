// The public API. What is not exported here is nobody's business outside.

export type { Card } from './backbones/card.js';
export { type DecodedPrediction, decodePredictions } from './backbones/decode-predictions.js';
export { preprocessInput, preprocessingModes } from './backbones/preprocessing.js';
export type { Preprocessing, ResizeRule } from './data/image-rules.js';
export { type ErrorCode, FinetuneError } from './errors.js';
export type { EmitEvent, PipelineEvent } from './events.js';
export { resolveOptions, type TrainOptions, trainOptions } from './options.js';
export { type Evaluation, evaluate } from './pipeline/evaluate.js';
export { type LoadBackboneOptions, loadBackbone } from './pipeline/load-backbone.js';
export { type Prediction, type PredictRequest, predict, type ScoredClass } from './pipeline/predict.js';
export { type Prepared, type PrepareRequest, prepareBackbone } from './pipeline/prepare.js';
export { train } from './pipeline/train.js';
export type { TrainResult } from './runs/save.js';
export type { Metrics } from './training/metrics.js';
