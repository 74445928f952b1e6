// An epoch of a training as one line, which a terminal shows in the place of the one before.

import type { PipelineEvent } from '../events.js';
import { renderDuration } from './duration.js';

/**
 * Renders an epoch: its fold, where there are several; loss and accuracy of training, and after a slash of validation; the
 * rate; images per second; the time that is left where no epoch is spared. What has no room is left out, the rate first.
 * @param columns of the terminal
 * @example // epoch 12/15  loss .057/.039  accuracy .983/.988  rate 1.2e-4  1834/s  70 s left
 */
export function renderEpoch(
  { epoch, epochs, images, fold }: Extract<PipelineEvent, { type: 'epoch' }>,
  columns = 80,
): string {
  const { loss, accuracy, valLoss, valAccuracy, learningRate, seconds } = epoch;
  const speed = Math.round(images / Math.max(seconds, 1e-3));
  const start = [
    ...(fold ? [`fold ${fold.number}/${fold.total}`] : []),
    `epoch ${epoch.epoch}/${epochs}`,
    `loss ${renderPair(loss, valLoss)}`,
    `accuracy ${renderPair(accuracy, valAccuracy)}`,
  ];
  const rate = learningRate === undefined ? [] : [`rate ${learningRate.toExponential(1)}`];
  const foldsLeft = fold ? fold.total - fold.number : 0;
  const end = [`${speed}/s`, `${renderDuration(seconds * (epochs * (1 + foldsLeft) - epoch.epoch))} left`];
  const lines = [[...start, ...rate, ...end], [...start, ...end], [...start, `${speed}/s`], start];
  const rendered = lines.map(parts => parts.join('  '));
  return rendered.find(line => line.length < columns) ?? rendered.at(-1)?.slice(0, columns - 1) ?? '';
}

/** `.983/.988`, without the second where there is none. */
function renderPair(train: number, val: number | undefined): string {
  return [train, val]
    .flatMap(value => (value === undefined ? [] : value.toFixed(3).replace(/^0/, '')))
    .join('/');
}
