// Measurements to medians, ratios and a table.
import type { Measurement } from './contenders.js';
import type { Job } from './jobs.js';

export interface ContenderResult {
  readonly name: string;
  readonly rounds: readonly Measurement[];
  /** Why it did not run to the end, if it did not. */
  readonly failure?: string | undefined;
}

export interface JobResult {
  readonly job: Pick<Job, 'title' | 'figure'>;
  readonly contenders: readonly ContenderResult[];
}

/** The middle value; of an even number of them, the mean of the two in the middle; of none, undefined. */
export function medianOf(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(values.length / 2) - 1], sorted[Math.floor(values.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

export interface ContenderSummary {
  readonly name: string;
  /** Median of the job's figure; undefined where the contender failed. */
  readonly median: number | undefined;
  readonly range: readonly [lowest: number, highest: number] | undefined;
  readonly peakMegabytes: number | undefined;
  readonly accuracy: number | undefined;
  /** How many times as fast (for memory: as small) as this one each row of finetune is, by its name. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** One summary per contender, in their order. */
export function summarize({ job, contenders }: JobResult): ContenderSummary[] {
  const medians = new Map(contenders.map(contender => [contender.name, medianFigure(job, contender)]));
  return contenders.map(contender => {
    const median = medians.get(contender.name);
    const values = valuesOf(job, contender);
    const accuracies = contender.rounds.flatMap(({ accuracy }) => accuracy ?? []);
    return {
      name: contender.name,
      median,
      range: median === undefined ? undefined : [Math.min(...values), Math.max(...values)],
      peakMegabytes: medianOf(contender.rounds.map(round => round.peakMegabytes)),
      accuracy: medianOf(accuracies),
      ratios: median === undefined ? {} : ratiosTo(median, job, medians),
    };
  });
}

type Figure = Pick<Job, 'figure'>;

function valuesOf({ figure }: Figure, { rounds }: ContenderResult): number[] {
  return rounds.flatMap(round => round[figure] ?? []);
}

function medianFigure(job: Figure, contender: ContenderResult): number | undefined {
  return medianOf(valuesOf(job, contender));
}

function ratiosTo(
  theirs: number,
  { figure }: Figure,
  medians: ReadonlyMap<string, number | undefined>,
): Record<string, number> {
  const ours = [...medians].flatMap(([name, median]) =>
    name.startsWith('finetune') && median !== undefined ? [[name, median] as const] : [],
  );
  return Object.fromEntries(
    ours.map(([name, median]) => [name, figure === 'imagesPerSecond' ? median / theirs : theirs / median]),
  );
}

const unitOf = { imagesPerSecond: 'images/s', seconds: 's', peakMegabytes: 'MB' } as const;

/** A Markdown table per job. */
export function renderTables(results: readonly JobResult[]): string {
  return results.map(renderTable).join('\n');
}

function renderTable(result: JobResult): string {
  const summaries = summarize(result);
  const ours = Object.keys(summaries.find(({ median }) => median !== undefined)?.ratios ?? {});
  const rows = summaries.map(({ name, median, range, peakMegabytes, accuracy, ratios }) => [
    name,
    median === undefined ? 'failed' : `${short(median)} (${range!.map(short).join(' to ')})`,
    ...ours.map(each => (ratios[each] === undefined ? '' : `${ratios[each].toFixed(2)}x`)),
    peakMegabytes?.toFixed(0) ?? '',
    accuracy?.toFixed(3) ?? '',
  ]);
  const figure = `${unitOf[result.job.figure]}, median (range)`;
  const header = ['', figure, ...ours.map(name => `${name} against it`), 'peak MB', 'val accuracy'];
  const lines = [header, header.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`);
  return `${result.job.title}\n\n${lines.join('\n')}\n`;
}

function short(value: number): string {
  return value.toPrecision(value >= 1000 ? 4 : 3);
}
