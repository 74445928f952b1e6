// The public API. What is not exported here is nobody's business outside.

export { type DecodedPrediction, decodePredictions } from './backbones/decode-predictions.js';
export { preprocessInput, preprocessingModes } from './backbones/preprocessing.js';
export { type ErrorCode, FinetuneError } from './errors.js';
export { type Evaluation, evaluate } from './pipeline/evaluate.js';
export { type LoadBackboneOptions, loadBackbone } from './pipeline/load-backbone.js';
export { type Prediction, type PredictRequest, predict, type ScoredClass } from './pipeline/predict.js';
export { type Prepared, type PrepareRequest, prepareBackbone } from './pipeline/prepare.js';
export type { TrainResult } from './pipeline/save-run.js';
export { train } from './pipeline/train.js';
export { resolveOptions, type TrainOptions, trainOptions } from './options.js';
export type { Card, EmitEvent, Metrics, PipelineEvent, Preprocessing, ResizeRule } from './types.js';
