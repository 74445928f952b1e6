// What to try after a run, as a command.

import type { TrainResult } from '../runs/save.js';
import { quoteWord } from '../system/printable.js';
import { renderDuration } from './duration.js';

/**
 * Renders what is likely to be better, how long it would take here, and the command for it.
 * @param run the run's folder, as it is to be written
 * @returns lines, each with its break, or nothing where nothing is suggested
 * @example // To try next: fine-tuning, as the classes have 120 training images on average; about 4 min here:
 */
export function renderSuggestion(
  { suggestion, time }: Pick<TrainResult, 'suggestion' | 'time'>,
  run: string,
): string {
  if (suggestion === undefined) return '';
  const { recipe, reason, seconds } = suggestion;
  const duration = seconds === undefined ? 'minutes' : `about ${renderDuration(seconds)}`;
  // The config that is repeated has the budget of this run.
  const budget = time && ` --time ${Math.ceil((seconds ?? time.seconds * longer) / 60 / budgetShare)}m`;
  return (
    `To try next: fine-tuning, as ${reason}; ${duration} here:\n` +
    `  finetune train --config ${quoteWord(`${run}/config.yaml`)} --recipe ${recipe}${budget ?? ''}\n`
  );
}

/** The part of a budget that an estimate may take. */
const budgetShare = 0.8;

/** How many times the budget that was too short is suggested where nothing was measured. */
const longer = 5;
