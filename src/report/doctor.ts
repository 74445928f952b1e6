// What `finetune doctor` shows: a table of what is here, then each problem with its remedy.

import type { Check, Diagnosis } from '../system/check.js';
import { printable } from '../system/printable.js';
import { renderTable } from './table.js';

/** @returns several lines, without a line break at the end */
export function renderDiagnosis({ checks }: Diagnosis): string {
  const problems = checks.filter(each => each.problem !== undefined);
  const end = problems.length === 0 ? 'No problem found.' : problems.map(renderProblem).join('\n');
  return `${renderChecks(checks)}\n\n${end}`;
}

function renderChecks(checks: readonly Check[]): string {
  const rows = checks.map(({ name, finding, problem }) => [
    problem === undefined ? '' : '!',
    name,
    printable(finding),
  ]);
  return renderTable([], rows, ['left', 'left', 'left']);
}

function renderProblem({ name, problem = '', remedy }: Check): string {
  return `! ${name}: ${printable(problem)}\n  Remedy: ${remedy}`;
}
